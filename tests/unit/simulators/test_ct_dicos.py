"""The scanner's files: what they say, read by pydicom and by pydicos, and what breaks off."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pydicom
import pydicos
import pytest

from simulators.ct import dicos
from simulators.ct.dicos import Study
from simulators.ct.renderer import INTERCEPT, SLOPE, Stored

STUDY = Study(8 * 123456789, "70000-12", datetime(2026, 3, 4, 5, 6, 7, 890_000, tzinfo=UTC), 0.4)


@pytest.fixture
def volume() -> Stored:
    return np.arange(5 * 4 * 3, dtype=np.uint16).reshape(5, 4, 3) * 1000


@pytest.mark.parametrize(("energy", "kvp"), [("low", 90), ("high", 150)])
def test_a_file_says_whose_image_it_is_and_how_to_read_it(
    tmp_path: Path, volume: Stored, energy: str, kvp: int
) -> None:
    path = tmp_path / "one.dcs"
    dicos.write(path, volume, energy, STUDY)
    read = pydicom.dcmread(path)
    assert read.SOPClassUID == "1.2.840.10008.5.1.4.1.1.501.1"
    assert read.PatientID == "70000-12"
    assert read.AcquisitionDateTime == "20260304050607.890000+0000"
    assert read.AcquisitionDuration == 0.4
    assert read.ImageType[1] == f"{energy.upper()} ENERGY"
    groups = read.SharedFunctionalGroupsSequence[0]
    assert groups.CTXRayDetailsSequence[0].KVP - kvp == 0
    assert groups.PixelMeasuresSequence[0].PixelSpacing == [4, 4]
    assert groups.PixelMeasuresSequence[0].SliceThickness == 4
    values = groups.PixelValueTransformationSequence[0]
    assert (values.RescaleSlope, values.RescaleIntercept) == (SLOPE, INTERCEPT)
    assert np.array_equal(read.pixel_array, volume)


def test_the_energies_of_a_scan_share_a_study_and_nothing_else(tmp_path: Path, volume: Stored) -> None:
    for energy in ("low", "high"):
        dicos.write(tmp_path / energy, volume, energy, STUDY)
    low, high = (pydicom.dcmread(tmp_path / energy) for energy in ("low", "high"))
    assert low.StudyInstanceUID == high.StudyInstanceUID == STUDY.uid()
    assert len({low.SOPInstanceUID, high.SOPInstanceUID, low.SeriesInstanceUID, high.SeriesInstanceUID}) == 4


def test_pydicos_reads_what_we_write(tmp_path: Path, volume: Stored) -> None:
    path = tmp_path / "one.dcs"
    dicos.write(path, volume, "high", STUDY)
    read = pydicos.CTLoader(str(path))
    (data,) = read.get_data()
    assert np.array_equal(data, volume)
    assert read.GetOOIID().Get() == "70000-12"


def test_a_cut_file_ends_within_its_pixels(tmp_path: Path) -> None:
    path = tmp_path / "one.dcs"
    dicos.write(path, np.zeros((40, 30, 20), np.uint16), "high", STUDY, cut=True)
    assert path.stat().st_size % 2 == 0
    assert pydicom.dcmread(path, stop_before_pixels=True).PatientID == "70000-12"
    with pytest.raises(ValueError, match="less than expected"):
        pydicom.dcmread(path).pixel_array  # noqa: B018
