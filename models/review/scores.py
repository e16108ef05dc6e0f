"""How sure a rule is: a score for sorting a screen, not a probability."""


def score_above(value: float, limit: float) -> float:
    """0.5 at the limit, 0.75 at twice of it, towards 1 far above; the limit must be positive."""
    return round(min(0.99, max(0.5, 1 - 0.5 * limit / max(value, limit))), 3)
