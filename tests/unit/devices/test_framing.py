"""Every framing: what its bytes mean, and that no noise crashes it or hides the next good frame."""

import string
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.framing.codes import CodeFrame, CodeFraming, CodeRules
from devices.framing.cognex import cognex
from devices.framing.delimited import Delimited, Opening
from devices.framing.keyence import keyence
from devices.framing.lines import lines
from devices.framing.mt_sics import MtSics
from devices.framing.sick import sick

LONGEST = 40
BAUD = 9600
BYTE_S = 10 / BAUD
QUIET_S = 0.2
RULES = CodeRules(baud=BAUD, no_read=frozenset({"NoRead", "??"}), longest=LONGEST, quiet_s=QUIET_S)

Vendor = Callable[[CodeRules], CodeFraming]
MAKERS = (lines, sick, cognex, keyence)
every_scanner = pytest.mark.parametrize("make", MAKERS)


def wrap(make: Vendor, text: bytes) -> bytes:
    """A frame as that vendor sends it."""
    return b"\x02" + text + b"\x03\r\n" if make is sick else text + b"\r\n"


def codes(frames: list[CodeFrame]) -> list[tuple[str, ...]]:
    return [frame.codes for frame in frames]


@every_scanner
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"RB123456785CN", ("RB123456785CN",)),
        (b"]C0RB123456785CN", ("RB123456785CN",)),
        (b"RB123456785CN;]Q1SF1234567890123", ("RB123456785CN", "SF1234567890123")),
        (b"A,B", ("A,B",)),
        (b"]C1010950600013435210\x1d10AB", ("010950600013435210\x1d10AB",)),
        (b"A]C0B", ("A]C0B",)),
        (b" SF1 ;; ", ("SF1",)),
        (b"NoRead", ()),
        (b"NoRead;SF1;??", ("SF1",)),
        (b"]C0", ()),
    ],
)
def test_a_frame_holds_its_codes(make: Vendor, text: bytes, expected: tuple[str, ...]) -> None:
    scanner = make(RULES)
    assert codes(scanner.feed(wrap(make, text), 1.0)) == [expected]
    assert scanner.errors == 0


@pytest.mark.parametrize("make", [lines, cognex, keyence])
@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\x03", b"\n\r\r"])
def test_every_line_end_ends_a_line_once(make: Vendor, end: bytes) -> None:
    scanner = make(RULES)
    assert codes(scanner.feed(b"ABC" + end + b"DEF" + end, 1.0)) == [("ABC",), ("DEF",)]
    assert scanner.errors == 0


def test_another_separator() -> None:
    rules = CodeRules(baud=BAUD, no_read=frozenset(), separator="|")
    assert codes(lines(rules).feed(b"A;B|C\r\n", 1.0)) == [("A;B", "C")]


def test_sick_takes_line_ends_inside_a_frame_as_separators() -> None:
    assert codes(sick(RULES).feed(b"\x02A\r\nB\r\n\x03", 1.0)) == [("A", "B")]


def test_sick_takes_an_empty_frame_as_a_no_read() -> None:
    assert codes(sick(RULES).feed(b"\x02\x03", 1.0)) == [()]


def test_sick_begins_anew_at_stx_and_drops_the_broken_frame() -> None:
    scanner = sick(RULES)
    frames = scanner.feed(b"\x02RB1234\x02SF1\x03", 1.0)
    assert codes(frames) == [("SF1",)]
    assert frames[0].raw == b"\x02SF1\x03"
    assert scanner.errors == 1


def test_sick_counts_what_lies_outside_its_frames_once_a_burst() -> None:
    scanner = sick(RULES)
    assert codes(scanner.feed(b"NOISE\x02SF1\x03MORE NOISE", 1.0)) == [("SF1",)]
    assert scanner.errors == 2


def test_dmcc_replies_are_not_codes() -> None:
    scanner = cognex(RULES)
    assert codes(scanner.feed(b"||0:123[0]\r\nABC\r\n||>TRIGGER ON[0]\r\n", 1.0)) == [("ABC",)]
    assert scanner.errors == 0
    assert scanner.feed(b"||0:124[100]\r\n", 1.1) == []
    assert scanner.errors == 1


