"""placeholder"""
def run() -> None:
    """x"""
