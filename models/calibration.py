"""What attenuation means: the reference values of known materials, and the density estimated from them.

Attenuation is in 1/cm as the reference machine (90 kV, and 150 kV behind 1 mm copper) reconstructs it. A
machine with other spectra needs other numbers, from phantoms of these materials.
"""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from models.volume import Image


class Reference(Struct, frozen=True):
    """A material as the machine sees it."""

    low_per_cm: float
    high_per_cm: float
    density_g_cm3: float

    @property
    def ratio(self) -> float:
        """Low by high energy: grows with the effective atomic number, up to metals that harden the beam."""
        return self.low_per_cm / self.high_per_cm


POLYETHYLENE = Reference(0.18, 0.15, 0.95)
WATER = Reference(0.22, 0.17, 1.0)
GLASS = Reference(0.60, 0.39, 2.5)
ALUMINIUM = Reference(0.65, 0.42, 2.7)
STEEL = Reference(2.6, 1.9, 7.85)


class DensityMap(Struct, frozen=True):
    """Density from high-energy attenuation, linear in pieces.

    Light matter has nearly one density per attenuation: 6.33 g/cm² for polyethylene, 5.88 for water, 6.41
    for glass, 6.43 for aluminium. So has every mixture of it with air (textiles, paper, powders), which is
    why no ratio is needed here. Two pieces keep all of them within 6 %. Steel has 4.13; in its
    neighbourhood the blurred edge of the steel is counted as steel, not as light metal.
    """

    light_g_cm2: float = 6.0  # g/cm³ per 1/cm, below the bend
    bend_per_cm: float = 0.17
    above_bend_g_cm2: float = 6.7  # per 1/cm that exceeds the bend
    steel_g_cm2: float = 4.13

    def density(self, high: Image, steel: NDArray[np.uint8]) -> Image:
        """Density in g/cm³ of each voxel; `steel` is not 0 where a voxel is steel or its blurred edge."""
        light = high * np.float32(self.light_g_cm2)
        light += np.maximum(high - np.float32(self.bend_per_cm), 0) * np.float32(
            self.above_bend_g_cm2 - self.light_g_cm2
        )
        return np.where(steel != 0, high * np.float32(self.steel_g_cm2), light)
