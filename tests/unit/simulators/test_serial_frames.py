"""What readers and the scale put on their lines, byte for byte, and that no fault is on by default."""

from random import Random
from typing import cast

import pytest
from msgspec.structs import replace

from config.settings import Line, ScannerDevice
from simulators.faults import Faults, ScannerFaults
from simulators.wires.pty_port import PtyPort
from simulators.wires.scale_pty import Scale, ScaleLine, weight_line
from simulators.wires.scanner_pty import ScannerLine, frame


class RecordingPort:
    """Keeps what is sent and hands out what it was told was received."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.incoming = b""

    def send(self, frame: bytes) -> None:
        self.sent.append(frame)

    def received(self) -> bytes:
        content, self.incoming = self.incoming, b""
        return content


@pytest.fixture
def port() -> RecordingPort:
    return RecordingPort()


def scanner(driver: str, **other: object) -> ScannerDevice:
    return replace(ScannerDevice(name="top", driver=driver, port="dev/top", position_mm=700), **other)


@pytest.mark.parametrize(
    ("driver", "expected", "no_read"),
    [
        ("sick", b"\x02A1;B2\x03", b"\x02NoRead\x03"),
        ("cognex", b"A1;B2\r\n", b"NOREAD\r\n"),
        ("keyence", b"A1;B2\r", b"ERROR\r"),
        ("lines", b"A1;B2\r\n", b"NoRead\r\n"),
    ],
)
def test_each_vendor_frames_in_its_way(driver: str, expected: bytes, no_read: bytes) -> None:
    assert frame(scanner(driver), ("A1", "B2")) == expected
    assert frame(scanner(driver), ()) == no_read


def test_the_sites_no_read_text_goes_before_the_vendors() -> None:
    assert frame(scanner("sick", no_read=("????",)), ()) == b"\x02????\x03"


def test_a_vendor_the_plant_lacks_is_named(port: RecordingPort) -> None:
    with pytest.raises(ValueError, match="top: the plant has no zebra"):
        ScannerLine(scanner("zebra"), cast(PtyPort, port), ScannerFaults(), Random(1))


def test_no_fault_is_on_by_default(port: RecordingPort, line: Line) -> None:
    assert Faults() == Faults(ScannerFaults(garbage_share=0.0, missed_share=0.0))
    reader = ScannerLine(line.scanners[0], cast(PtyPort, port), Faults().scanners, Random(1))
    assert not any([reader.report(("A1",)) for _ in range(200)])
    assert port.sent == [b"\x02A1\x03"] * 200


def test_faults_come_at_the_rates_set(port: RecordingPort) -> None:
    faults = ScannerFaults(garbage_share=0.25, missed_share=0.5)
    reader = ScannerLine(scanner("sick"), cast(PtyPort, port), faults, Random(1))
    disturbed = sum(reader.report(("A1",)) for _ in range(1000))
    missed = port.sent.count(b"\x02NoRead\x03")
    assert 400 < missed < 600
    assert missed + port.sent.count(b"\x02A1\x03") == 1000
    assert 200 < len(port.sent) - 1000 < 300
    assert missed < disturbed < missed + len(port.sent) - 1000


def test_a_weight_line_is_that_of_the_manual() -> None:
    assert weight_line(1234.5) == b"S S     1234.5 g\r\n"
    assert weight_line(0.04, stable=False) == b"S D        0.0 g\r\n"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (b"S\r\n", b"S S        0.0 g\r\n"),
        (b"SI\r\n", b"S S        0.0 g\r\n"),
        (b"Z\r\n", b"Z A\r\n"),
        (b"T\r\n", b"T S        0.0 g\r\n"),
        (b"I4\r\n", b'I4 A "B021204786"\r\n'),
        (b"HELLO\r\n", b"ES\r\n"),
        (b"Z\r\nI9\r\n", b"Z A\r\nES\r\n"),
    ],
)
def test_the_scale_answers(command: bytes, answer: bytes) -> None:
    assert Scale().answer(command) == answer


def test_a_command_may_come_in_pieces() -> None:
    scale = Scale()
    assert scale.answer(b"I") == b""
    assert scale.answer(b"4\r") == b'I4 A "B021204786"\r\n'
    assert scale.answer(b"\n") == b""


def test_sir_gets_no_weight_but_the_items_own(port: RecordingPort) -> None:
    line = ScaleLine(cast(PtyPort, port))
    port.incoming = b"SIR\r\n"
    line.attend()
    line.report(812.3, stable=True)
    assert port.sent == [b"S S      812.3 g\r\n"]
