"""The classical reviewer's rules, on drawn phantoms: what alarms, what stays clear."""

import pytest

from models.calibration import ALUMINIUM, GLASS, POLYETHYLENE, STEEL, WATER, Reference
from models.findings import Category, Finding, FindingKind, Material, Outcome, Review
from models.review.classical import ClassicalReviewer
from tests.unit.models.phantoms import CELL, EXPLOSIVE, POWDER, Phantom, carton, loose

SEEDS = (1, 2, 3)
NOISES = (0.006, 0.02)


def review(phantom: Phantom, *, clipped: bool = False) -> Review:
    return ClassicalReviewer().review(phantom.volume(clipped=clipped))


def only(found: Review) -> Finding:
    assert found.outcome is Outcome.ALARM, found
    assert len(found.findings) == 1, found.findings
    return found.findings[0]


BENIGN = {
    "cloth": carton(),
    "empty carton": Phantom().shell((100, 120, 60), (240, 140, 200), 3.0, loose(0.6)),
    "books": carton().box((120, 140, 80), (200, 88, 150), loose(0.8)),
    "a dense book": carton().box((120, 140, 80), (200, 60, 150), loose(0.88)),
    "plastic blocks": carton().box((120, 160, 80), (64, 64, 64), POLYETHYLENE),
    "a hollow toy": carton().shell((120, 140, 80), (120, 80, 100), 3.0, POLYETHYLENE),
    "shoes": carton().ellipsoid((110, 150, 80), (200, 76, 80), loose(0.3)),
    "a jar of cream": carton().cylinder((140, 180, 100), (44, 40, 40), WATER),
    "two jars apart": carton()
    .cylinder((120, 180, 80), (44, 40, 40), WATER)
    .cylinder((220, 180, 160), (44, 40, 40), WATER),
    "a thick plate of glass": carton().box((120, 180, 80), (120, 12, 120), GLASS),
    "a glass": carton().shell((120, 150, 80), (90, 72, 72), 4.0, GLASS),
    "a block of aluminium": carton().box((120, 190, 80), (60, 30, 60), ALUMINIUM),
    "bolts": carton()
    .cylinder((130, 210, 90), (24, 12, 12), STEEL)
    .cylinder((200, 210, 120), (24, 12, 12), STEEL),
    "a telephone": carton()
    .sheet((120, 212, 80), (148, 8, 72), 0.6, ALUMINIUM)
    .box((140, 212, 92), (72, 4, 44), CELL),
    "a vacuum flask": carton().shell((110, 150, 100), (220, 68, 68), 0.5, STEEL),
    "a rod": carton().cylinder((120, 200, 100), (160, 8, 8), STEEL),
}


@pytest.mark.parametrize("name", BENIGN)
def test_ordinary_content_is_clear(name: str) -> None:
    found = review(BENIGN[name])
    assert (found.outcome, found.findings, found.exception) == (Outcome.CLEAR, (), None), found


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_bottle_of_water_is_a_liquid(noise: float, seed: int) -> None:
    phantom = carton(noise_per_cm=noise, seed=seed).cylinder((120, 150, 80), (150, 60, 60), WATER)
    finding = only(review(phantom))
    assert (finding.kind, finding.category) == (FindingKind.LIQUID, Category.ANOMALY)
    assert finding.material is Material.ORGANIC
    assert finding.mass_g == pytest.approx(424, rel=0.12)
    for found_mm, true_mm in zip(finding.box_mm, (80, 150, 120, 140, 210, 270), strict=True):
        assert found_mm == pytest.approx(true_mm, abs=8)  # x, y, z


@pytest.mark.parametrize("wall", [POLYETHYLENE, GLASS])
def test_a_liquid_is_seen_through_its_bottle(wall: Reference) -> None:
    phantom = carton().cylinder((120, 150, 80), (150, 68, 68), wall)
    phantom.cylinder((124, 154, 84), (142, 60, 60), WATER)
    assert FindingKind.LIQUID in {finding.kind for finding in review(phantom).findings}


