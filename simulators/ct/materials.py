"""What solids are made of: density, and attenuation at the scanner's two energies.

Attenuations (1/cm, 90 kV / 150 kV) of water, polyethylene, glass, aluminium and steel are those that a
simulated dual-energy scanner with a polychromatic spectrum recovers. Textiles, paper and cardboard are loose
organics: their attenuation is proportional to their density. The rest lies between by composition.
"""

from enum import StrEnum

from msgspec import Struct


class Material(StrEnum):
    """What a solid is made of."""

    CARDBOARD = "cardboard"
    PAPER = "paper"
    TEXTILE = "textile"
    FOAM = "foam"
    PLASTIC = "plastic"  # polyethylene
    WATER = "water"  # and what is mostly water: drinks, lotions
    GLASS = "glass"
    CERAMIC = "ceramic"
    CIRCUIT = "circuit"  # glass-fibre board with components
    CELL = "cell"  # a lithium battery
    ALUMINIUM = "aluminium"
    STEEL = "steel"
    LEAD = "lead"


class Property(Struct, frozen=True):
    """Of a material: g/cm³, and 1/cm at that density for the low and the high energy."""

    density: float
    low: float
    high: float


# Attenuation per density of cellulose lies between polyethylene's and water's.
PROPERTIES = {
    Material.CARDBOARD: Property(1.0, 0.205, 0.165),
    Material.PAPER: Property(1.0, 0.208, 0.166),
    Material.TEXTILE: Property(1.0, 0.202, 0.165),
    Material.FOAM: Property(1.0, 0.195, 0.163),
    Material.PLASTIC: Property(0.94, 0.18, 0.15),
    Material.WATER: Property(1.0, 0.22, 0.17),
    Material.GLASS: Property(2.5, 0.60, 0.39),
    Material.CERAMIC: Property(2.3, 0.53, 0.35),
    Material.CIRCUIT: Property(1.9, 0.46, 0.31),
    Material.CELL: Property(2.4, 0.72, 0.46),
    Material.ALUMINIUM: Property(2.7, 0.65, 0.42),
    Material.STEEL: Property(7.8, 2.6, 1.9),
    Material.LEAD: Property(11.3, 9.0, 9.0),  # past the scanner's range: it saturates
}


def attenuation(material: Material, density: float) -> tuple[float, float]:
    """Low and high attenuation in 1/cm of a material at some density in g/cm³."""
    known = PROPERTIES[material]
    share = density / known.density
    return known.low * share, known.high * share
