"""Physical checks that every reviewer shares: is this an image of a parcel that can be judged at all?"""

from dataclasses import dataclass

import cv2
import numpy as np

from models.findings import ImageException, Outcome, Review
from models.review.body import Body, find_body, on_working_grid
from models.review.filters import eroded
from models.review.settings import ExceptionLimits, Plausible, ReviewSettings
from models.volume import Image, Volume


@dataclass(frozen=True)
class Refusal:
    """Why an image cannot be judged, with a sentence for people."""

    exception: ImageException
    detail: str


@dataclass(frozen=True)
class Checked:
    """What is known of a volume before anything is sought in it: without a refusal there is a body."""

    refusal: Refusal | None
    body: Body | None = None


def check(volume: Volume, settings: ReviewSettings) -> Checked:
    """Judge a dual-energy volume; with `impenetrable` and `cut_off` the body comes along."""
    if refusal := _implausible(volume, settings.plausible):
        return Checked(refusal)
    if volume.low is None:
        return Checked(
            Refusal(ImageException.UNREADABLE, "the scan has no low energy, which this reviewer needs")
        )
    working = on_working_grid(volume, settings.body)
    body = find_body(working, settings.body, settings.density)
    limits = settings.exceptions
    if body is None or body.mass_g < limits.empty_g or body.length_mm <= 0:
        return Checked(Refusal(ImageException.EMPTY, f"less than {limits.empty_g:g} g in the image"))
    return Checked(_impenetrable(body, limits) or _cut_off(working, body.air_per_cm, limits), body)


def refused(refusal: Refusal, reviewer: str, body: Body | None = None) -> Review:
    """The review of an image that cannot be judged."""
    return Review(
        outcome=Outcome.EXCEPTION,
        reviewer=reviewer,
        exception=refusal.exception,
        length_mm=None if body is None else round(body.length_mm, 1),
        mass_g=None if body is None else round(body.mass_g, 1),
        detail=refusal.detail,
    )


def _implausible(volume: Volume, limits: Plausible) -> Refusal | None:
    """Geometry and values that no parcel in this machine has."""

    def out_of_range(detail: str) -> Refusal:
        return Refusal(ImageException.OUT_OF_RANGE, detail)

    if volume.high.ndim != 3 or (volume.low is not None and volume.low.shape != volume.high.shape):
        return out_of_range("the two energies are not volumes of one shape")
    if volume.high.size > limits.most_voxels or min(volume.high.shape) < limits.fewest_voxels:
        return out_of_range(f"shape {'×'.join(map(str, volume.high.shape))}")
    least, most = limits.spacing_mm
    for size, spacing_mm in zip(volume.high.shape, volume.spacing_mm, strict=True):
        # Written so that NaN fails too.
        if not (least <= spacing_mm <= most and limits.shortest_mm <= size * spacing_mm <= limits.longest_mm):
            return out_of_range(f"{size} voxels of {spacing_mm:.4g} mm")
    for name, image in (("high", volume.high), ("low", volume.low)):
        if image is None:
            continue
        lowest, highest = float(image.min()), float(image.max())  # either is NaN if any voxel is
        if not (lowest >= limits.lowest_per_cm and highest <= limits.highest_per_cm):
            return out_of_range(f"{name} energy reads {lowest:.4g} to {highest:.4g} 1/cm")
        if lowest < limits.negative_per_cm:
            share = np.count_nonzero(image < limits.negative_per_cm) / image.size
            if share > limits.negative_share:
                return out_of_range(f"{share:.1%} of the {name} energy is negative beyond noise")
    return None


def _impenetrable(body: Body, limits: ExceptionLimits) -> Refusal | None:
    """A saturated region, or steel so thick that the rays starve in it."""
    assert body.low is not None  # noqa: S101  `check` refuses such volumes
    dense = body.high >= limits.steel_per_cm
    if not dense.any():
        return None
    full = (body.high >= limits.saturated_per_cm) & (body.low >= limits.saturated_per_cm)
    saturated_ml = int(np.count_nonzero(full)) * body.voxel_ml
    if saturated_ml >= limits.saturated_ml:
        return Refusal(ImageException.IMPENETRABLE, f"{saturated_ml:.0f} cm³ at the machine's saturation")
    layers = max(1, int(limits.steel_half_mm / max(body.spacing_mm)))
    if eroded(np.pad(dense, 1).astype(np.uint8), layers).any():
        return Refusal(
            ImageException.IMPENETRABLE, f"metal more than {2 * limits.steel_half_mm:.0f} mm thick each way"
        )
    return None


def _cut_off(volume: Volume, air_per_cm: float, limits: ExceptionLimits) -> Refusal | None:
    """Whether the item reaches a face of the volume. The lowest face is left out: there lies the belt."""
    high, (z, y, x) = volume.high, volume.spacing_mm
    faces: tuple[tuple[str, Image, float], ...] = (
        ("front", high[:2].mean(axis=0), y * x),
        ("back", high[-2:].mean(axis=0), y * x),
        ("top", high[:, :2].mean(axis=1), z * x),
        ("left", high[:, :, :2].mean(axis=2), z * y),
        ("right", high[:, :, -2:].mean(axis=2), z * y),
    )
    for name, face, pixel_mm2 in faces:
        blurred: Image = np.asarray(cv2.blur(face.astype(np.float32), (7, 7)), dtype=np.float32)
        area_mm2 = int(np.count_nonzero(blurred - air_per_cm > limits.cut_level_per_cm)) * pixel_mm2
        if area_mm2 >= limits.cut_area_mm2:
            return Refusal(
                ImageException.CUT_OFF, f"the item reaches the image's {name} over {area_mm2 / 100:.0f} cm²"
            )
    return None
