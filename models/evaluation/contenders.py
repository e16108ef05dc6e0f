"""The reviewers that are compared: the classical one, a model, and both together."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from config.settings import ImageReview, ReviewerName
from models.evaluation.looking import Looking
from models.evaluation.results import Looked
from models.findings import FindingKind, Review
from models.interfaces import Reviewer
from models.labelled import LabelledSet
from models.review.build import make_reviewer, shipped_model
from models.review.combined import combine
from models.review.onnx_model import ModelError, OnnxModel

# What the classical rules can say; a model says it of itself.
_CLASSICAL_KINDS = frozenset(
    {
        FindingKind.BATTERY,
        FindingKind.BLADE,
        FindingKind.DENSE_METAL,
        FindingKind.FIREARM,
        FindingKind.LIQUID,
        FindingKind.ORGANIC_MASS,
        FindingKind.POWDER,
    }
)


class Asked(StrEnum):
    """Whom to evaluate."""

    CLASSICAL = "classical"
    ONNX = "onnx"
    BOTH = "both"


@dataclass(frozen=True)
class Contender:
    """One that is evaluated; of several reviewers the reviews are combined as the running system does it."""

    name: str
    reviewers: tuple[str, ...]  # names that results stand under
    kinds: frozenset[FindingKind]  # that it can name
    model_sha256: str = ""

    def review(self, looks: list[Looked]) -> Review:
        """What it says, of what its reviewers said."""
        return looks[0].review if len(looks) == 1 else combine([each.review for each in looks])


@dataclass(frozen=True)
class Crew:
    """Which reviewers are needed; can be pickled, so that each process makes its own.

    Args:
        asked: whom to evaluate.
        model: ONNX file; None: the one shipped.
    """

    asked: tuple[Asked, ...]
    model: Path | None = None

    def contenders(self) -> list[Contender]:
        """Those that are evaluated; ModelError if the model cannot be used."""
        made = self._made()
        alone = {
            role: Contender(
                role,
                (name,),
                *self._says(role),
            )
            for role, (name, _) in made.items()
        }
        both = Contender(
            Asked.BOTH,
            tuple(name for each in alone.values() for name in each.reviewers),
            frozenset(kind for each in alone.values() for kind in each.kinds),
            "".join(each.model_sha256 for each in alone.values()),
        )
        return [
            both if each is Asked.BOTH else alone[ReviewerName(each)] for each in dict.fromkeys(self.asked)
        ]

    def looking_at(self, folder: Path) -> Looking:
        """The reviewers, ready to look at a set."""
        return Looking(LabelledSet(folder), dict(self._made().values()))

    def _made(self) -> dict[ReviewerName, tuple[str, Reviewer]]:
        """Each reviewer with the name that its results stand under, which tells models apart."""
        roles = [role for role in ReviewerName if Asked.BOTH in self.asked or Asked(role) in self.asked]
        made: dict[ReviewerName, tuple[str, Reviewer]] = {}
        for role in roles:
            sha256 = self._says(role)[1]
            reviewer = make_reviewer(self._settings(role))
            made[role] = (f"{reviewer.name} {sha256}".strip(), reviewer)
        return made

    def _says(self, role: ReviewerName) -> tuple[frozenset[FindingKind], str]:
        """Kinds it can name, and the model's hash."""
        if role is ReviewerName.CLASSICAL:
            return _CLASSICAL_KINDS, ""
        model = shipped_model() if self.model is None else OnnxModel(self.model, _sha256(self.model))
        return frozenset(each.kind for each in model.classes), model.sha256

    def _settings(self, role: ReviewerName) -> ImageReview:
        if role is ReviewerName.CLASSICAL or self.model is None:
            return ImageReview(reviewers=(role,))
        return ImageReview(reviewers=(role,), model=str(self.model), model_sha256=_sha256(self.model))


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(f"{path.name}: {error.strerror}") from error
