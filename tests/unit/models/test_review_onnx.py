"""The ONNX reviewer: which models it takes, what it makes of their answers, and our own model."""

import hashlib
import tomllib
from importlib.resources import files
from pathlib import Path

import onnx
import pytest

from config.settings import ImageReview, ReviewerName
from models.calibration import STEEL, WATER
from models.findings import Finding, FindingKind, ImageException, Outcome
from models.review.build import make_reviewer, model_sha256, shipped_model
from models.review.combined import CombinedReviewer
from models.review.onnx_model import ModelError, OnnxModel
from models.review.onnx_reviewer import OnnxReviewer
from models.review.shipped.make_threshold_net import make
from tests.unit.models.phantoms import Phantom, carton, loose

SHIPPED = Path(str(files("models.review.shipped")))
RECORDED = tomllib.loads((SHIPPED / "shipped.toml").read_text())


def bottle(**how: float) -> Phantom:
    return carton(**how).cylinder((120, 150, 80), (150, 60, 60), WATER)


def changed(tmp_path: Path, key: str, value: str) -> tuple[Path, str]:
    """The shipped model with other metadata, and its hash."""
    model = onnx.load_from_string(make())
    for entry in model.metadata_props:
        if entry.key == key:
            entry.value = value
    return written(tmp_path, model.SerializeToString())


def written(tmp_path: Path, content: bytes) -> tuple[Path, str]:
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    return path, hashlib.sha256(content).hexdigest()


def only(findings: tuple[Finding, ...]) -> Finding:
    assert len(findings) == 1, findings
    return findings[0]


def test_the_shipped_model_is_what_its_source_makes() -> None:
    content = make()
    assert hashlib.sha256(content).hexdigest() == RECORDED["sha256"]
    assert (SHIPPED / RECORDED["file"]).read_bytes() == content
    assert "weighted by hand" in shipped_model().name


@pytest.mark.parametrize("noise", [0.006, 0.015])
def test_a_bottle_is_marked(noise: float) -> None:
    found = OnnxReviewer(shipped_model()).review(bottle(noise_per_cm=noise).volume())
    finding = only(found.findings)
    assert (found.outcome, finding.kind) == (Outcome.ALARM, FindingKind.LIQUID)
    assert found.model_sha256 == RECORDED["sha256"]
    x0, y0, z0, x1, y1, z1 = finding.box_mm
    for middle_mm, true_mm in (((x0 + x1) / 2, 110), ((y0 + y1) / 2, 180), ((z0 + z1) / 2, 195)):
        assert middle_mm == pytest.approx(true_mm, abs=24)
    assert z1 - z0 > x1 - x0


def test_heavy_metal_is_marked() -> None:
    found = OnnxReviewer(shipped_model()).review(carton().box((140, 190, 100), (100, 28, 90), STEEL).volume())
    assert only(found.findings).kind is FindingKind.DENSE_METAL


def test_ordinary_content_is_clear() -> None:
    phantom = carton().box((120, 140, 80), (200, 88, 150), loose(0.8))
    found = OnnxReviewer(shipped_model()).review(phantom.volume())
    assert (found.outcome, found.findings) == (Outcome.CLEAR, ())


def test_other_voxels_are_resampled() -> None:
    phantom = Phantom(shape=(110, 60, 66), spacing_mm=(5.0, 5.0, 5.0))
    phantom.shell((100, 100, 60), (240, 140, 200), 3.0, loose(0.6)).cylinder(
        (120, 140, 80), (150, 60, 60), WATER
    )
    finding = only(OnnxReviewer(shipped_model()).review(phantom.volume()).findings)
    assert (finding.box_mm[2] + finding.box_mm[5]) / 2 == pytest.approx(195, abs=24)


def test_a_model_of_another_hash_is_refused(tmp_path: Path) -> None:
    path, _ = written(tmp_path, make())
    with pytest.raises(ModelError, match=r"net\.onnx: expected SHA-256 0{64}, found [0-9a-f]{64}"):
        OnnxModel(path, "0" * 64)


def test_a_model_without_a_hash_is_refused(tmp_path: Path) -> None:
    path, _ = written(tmp_path, make())
    with pytest.raises(ModelError, match="SHA-256"):
        make_reviewer(ImageReview(reviewers=(ReviewerName.ONNX,), model=str(path)))


def test_a_missing_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.onnx"):
        OnnxModel(tmp_path / "none.onnx", "0" * 64)


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not a model"):
        OnnxModel(*written(tmp_path, b"not a model at all"))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("redpeak.contract", "2"),
        ("redpeak.stride", "four"),
        ("redpeak.stride", "8"),
        ("redpeak.spacing_mm", "0"),
        ("redpeak.classes", "[]"),
        ("redpeak.classes", '[{"kind":"liquid","category":"anomaly","material":"organic","threshold":0.5}]'),
        ("redpeak.classes", '[{"kind":"ghost","category":"anomaly","material":"organic","threshold":0.5}]'),
    ],
)
def test_a_model_that_breaks_the_contract_is_refused(tmp_path: Path, key: str, value: str) -> None:
    with pytest.raises(ModelError, match=r"net\.onnx|threshold_net"):
        OnnxModel(*changed(tmp_path, key, value))


def test_a_network_of_another_shape_is_refused(tmp_path: Path) -> None:
    helper = onnx.helper
    given = helper.make_tensor_value_info("image", onnx.TensorProto.FLOAT, [1, 3, 8, 8])
    made = helper.make_tensor_value_info("heat", onnx.TensorProto.FLOAT, [1, 3, 8, 8])
    graph = helper.make_graph([helper.make_node("Relu", ["image"], ["heat"])], "flat", [given], [made])
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    shipped = onnx.load_from_string(make())
    helper.set_model_props(model, {entry.key: entry.value for entry in shipped.metadata_props})
    with pytest.raises(ModelError, match="expected input volume"):
        OnnxModel(*written(tmp_path, model.SerializeToString()))


def test_a_model_that_fails_at_a_scan_is_an_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    model = shipped_model()

    def fails(_volume: object) -> object:
        raise ModelError("heat: expected finite values")

    monkeypatch.setattr(model, "predict", fails)
    found = OnnxReviewer(model).review(bottle().volume())
    assert (found.outcome, found.exception) == (Outcome.EXCEPTION, ImageException.NOT_REVIEWED)


def test_reviewers_are_made_from_settings(tmp_path: Path) -> None:
    path, sha256 = written(tmp_path, make())
    both = ImageReview(
        reviewers=(ReviewerName.CLASSICAL, ReviewerName.ONNX), model=path.name, model_sha256=sha256
    )
    reviewer = make_reviewer(both, tmp_path)
    assert isinstance(reviewer, CombinedReviewer)
    assert reviewer.name == "classical 1 + onnx threshold_net 1 (weighted by hand)"
    assert model_sha256(both) == sha256
    assert model_sha256(ImageReview()) == ""
    assert model_sha256(ImageReview(reviewers=(ReviewerName.ONNX,))) == RECORDED["sha256"]
    with pytest.raises(ValueError, match="at least one"):
        make_reviewer(ImageReview(reviewers=()))
