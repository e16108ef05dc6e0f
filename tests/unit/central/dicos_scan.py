"""A small scan as the plant's CT writes it: two DICOS objects."""

from pathlib import Path

import numpy as np

from simulators.ct.dicos import Study, write
from simulators.ct.renderer import INTERCEPT, SLOPE, Stored
from tests.unit.central.journeys import START
from tests.unit.central.small_scan import VOLUME


def dicos_files(folder: Path, ooi_id: str = "7-1") -> tuple[bytes, bytes]:
    """The low and the high object of one scan."""
    study = Study(number=8 * len(ooi_id) + 80, ooi_id=ooi_id, acquired_at=START, duration_s=0.5)
    files: list[bytes] = []
    for energy, image in (("low", VOLUME.low), ("high", VOLUME.high)):
        assert image is not None
        stored: Stored = np.clip(np.rint((image - INTERCEPT) / SLOPE), 0, 65_535).astype(np.uint16)
        write(folder / energy, stored, energy, study)
        files.append((folder / energy).read_bytes())
    low, high = files
    return low, high
