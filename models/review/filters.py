"""Filters on three-dimensional images, made of OpenCV's fast two-dimensional ones."""

import cv2
import numpy as np
from numpy.typing import NDArray

from models.volume import Image

Mask = NDArray[np.uint8]  # 0 or 1, shape (z, y, x)

_BINOMIAL = np.array([0.25, 0.5, 0.25], dtype=np.float32)
_ONE = np.ones(1, dtype=np.float32)
_SQUARE = np.ones((3, 3), dtype=np.uint8)


def smoothed(image: Image) -> Image:
    """Binomial smoothing over three voxels each way; the border is continued."""
    return _along_all(image, _BINOMIAL)


def box_mean(image: Image, voxels: int) -> Image:
    """The mean over a cube of an odd number of voxels; the border is continued."""
    return _along_all(image, np.full(voxels, 1 / voxels, dtype=np.float32))


def pooled(image: Image, factors: tuple[int, int, int]) -> Image:
    """Means of blocks; what does not fill a block at the far ends is left out."""
    if factors == (1, 1, 1):
        return image
    by_z, by_y, by_x = factors
    depth, height, width = (size // by for size, by in zip(image.shape, factors, strict=True))
    out = np.empty((depth, height, width), dtype=np.float32)
    scale = np.float32(1 / by_z)
    for index in range(depth):
        block = image[index * by_z : (index + 1) * by_z, : height * by_y, : width * by_x]
        flat = block[0] if by_z == 1 else block.sum(axis=0, dtype=np.float32) * scale
        out[index] = cv2.resize(np.ascontiguousarray(flat), (width, height), interpolation=cv2.INTER_AREA)
    return out


def eroded(mask: Mask, times: int = 1) -> Mask:
    """What is left after `times` layers of voxels are taken off; the volume's border takes nothing off."""
    for _ in range(times):
        flat = np.stack([cv2.erode(each, _SQUARE) for each in mask]).astype(np.uint8, copy=False)
        out = flat.copy()
        np.minimum(out[1:], flat[:-1], out=out[1:])
        np.minimum(out[:-1], flat[1:], out=out[:-1])
        mask = out
    return mask


def dilated(mask: Mask, times: int = 1) -> Mask:
    """The mask with `times` layers of voxels put on."""
    for _ in range(times):
        flat = np.stack([cv2.dilate(each, _SQUARE) for each in mask]).astype(np.uint8, copy=False)
        out = flat.copy()
        np.maximum(out[1:], flat[:-1], out=out[1:])
        np.maximum(out[:-1], flat[1:], out=out[:-1])
        mask = out
    return mask


def _along_all(image: Image, kernel: Image) -> Image:
    depth, height, width = image.shape
    rows = np.ascontiguousarray(image).reshape(depth * height, width)
    along_x = cv2.sepFilter2D(rows, -1, kernel, _ONE, borderType=cv2.BORDER_REPLICATE)
    slices = along_x.reshape(depth, height * width)
    along_z = cv2.sepFilter2D(slices, -1, _ONE, kernel, borderType=cv2.BORDER_REPLICATE)
    volume = along_z.reshape(depth, height, width)
    out = np.empty((depth, height, width), dtype=np.float32)
    for index in range(depth):
        out[index] = cv2.sepFilter2D(volume[index], -1, _ONE, kernel, borderType=cv2.BORDER_REPLICATE)
    return out
