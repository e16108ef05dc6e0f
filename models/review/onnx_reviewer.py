"""The ONNX reviewer: a network marks centres, sizes and classes; the physical checks are the shared ones."""

import time
from collections.abc import Callable, Iterator
from typing import cast

import msgspec
import numpy as np
from scipy import ndimage

from models.findings import Box, Finding, ImageException, Outcome, Review
from models.review.body import Body
from models.review.checks import Refusal, check, refused
from models.review.filters import smoothed
from models.review.merging import merged
from models.review.onnx_model import ModelClass, ModelError, OnnxModel, Prediction, Tensor
from models.review.settings import ReviewSettings
from models.volume import Volume

_LEAST_HIGH_PER_CM = 0.03  # with less there is no ratio
_RATIOS = (0.0, 3.0)
_SPACING_SHARE = 0.125  # by which a scan's voxels may differ from the model's
_MOST_PEAKS = 50


class OnnxReviewer:
    """Needs both energies.

    Args:
        model: keeps the contract.
        settings: of the shared checks.
        clock_s: monotonic seconds, for `took_ms`.
    """

    def __init__(
        self,
        model: OnnxModel,
        settings: ReviewSettings | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model = model
        self._settings = settings or ReviewSettings()
        self._clock_s = clock_s

    @property
    def name(self) -> str:
        """Name and version of the model."""
        return f"onnx {self._model.name}"

    def review(self, volume: Volume) -> Review:
        """What is in a volume, by the network."""
        began_s = self._clock_s()
        review = self._judge(volume)
        took_ms = round((self._clock_s() - began_s) * 1000)
        return msgspec.structs.replace(review, model_sha256=self._model.sha256, took_ms=took_ms)

    def _judge(self, volume: Volume) -> Review:
        checked = check(volume, self._settings)
        body = checked.body
        if checked.refusal is not None or body is None:
            refusal = checked.refusal or Refusal(ImageException.EMPTY, "no item in the image")
            return refused(refusal, self.name, body)
        try:
            findings = tuple(self._find(body))
        except (ModelError, RuntimeError) as error:
            return refused(Refusal(ImageException.NOT_REVIEWED, str(error)), self.name, body)
        return Review(
            outcome=Outcome.ALARM if findings else Outcome.CLEAR,
            reviewer=self.name,
            findings=findings,
            length_mm=round(body.length_mm, 1),
            mass_g=round(body.mass_g, 1),
        )

    def _find(self, body: Body) -> list[Finding]:
        channels, scale = _input(body, self._model)
        prediction = self._model.predict(channels)
        found = [
            finding
            for channel, meaning in enumerate(self._model.classes)
            for finding in self._decoded(prediction, channel, meaning, body, scale)
        ]
        return merged(found)

    def _decoded(
        self,
        prediction: Prediction,
        channel: int,
        meaning: ModelClass,
        body: Body,
        scale: tuple[float, float, float],
    ) -> Iterator[Finding]:
        """Peaks of a heat map as findings; `scale` is millimetres a voxel of the network's input."""
        heat = prediction.heat[channel]
        highest = cast("Tensor", ndimage.maximum_filter(heat, size=3))
        peaks = np.argwhere((heat == highest) & (heat >= meaning.threshold))
        order = np.argsort(-heat[tuple(peaks.T)], kind="stable")[:_MOST_PEAKS]
        for cell in peaks[order]:
            z, y, x = (int(each) for each in cell)
            centre = (cell + 0.5 + prediction.offset[:, z, y, x]) * self._model.stride * scale
            half = np.maximum(prediction.size[:, z, y, x], 1) * scale / 2
            extent = np.array(body.high.shape) * body.spacing_mm
            first, last = np.clip(centre - half, 0, extent), np.clip(centre + half, 0, extent)
            if (last <= first).any():
                continue
            yield Finding(
                kind=meaning.kind,
                category=meaning.category,
                score=round(float(np.clip(heat[z, y, x], 0, 1)), 3),
                box_mm=_box(first + body.origin_mm, last + body.origin_mm),
                material=meaning.material,
                mass_g=round(self._mass_g(body, first, last), 1),
            )

    def _mass_g(self, body: Body, first_mm: Tensor, last_mm: Tensor) -> float:
        """Of all that lies in a box."""
        spacing = np.array(body.spacing_mm)
        begin, end = np.floor(first_mm / spacing).astype(int), np.ceil(last_mm / spacing).astype(int)
        part = body.high[begin[0] : end[0], begin[1] : end[1], begin[2] : end[2]]
        steel = (part > 1.0).astype(np.uint8)
        return float(self._settings.density.density(part, steel).sum(dtype=np.float64)) * body.voxel_ml


def _input(body: Body, model: OnnxModel) -> tuple[Tensor, tuple[float, float, float]]:
    """The network's input of shape (1, 2, z, y, x), and its voxel in mm."""
    assert body.low is not None  # noqa: S101  `check` refuses such volumes
    high, low, spacing = body.high, body.low, body.spacing_mm
    if any(abs(each / model.spacing_mm - 1) > _SPACING_SHARE for each in spacing):
        factors = [each / model.spacing_mm for each in spacing]
        high, low = (ndimage.zoom(each, factors, order=1) for each in (high, low))
        z, y, x = (
            size * each / now for size, each, now in zip(body.high.shape, spacing, high.shape, strict=True)
        )
        spacing = (z, y, x)
    smooth_high, smooth_low = smoothed(high), smoothed(low)
    ratio = np.where(
        smooth_high >= _LEAST_HIGH_PER_CM, smooth_low / np.maximum(smooth_high, _LEAST_HIGH_PER_CM), 0
    )
    # Not less than four cells each way: the head's pooling needs that much.
    room = [(0, max(-size % model.stride, 4 * model.stride - size)) for size in high.shape]
    channels = np.stack([np.pad(high, room), np.pad(np.clip(ratio, *_RATIOS), room)])
    return channels[np.newaxis].astype(np.float32), spacing


def _box(first: Tensor, last: Tensor) -> Box:
    z0, y0, x0 = (round(float(each), 1) for each in first)
    z1, y1, x1 = (round(float(each), 1) for each in last)
    return x0, y0, z0, x1, y1, z1
