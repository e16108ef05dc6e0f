"""Slices, projections and NIfTI of a small scan whose every voxel is known."""

import gzip
from pathlib import Path
from typing import Any

import cv2
import nibabel as nib
import numpy as np
import pytest
from numpy.typing import NDArray

from central import nifti, pictures
from central.materials import Class, classified
from central.pictures import Colour, Look, Plane
from models.findings import Material
from models.volume import Volume
from tests.unit.central.small_scan import ALUMINIUM, SHAPE, SPACING_MM, STEEL, VOLUME, WATER

CLASSES = classified(VOLUME)
_NIBABEL: Any = nib  # it has no types
PALE = Look(boxes=())


def inside(part: tuple[slice, ...]) -> tuple[slice, ...]:
    """A body without its surface, where materials mix."""
    return tuple(slice(each.start + 1, each.stop - 1) for each in part)


def picture(png: bytes) -> NDArray[np.uint8]:
    """Rows, columns, RGB."""
    decoded: Any = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    return decoded[..., ::-1]


def colour_at(png: bytes, row_mm: float, column_mm: float, plane: Plane) -> tuple[int, int, int]:
    pixels = picture(png)
    axes = {Plane.AXIAL: (1, 2), Plane.CORONAL: (2, 0), Plane.SAGITTAL: (1, 0)}[plane]
    height_mm, width_mm = (SHAPE[axis] * SPACING_MM[axis] for axis in axes)
    row = int(row_mm / height_mm * pixels.shape[0])
    column = int(column_mm / width_mm * pixels.shape[1])
    red, green, blue = (int(each) for each in pixels[row, column])
    return red, green, blue


def test_materials_are_told_by_both_energies() -> None:
    assert (CLASSES[inside(WATER)] == Class.ORGANIC).all()
    assert (CLASSES[inside(ALUMINIUM)] == Class.MIXED).all()
    assert (CLASSES[STEEL] == Class.METAL).all()
    assert CLASSES[12, 6, 4] == Class.AIR


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.22, 0.17, Class.ORGANIC),  # water
        (0.18, 0.15, Class.ORGANIC),  # polyethylene
        (0.60, 0.39, Class.MIXED),  # glass
        (0.65, 0.42, Class.MIXED),  # aluminium
        (2.6, 1.9, Class.METAL),  # steel
        (0.01, 0.01, Class.AIR),
    ],
)
def test_the_trades_materials(low: float, high: float, expected: Class) -> None:
    def filled(value: float) -> NDArray[np.float32]:
        return np.full((5, 5, 5), value, np.float32)

    volume = Volume(high=filled(high), low=filled(low), spacing_mm=(1, 1, 1))
    assert set(classified(volume).ravel()) == {expected}


def test_one_energy_tells_by_attenuation() -> None:
    classes = classified(Volume(high=VOLUME.high, spacing_mm=SPACING_MM))
    assert classes[4, 4, 4] == Class.ORGANIC
    assert classes[16, 4, 4] == Class.MIXED
    assert classes[4, 7, 12] == Class.METAL


def test_what_is_no_number_is_air_and_black() -> None:
    high = VOLUME.high.copy()
    high[4, 4, 4] = np.nan
    broken = Volume(high=high, low=VOLUME.low, spacing_mm=SPACING_MM)
    classes = classified(broken)
    assert classes[4, 4, 4] == Class.AIR
    assert picture(pictures.projection_png(broken, classes, PALE)).any()


@pytest.mark.parametrize("plane", list(Plane))
def test_pictures_are_square_to_the_millimetre(plane: Plane) -> None:
    pixels = picture(pictures.slice_png(VOLUME, CLASSES, Look(plane=plane), 3))
    axes = {Plane.AXIAL: (1, 2), Plane.CORONAL: (2, 0), Plane.SAGITTAL: (1, 0)}[plane]
    height_mm, width_mm = (SHAPE[axis] * SPACING_MM[axis] for axis in axes)
    assert max(pixels.shape[:2]) == 512
    assert pixels.shape[0] / pixels.shape[1] == pytest.approx(height_mm / width_mm, rel=0.01)
    assert pictures.depth(VOLUME, plane) == SHAPE[{"axial": 0, "coronal": 1, "sagittal": 2}[plane]]


def test_the_top_is_up_and_travel_goes_right() -> None:
    """Steel begins at row 5 of y, column 10 of x, and ends at frame 10 of z."""
    axial = pictures.slice_png(VOLUME, CLASSES, PALE, 5)
    assert colour_at(axial, 14, 37, Plane.AXIAL)[2] > 200  # y 14 mm, x 37 mm: steel, blue
    assert colour_at(axial, 6, 37, Plane.AXIAL) == (0, 0, 0)  # above it: air
    look = Look(plane=Plane.SAGITTAL)
    side = pictures.slice_png(VOLUME, CLASSES, look, 12)
    assert colour_at(side, 14, 20, Plane.SAGITTAL)[2] > 200
    assert colour_at(side, 14, 70, Plane.SAGITTAL) == (0, 0, 0)
    above = pictures.projection_png(VOLUME, CLASSES, Look(plane=Plane.CORONAL))
    assert colour_at(above, 37, 20, Plane.CORONAL)[2] > 200  # x 37 mm, z 20 mm


