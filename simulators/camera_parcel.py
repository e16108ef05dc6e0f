"""Draws a parcel as the belt camera sees it from above: cardboard, tape, labels and shadow."""

from dataclasses import dataclass

import cv2
import numpy as np

from simulators.camera_feed import SeenItem
from simulators.camera_label import LENGTH_MODULES, NEEDED_MODULES, Grey, draw_label

SHADOW_PX = 24  # how far a shadow reaches beyond its parcel
_SHADOW_OFFSET_PX = (9, 7)  # down, right
_MODULES_PX = (5, 4, 3)  # of a label's QR code: the largest that fits on the parcel
_MOST_LABELS = 2
_MOST_TURN_DEG = 1.5
_TAPE_PX = 40
NEUTRAL = 128  # chroma of grey


@dataclass(frozen=True)
class Sprite:
    """A parcel's picture: luma (h, w), chroma (h/2, w/2) each, and its shadow (h+2s, w+2s; 255 is none)."""

    luma: Grey
    u: Grey
    v: Grey
    shadow: Grey


def draw_parcel(item: SeenItem, px_per_mm: float) -> Sprite:
    """Draw an item; the same item is drawn the same."""
    random = np.random.default_rng(item.seed)
    length = max(8, round(item.length_mm * px_per_mm))
    width = max(8, round(item.width_mm * px_per_mm))
    luma = _cardboard(width, length, random)
    covered = np.zeros((width, length), np.uint8)  # 255 where paper hides the cardboard
    texts = item.labels[:_MOST_LABELS]
    for place, text in enumerate(texts):
        room = slice(length * place // len(texts), length * (place + 1) // len(texts))
        _stick(text, luma[:, room], covered[:, room], random)
    tint = int(random.integers(5, 13))
    paper = cv2.resize(covered, ((length + 1) // 2, (width + 1) // 2), interpolation=cv2.INTER_AREA) > 127
    u = np.where(paper, np.uint8(NEUTRAL), np.uint8(NEUTRAL - 2 * tint))
    v = np.where(paper, np.uint8(NEUTRAL), np.uint8(NEUTRAL + tint))
    return Sprite(luma, u, v, _shadow(width, length))


def _cardboard(width: int, length: int, random: np.random.Generator) -> Grey:
    """A closed carton: fibres along it, light from the upper left, a seam under a strip of tape."""
    fibre = random.normal(0, 9, (width, length)).astype(np.float32)
    fibre = np.asarray(cv2.blur(fibre, (15, 1)), np.float32)
    down = np.linspace(8, -8, width, dtype=np.float32)[:, None]
    right = np.linspace(6, -6, length, dtype=np.float32)[None, :]
    luma = float(random.uniform(112, 158)) + fibre + down + right
    middle, half = width // 2, min(_TAPE_PX, width // 3) // 2
    luma[middle - half : middle + half] += 14
    luma[middle - half] -= 22
    luma[middle + half - 1] -= 22
    luma[middle] -= 18
    luma[[0, 1, -2, -1]] -= 26
    luma[:, [0, 1, -2, -1]] -= 26
    return np.clip(luma, 30, 215).astype(np.uint8)


def _stick(text: str, luma: Grey, covered: Grey, random: np.random.Generator) -> None:
    """Put a label on a part of the parcel, a little turned; of a narrow part its foot hangs over the edge."""
    room_h, room_w = luma.shape
    fitting = (m for m in _MODULES_PX if NEEDED_MODULES * m <= room_h and LENGTH_MODULES * m <= room_w + 2)
    label = draw_label(text, next(fitting, _MODULES_PX[-1]))
    h, w = label.shape
    free_h, free_w = max(0, room_h - h), max(0, room_w - w)
    top, left = random.uniform(0.1, 0.9) * free_h, random.uniform(0.1, 0.9) * free_w
    most_deg = min(_MOST_TURN_DEG, np.rad2deg(min(free_h, free_w) / (w + h)))
    turn = cv2.getRotationMatrix2D((w / 2, h / 2), random.uniform(-most_deg, most_deg), 1.0)
    turn[:, 2] += (round(left), round(top))
    size = (room_w, room_h)
    turned = cv2.warpAffine(label, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.warpAffine(np.full_like(label, 255), turn, size, flags=cv2.INTER_NEAREST)
    on_label = mask > 0
    luma[on_label] = turned[on_label]
    covered[on_label] = 255


def _shadow(width: int, length: int) -> Grey:
    """What of the light reaches the belt around a parcel, 255 for all of it."""
    shade = np.zeros((width + 2 * SHADOW_PX, length + 2 * SHADOW_PX), np.uint8)
    down, right = _SHADOW_OFFSET_PX
    shade[SHADOW_PX + down : SHADOW_PX + down + width, SHADOW_PX + right : SHADOW_PX + right + length] = 190
    return 255 - np.asarray(cv2.GaussianBlur(shade, (0, 0), 5), np.uint8)