def test_keyence_speaks_both_framings_and_its_replies_are_not_codes() -> None:
    scanner = keyence(RULES)
    frames = scanner.feed(b"OK,LON\rABC\r\x02DEF\x03\x02OK,LOFF\x03ERROR\r", 1.0)
    assert codes(frames) == [("ABC",), ("DEF",), ()]
    assert scanner.errors == 0
    assert scanner.feed(b"ER,LON,00\r", 1.1) == []
    assert scanner.errors == 1


@every_scanner
def test_an_overlong_frame_is_an_error_and_the_next_one_is_read(make: Vendor) -> None:
    scanner = make(RULES)
    assert codes(scanner.feed(wrap(make, b"A" * LONGEST), 1.0)) == [("A" * LONGEST,)]
    assert scanner.feed(wrap(make, b"A" * (LONGEST + 1)), 2.0) == []
    assert scanner.errors == 1
    assert codes(scanner.feed(wrap(make, b"SF1"), 2.1)) == [("SF1",)]


@every_scanner
@pytest.mark.parametrize("garbage", [b"\x00", b"\x7f", b"\x80", b"\xff", b"\x1b", b"\t"])
def test_garbage_is_an_error_and_never_part_of_a_code(make: Vendor, garbage: bytes) -> None:
    scanner = make(RULES)
    assert scanner.feed(wrap(make, b"RB1234" + garbage + b"5785CN"), 1.0) == []
    assert scanner.errors == 1
    assert codes(scanner.feed(wrap(make, b"SF1"), 1.1)) == [("SF1",)]


@every_scanner
def test_a_silence_inside_a_frame_drops_it(make: Vendor) -> None:
    scanner = make(RULES)
    opening = b"\x02" if make is sick else b""
    assert scanner.feed(opening + b"RB1234", 1.0) == []
    assert codes(scanner.feed(wrap(make, b"SF1"), 1.0 + QUIET_S + 10 * BYTE_S)) == [("SF1",)]
    assert scanner.errors == 1


@every_scanner
def test_a_slow_frame_is_kept(make: Vendor) -> None:
    scanner = make(RULES)
    frames: list[CodeFrame] = []
    for index, byte in enumerate(wrap(make, b"SF1")):
        frames += scanner.feed(bytes([byte]), 1.0 + 0.9 * QUIET_S * index)
    assert codes(frames) == [("SF1",)]


@every_scanner
def test_a_frame_began_its_own_length_before_its_last_byte(make: Vendor) -> None:
    frame = wrap(make, b"RB123456785CN").rstrip(b"\n").rstrip(b"\r") if make is sick else b"RB123456785CN\r"
    [read] = make(RULES).feed(frame, 10.0)
    assert read.begun_s == pytest.approx(10.0 - len(frame) * BYTE_S)
    assert read.raw == frame


def test_the_beginning_is_told_by_the_byte_that_was_read_soonest() -> None:
    """Bytes may wait before they are read, never come early: the earliest claim is the best."""
    scanner = lines(RULES)
    scanner.feed(b"AB", 10.0)
    [read] = scanner.feed(b"CD\r", 10.1)
    assert read.begun_s == pytest.approx(10.0 - 2 * BYTE_S)
    scanner.feed(b"AB", 20.0)
    [read] = scanner.feed(b"CD\r\n", 20.0 + BYTE_S)
    assert read.begun_s == pytest.approx(20.0 - 5 * BYTE_S)


noise = st.binary(max_size=200) | st.lists(
    st.sampled_from([b"\x02", b"\x03", b"\r", b"\n", b"||", b"SF123", b";", b"]C0", b"\xff", b"A" * 50])
).map(b"".join)
good = st.text(string.ascii_uppercase + string.digits, min_size=1, max_size=LONGEST).map(str.encode)