def test_a_hundred_millilitres_are_a_liquid_and_fifty_are_not() -> None:
    large = carton().cylinder((140, 160, 100), (64, 46, 46), WATER)  # 106 ml
    small = carton().cylinder((140, 160, 100), (40, 40, 40), WATER)  # 50 ml
    assert only(review(large)).kind is FindingKind.LIQUID
    assert review(small).outcome is Outcome.CLEAR


def test_a_liquid_in_a_machine_without_negative_values() -> None:
    phantom = carton(noise_per_cm=0.02).cylinder((120, 150, 80), (150, 60, 60), WATER)
    assert only(review(phantom, clipped=True)).kind is FindingKind.LIQUID


@pytest.mark.parametrize("noise", NOISES)
def test_a_dense_organic_block_is_like_an_explosive(noise: float) -> None:
    phantom = carton(noise_per_cm=noise).box((140, 180, 100), (120, 32, 60), EXPLOSIVE)
    finding = only(review(phantom))
    assert (finding.kind, finding.category) == (FindingKind.ORGANIC_MASS, Category.EXPLOSIVE)
    assert finding.mass_g == pytest.approx(369, rel=0.15)


@pytest.mark.parametrize("noise", NOISES)
def test_a_bag_of_salt_is_a_powder(noise: float) -> None:
    phantom = carton(noise_per_cm=noise).box((140, 170, 100), (100, 48, 80), POWDER)
    finding = only(review(phantom))
    assert (finding.kind, finding.category) == (FindingKind.POWDER, Category.PHARMACEUTICAL)
    assert finding.mass_g == pytest.approx(230, rel=0.15)


def test_a_power_bank_is_a_battery() -> None:
    finding = only(review(carton().box((140, 180, 100), (140, 24, 68), CELL)))
    assert (finding.kind, finding.material) == (FindingKind.BATTERY, Material.MIXED)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("share", [0.5, 0.75])
def test_a_thin_steel_sheet_is_a_blade(noise: float, share: float) -> None:
    phantom = carton(noise_per_cm=noise).sheet((130, 192, 100), (160, 4, 32), share, STEEL)
    finding = only(review(phantom))
    assert (finding.kind, finding.category) == (FindingKind.BLADE, Category.PROHIBITED_ITEM)
    assert finding.material is Material.METAL
    assert finding.mass_g == pytest.approx(160.8 * share, rel=0.25)


def test_a_barrel_and_a_grip_are_a_firearm() -> None:
    phantom = (
        carton()
        .sheet((130, 190, 80), (180, 28, 32), 0.6, STEEL)
        .sheet((260, 190, 112), (40, 28, 96), 0.4, STEEL)
    )
    finding = only(review(phantom))
    assert (finding.kind, finding.category) == (FindingKind.FIREARM, Category.PROHIBITED_ITEM)


def test_a_steel_plate_is_dense_metal() -> None:
    finding = only(review(carton().box((140, 200, 100), (100, 20, 90), STEEL)))
    assert (finding.kind, finding.category) == (FindingKind.DENSE_METAL, Category.ANOMALY)
    assert finding.mass_g == pytest.approx(1413, rel=0.2)


def test_two_things_are_two_findings_the_surer_first() -> None:
    phantom = carton().cylinder((120, 150, 80), (150, 60, 60), WATER)
    found = review(phantom.sheet((130, 192, 200), (160, 4, 32), 0.75, STEEL))
    assert {each.kind for each in found.findings} == {FindingKind.LIQUID, FindingKind.BLADE}
    assert found.findings[0].score >= found.findings[1].score


def test_finer_voxels_are_reviewed_as_well() -> None:
    phantom = Phantom(shape=(140, 100, 120), spacing_mm=(2.0, 2.0, 2.0))
    phantom.shell((40, 40, 40), (200, 120, 160), 3.0, loose(0.6)).cylinder((70, 70, 80), (120, 60, 60), WATER)
    finding = only(review(phantom))
    assert finding.kind is FindingKind.LIQUID
    assert finding.mass_g == pytest.approx(339, rel=0.12)


def test_the_clock_is_only_asked_for_the_time_it_took() -> None:
    times = iter((10.0, 10.25))
    found = ClassicalReviewer(clock_s=lambda: next(times)).review(carton().volume())
    assert found.took_ms == 250
