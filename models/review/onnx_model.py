"""An ONNX model as onnx_contract.md has it: checked by its SHA-256, then by shapes and metadata."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import msgspec
import numpy as np
import onnxruntime
from msgspec import Struct
from numpy.typing import NDArray

from models.findings import Category, FindingKind, Material, Share

Tensor = NDArray[np.float32]
_INPUT = "volume"
_OUTPUTS = ("heat", "size", "offset")
_CONTRACT = "1"


class _Port(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def shape(self) -> Sequence[int | str]: ...


class _Metadata(Protocol):
    @property
    def custom_metadata_map(self) -> dict[str, str]: ...


class _Session(Protocol):
    """What is used of onnxruntime, which has no types."""

    def get_modelmeta(self) -> _Metadata: ...
    def get_inputs(self) -> Sequence[_Port]: ...
    def get_outputs(self) -> Sequence[_Port]: ...
    def run(self, output_names: list[str], input_feed: dict[str, Tensor]) -> list[Tensor]: ...


class ModelError(Exception):
    """A model cannot be used; the message names the file and what was expected."""


class ModelClass(Struct, frozen=True):
    """What one channel of the heat map means."""

    kind: FindingKind
    category: Category
    material: Material
    threshold: Share


@dataclass(frozen=True)
class Prediction:
    """A model's answer; shapes (K, z, y, x), (3, z, y, x) and (3, z, y, x) in cells."""

    heat: Tensor
    size: Tensor
    offset: Tensor


class OnnxModel:
    """A model ready to run, on one thread.

    Raises:
        ModelError: the file is missing, has another hash, is no ONNX model or does not keep the contract.
    """

    def __init__(self, path: Path, sha256: str) -> None:
        self.sha256 = sha256
        self._session = _session(path, _read(path, sha256))
        metadata = self._session.get_modelmeta().custom_metadata_map
        try:
            if metadata["redpeak.contract"] != _CONTRACT:
                raise ValueError(f"redpeak.contract: expected {_CONTRACT}")
            self.name = metadata["redpeak.name"]
            self.spacing_mm = float(metadata["redpeak.spacing_mm"])
            self.stride = int(metadata["redpeak.stride"])
            self.classes = msgspec.json.decode(metadata["redpeak.classes"], type=tuple[ModelClass, ...])
        except (KeyError, ValueError, msgspec.MsgspecError) as error:
            raise ModelError(f"{path.name}: metadata: {error}") from error
        if not (0.5 <= self.spacing_mm <= 16 and 1 <= self.stride <= 32 and self.classes):
            raise ModelError(f"{path.name}: metadata: spacing, stride or classes are not plausible")
        self._check_shapes(path.name)

    def predict(self, volume: Tensor) -> Prediction:
        """Run on an input of shape (1, 2, z, y, x), each of z, y, x a multiple of the stride."""
        answers = self._session.run(list(_OUTPUTS), {_INPUT: volume})
        cells = tuple(each // self.stride for each in volume.shape[2:])
        channels = (len(self.classes), 3, 3)
        for name, answer, count in zip(_OUTPUTS, answers, channels, strict=True):
            if answer.shape != (1, count, *cells):
                raise ModelError(
                    f"{self.name}: {name}: expected shape {(1, count, *cells)}, found {answer.shape}"
                )
            if not np.isfinite(answer).all():
                raise ModelError(f"{self.name}: {name}: expected finite values")
        heat, size, offset = (answer[0] for answer in answers)
        return Prediction(heat, size, offset)

    def _check_shapes(self, file: str) -> None:
        inputs = {each.name: each for each in self._session.get_inputs()}
        outputs = {each.name for each in self._session.get_outputs()}
        if set(inputs) != {_INPUT} or not outputs.issuperset(_OUTPUTS):
            raise ModelError(f"{file}: expected input {_INPUT} and outputs {', '.join(_OUTPUTS)}")
        given = inputs[_INPUT]
        if given.type != "tensor(float)" or list(given.shape[:2]) != [1, 2] or len(given.shape) != 5:
            raise ModelError(f"{file}: {_INPUT}: expected float32 of shape (1, 2, z, y, x)")
        # The least volume shows a wrong shape of the outputs now, not at the first parcel.
        side = 8 * self.stride
        self.predict(np.zeros((1, 2, side, side, side), dtype=np.float32))


def _read(path: Path, sha256: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path.name}: {error.strerror}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ModelError(f"{path.name}: expected SHA-256 {sha256 or '(none is configured)'}, found {found}")
    return content


def _session(path: Path, content: bytes) -> _Session:
    """From the bytes that were hashed, so that the file cannot change in between."""
    options = onnxruntime.SessionOptions()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])  # pyright: ignore[reportUnknownArgumentType]
        return cast("_Session", session)
    except Exception as error:  # onnxruntime has a dozen of its own, without a common base
        raise ModelError(f"{path.name}: not a model that onnxruntime can load") from error
