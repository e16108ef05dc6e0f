"""Reads the elements of a DICOS file up to its pixels, from at most 1 MiB, and gives their values by keyword.

Read here and not by a library, since a header is read on the way from scanner to lane, of two objects a scan
and with a group for every frame: only where elements lie is noted, and a value is decoded when it is asked
for. A length in the file can never make this allocate more than the bounded piece of memory it looks at, and
what nests is followed without recursion.

    file     128 bytes preamble | DICM | group 0002 | the data set | (7FE0,0010) pixels
    element  tag u16 u16 | VR | length u16 | value             of the VRs in _SHORT
             tag u16 u16 | VR | 0000 | length u32 | value      of all others; a sequence's value is items
    item     (FFFE,E000) | length u32 | elements               without VR
    length FFFFFFFF: up to (FFFE,E00D) 00000000 for an item, (FFFE,E0DD) 00000000 for a sequence
"""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO, cast

from pydicom.datadict import tag_for_keyword

from models.formats.errors import FormatError

HEADER_BYTES = 2**20  # of a file, looked at for its header
_MOST_ITEMS = 20_000  # of sequences: 2048 frames with nine groups each have fewer, and each costs memory
_PREAMBLE = 128
_AFTER_META = 0x00030000
_PIXELS = 0x7FE00000  # the group of pixel data, the last of an image
_DELIMITERS = 0xFFFE0000
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_ITEM_BYTES, _ITEM_END_BYTES = b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0"
_UNDEFINED = 0xFFFFFFFF

EXPLICIT = "1.2.840.10008.1.2.1"
RLE = "1.2.840.10008.1.2.5"

_BINARY = {b"US": "H", b"SS": "h", b"UL": "I", b"SL": "i", b"FL": "f", b"FD": "d"}
_SHORT = frozenset(
    b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split()
)  # all others, those to come included, have a length of 32 bits (DICOM PS3.5, 7.1.2)
_HEAD = struct.Struct("<HH2sH")
_ITEM_HEAD = struct.Struct("<HHI")
_LONG = struct.Struct("<I")

_Span = tuple[bytes, int, int]  # value representation; where the value begins and ends


@dataclass(frozen=True)
class DicosFile:
    """A file's elements. `end` is where its pixels start, or where the elements end if it has none."""

    transfer_syntax: str
    elements: "Elements"
    end: int


def open_dicos(file: BinaryIO, name: str) -> DicosFile:
    """The elements of the file; FormatError if it is no DICOM file of a transfer syntax we take."""
    content = file.read(HEADER_BYTES)
    if content[_PREAMBLE : _PREAMBLE + 4] != b"DICM":
        raise FormatError(name, "preamble", "expected a DICOM file: DICM after 128 bytes")
    spans, at = _spans(name, content, _PREAMBLE + 4, len(content), _AFTER_META)
    syntax = Elements(name, content, spans).text("TransferSyntaxUID")
    if syntax not in (EXPLICIT, RLE):
        raise FormatError(name, "TransferSyntaxUID", "expected little endian explicit or RLE lossless")
    spans, at = _spans(name, content, at, len(content), _PIXELS)
    end = min(at, len(content))
    if content.count(_ITEM_BYTES, 0, end) > _MOST_ITEMS:
        raise FormatError(name, "header", f"expected at most {_MOST_ITEMS} items of sequences")
    return DicosFile(syntax, Elements(name, content, spans), end)


@lru_cache(maxsize=128)
def _tag(keyword: str) -> int:
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(keyword)
    return tag


