"""DICOS CT objects for the tests of the CT drivers, written with pydicom."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, RLELossless, generate_uid

DICOS_CT = "1.2.840.10008.5.1.4.1.1.501.1"
SMALL = (8, 16, 12)
FULL = (192, 128, 128)  # 6.3 MB
ACQUIRED_AT = datetime(2026, 3, 1, 2, 3, 4, 500_000, UTC)


def write_object(
    path: Path,
    energy: str = "low",
    *,
    study: str | None = None,
    sop: str | None = None,
    sop_class: str = DICOS_CT,
    ooi_id: str = "7-42",
    shape: tuple[int, int, int] = SMALL,
    compressed: bool = False,
    seed: int = 1,
) -> Path:
    """One object, one energy; returns the path."""
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID = UID(sop_class)
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID = UID(sop or generate_uid())
    image.StudyInstanceUID = study or generate_uid()
    image.SeriesInstanceUID = generate_uid()
    image.PatientID = ooi_id
    image.Modality = "CT"
    image.ImageType = ["ORIGINAL", f"{energy.upper()} ENERGY", "VOLUME", "NONE"]
    image.KVP = "90" if energy == "low" else "150"
    image.AcquisitionDateTime = ACQUIRED_AT.strftime("%Y%m%d%H%M%S.%f")
    image.AcquisitionDuration = 1.4
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.NumberOfFrames, image.Rows, image.Columns = shape
    image.BitsAllocated = image.BitsStored = 16
    image.HighBit, image.PixelRepresentation = 15, 0
    image.PixelSpacing, image.SliceThickness = ["3.5", "3.5"], "3.5"
    image.RescaleSlope, image.RescaleIntercept = "0.0001", "0"
    values = np.random.default_rng(seed).integers(0, 3000, shape, dtype=np.uint16)
    image.PixelData = values.tobytes()
    image["PixelData"].VR = "OW"
    if compressed:
        image.compress(RLELossless, generate_instance_uid=False)
    image.save_as(path, enforce_file_format=True)
    return path


def write_scan(
    folder: Path,
    *,
    study: str | None = None,
    ooi_id: str = "7-42",
    shape: tuple[int, int, int] = SMALL,
    compressed: bool = False,
) -> tuple[Path, Path]:
    """A low and a high energy object of one study."""
    study = study or generate_uid()
    low, high = (
        write_object(
            folder / f"{energy}-{study}.dcs",
            energy,
            study=study,
            ooi_id=ooi_id,
            shape=shape,
            compressed=compressed,
            seed=seed,
        )
        for seed, energy in enumerate(("low", "high"))
    )
    return low, high
