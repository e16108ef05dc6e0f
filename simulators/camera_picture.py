"""Renders what a camera above the belt sees, as planes of YUV 4:2:0; nothing here knows of time or wires.

The belt runs from left to right. Belt and parcels are drawn once and copied to where they are.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from simulators.camera_feed import SeenItem
from simulators.camera_label import Grey
from simulators.camera_parcel import NEUTRAL, SHADOW_PX, Sprite, draw_parcel

WIDTH, HEIGHT = 1280, 720
VIEW_MM = 1400  # of belt in a picture
PX_PER_MM = WIDTH / VIEW_MM
SHADOW_MM = SHADOW_PX / PX_PER_MM

_BELT_PX = 2 * WIDTH  # after so much the belt's texture repeats
_RAIL_PX = 36  # at both sides of the belt
_BLACK, _DARK, _RAIL = 16, 44, 92
_NOISE = 4  # luma, from its least to its most
_CLOCK_AT = (8, 12)  # top, left
_GLYPH = (20, 13)  # height, width
_Look = tuple[int, float, float, tuple[str, ...]]


class Picture:
    """The camera's picture, drawn anew by each call.

    Args:
        seed: of the belt's texture and the noise.
    """

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._belt = _belt(self._random)
        self._noise = self._random.integers(0, _NOISE, (HEIGHT + 64, WIDTH + 64), np.uint8, endpoint=True)
        self._glyphs = {character: _glyph(character) for character in "0123456789-:. "}
        self._sprites: dict[_Look, Sprite] = {}
        # The planes one below the other: Y of (h, w), then U and V of (h/2, w/2).
        self.planes: Grey = np.empty((HEIGHT * 3 // 2, WIDTH), np.uint8)
        self._y = self.planes[:HEIGHT]
        self._u = self.planes[HEIGHT : HEIGHT + HEIGHT // 4].reshape(HEIGHT // 2, WIDTH // 2)
        self._v = self.planes[HEIGHT + HEIGHT // 4 :].reshape(HEIGHT // 2, WIDTH // 2)

    def draw(self, items: Sequence[SeenItem], travel_mm: float, left_mm: float, clock: str) -> None:
        """Draw the belt with its items.

        Args:
            items: with their positions at this moment.
            travel_mm: of the belt.
            left_mm: the belt position at the picture's left edge.
            clock: burnt in; digits, blanks and `-:.`.
        """
        offset = round(-travel_mm * PX_PER_MM) % _BELT_PX
        self._y[:] = self._belt[:, offset : offset + WIDTH]
        self._u[:] = NEUTRAL
        self._v[:] = NEUTRAL
        placed = [(self._sprite(item), *_corner(item, left_mm)) for item in items]
        for sprite, top, left in placed:
            _shade(self._y, sprite.shadow, top - SHADOW_PX, left - SHADOW_PX)
        for sprite, top, left in placed:
            _paste(self._y, sprite.luma, top, left)
            _paste(self._u, sprite.u, top // 2, left // 2)
            _paste(self._v, sprite.v, top // 2, left // 2)
        used = {_look(item) for item in items}
        self._sprites = {look: sprite for look, sprite in self._sprites.items() if look in used}
        self._finish(clock)

    def blacken(self, clock: str) -> None:
        """Draw what a covered lens sees."""
        self._y[:] = _BLACK
        self._u[:] = NEUTRAL
        self._v[:] = NEUTRAL
        self._finish(clock)

    def _finish(self, clock: str) -> None:
        down, right = (int(each) for each in self._random.integers(0, 64, 2))
        cv2.add(self._y, self._noise[down : down + HEIGHT, right : right + WIDTH], dst=self._y)
        _paste(self._y, np.hstack([self._glyphs[character] for character in clock]), *_CLOCK_AT)

    def _sprite(self, item: SeenItem) -> Sprite:
        look = _look(item)
        if look not in self._sprites:
            self._sprites[look] = draw_parcel(item, PX_PER_MM)
        return self._sprites[look]


def halved(planes: Grey) -> Grey:
    """The same picture at half the width and height."""
    height, width = planes.shape[0] * 2 // 3, planes.shape[1]
    parts: list[Grey] = []
    for plane in (
        planes[:height],
        planes[height : height + height // 4].reshape(height // 2, width // 2),
        planes[height + height // 4 :].reshape(height // 2, width // 2),
    ):
        size = (plane.shape[1] // 2, plane.shape[0] // 2)
        parts.append(np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8))
    return np.concatenate([part.reshape(-1, width // 2) for part in parts])


def _look(item: SeenItem) -> _Look:
    return item.seed, item.length_mm, item.width_mm, item.labels


def _corner(item: SeenItem, left_mm: float) -> tuple[int, int]:
    """Top and left, in pixels, of an item's picture."""
    left = round((item.front_mm - item.length_mm - left_mm) * PX_PER_MM)
    top = round(HEIGHT / 2 - (item.aside_mm + item.width_mm / 2) * PX_PER_MM)
    return top, left


