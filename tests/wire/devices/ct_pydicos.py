"""DICOS CT objects written by pydicos, a toolkit that shares no code with ours."""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np


def write_with_pydicos(path: Path, energy: str, study: str, ooi_id: str, *, compressed: bool) -> Path:
    """One object of 8×16×12 voxels."""
    toolkit: Any = import_module("pyDICOS")  # large, and without types
    loaders: Any = import_module("pydicos")
    kinds, ct = toolkit.CT, loaders.CTLoader()
    ct.SetOOIType(kinds.OBJECT_OF_INSPECTION_TYPE.enumTypeCargo)
    energies = kinds.OOI_IMAGE_CHARACTERISTICS
    ct.SetImageType(
        energies.enumLowEnergy if energy == "low" else energies.enumHighEnergy, kinds.IMAGE_FLAVOR.enumVolume
    )
    ct.SetPhotometricInterpretation(kinds.PHOTOMETRIC_INTERPRETATION.enumMonochrome2)
    date, time = toolkit.DcsDate(2026, 3, 1), toolkit.DcsTime(2, 3, 4, 500_000)
    ct.SetImageAcquisitionDateAndTime(date, time)
    ct.SetContentDateAndTime(date, time)
    ct.SetImageAcquisitionDuration(1.4)
    ct.SetScanInstanceUID(toolkit.DcsUniqueIdentifier(study))
    ct.SetOOIID(toolkit.DcsLongString(ooi_id))
    ct.set_data([np.arange(8 * 16 * 12, dtype=np.uint16).reshape(8, 16, 12)])
    syntaxes = kinds.TRANSFER_SYNTAX
    errors = toolkit.ErrorLog()
    syntax = syntaxes.enumLosslessRLE if compressed else syntaxes.enumLittleEndianExplicit
    assert ct.Write(toolkit.Filename(str(path)), errors, syntax), errors.GetErrorLog().Get()
    return path
