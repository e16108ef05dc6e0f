"""Draws a waybill's label as seen from above: its number large, as a QR code and as a Code 128."""

import cv2
import numpy as np
from numpy.typing import NDArray

from simulators.camera_code128 import modules

Grey = NDArray[np.uint8]

# Sizes are in modules of a QR code of version 1 (21 modules), which holds 25 characters.
LENGTH_MODULES, WIDTH_MODULES = 46, 37
NEEDED_MODULES = 32  # of its width: without these QR code and number are cut
_MARGIN = 2
_QUIET = 3  # beside the QR code
_NUMBER_ROWS, _BARS_ROWS = 5, 4
_PAPER, _INK, _PRINT = 222, 24, 150  # luma
_FONT = cv2.FONT_HERSHEY_DUPLEX


def draw_label(text: str, module_px: int) -> Grey:
    """The luma of a label, shape (WIDTH_MODULES, LENGTH_MODULES) × `module_px`.

    `text` is printable ASCII, at most 25 characters of the QR code's alphanumeric set for its full size.
    ValueError if it is not ASCII or empty.
    """
    height, width = WIDTH_MODULES * module_px, LENGTH_MODULES * module_px
    label = np.full((height, width), _PAPER, np.uint8)
    cv2.rectangle(label, (0, 0), (width - 1, height - 1), 190, 1)
    margin, quiet, qr_px = (each * module_px for each in (_MARGIN, _QUIET, 21))
    inside_px = width - 2 * margin
    _paste(label, _qr_code(text, qr_px), margin, margin)
    _draw_address(label, margin + qr_px + quiet, margin, module_px)
    number = _number(text, inside_px, _NUMBER_ROWS * module_px)
    _paste(label, number, margin + qr_px + quiet, (width - number.shape[1]) // 2)
    bars = _bars(text, inside_px, _BARS_ROWS * module_px)
    _paste(label, bars, height - module_px - bars.shape[0], (width - bars.shape[1]) // 2)
    return label


def _qr_code(text: str, size_px: int) -> Grey:
    """The QR code of a text without its quiet zone, which the label's margin is."""
    code = np.asarray(cv2.QRCodeEncoder.create().encode(text), np.uint8)
    rows, columns = np.nonzero(code == 0)
    code = code[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    code = np.where(code == 0, np.uint8(_INK), np.uint8(_PAPER))
    scale = max(1, size_px // code.shape[0])
    return code.repeat(scale, axis=0).repeat(scale, axis=1)[:size_px, :size_px]


def _bars(text: str, length_px: int, height_px: int) -> Grey:
    """The Code 128 of a text: as many whole pixels a module as there is room for."""
    row = np.where(np.asarray(modules(text)), np.uint8(_INK), np.uint8(_PAPER))
    scale = length_px // len(row)
    if scale:
        row = row.repeat(scale)
    else:
        row = np.asarray(cv2.resize(row[None], (length_px, 1), interpolation=cv2.INTER_AREA), np.uint8)[0]
    return np.tile(row, (height_px, 1))


def _number(text: str, length_px: int, height_px: int) -> Grey:
    """The text as large as fits into length and height."""
    (unit_px, unit_height_px), _ = cv2.getTextSize(text, _FONT, 1.0, 1)
    scale = min(length_px / unit_px, height_px / unit_height_px * 0.95)
    (width_px, _), _ = cv2.getTextSize(text, _FONT, scale, 1)
    strip = np.full((height_px, min(length_px, width_px + 2)), _PAPER, np.uint8)
    base = round((height_px + unit_height_px * scale) / 2)
    cv2.putText(strip, text, (0, base - 1), _FONT, scale, _INK, 1, cv2.LINE_AA)
    return strip


def _draw_address(label: Grey, left: int, top: int, module_px: int) -> None:
    """Lines of small print that nobody can read."""
    width = label.shape[1] - left - _MARGIN * module_px
    for row, share in enumerate((1.0, 0.7, 0.9, 0.5, 0.0, 1.0, 0.8)):
        y = top + row * 3 * module_px
        label[y : y + module_px, left : left + round(width * share)] = _PRINT if row else _INK


def _paste(label: Grey, part: Grey, top: int, left: int) -> None:
    height, width = part.shape
    label[top : top + height, left : left + width] = part[: label.shape[0] - top, : label.shape[1] - left]
