"""A CT volume in memory: attenuation at two energies on one grid."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Volume:
    """Linear attenuation in 1/cm. Arrays have the shape (z, y, x): z along the belt, its front first; y
    from the top down; x across.

    `low` is None for a machine, or a scan, with one energy; else it has the shape of `high`.
    """

    high: Image
    spacing_mm: tuple[float, float, float]  # z, y, x
    low: Image | None = None
