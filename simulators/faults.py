"""Faults the plant can be told to have; every one is off unless a test or a drill turns it on."""

from msgspec import Struct


class ScannerFaults(Struct, frozen=True):
    """A reader that misbehaves; shares are of its frames, 0 to 1."""

    garbage_share: float = 0.0  # random bytes before a frame
    missed_share: float = 0.0  # a label it could have read comes out as a no-read


class Faults(Struct, frozen=True):
    """All faults of one plant."""

    scanners: ScannerFaults = ScannerFaults()
