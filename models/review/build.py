"""Makes the reviewers that a site's settings or a command line name."""

import tomllib
from importlib.resources import as_file, files
from pathlib import Path
from typing import cast

from config.settings import ImageReview, ReviewerName
from models.interfaces import Reviewer
from models.review.classical import ClassicalReviewer
from models.review.combined import CombinedReviewer
from models.review.onnx_model import ModelError, OnnxModel
from models.review.onnx_reviewer import OnnxReviewer

_SHIPPED = files("models.review.shipped")


def make_reviewer(settings: ImageReview, folder: Path = Path()) -> Reviewer:
    """The one reviewer of a line, which may be several in one.

    Args:
        settings: which reviewers, and the ONNX reviewer's model with its SHA-256.
        folder: a relative model path begins here.

    Raises:
        ModelError: the model cannot be used.
        ValueError: no reviewer is named.
    """
    made: list[Reviewer] = [_one(name, settings, folder) for name in dict.fromkeys(settings.reviewers)]
    return made[0] if len(made) == 1 else CombinedReviewer(made)


def shipped_model() -> OnnxModel:
    """The model that comes with Redpeak: weighted by hand, trained on nothing."""
    about = cast("dict[str, str]", tomllib.loads(_SHIPPED.joinpath("shipped.toml").read_text("utf-8")))
    with as_file(_SHIPPED.joinpath(about["file"])) as path:
        return OnnxModel(path, about["sha256"])


def model_sha256(settings: ImageReview) -> str:
    """Hash of the model these reviewers use; empty if they use none."""
    if ReviewerName.ONNX not in settings.reviewers:
        return ""
    if settings.model:
        return settings.model_sha256
    return tomllib.loads(_SHIPPED.joinpath("shipped.toml").read_text("utf-8"))["sha256"]


def _one(name: ReviewerName, settings: ImageReview, folder: Path) -> Reviewer:
    match name:
        case ReviewerName.CLASSICAL:
            return ClassicalReviewer()
        case ReviewerName.ONNX:
            if not settings.model:
                return OnnxReviewer(shipped_model())
            if not settings.model_sha256:
                raise ModelError(f"{Path(settings.model).name}: expected its SHA-256 in the settings")
            return OnnxReviewer(OnnxModel(folder / settings.model, settings.model_sha256))
