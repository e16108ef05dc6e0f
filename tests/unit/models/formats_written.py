"""DICOS CT objects for the tests of the formats, written with pydicom: with functional groups, or plain."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.501.1"
EXPLICIT = "1.2.840.10008.1.2.1"
RLE = "1.2.840.10008.1.2.5"
SPACING_MM = (5.0, 4.0, 3.0)
SLOPE, INTERCEPT = 0.001, -0.5


def ramp(shape: tuple[int, int, int] = (5, 6, 7)) -> NDArray[np.uint16]:
    """Values that tell every voxel's z, y and x."""
    z, y, x = np.indices(shape)
    return (1000 * z + 100 * y + x).astype(np.uint16)


def ct(
    values: NDArray[np.uint16], energy: str = "high", *, plain: bool = False, **changed: Any
) -> FileDataset:
    """An object in memory; `changed`: elements by keyword, None to leave one out."""
    meta: Any = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = CT_IMAGE, EXPLICIT
    meta.MediaStorageSOPInstanceUID = "2.25.12" if energy == "high" else "2.25.11"
    top = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    top.SOPClassUID, top.SOPInstanceUID = CT_IMAGE, meta.MediaStorageSOPInstanceUID
    top.StudyInstanceUID, top.SeriesInstanceUID = "2.25.1", "2.25.2"
    top.FrameOfReferenceUID = "2.25.3"
    top.PatientID = "3-17"
    top.ImageType = ["ORIGINAL", f"{energy.upper()} ENERGY", "VOLUME", "NONE"]
    top.AcquisitionDateTime = "20260701123015.250000"
    top.AcquisitionDuration = 1.4
    top.SamplesPerPixel, top.PhotometricInterpretation = 1, "MONOCHROME2"
    top.BitsAllocated = top.BitsStored = 16
    top.HighBit, top.PixelRepresentation = 15, 0
    top.NumberOfFrames, top.Rows, top.Columns = values.shape
    (_plain if plain else _grouped)(top, len(values))
    top.PixelData = values.astype("<u2").tobytes()
    top["PixelData"].VR = "OW"
    for keyword, value in changed.items():
        if value is None:
            delattr(top, keyword)
        else:
            setattr(top, keyword, value)
    return top


def write_ct(path: Path, values: NDArray[np.uint16], energy: str = "high", **changed: Any) -> Path:
    """The object as an uncompressed file."""
    ct(values, energy, **changed).save_as(path, enforce_file_format=True)
    return path


def write_rle(path: Path, values: NDArray[np.uint16], energy: str = "high", **changed: Any) -> Path:
    """The object as an RLE file."""
    top = ct(values, energy, **changed)
    top.compress(RLE, generate_instance_uid=False)
    top.save_as(path, enforce_file_format=True)
    return path


def write_delimited(path: Path, values: NDArray[np.uint16], energy: str = "high", **changed: Any) -> Path:
    """The object as a file whose sequences and items have no lengths but delimiters."""
    top = ct(values, energy, **changed)
    _delimit(top)
    top.save_as(path, enforce_file_format=True)
    return path


def _delimit(dataset: Dataset) -> None:
    for element in dataset:
        if element.VR == "SQ":
            element.is_undefined_length = True
            for item in element.value:
                item.is_undefined_length_sequence_item = True
                _delimit(item)


def _plain(top: Dataset, frames: int) -> None:
    top.PixelSpacing, top.SliceThickness = [SPACING_MM[1], SPACING_MM[2]], SPACING_MM[0]
    top.RescaleSlope, top.RescaleIntercept, top.KVP = SLOPE, INTERCEPT, 150


def _grouped(top: Dataset, frames: int) -> None:
    rays, measures, values, shared = (Dataset() for _ in range(4))
    rays.KVP = 150
    measures.PixelSpacing, measures.SliceThickness = [SPACING_MM[1], SPACING_MM[2]], 9
    values.RescaleSlope, values.RescaleIntercept, values.RescaleType = SLOPE, INTERCEPT, "US"
    shared.CTXRayDetailsSequence, shared.PixelMeasuresSequence = [rays], [measures]
    shared.PixelValueTransformationSequence = [values]
    top.SharedFunctionalGroupsSequence = [shared]
    each: list[Dataset] = []
    for number in range(frames):
        position, frame = Dataset(), Dataset()
        position.ImagePositionPatient = [0, 0, number * SPACING_MM[0]]
        frame.PlanePositionSequence = [position]
        each.append(frame)
    top.PerFrameFunctionalGroupsSequence = each
