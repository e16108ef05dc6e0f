"""The list of kills `up` takes."""

import pytest

from simulators.kills import Kill, due, parse_kills


def test_kills_come_in_the_order_of_parcels() -> None:
    assert parse_kills("broker@120, agent@60") == (Kill("agent", 60), Kill("broker", 120))
    assert parse_kills("") == ()


@pytest.mark.parametrize("text", ["agent", "agent@", "agent@x", "plant@5", "agent@5;broker@6", "@5"])
def test_what_is_not_a_kill_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=f"found {text}"):
        parse_kills(text)


def test_each_is_due_once() -> None:
    kills = parse_kills("agent@60,broker@120,centre@120")
    assert due(kills, 59) == ((), kills)
    now, left = due(kills, 60)
    assert [kill.program for kill in now] == ["agent"]
    now, left = due(left, 500)
    assert [kill.program for kill in now] == ["broker", "centre"]
    assert left == ()