def _belt(random: np.random.Generator) -> Grey:
    """An endless dark belt with scuffs and joints; its beginning follows its end for one picture's width."""
    rough = random.normal(0, 22, (HEIGHT, _BELT_PX)).astype(np.float32)
    rough = np.asarray(cv2.GaussianBlur(rough, (0, 0), 2.2, borderType=cv2.BORDER_REFLECT), np.float32)
    luma = _DARK + rough
    for _ in range(70):
        x, y = int(random.integers(0, _BELT_PX - 90)), int(random.integers(_RAIL_PX, HEIGHT - _RAIL_PX))
        end = (x + int(random.integers(8, 90)), y + int(random.integers(-6, 7)))
        cv2.line(luma, (x, y), end, _DARK + float(random.uniform(-14, 26)), int(random.integers(1, 4)))
    for x in range(0, _BELT_PX, _BELT_PX // 5):
        luma[:, x : x + 5] -= 16
        luma[:, x + 5 : x + 7] += 14
    luma[:_RAIL_PX] = luma[-_RAIL_PX:] = _RAIL  # the same all along, so it seems to stand
    luma[_RAIL_PX - 4 : _RAIL_PX] = luma[-_RAIL_PX : 4 - _RAIL_PX] = _BLACK + 6
    once = np.clip(luma, _BLACK, 235 - _NOISE).astype(np.uint8)
    return np.hstack([once, once[:, :WIDTH]])


def _glyph(character: str) -> Grey:
    height, width = _GLYPH
    tile = np.full((height, width), _BLACK, np.uint8)
    cv2.putText(tile, character, (1, height - 4), cv2.FONT_HERSHEY_PLAIN, 1.1, 220, 1, cv2.LINE_AA)
    return tile


def _clip(start: int, length: int, limit: int) -> tuple[slice, slice] | None:
    """Which part of a plane, and of what is put there, coincide along one axis."""
    first, last = max(0, start), min(limit, start + length)
    return (slice(first, last), slice(first - start, last - start)) if first < last else None


def _overlap(plane: Grey, part: Grey, top: int, left: int) -> tuple[Grey, Grey] | None:
    rows = _clip(top, part.shape[0], plane.shape[0])
    columns = _clip(left, part.shape[1], plane.shape[1])
    if rows is None or columns is None:
        return None
    return plane[rows[0], columns[0]], part[rows[1], columns[1]]


def _paste(plane: Grey, part: Grey, top: int, left: int) -> None:
    if seen := _overlap(plane, part, top, left):
        seen[0][:] = seen[1]


def _shade(plane: Grey, light: Grey, top: int, left: int) -> None:
    if seen := _overlap(plane, light, top, left):
        seen[0][:] = cv2.multiply(seen[0], seen[1], scale=1 / 255)
