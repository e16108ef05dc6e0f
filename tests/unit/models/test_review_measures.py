"""Length and mass of an item from its image, for comparison with eye and scale."""

import pytest

from models.calibration import ALUMINIUM, GLASS, POLYETHYLENE, STEEL, WATER, Reference
from models.review.body import find_body, on_working_grid
from models.review.settings import ReviewSettings
from tests.unit.models.phantoms import Phantom, Triple, carton, loose

SETTINGS = ReviewSettings()


def measures(phantom: Phantom, *, clipped: bool = False) -> tuple[float, float]:
    volume = on_working_grid(phantom.volume(clipped=clipped), SETTINGS.body)
    body = find_body(volume, SETTINGS.body, SETTINGS.density)
    assert body is not None
    return body.length_mm, body.mass_g


@pytest.mark.parametrize(
    ("material", "size"),
    [
        (POLYETHYLENE, (120, 80, 100)),
        (WATER, (120, 80, 100)),
        (loose(0.7), (160, 100, 120)),
        (loose(0.2), (160, 100, 120)),
        (loose(0.12), (160, 100, 120)),
        (GLASS, (80, 60, 60)),
        (ALUMINIUM, (80, 60, 60)),
        (STEEL, (60, 40, 32)),
    ],
)
@pytest.mark.parametrize("clipped", [False, True])
def test_mass_within_ten_percent(material: Reference, size: Triple, *, clipped: bool) -> None:
    phantom = Phantom(noise_per_cm=0.012).box((120, 100, 100), size, material)
    length_mm, mass_g = measures(phantom, clipped=clipped)
    assert mass_g == pytest.approx(phantom.drawn_mass_g(), rel=0.10)
    assert length_mm == pytest.approx(size[0], abs=12)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("noise", [0.004, 0.012, 0.02])
def test_the_thin_end_of_a_carton_counts(noise: float, seed: int) -> None:
    phantom = Phantom(noise_per_cm=noise, seed=seed).shell((80, 120, 60), (280, 140, 200), 3.0, loose(0.6))
    phantom.box((88, 168, 68), (120, 88, 184), loose(0.3))
    length_mm, mass_g = measures(phantom)
    assert length_mm == pytest.approx(280, abs=16)
    assert mass_g == pytest.approx(phantom.drawn_mass_g(), rel=0.10)


def test_a_second_item_in_the_image_makes_it_longer() -> None:
    phantom = Phantom().box((40, 160, 80), (100, 80, 100), loose(0.4))
    alone_mm, _ = measures(phantom)
    both_mm, _ = measures(phantom.box((260, 160, 80), (100, 80, 100), loose(0.4)))
    assert alone_mm == pytest.approx(100, abs=12)
    assert both_mm == pytest.approx(320, abs=16)


def test_a_full_carton_is_weighed() -> None:
    phantom = carton().cylinder((120, 150, 80), (150, 60, 60), WATER)
    phantom.box((120, 200, 160), (60, 28, 60), ALUMINIUM)
    assert measures(phantom)[1] == pytest.approx(phantom.drawn_mass_g(), rel=0.10)


def test_air_holds_no_body() -> None:
    volume = Phantom(noise_per_cm=0.02).volume()
    assert find_body(volume, SETTINGS.body, SETTINGS.density) is None