@every_scanner
@given(noise=noise, text=good, gap=st.booleans())
def test_noise_never_crashes_nor_hides_the_next_good_frame(
    make: Vendor, noise: bytes, text: bytes, gap: bool
) -> None:
    if make is keyence and text == b"ERROR":
        return
    scanner = make(RULES)
    frames = scanner.feed(noise, 1.0)
    assert all(len(code) <= LONGEST for frame in frames for code in frame.codes)
    assert all(
        character.isprintable() or character == "\x1d" for f in frames for c in f.codes for character in c
    )
    if gap:
        after = scanner.feed(wrap(make, text), 1.0 + QUIET_S + 300 * BYTE_S)
    else:
        after = scanner.feed((b"" if make is sick else b"\r\n") + wrap(make, text), 1.0)
    assert after[-1].codes == ((text.decode(),) if text.decode() not in RULES.no_read else ())


@every_scanner
@given(parts=st.lists(noise | good, max_size=6), cuts=st.lists(st.integers(0, 600), max_size=8))
def test_any_split_gives_the_same_frames(make: Vendor, parts: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(wrap(make, part) for part in parts)
    whole, split = make(RULES), make(RULES)
    expected = whole.feed(stream, 1.0)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    found: list[CodeFrame] = []
    for begin, end in pairwise(edges):
        found += split.feed(stream[begin:end], 1.0 - (len(stream) - end) * BYTE_S)
    assert [(frame.codes, frame.raw) for frame in found] == [(frame.codes, frame.raw) for frame in expected]
    assert split.errors == whole.errors


def test_reset_forgets_a_frame_begun() -> None:
    bytes_ = Delimited(opening=Opening.NONE, ends=frozenset(b"\r"), longest=9, baud=BAUD, quiet_s=QUIET_S)
    bytes_.feed(b"RB1234", 1.0)
    bytes_.reset()
    assert [frame.content for frame in bytes_.feed(b"SF1\r", 1.0)] == [b"SF1"]
    assert bytes_.errors == 1


@pytest.mark.parametrize(
    ("reply", "weight_g", "stable"),
    [
        (b"S S     1234.5 g", 1234.5, True),
        (b"S D       99.0 g", 99.0, False),
        (b"S S      1.234 kg", 1234.0, True),
        (b"S S      -12.0 g", -12.0, True),
        (b"S S          0 g", 0.0, True),
        (b"S I", None, False),
        (b"S +", None, False),
        (b"S -", None, False),
    ],
)
def test_a_weight_reply(reply: bytes, weight_g: float | None, stable: bool) -> None:
    scale = MtSics(BAUD)
    [weighing] = scale.feed(reply + b"\r\n", 5.0)
    assert (weighing.weight_g, weighing.stable, weighing.raw) == (weight_g, stable, reply + b"\r")
    assert weighing.begun_s == pytest.approx(5.0 - (len(reply) + 2) * BYTE_S)
    assert scale.errors == 0


@pytest.mark.parametrize("reply", [b'I4 A "0123456789"', b"Z A", b"T S    0.0 g"])
def test_other_replies_are_no_weights(reply: bytes) -> None:
    scale = MtSics(BAUD)
    assert scale.feed(reply + b"\r\n", 5.0) == []
    assert scale.errors == 0


@pytest.mark.parametrize(
    "reply",
    [b"ES", b"EL", b"S X 1.0 g", b"S S 12.0 lb", b"S S 1.2.3 g", b"S S g", b"S", b"1234.5 g", b"S S \xb2 g"],
)
def test_what_is_no_weight_is_an_error(reply: bytes) -> None:
    scale = MtSics(BAUD)
    assert scale.feed(reply + b"\r\n", 5.0) == []
    assert scale.errors == 1


@given(noise=st.binary(max_size=200))
def test_noise_never_crashes_a_scale(noise: bytes) -> None:
    scale = MtSics(BAUD)
    scale.feed(noise, 1.0)
    [weighing] = scale.feed(b"\r\nS S      500.0 g\r\n", 1.0)[-1:]
    assert weighing.weight_g == 500.0
