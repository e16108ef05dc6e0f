"""Writes one energy of a scan as a DICOS CT file (NEMA IIC 1 V03), by the plant's own code.

A volume is one multi-frame object: frame 0 is the parcel's front, rows run from the top down. As in DICOM's
enhanced CT, tube voltage, spacing and rescaling stand in the shared functional groups. Its Patient ID is the
id of the object of inspection; the objects of one scan share their study.
"""

from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from struct import Struct

import msgspec
from pydicom import Dataset, FileDataset
from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from simulators.ct.renderer import INTERCEPT, SLOPE, SPACING_MM, Stored

CT_IMAGE_STORAGE = UID("1.2.840.10008.5.1.4.1.1.501.1")
KVP = {"low": "90", "high": "150"}
CUT_SHARE = 0.6  # of a file that breaks off

_ROOT = "2.25"  # UIDs made of UUIDs (DICOM PS3.5 B.2)
_MAKER, _MODEL, _VERSION = "SIMULATED", "VOXEL CT", "V03"
# Of DICOS alone: pydicom has no names for these, or another's.
_META_VERSION, _IMAGE_ORIGIN, _COORDINATES, _EFFECTIVE_ENERGY = 0x00020004, 0x00080118, 0x00082108, 0x43000902
_PIXEL_DATA = Struct("<HH2s2xI")  # group, element, value representation, length
_NUMBERS = {"low": 1, "high": 2}
_FRAME_OF_REFERENCE = 5  # the names of a study's parts are its number and a few after it


class Study(msgspec.Struct, frozen=True):
    """What the objects of one scan share."""

    number: int  # a UUID's, the last three bits 0
    ooi_id: str
    acquired_at: datetime
    duration_s: float

    def uid(self, part: int = 0) -> UID:
        """A UID: the study's own, or that of one of its parts."""
        return UID(f"{_ROOT}.{self.number + part}")


def write(path: Path, volume: Stored, energy: str, study: Study, *, cut: bool = False) -> None:
    """Write a file; `cut` leaves off its end."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CT_IMAGE_STORAGE
    meta.MediaStorageSOPInstanceUID = study.uid(_NUMBERS[energy])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.add_new(_META_VERSION, "CS", _VERSION)
    dataset = FileDataset(path, {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.update(_header(energy, study))
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = volume.shape
    dataset.SharedFunctionalGroupsSequence = [_groups(energy)]
    dataset.save_as(path, enforce_file_format=True)
    pixels = volume.astype("<u2", copy=False).tobytes()
    with path.open("ab") as file:
        file.write(_positions(len(volume)))
        file.write(_PIXEL_DATA.pack(0x7FE0, 0x0010, b"OW", len(pixels)))
        file.write(pixels)
        if cut:
            file.truncate(int(file.tell() * CUT_SHARE) // 2 * 2)  # a fragment has an even length


def _header(energy: str, study: Study) -> Dataset:
    ended_at = study.acquired_at + timedelta(seconds=study.duration_s)
    header = Dataset()
    header.ImageType = ["ORIGINAL", f"{energy.upper()} ENERGY", "VOLUME", "NONE"]
    header.SOPClassUID = CT_IMAGE_STORAGE
    header.SOPInstanceUID = study.uid(_NUMBERS[energy])
    header.StudyInstanceUID = study.uid()
    header.SeriesInstanceUID = study.uid(2 + _NUMBERS[energy])
    header.FrameOfReferenceUID = study.uid(_FRAME_OF_REFERENCE)
    header.InstanceNumber = _NUMBERS[energy]
    header.StudyID = "1"
    header.AcquisitionDateTime = f"{study.acquired_at:%Y%m%d%H%M%S.%f%z}"
    header.AcquisitionDuration = study.duration_s  # in seconds
    for moment, at in (("Study", study.acquired_at), ("Series", study.acquired_at), ("Content", ended_at)):
        setattr(header, f"{moment}Date", f"{at:%Y%m%d}")
        setattr(header, f"{moment}Time", f"{at:%H%M%S.%f}")
    header.DateOfLastCalibration = header.InstanceCreationDate = header.ContentDate
    header.TimeOfLastCalibration = header.InstanceCreationTime = header.ContentTime
    header.Modality = "CT"
    header.Manufacturer, header.ManufacturerModelName = _MAKER, _MODEL
    header.DeviceSerialNumber, header.SoftwareVersions, header.StationName = "0", "1", "CT"
    header.InstitutionName = header.InstitutionAddress = _MAKER
    header.PositionReferenceIndicator = ""
    header.AcquisitionContextSequence = []
    header.add_new(_IMAGE_ORIGIN, "CS", "MACHINE")
    header.add_new(_COORDINATES, "CS", "LHS")
    header.add_new(_EFFECTIVE_ENERGY, "FL", float(KVP[energy]) / 2)
    header.PixelPresentation, header.VolumetricProperties = "MONOCHROME", "VOLUME"
    header.VolumeBasedCalculationTechnique = "NONE"
    header.PatientID, header.TypeOfPatientID, header.IssuerOfPatientID = study.ooi_id, "TEXT", _MAKER
    header.PatientName = ""
    header.SamplesPerPixel, header.PhotometricInterpretation = 1, "MONOCHROME2"
    header.BitsAllocated = header.BitsStored = 16
    header.HighBit, header.PixelRepresentation = 15, 0
    header.BurnedInAnnotation, header.PresentationLUTShape = "NO", "IDENTITY"
    header.DICOSVersion, header.OOIType = _VERSION, "CARGO"
    header.AcquisitionStatus, header.ScanType = "SUCCESSFUL", "OPERATIONAL"
    return header


def _groups(energy: str) -> Dataset:
    """The functional groups that all frames share."""
    rays, measures, values, plane, kind = (Dataset() for _ in range(5))
    rays.KVP, rays.FilterType, rays.FocalSpots = KVP[energy], "NONE", "1"
    measures.SliceThickness, measures.PixelSpacing = str(SPACING_MM), [str(SPACING_MM)] * 2
    measures.SpacingBetweenSlices = str(SPACING_MM)
    values.RescaleIntercept, values.RescaleSlope, values.RescaleType = str(INTERCEPT), str(SLOPE), "1/cm"
    plane.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    kind.FrameType = ["ORIGINAL", f"{energy.upper()} ENERGY", "VOLUME", "NONE"]
    kind.PixelPresentation, kind.VolumetricProperties = "MONOCHROME", "VOLUME"
    kind.VolumeBasedCalculationTechnique = "NONE"
    groups = Dataset()
    groups.CTXRayDetailsSequence = [rays]
    groups.PixelMeasuresSequence = [measures]
    groups.PixelValueTransformationSequence = [values]
    groups.PlaneOrientationSequence = [plane]
    groups.CTImageFrameTypeSequence = [kind]
    return groups


@cache
def _positions(frames: int) -> bytes:
    """Where each frame lies, in mm: x, y, z of its first pixel. The same for each file, so encoded once."""
    groups: list[Dataset] = []
    for number in range(frames):
        plane, group = Dataset(), Dataset()
        plane.ImagePositionPatient = ["0", "0", str(number * SPACING_MM)]
        group.PlanePositionSequence = [plane]
        groups.append(group)
    whole = Dataset()
    whole.PerFrameFunctionalGroupsSequence = groups
    encoded = DicomBytesIO()
    encoded.is_little_endian, encoded.is_implicit_VR = True, False
    write_dataset(encoded, whole)
    return encoded.getvalue()
