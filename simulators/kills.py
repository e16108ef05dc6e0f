"""Which programs `up` kills, and when: `agent@60,broker@120,centre@180`."""

import re

from msgspec import Struct

KILLABLE = ("agent", "broker", "centre")
_KILL = re.compile(r"^([a-z]+)@(\d+)$")


class Kill(Struct, frozen=True):
    """End a program the hard way once so many parcels have been inducted."""

    program: str
    inducted: int


def parse_kills(text: str) -> tuple[Kill, ...]:
    """The kills that `text` lists; ValueError says what is expected."""
    kills: list[Kill] = []
    for word in filter(None, (each.strip() for each in text.split(","))):
        match = _KILL.match(word)
        if match is None or match[1] not in KILLABLE:
            raise ValueError(
                f"--kill: expected {' or '.join(KILLABLE)}, @ and a number of parcels; found {word}"
            )
        kills.append(Kill(match[1], int(match[2])))
    return tuple(sorted(kills, key=lambda kill: kill.inducted))


def due(kills: tuple[Kill, ...], inducted: int) -> tuple[tuple[Kill, ...], tuple[Kill, ...]]:
    """Those that are due now, and those that are left."""
    now = tuple(kill for kill in kills if kill.inducted <= inducted)
    return now, kills[len(now) :]
