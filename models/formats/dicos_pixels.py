"""Finds and decodes the pixels of a DICOS CT object: 16 bits, uncompressed or RLE lossless.

uncompressed   (7FE0,0010) OW 0000 | length u32 | z·y·x values, little endian
RLE            (7FE0,0010) OB 0000 | FFFFFFFF | item: offset table | item: frame 0 | … | delimiter
item           (FFFE,E000) | length u32 | bytes            delimiter  (FFFE,E0DD) | 0
"""

import math
import os
import struct
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from rle import rle  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]  compiled, no types

from models.formats.dicos_elements import EXPLICIT
from models.formats.errors import FormatError

_PIXEL_DATA = 0x7FE00010
_ITEM = 0xFFFEE000
_DELIMITER = 0xFFFEE0DD
_UNDEFINED = 0xFFFFFFFF
_PANIC = "PanicException"  # the decoder is written in Rust: its panics are no Exception, and have no module

Stored = NDArray[np.integer]


@dataclass(frozen=True)
class Pixels:
    """Where the pixels of an object lie: offset and length of each piece (the whole, or one a frame)."""

    pieces: tuple[tuple[int, int], ...]
    compressed: bool


def find_pixels(file: BinaryIO, name: str, at: int, syntax: str, shape: tuple[int, int, int]) -> Pixels:
    """Where the pixels lie; FormatError unless they are all there. Reads headers only, no pixels."""
    size = file.seek(0, os.SEEK_END)
    file.seek(at)
    head = file.read(12)
    if len(head) < 12 or _tag(head) != _PIXEL_DATA or head[4:6] not in (b"OW", b"OB"):
        raise FormatError(
            name, "PixelData", "expected within the first 1 MiB: it is missing or the file cut short"
        )
    length: int = struct.unpack("<I", head[8:])[0]
    if syntax != EXPLICIT:
        if length != _UNDEFINED:
            raise FormatError(name, "PixelData", "expected RLE frames in items")
        return Pixels(_frames(file, name, size, shape[0]), compressed=True)
    expected = 2 * math.prod(shape)
    if length != expected:
        raise FormatError(name, "PixelData", f"expected {expected} bytes, found {length}")
    if at + 12 + length > size:
        raise FormatError(name, "PixelData", "cut short")
    return Pixels(((at + 12, length),), compressed=False)


def decode(file: BinaryIO, name: str, pixels: Pixels, shape: tuple[int, int, int], *, signed: bool) -> Stored:
    """The stored values, shape (z, y, x); FormatError if a frame does not decode to its size."""
    kind = np.dtype("<i2" if signed else "<u2")
    if not pixels.compressed:
        offset, length = pixels.pieces[0]
        file.seek(offset)
        content = file.read(length)
        if len(content) != length:
            raise FormatError(name, "PixelData", "cut short")
        return np.frombuffer(content, kind).reshape(shape)
    stored = np.empty(shape, kind)
    plane = shape[1] * shape[2]
    for frame, (offset, length) in enumerate(pixels.pieces):
        file.seek(offset)
        stored[frame] = _decoded(file.read(length), name, frame, plane, kind).reshape(shape[1:])
    return stored


def _frames(file: BinaryIO, name: str, size: int, frames: int) -> tuple[tuple[int, int], ...]:
    """Offset and length of each frame, by the items' headers."""
    pieces: list[tuple[int, int]] = []
    while len(pieces) <= frames + 1:
        head = file.read(8)
        if len(head) < 8:
            raise FormatError(name, "PixelData", "cut short")
        tag, length = _tag(head), struct.unpack("<I", head[4:])[0]
        if tag == _DELIMITER:
            break
        at = file.tell()
        if tag != _ITEM or at + length > size:
            raise FormatError(name, "PixelData", "cut short, or broken between frames")
        pieces.append((at, length))
        file.seek(at + length)
    if len(pieces) != frames + 1:  # the first is the table of offsets, which may be empty
        raise FormatError(name, "PixelData", f"expected {frames} RLE frames, one an item")
    return tuple(pieces[1:])


def _decoded(content: bytes, name: str, frame: int, plane: int, kind: np.dtype[np.integer]) -> Stored:
    try:
        decoded = bytes(rle.decode_frame(content, plane, 16, "<"))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != _PANIC:
            raise
        raise FormatError(
            name, "PixelData", f"frame {frame}: expected RLE: {type(error).__name__}"
        ) from error
    if len(decoded) != 2 * plane:
        raise FormatError(
            name, "PixelData", f"frame {frame}: expected {2 * plane} bytes, found {len(decoded)}"
        )
    return np.frombuffer(decoded, kind)


def _tag(head: bytes) -> int:
    group, element = struct.unpack("<HH", head[:4])
    return group << 16 | element
