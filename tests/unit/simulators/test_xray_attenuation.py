"""Attenuation of compounds against published values of their own."""

import numpy as np
import pytest

from simulators.xray.attenuation import effective_number, mass_attenuation, mixed, weight_shares


@pytest.mark.parametrize(
    ("formula", "energy_kev", "cm2_g"),
    [
        ("H2O", 60, 0.2059),
        ("H2O", 100, 0.1707),
        ("C2H4", 60, 0.1970),
        ("SiO2", 60, 0.2520),
        ("Fe", 80, 0.5952),
    ],
)
def test_compounds_attenuate_as_published(formula: str, energy_kev: float, cm2_g: float) -> None:
    """Hubbell and Seltzer's tables of mass attenuation coefficients."""
    found = mass_attenuation(weight_shares(formula), np.array([float(energy_kev)]))
    assert found[0] == pytest.approx(cm2_g, rel=0.02)


def test_effective_numbers_order_materials_as_the_field_knows_them() -> None:
    numbers = [effective_number(weight_shares(each)) for each in ("C2H4", "H2O", "SiO2", "Fe")]
    assert numbers == pytest.approx([5.4, 7.42, 11.6, 26.0], abs=0.15)


def test_a_mixture_weighs_its_parts() -> None:
    assert mixed({"H2O": 1.0, "Fe": 1.0})["Fe"] == pytest.approx(0.5)


@pytest.mark.parametrize("formula", ["", "h2o", "H2O!", "Uu2"])
def test_what_is_no_formula_is_named(formula: str) -> None:
    with pytest.raises(ValueError, match=repr(formula)):
        weight_shares(formula)


def test_energies_outside_the_tables_are_refused() -> None:
    with pytest.raises(ValueError, match="15 to 160 keV"):
        mass_attenuation({"O": 1.0}, np.array([10.0]))
