"""Every limit the shared checks and the classical reviewer judge by, with its unit and its reason.

They are tuned on drawn phantoms for voxels of 3–6 mm, a blur of one voxel and noise up to 0.02 1/cm; finer
volumes are averaged down to that first.
"""

from msgspec import Struct

from models.calibration import DensityMap


class Plausible(Struct, frozen=True):
    """What a volume of a parcel scanner can be at all; medical CT in Hounsfield units is not."""

    spacing_mm: tuple[float, float] = (0.5, 8.0)
    shortest_mm: float = 60.0  # of the volume, each way: less holds no parcel
    longest_mm: float = 3000.0
    fewest_voxels: int = 8  # each way
    most_voxels: int = 100_000_000  # 400 MB an energy: more would starve the neighbours of memory
    highest_per_cm: float = 15.0  # lead reconstructed without saturation, both energies
    lowest_per_cm: float = -1.0  # undershoot beside metal stays above
    negative_per_cm: float = -0.12  # six to ten standard deviations of noise …
    negative_share: float = 0.002  # … which only streaks beside metal exceed, in few voxels


class BodyLimits(Struct, frozen=True):
    """How the item is told from the air around it."""

    working_mm: float = 4.0  # voxels much finer than this are averaged first
    air_per_cm: float = 0.012  # cut-off noise of 0.02 has a mean of 0.008; more is no air
    # The item is where the mean over 24 mm exceeds so many deviations of the air's, within limits: loose
    # cloth of 0.03 g/cm³ has 0.005, a 3 mm cardboard wall 0.014, the noisiest air deviates by 0.0015.
    level_noises: float = 5.0
    level_per_cm: tuple[float, float] = (0.003, 0.010)
    kept_share: float = 0.02  # of the largest connected part; smaller parts are noise
    profile_per_cm: float = 0.001  # mean of a slice; the walls of an empty box or bag have 0.001 to 0.008
    profile_share: float = 0.05  # of the median slice: cuts the blur before and behind the item


class ExceptionLimits(Struct, frozen=True):
    """When an image cannot be judged."""

    empty_g: float = 10.0  # less than a letter
    cut_level_per_cm: float = 0.008  # on a face, mean over 7×7×2 voxels: cloth of 0.05 g/cm³; noise has 0.002
    cut_area_mm2: float = 1000.0  # a streak is less, a cut-off box is more
    saturated_per_cm: float = 2.4  # in both energies; steel is below it, lead and clipped values above
    saturated_ml: float = 20.0
    steel_per_cm: float = 1.2  # half-way from light metal to steel
    steel_half_mm: float = (
        18.0  # steel with this much of itself on all sides: 0.1 % of the rays get through 36 mm
    )


class OrganicLimits(Struct, frozen=True):
    """Homogeneous organic bodies, by attenuation (density) and ratio (atomic number)."""

    # Water 0.17 and 1.29. Below 0.15 lie paper and polyethylene (0.15, 1.20), from 0.20 what is denser than
    # drinks.
    liquid_per_cm: tuple[float, float] = (0.150, 0.200)
    liquid_ratio: tuple[float, float] = (1.245, 1.36)
    liquid_ml: float = 80.0  # cosmetics of up to 60 ml, as goods of everyday, stay clear
    # Explosives: 1.25–1.9 g/cm³ with nearly the atomic number of water; glass and light metal have ratios
    # above 1.5.
    mass_per_cm: tuple[float, float] = (0.205, 0.330)
    mass_ratio: tuple[float, float] = (1.22, 1.42)
    mass_ml: float = 60.0
    # Powders heavier in atomic number than food, paper and cloth: salts, hydrochlorides, nitrates.
    powder_per_cm: tuple[float, float] = (0.060, 0.205)
    powder_ratio: tuple[float, float] = (1.36, 1.75)
    powder_ml: float = 80.0
    powder_core_share: float = 0.15  # a bag of 80 ml has 0.25; between walls of glass or ceramic it is less
    core_share: float = 0.08
    spread_per_cm: float = 0.014  # standard deviation inside, smoothed: a filled body, not a heap of things
    spread_share: float = 0.08  # … or this share of its attenuation, the larger holds


class MetalLimits(Struct, frozen=True):
    """Metal and batteries, by attenuation, ratio and shape."""

    solid_per_cm: float = 0.9  # surely steel or heavier
    sheet_per_cm: float = 0.20  # a steel sheet of 1.5 mm blurred over two voxels …
    sheet_ratio: tuple[float, float] = (
        1.28,
        1.46,
    )  # … keeps steel's ratio of 1.37; glass and aluminium have 1.54
    least_voxels: int = 24
    blade_length_mm: tuple[float, float] = (80.0, 450.0)
    blade_width_mm: tuple[float, float] = (14.0, 75.0)  # less is a wire, a pen or a rod
    blade_flat_mm: float = 18.0  # extent of the blurred sheet across its plane; more is bent or a tube
    blade_share: float = 0.8  # of a piece that must lie in one sheet, the rest touches it …
    blade_flatness: float = 1.5  # … and the sheet's width by its thickness: cut from a rod it has 1.3
    blade_steel_mm: tuple[float, float] = (0.7, 6.0)  # steel in the sheet; more is a tool
    blade_slender: float = 1.8  # length by width
    firearm_length_mm: tuple[float, float] = (110.0, 400.0)
    firearm_height_mm: tuple[float, float] = (60.0, 220.0)
    firearm_thickness_mm: tuple[float, float] = (10.0, 65.0)
    firearm_fill: tuple[float, float] = (0.15, 0.72)  # of its box: an angle of barrel and grip, not a bar
    firearm_g: float = 250.0
    dense_g: float = 500.0
    dense_mm: float = 12.0  # of steel on the thinnest way through
    battery_per_cm: tuple[float, float] = (0.50, 0.90)  # cells of copper, aluminium, cobalt and graphite
    battery_ratio: tuple[float, float] = (1.46, 1.85)
    battery_ml: float = 100.0  # a power bank; the battery of a telephone has 20


class ReviewSettings(Struct, frozen=True):
    """All of them; a site's copy would be a file of this shape."""

    plausible: Plausible = Plausible()
    body: BodyLimits = BodyLimits()
    exceptions: ExceptionLimits = ExceptionLimits()
    organic: OrganicLimits = OrganicLimits()
    metal: MetalLimits = MetalLimits()
    density: DensityMap = DensityMap()