class Elements:
    """The elements of one data set or sequence item. FormatError names the keyword."""

    __slots__ = ("_content", "_file", "_spans")

    def __init__(self, file: str, content: bytes, spans: dict[int, _Span]) -> None:
        self._file = file
        self._content = content  # of the whole header
        self._spans = spans

    def text(self, keyword: str) -> str:
        """A text; "" if it is absent."""
        return self._value(keyword)[1].decode("utf-8", "replace").strip(" \0")

    def texts(self, keyword: str) -> list[str]:
        """The values of a text; none if it is absent."""
        text = self.text(keyword)
        return [part.strip() for part in text.split("\\")] if text else []

    def numbers(self, keyword: str) -> tuple[float, ...]:
        """Finite numbers; none if it is absent."""
        vr, value = self._value(keyword)
        try:
            if code := _BINARY.get(vr):
                found = cast(
                    tuple[float, ...], struct.unpack(f"<{len(value) // struct.calcsize(code)}{code}", value)
                )
            else:
                text = value.decode("ascii").strip(" \0")
                found = tuple(map(float, text.split("\\"))) if text else ()
        except (ValueError, struct.error) as error:
            raise self.wrong(keyword, "expected numbers") from error
        if not all(map(math.isfinite, found)):
            raise self.wrong(keyword, "expected finite numbers")
        return found

    def number(self, keyword: str) -> float | None:
        """One finite number; None if it is absent."""
        found = self.numbers(keyword)
        if len(found) > 1:
            raise self.wrong(keyword, f"expected one number, found {len(found)}")
        return found[0] if found else None

    def vector(self, keyword: str, size: int) -> tuple[float, ...] | None:
        """That many finite numbers; None if it is absent."""
        found = self.numbers(keyword)
        if found and len(found) != size:
            raise self.wrong(keyword, f"expected {size} numbers, found {len(found)}")
        return found or None

    def count(self, keyword: str) -> int:
        """A whole number that must be there, not negative."""
        number = self.number(keyword)
        if number is None or number < 0 or number != int(number):
            raise self.wrong(keyword, "expected a whole number, not negative")
        return int(number)

    def items(self, keyword: str) -> "Sequence[Elements]":
        """The items of a sequence; none if it is absent."""
        vr, at, end = self._span(keyword)
        if vr and vr != b"SQ":
            raise self.wrong(keyword, "expected a sequence")
        items: list[Elements] = []
        while at < end:
            group, number, length = _ITEM_HEAD.unpack_from(self._content, at)
            tag = group << 16 | number
            at += _ITEM_HEAD.size
            if tag == _SEQUENCE_END:
                break
            item_end = end if length == _UNDEFINED else at + length
            if tag != _ITEM or item_end > end:
                raise self.wrong(keyword, "expected whole items")
            spans, at = _spans(self._file, self._content, at, item_end, _DELIMITERS)
            ends = self._content.startswith(_ITEM_END_BYTES, at) if length == _UNDEFINED else at == item_end
            if not ends:
                raise self.wrong(keyword, "expected items of whole elements")
            if length == _UNDEFINED:
                at += _ITEM_HEAD.size
            items.append(Elements(self._file, self._content, spans))
        return items

    def item(self, keyword: str) -> "Elements":
        """The first item of a sequence; one without elements if there is none."""
        items = self.items(keyword)
        return items[0] if items else Elements(self._file, b"", {})

    def raw(self, keyword: str) -> bytes:
        """The bytes of a value or of a sequence's items; none if it is absent."""
        _, at, end = self._span(keyword)
        return self._content[at:end]

    def wrong(self, keyword: str, expectation: str) -> FormatError:
        """The error to raise for that element."""
        return FormatError(self._file, keyword, expectation)

    def _value(self, keyword: str) -> tuple[bytes, bytes]:
        """The element's value representation and its bytes."""
        vr, at, end = self._span(keyword)
        if vr == b"SQ":
            raise self.wrong(keyword, "expected a plain value")
        return vr, self._content[at:end]

    def _span(self, keyword: str) -> _Span:
        span = self._spans.get(_tag(keyword))
        if span is None:
            return b"", 0, 0
        if span[2] > len(self._content):
            raise self.wrong(keyword, "cut short")
        return span


def _spans(file: str, content: bytes, at: int, end: int, until: int) -> tuple[dict[int, _Span], int]:
    """Where elements lie from `at` on, to `end` or a tag from `until` on, and where that is."""
    spans: dict[int, _Span] = {}
    while at + _HEAD.size <= end:
        tag, vr, length, value = _head(file, content, at)
        if tag >= until:
            break
        at = _sequence_end(file, content, value, vr) if length == _UNDEFINED else value + length
        spans[tag] = vr, value, at
    return spans, at


def _head(file: str, content: bytes, at: int) -> tuple[int, bytes, int, int]:
    """An element's tag, value representation, length, and where its value begins; a delimiter has no VR."""
    group, number, vr, length = _HEAD.unpack_from(content, at)
    tag = group << 16 | number
    at += _HEAD.size
    if vr in _SHORT or tag >= _DELIMITERS:
        return tag, vr, length, at
    if not (vr.isalpha() and vr.isupper()) or at + _LONG.size > len(content):
        raise FormatError(file, "header", "expected whole elements with their value representation")
    return tag, vr, _LONG.unpack_from(content, at)[0], at + _LONG.size


def _sequence_end(file: str, content: bytes, at: int, vr: bytes) -> int:
    """Where a sequence of undefined length ends, with its delimiter; what is UN is implicit inside."""
    opened = [(_SEQUENCE_END, vr != b"UN")]  # what closes it; whether its elements state their VR
    while opened and at + _ITEM_HEAD.size <= len(content):
        closing, explicit = opened[-1]
        group, number, length = _ITEM_HEAD.unpack_from(content, at)
        tag = group << 16 | number
        value, opens = at + _ITEM_HEAD.size, _ITEM_END
        if tag == closing:
            opened.pop()
            at = value
            continue
        if (tag == _ITEM) != (closing == _SEQUENCE_END) or (tag >= _DELIMITERS and tag != _ITEM):
            raise FormatError(file, "header", "expected sequences of items, each with its end")
        if tag != _ITEM:
            opens = _SEQUENCE_END
            if explicit:
                _, vr, length, value = _head(file, content, at)
                explicit = vr != b"UN"
        if length == _UNDEFINED:
            opened.append((opens, explicit))
            at = value
        else:
            at = value + length
    if opened:
        raise FormatError(file, "header", "expected the end of a sequence: it is cut short")
    return at
