"""Labelled sets: what is kept comes back, a broken-off set is gone on with, another is refused."""

from pathlib import Path

import numpy as np
import pytest

from models.findings import FindingKind
from models.labelled import (
    INTERCEPT,
    SLOPE,
    LabelledError,
    LabelledScan,
    LabelledSet,
    SetHeader,
    TrueObject,
    Truth,
)
from models.taxonomy import alarming, taxonomy

HEADER = SetHeader("drawn 1", seed=7, count=3, shape=(40, 30, 24), spacing_mm=(4.0, 4.0, 4.0))
KNIFE = TrueObject("knife", (40, 60, 80, 60, 64, 120), 120.0, "steel", FindingKind.BLADE)


def scan(number: int = 0) -> LabelledScan:
    random = np.random.default_rng(number)
    low, high = (random.integers(400, 600, HEADER.shape).astype(np.uint16) for _ in range(2))
    labels = np.zeros(HEADER.shape, np.uint8)
    labels[20:30, 15:16, 10:15] = 1
    truth = Truth(f"7 {number}", (32, 40, 60, 80, 96, 140), 900.0, (KNIFE,), (0.005, 0.004))
    return LabelledScan(low, high, labels, truth)


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    made, plain = LabelledSet.begin(tmp_path, HEADER), scan(1)
    made.keep(1, plain)
    found = LabelledSet(tmp_path)
    part = found.part(1)
    z, y, x = (slice(first, first + size) for first, size in zip(part.corner, part.low.shape, strict=True))
    assert (z, y, x) == (slice(9, 40), slice(4, 30), slice(2, 24))  # six voxels around the parcel's box
    for kept, whole in ((part.low, plain.low), (part.high, plain.high), (part.labels, plain.labels)):
        assert np.array_equal(kept, whole[z, y, x])
    assert found.truth(1) == plain.truth
    assert plain.truth.of(alarming()) == (KNIFE,)
    volume = found.volume(1)
    assert volume.high.shape == HEADER.shape
    assert np.allclose(volume.high[z, y, x], plain.high[z, y, x] * SLOPE + INTERCEPT)
    assert 0.002 < volume.high[:9].std() < 0.006  # the air around it is noise again …
    assert np.array_equal(volume.high, found.volume(1).high)  # … and always the same


def test_a_set_that_broke_off_is_gone_on_with(tmp_path: Path) -> None:
    made = LabelledSet.begin(tmp_path, HEADER)
    made.keep(1, scan(1))
    (tmp_path / "000002.npz").write_bytes(b"half")
    assert list(LabelledSet.begin(tmp_path, HEADER).missing()) == [0, 2]


def test_another_sets_folder_is_left_alone(tmp_path: Path) -> None:
    LabelledSet.begin(tmp_path, HEADER)
    with pytest.raises(LabelledError, match="another set, drawn 1 of seed 7"):
        LabelledSet.begin(tmp_path, SetHeader("drawn 1", 8, 3, HEADER.shape, HEADER.spacing_mm))


@pytest.mark.parametrize("content", [None, b"{", b'{"generator": 1}'])
def test_what_is_no_set_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "set.json").write_bytes(content)
    with pytest.raises(LabelledError, match=r"set\.json"):
        LabelledSet(tmp_path)


def test_a_broken_image_is_named(tmp_path: Path) -> None:
    made = LabelledSet.begin(tmp_path, HEADER)
    made.keep(0, scan())
    (tmp_path / "000000.npz").write_bytes(b"no archive")
    with pytest.raises(LabelledError, match=r"000000\.npz: expected arrays"):
        made.part(0)


def test_a_volume_of_another_shape_is_refused(tmp_path: Path) -> None:
    made = LabelledSet.begin(tmp_path, SetHeader("drawn 1", 7, 3, (40, 30, 25), HEADER.spacing_mm))
    with pytest.raises(LabelledError, match="expected a volume of"):
        made.keep(0, scan())


def test_every_kind_of_finding_has_its_entry_in_the_taxonomy() -> None:
    assert taxonomy().keys() == set(FindingKind)
    assert FindingKind.FIREARM in alarming()
    assert FindingKind.PHONE not in alarming()
