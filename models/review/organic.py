"""Rules for homogeneous bodies that are not metal: liquids, explosive-like masses, powders, batteries."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.findings import Category, Finding, FindingKind, Material
from models.review.body import Body
from models.review.components import Component, solid_components
from models.review.filters import Mask, box_mean
from models.review.scores import score_above
from models.review.settings import ReviewSettings
from models.volume import Image


@dataclass(frozen=True)
class Rule:
    """A material by attenuation and ratio, and from which volume on a body of it is a finding."""

    kind: FindingKind
    category: Category
    material: Material
    per_cm: tuple[float, float]
    ratio: tuple[float, float]
    least_ml: float
    core_share: float  # of a body that is as homogeneous as its core; in a heap of things it is less
    layers: int = 1  # voxels taken off to find its core: two leave nothing of a thin wall's blurred picture


def rules(settings: ReviewSettings) -> tuple[Rule, ...]:
    """The rules in the order in which bodies are sought; no voxel is in two findings."""
    organic, metal = settings.organic, settings.metal
    return (
        Rule(
            FindingKind.LIQUID,
            Category.ANOMALY,
            Material.ORGANIC,
            organic.liquid_per_cm,
            organic.liquid_ratio,
            organic.liquid_ml,
            organic.core_share,
        ),
        Rule(
            FindingKind.ORGANIC_MASS,
            Category.EXPLOSIVE,
            Material.ORGANIC,
            organic.mass_per_cm,
            organic.mass_ratio,
            organic.mass_ml,
            organic.core_share,
        ),
        Rule(
            FindingKind.POWDER,
            Category.PHARMACEUTICAL,
            Material.MIXED,
            organic.powder_per_cm,
            organic.powder_ratio,
            organic.powder_ml,
            organic.powder_core_share,
            layers=2,
        ),
        Rule(
            FindingKind.BATTERY,
            Category.ANOMALY,
            Material.MIXED,
            metal.battery_per_cm,
            metal.battery_ratio,
            metal.battery_ml,
            organic.core_share,
        ),
    )


def find_bodies(
    body: Body, high: Image, low: Image, settings: ReviewSettings
) -> Iterator[tuple[Finding, Component]]:
    """Findings by the rules; `high` and `low` are smoothed.

    A voxel's own ratio is too noisy to tell water from plastic. What tells is low − limit × high, averaged
    over five voxels: linear, so that averaging with the air beside it keeps its sign.
    """
    taken = np.zeros(high.shape, dtype=np.uint8)
    for rule in rules(settings):
        band = (high >= rule.per_cm[0]) & (high <= rule.per_cm[1]) & (taken == 0)
        if np.count_nonzero(band) * body.voxel_ml < 0.1 * rule.least_ml:
            continue
        mask = band & _within_ratio(high, low, rule.ratio)
        for component in solid_components(mask, high, low, body, rule.least_ml, rule.layers):
            if not _fits(component, rule, settings):
                continue
            z, y, x = component.voxels.T
            taken[z, y, x] = 1
            yield _finding(component, rule, settings), component


def _within_ratio(high: Image, low: Image, ratio: tuple[float, float]) -> Mask:
    over: Image = np.subtract(low, high * ratio[0], dtype=np.float32)
    under: Image = np.subtract(low, high * ratio[1], dtype=np.float32)
    above, below = box_mean(over, 5) > 0, box_mean(under, 5) < 0
    return (above & below).astype(np.uint8)


def _fits(component: Component, rule: Rule, settings: ReviewSettings) -> bool:
    organic = settings.organic
    spread = max(organic.spread_per_cm, organic.spread_share * component.high_per_cm)
    return (
        component.volume_ml >= rule.least_ml
        and component.core_ml >= rule.core_share * component.volume_ml
        and rule.per_cm[0] <= component.high_per_cm <= rule.per_cm[1]
        and rule.ratio[0] <= component.ratio <= rule.ratio[1]
        and component.spread_per_cm <= spread
    )


def _finding(component: Component, rule: Rule, settings: ReviewSettings) -> Finding:
    attenuation = np.array([[[component.high_per_cm]]], dtype=np.float32)
    density = float(settings.density.density(attenuation, np.zeros((1, 1, 1), dtype=np.uint8))[0, 0, 0])
    return Finding(
        kind=rule.kind,
        category=rule.category,
        score=score_above(component.volume_ml, rule.least_ml),
        box_mm=component.box_mm,
        material=rule.material,
        mass_g=round(component.volume_ml * density, 1),
    )
