"""Barcode readers on serial lines: each vendor's result frame, and the faults a reader's line may show.

    sick     02 | codes | 03
    cognex   codes | 0D 0A      (DMCC result line)
    keyence  codes | 0D
    lines    codes | 0D 0A

Several codes of one item are separated by ";". A no-read sends the vendor's text in place of codes, or the
first of the site's no-read texts if the site does not list the vendor's.
"""

from collections.abc import Sequence
from random import Random

from config.settings import ScannerDevice
from simulators.faults import ScannerFaults
from simulators.wires.pty_port import PtyPort

_SEPARATOR = ";"
_FRAMING = {
    "sick": (b"\x02", b"\x03"),
    "cognex": (b"", b"\r\n"),
    "keyence": (b"", b"\r"),
    "lines": (b"", b"\r\n"),
}
_NO_READ = {"sick": "NoRead", "cognex": "NOREAD", "keyence": "ERROR", "lines": "NoRead"}
_LONGEST_GARBAGE = 8


def frame(scanner: ScannerDevice, codes: Sequence[str]) -> bytes:
    """The bytes that a reader of that driver's vendor sends; KeyError for a vendor not simulated."""
    head, tail = _FRAMING[scanner.driver]
    text = _SEPARATOR.join(codes) if codes else _no_read_text(scanner)
    return head + text.encode("ascii") + tail


class ScannerLine:
    """One reader on its line."""

    def __init__(self, scanner: ScannerDevice, port: PtyPort, faults: ScannerFaults, random: Random) -> None:
        if scanner.driver not in _FRAMING:
            raise ValueError(
                f"scanner {scanner.name}: the plant has no {scanner.driver}, only {', '.join(_FRAMING)}"
            )
        self._scanner = scanner
        self._port = port
        self._faults = faults
        self._random = random

    def report(self, codes: Sequence[str]) -> bool:
        """Send the result of one item, all its codes in one frame; whether a fault came in."""
        random, faults = self._random, self._faults
        garbage = bool(faults.garbage_share) and random.random() < faults.garbage_share
        missed = bool(faults.missed_share) and random.random() < faults.missed_share
        if garbage:
            self._port.send(random.randbytes(random.randrange(1, _LONGEST_GARBAGE + 1)))
        self._port.send(frame(self._scanner, () if missed else codes))
        return garbage or missed


def _no_read_text(scanner: ScannerDevice) -> str:
    text = _NO_READ[scanner.driver]
    return text if text in scanner.no_read else scanner.no_read[0]
