"""Attenuation of elements and of what is made of them, from the tables in `elements.json`.

The tables hold mass attenuation coefficients with coherent scattering, in cm²/g, as published for the
elements by Elam, Ravel and Sieber (Radiation Physics and Chemistry 63, 2002) and rounded to five digits.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec
import numpy as np
from numpy.typing import NDArray

Spectral = NDArray[np.float64]  # one value for each of some energies

_FORMULA = re.compile(r"([A-Z][a-z]?)(\d*\.?\d*)")


class _Element(msgspec.Struct, frozen=True):
    number: int
    mass_g_mol: float
    cm2_g: tuple[float, ...]


class _Tables(msgspec.Struct, frozen=True, rename={"energies_kev": "energies_keV"}):
    energies_kev: tuple[float, ...]
    elements: dict[str, _Element]


@cache
def _tables() -> _Tables:
    return msgspec.json.decode(files("simulators.xray").joinpath("elements.json").read_bytes(), type=_Tables)


def weight_shares(formula: str) -> dict[str, float]:
    """The share of each element in the mass of a compound such as ``C6H10O5`` or ``Ca10P6O26H2``.

    Raises:
        ValueError: it is no formula of known elements.
    """
    elements = _tables().elements
    parts = _FORMULA.findall(formula)
    if not parts or "".join(symbol + count for symbol, count in parts) != formula:
        raise ValueError(f"{formula!r}: expected a formula such as C6H10O5")
    if unknown := [symbol for symbol, _ in parts if symbol not in elements]:
        raise ValueError(f"{formula!r}: no attenuation is known of {', '.join(unknown)}")
    masses: dict[str, float] = {}
    for symbol, count in parts:
        masses[symbol] = masses.get(symbol, 0.0) + elements[symbol].mass_g_mol * float(count or 1)
    whole = sum(masses.values())
    return {symbol: mass / whole for symbol, mass in masses.items()}


def mixed(parts: Mapping[str, float]) -> dict[str, float]:
    """The share of each element in a mixture of formulas, by their shares in its mass (scaled to 1)."""
    whole = sum(parts.values())
    shares: dict[str, float] = {}
    for formula, part in parts.items():
        for symbol, share in weight_shares(formula).items():
            shares[symbol] = shares.get(symbol, 0.0) + share * part / whole
    return shares


def mass_attenuation(shares: Mapping[str, float], energies_kev: Spectral) -> Spectral:
    """cm²/g of a mixture of elements at energies from 15 to 160 keV; logarithmic between the tables' steps.

    Raises:
        ValueError: an energy lies outside the tables.
    """
    tables = _tables()
    known_kev = np.log(tables.energies_kev)
    wanted_kev = np.log(energies_kev)
    if wanted_kev.min() < known_kev[0] or wanted_kev.max() > known_kev[-1]:
        first_kev, last_kev = tables.energies_kev[0], tables.energies_kev[-1]
        raise ValueError(f"attenuation is known from {first_kev:g} to {last_kev:g} keV")
    total = np.zeros(len(wanted_kev))
    for symbol, share in shares.items():
        total += share * np.exp(np.interp(wanted_kev, known_kev, np.log(tables.elements[symbol].cm2_g)))
    return total


def effective_number(shares: Mapping[str, float]) -> float:
    """Effective atomic number: Mayneord's power law over electron shares, exponent 2.94."""
    elements = _tables().elements
    electrons = {
        symbol: share * elements[symbol].number / elements[symbol].mass_g_mol
        for symbol, share in shares.items()
    }
    whole = sum(electrons.values())
    powers = (each / whole * elements[symbol].number ** 2.94 for symbol, each in electrons.items())
    return sum(powers) ** (1 / 2.94)
