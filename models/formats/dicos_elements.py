"""Reads the elements of a DICOS file up to its pixels, from at most 1 MiB, and gives their values by keyword.

pydicom splits the file into elements. It sees a bounded piece of memory only, so that a length in the file
can never make it allocate more; the values are decoded here from their bytes, without its warnings.

    128 bytes preamble | DICM | group 0002, little endian explicit | the data set | (7FE0,0010) pixels
"""

import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import BinaryIO, cast

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from models.formats.errors import FormatError

HEADER_BYTES = 2**20  # of a file, looked at for its header
_MOST_ITEMS = 20_000  # of sequences: 2048 frames with nine groups each have fewer, and each costs memory
_PREAMBLE = 128
_PIXELS = 0x7FE00000  # the group of pixel data, the last of an image
_META = 0x0002
_UNDEFINED = 0xFFFFFFFF
_ITEM = b"\xfe\xff\x00\xe0"

EXPLICIT = "1.2.840.10008.1.2.1"
RLE = "1.2.840.10008.1.2.5"

_BINARY = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d"}


@dataclass(frozen=True)
class DicosFile:
    """A file's elements. `end` is where its pixels start, or where the elements end if it has none."""

    transfer_syntax: str
    elements: "Elements"
    end: int


def open_dicos(file: BinaryIO, name: str) -> DicosFile:
    """The elements of the file; FormatError if it is no DICOM file of a transfer syntax we take."""
    start = file.read(HEADER_BYTES)
    head = BytesIO(start)
    if head.read(_PREAMBLE + 4)[_PREAMBLE:] != b"DICM":
        raise FormatError(name, "preamble", "expected a DICOM file: DICM after 128 bytes")
    if start.count(_ITEM) > _MOST_ITEMS:
        raise FormatError(name, "header", f"expected at most {_MOST_ITEMS} items of sequences")
    meta = Elements(name, _read(head, lambda tag: tag >> 16 != _META))
    syntax = meta.text("TransferSyntaxUID")
    if syntax not in (EXPLICIT, RLE):
        raise FormatError(name, "TransferSyntaxUID", "expected little endian explicit or RLE lossless")
    elements = Elements(name, _read(head, lambda tag: tag >= _PIXELS))
    return DicosFile(syntax, elements, head.tell())


@lru_cache(maxsize=128)
def _tag(keyword: str) -> int:
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(keyword)
    return tag


class Elements:
    """The elements of one data set or sequence item. FormatError names the keyword."""

    def __init__(self, file: str, dataset: Dataset) -> None:
        self._file = file
        self._dataset = dataset
        # Kept as they were read: pydicom decodes some elements on the way to others.
        self._read = {int(tag): dataset.get_item(tag) for tag in dataset.keys()}  # noqa: SIM118  its own keys

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
            if vr in _BINARY:
                code = _BINARY[vr]
                found = cast(
                    tuple[float, ...], struct.unpack(f"<{len(value) // struct.calcsize(code)}{code}", value)
                )
            else:
                found = tuple(float(part) for part in self.texts(keyword))
        except (ValueError, struct.error) as error:
            raise self.wrong(keyword, "expected numbers") from error
        if not all(math.isfinite(number) for number in found):
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
        tag = _tag(keyword)
        if tag not in self._read:
            return ()
        self._whole(keyword)
        element = self._dataset[tag]
        if element.VR != "SQ":
            raise self.wrong(keyword, "expected a sequence")
        return tuple(Elements(self._file, item) for item in cast(Sequence[Dataset], element.value or ()))

    def item(self, keyword: str) -> "Elements":
        """The first item of a sequence; one without elements if there is none."""
        items = self.items(keyword)
        return items[0] if items else Elements(self._file, Dataset())

    def wrong(self, keyword: str, expectation: str) -> FormatError:
        """The error to raise for that element."""
        return FormatError(self._file, keyword, expectation)

    def _value(self, keyword: str) -> tuple[str, bytes]:
        """The element's value representation and its bytes."""
        tag = _tag(keyword)
        if tag not in self._read:
            return "", b""
        self._whole(keyword)
        element = self._read[tag]
        value = getattr(element, "value", None)
        if value is None or value == "":
            return "", b""
        if not isinstance(value, bytes):
            raise self.wrong(keyword, "expected a plain value")
        return str(getattr(element, "VR", "")), value

    def _whole(self, keyword: str) -> None:
        element = self._read[_tag(keyword)]
        length, value = getattr(element, "length", _UNDEFINED), getattr(element, "value", None)
        if isinstance(value, bytes) and length != _UNDEFINED and len(value) != length:
            raise self.wrong(keyword, "cut short")


def _read(head: BytesIO, ends: Callable[[int], bool]) -> Dataset:
    return read_dataset(head, False, True, stop_when=lambda tag, vr, length: ends(tag))