def test_organic_is_orange_mixed_green_metal_blue_by_attenuation() -> None:
    def seen(z_mm: float, x_mm: float, **look: Any) -> tuple[int, int, int]:
        png = pictures.projection_png(VOLUME, CLASSES, Look(plane=Plane.CORONAL, **look))
        return colour_at(png, x_mm, z_mm, Plane.CORONAL)

    red, green, blue = seen(24, 15, high=300)
    assert red > green > blue
    red, green, blue = seen(72, 15)
    assert green > red and green > blue
    red, green, blue = seen(24, 37)
    assert blue > green > red
    assert sum(seen(24, 15, high=200)) > sum(seen(24, 15, high=900)) > 0  # a wider window is darker
    assert seen(24, 15, low=400) == (0, 0, 0)
    red, green, blue = seen(24, 15, colour=Colour.GREY)
    assert red == green == blue > 0
    assert seen(24, 37, strip=frozenset({Material.METAL})) == (0, 0, 0)
    assert seen(24, 15, strip=frozenset({Material.METAL})) != (0, 0, 0)
    stripped = frozenset({Material.ORGANIC, Material.MIXED})
    assert seen(24, 15, strip=stripped) == seen(72, 15, strip=stripped) == (0, 0, 0)
    assert seen(40, 1, inverse=True) == (255, 255, 255)
    red, green, blue = seen(24, 37, inverse=True)
    assert blue > red and blue < 255


def test_a_box_is_drawn_where_it_cuts_with_its_number() -> None:
    box = (6.0, 4.0, 8.0, 24.0, 20.0, 40.0)  # x 6–24, y 4–20, z 8–40 mm: frames 2 to 9
    boxed = Look(boxes=(box,))

    def drawn(index: int) -> NDArray[np.bool_]:
        plain = picture(pictures.slice_png(VOLUME, CLASSES, PALE, index)).astype(int)
        return (picture(pictures.slice_png(VOLUME, CLASSES, boxed, index)).astype(int) != plain).any(axis=2)

    assert not drawn(1).any() and not drawn(10).any()
    mask = drawn(2)
    rows, columns = np.nonzero(mask)
    mm = SHAPE[2] * SPACING_MM[2] / mask.shape[1]
    assert columns.max() * mm == pytest.approx(24, abs=2 * mm)
    assert rows.max() * mm == pytest.approx(20, abs=2 * mm)
    assert columns.min() * mm == pytest.approx(6, abs=2 * mm)
    two = Look(boxes=(box, box))
    assert pictures.projection_png(VOLUME, CLASSES, two) != pictures.projection_png(VOLUME, CLASSES, boxed)


def test_a_viewer_finds_each_voxel_where_findings_say(tmp_path: Path) -> None:
    """World: right, ahead and up are x, z and -y of the volume, in mm from its first corner."""
    path = tmp_path / "high.nii.gz"
    path.write_bytes(nifti.attenuation(VOLUME))
    image: Any = _NIBABEL.load(path)
    values = np.asarray(image.dataobj)
    assert values.dtype == np.int16
    assert values.shape == (16, 12, 24)
    assert values[12, 7, 4] == 1900
    x_mm, y_mm, z_mm = 12.5 * 3, 7.5 * 2, 4.5 * 4
    assert image.affine @ [12, 7, 4, 1] == pytest.approx([x_mm, z_mm, -y_mm, 1])
    assert _NIBABEL.aff2axcodes(image.affine) == ("R", "I", "A")
    path.write_bytes(nifti.materials(VOLUME, CLASSES))
    image = _NIBABEL.load(path)
    assert np.array_equal(np.asarray(image.dataobj), CLASSES.transpose(2, 1, 0))


def test_values_beyond_the_file_are_held_at_its_limits() -> None:
    high = VOLUME.high.copy()
    high[0, 0, :4] = (np.nan, np.inf, -np.inf, 99)
    packed = nifti.attenuation(Volume(high=high, spacing_mm=SPACING_MM))
    values = np.frombuffer(gzip.decompress(packed)[352:], "<i2")
    assert values[:4].tolist() == [0, 32767, -32767, 32767]


def test_thin_steel_is_metal_though_it_fills_its_voxels_by_half() -> None:
    high = np.zeros((9, 9, 9), np.float32)
    high[4, 4, 2:7], high[5, 4, 2:7] = 0.8, 0.25  # a blade of half a voxel, and its blurred edge
    low = high * np.float32(1.37)
    found = classified(Volume(high, (4.0, 4.0, 4.0), low))
    assert set(found[4, 4, 2:7]) == set(found[5, 4, 2:7]) == {Class.METAL}
