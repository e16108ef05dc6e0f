"""Volumes of scans: joined, or refused with the file and field that is wrong."""

import gzip
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from models.command import add_to
from models.formats.errors import FormatError
from models.formats.header import Energy
from models.formats.raw import RawDescription, description_path, read_raw, write_raw
from models.formats.volumes import load_volume
from models.tasks import TaskFile
from tests.unit.models.formats_written import INTERCEPT, SLOPE, SPACING_MM, ramp, write_ct, write_rle


def _files(*found: tuple[Path, str]) -> list[TaskFile]:
    return [TaskFile(str(path), energy) for path, energy in found]


def _write_nifti(path: Path, values: Any, spacing: tuple[float, ...] = (3, 4, 5), unit: str = "mm") -> Path:
    """Values in the order x, y, z, as NIfTI has them."""
    image: Any = nib.Nifti1Image(values, np.diag([*spacing, 1.0]))  # pyright: ignore[reportPrivateImportUsage]
    image.header.set_xyzt_units(unit)
    content = image.to_bytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def _pair(folder: Path, **changed: Any) -> list[TaskFile]:
    low = write_ct(folder / "low", ramp(), "low")
    return _files(
        (low, "low"), (write_rle(folder / "high", ramp() + np.uint16(7), "high", **changed), "high")
    )


def test_low_and_high_are_joined_in_any_order(tmp_path: Path) -> None:
    files = _pair(tmp_path)
    for order in (files, files[::-1]):
        volume = load_volume(order)
        assert volume.spacing_mm == SPACING_MM and volume.low is not None
        np.testing.assert_allclose(volume.low, ramp() * SLOPE + INTERCEPT, atol=1e-5)
        np.testing.assert_allclose(volume.high, (ramp() + 7.0) * SLOPE + INTERCEPT, atol=1e-5)


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("spacing", {"plain": True, "PixelSpacing": [4.0, 3.1]}),
        ("SOPInstanceUID", {"SOPInstanceUID": "2.25.11"}),
        ("StudyInstanceUID", {"StudyInstanceUID": "2.25.9"}),
        ("StudyInstanceUID", {"PatientID": "3-18"}),
        ("energy", {"ImageType": ["ORIGINAL", "LOW ENERGY", "VOLUME", "NONE"]}),
    ],
)
def test_objects_that_do_not_belong_together(tmp_path: Path, field: str, changed: dict[str, Any]) -> None:
    with pytest.raises(FormatError) as refused:
        load_volume(_pair(tmp_path, **changed))
    assert (refused.value.field, refused.value.file) == (field, "high")


def test_shapes_must_be_the_same(tmp_path: Path) -> None:
    files = _files(
        (write_ct(tmp_path / "a", ramp(), "low"), "low"), (write_ct(tmp_path / "b", ramp((4, 6, 7))), "high")
    )
    with pytest.raises(FormatError, match="b: shape"):
        load_volume(files)


def test_a_missing_energy_is_refused_unless_one_will_do(tmp_path: Path) -> None:
    low, high = _pair(tmp_path)
    for alone in ([low], [high], []):
        with pytest.raises(FormatError):
            load_volume(alone)
    assert load_volume([high], one_energy=True).low is None
    with pytest.raises(FormatError, match="high energy is missing"):
        load_volume([low], one_energy=True)
    with pytest.raises(FormatError, match="once"):
        load_volume([high, high])


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_nifti_of_two_energies(tmp_path: Path, name: str) -> None:
    high = (ramp() / 1000).astype(np.float32)
    both = np.stack([(high * 2).T, high.T], axis=-1)
    volume = load_volume(_files((_write_nifti(tmp_path / name, both), "both")))
    assert volume.spacing_mm == SPACING_MM and volume.low is not None
    np.testing.assert_allclose(volume.high, high)
    np.testing.assert_allclose(volume.low, high * 2)


def test_a_medical_ct_in_nifti_is_never_a_volume_of_a_dual_machine(tmp_path: Path) -> None:
    hounsfield = np.full((7, 6, 5), -1000, np.int16)
    hounsfield[2:4, 2:4, 2:4] = 40
    path = _write_nifti(tmp_path / "medical.nii.gz", hounsfield)
    for energy in ("both", "high"):
        with pytest.raises(FormatError, match=r"medical.nii.gz: energy"):
            load_volume(_files((path, energy)))
    # Where one energy will do its air is far below zero: the reviewer's check of the range must see it.
    assert load_volume(_files((path, "high")), one_energy=True).high.min() == -1000


@pytest.mark.parametrize(
    ("field", "values", "unit"),
    [
        ("values", np.full((7, 6, 5, 2), np.nan, np.float32), "mm"),
        ("values", np.full((7, 6, 5, 2), np.inf), "mm"),
        ("shape", np.zeros((7, 1, 5, 2), np.int16), "mm"),
        ("shape", np.zeros((2049, 2, 2, 2), np.int16), "mm"),
        ("dim", np.zeros((7, 6, 5, 3), np.int16), "mm"),
        ("dim", np.zeros((7, 6), np.int16), "mm"),
        ("datatype", np.zeros((7, 6, 5, 2), np.complex64), "mm"),
        ("xyzt_units", np.zeros((7, 6, 5, 2), np.int16), "micron"),
    ],
)
def test_nifti_files_refused(tmp_path: Path, field: str, values: Any, unit: str) -> None:
    path = _write_nifti(tmp_path / "a.nii.gz", values, unit=unit)
    with pytest.raises(FormatError) as refused:
        load_volume(_files((path, "both")))
    assert refused.value.field == field


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_nifti_truncated_anywhere(tmp_path: Path, name: str) -> None:
    content = _write_nifti(tmp_path / name, np.zeros((4, 3, 2, 2), np.int16)).read_bytes()
    for length in range(len(content)):
        (tmp_path / name).write_bytes(content[:length])
        with pytest.raises(FormatError):
            load_volume(_files((tmp_path / name, "both")))


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_nifti_with_flipped_bytes(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / data.draw(st.sampled_from(["a.nii", "a.nii.gz"]))
    content = bytearray(_write_nifti(path, np.zeros((4, 3, 2, 2), np.int16)).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        volume = load_volume(_files((path, "both")))
    except FormatError:
        return
    assert np.isfinite(volume.high).all()


def _raw(folder: Path, energy: Energy, factor: float = 1.0) -> Path:
    described = RawDescription((5, 6, 7), SPACING_MM, 0.001, -0.1, energy)
    write_raw(folder / energy, described, (ramp() / 1000 * factor).astype(np.float32))
    return folder / energy


def test_raw_volumes_go_there_and_back(tmp_path: Path) -> None:
    files = _files((_raw(tmp_path, Energy.LOW, 1.5), "low"), (_raw(tmp_path, Energy.HIGH), "high"))
    volume = load_volume(files)
    assert volume.spacing_mm == SPACING_MM and volume.low is not None
    np.testing.assert_allclose(volume.high, ramp() / 1000, atol=6e-4)
    np.testing.assert_allclose(volume.low, ramp() / 1000 * 1.5, atol=6e-4)


@pytest.mark.parametrize(
    ("field", "old", "new"),
    [
        ("size", b"5,", b"4,"),
        ("shape", b"5,", b"3000,"),
        ("description", b"5,", b'"five",'),
        ("RescaleSlope", b'"slope": 0.001', b'"slope": -1'),
        ("description", b"high", b"medium"),
    ],
)
def test_raw_volumes_refused(tmp_path: Path, field: str, old: bytes, new: bytes) -> None:
    path = _raw(tmp_path, Energy.HIGH)
    described = description_path(path)
    content = described.read_bytes()
    assert old in content
    described.write_bytes(content.replace(old, new, 1))
    with pytest.raises(FormatError) as refused:
        read_raw(path)
    assert refused.value.field == field


def test_raw_refuses_to_write_what_16_bits_do_not_hold(tmp_path: Path) -> None:
    described = RawDescription((2, 2, 2), SPACING_MM, 0.001, 0.0, Energy.HIGH)
    for value in (-1.0, 100.0, np.nan):
        with pytest.raises(FormatError, match="values"):
            write_raw(tmp_path / "a", described, np.full((2, 2, 2), value, np.float32))


@pytest.mark.parametrize("content", [b"", b"text", bytes(500), b"\x1f\x8b", b"\x1f\x8b" + bytes(600)])
def test_files_of_no_format(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(FormatError):
        load_volume(_files((tmp_path / "a", "both")))


def test_ct_show(tmp_path: Path) -> None:
    app = typer.Typer()
    add_to(app)
    good = write_ct(tmp_path / "good", ramp())
    shown = CliRunner().invoke(app, ["ct", "show", str(good)])
    assert shown.exit_code == 0 and "(5, 6, 7)" in shown.output and "3-17" in shown.output
    (tmp_path / "bad").write_bytes(good.read_bytes()[:-1])
    refused = CliRunner().invoke(app, ["ct", "show", str(good), str(tmp_path / "bad")])
    assert refused.exit_code == 1 and "bad: PixelData: cut short" in refused.output
