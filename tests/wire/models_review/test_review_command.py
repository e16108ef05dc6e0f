"""`redpeak ct review` on files of the plant's CT."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from models.command import add_to
from models.findings import FindingKind, ImageException, Outcome, Review
from models.formats.header import Energy
from models.formats.raw import RawDescription, write_raw
from simulators.ct.hazards import Hazard
from tests.unit.models.evaluated import written
from tests.wire.models_review.scans import scanned


def run(*words: str) -> Result:
    app = typer.Typer()
    add_to(app)
    return CliRunner().invoke(app, ["ct", "review", *words])


def found(result: Result) -> Review:
    return msgspec.json.decode(result.stdout, type=Review)


@pytest.mark.parametrize("reverse", [False, True])
def test_a_bottle_is_told_whatever_the_order_of_the_files(tmp_path: Path, *, reverse: bool) -> None:
    paths = [file.path for file in scanned(tmp_path, Hazard.BOTTLE)]
    result = run(*(reversed(paths) if reverse else paths), "--json")
    assert result.exit_code == 1
    assert [each.kind for each in found(result).findings] == [FindingKind.LIQUID]


def test_the_table_is_for_people(tmp_path: Path) -> None:
    paths = [file.path for file in scanned(tmp_path, Hazard.BOTTLE)]
    result = run(*paths, "--reviewer", "classical", "--reviewer", "onnx")
    assert result.exit_code == 1
    assert result.stdout.startswith("alarm · classical 1 + onnx threshold_net 1")
    assert "liquid" in result.stdout
    assert "anomaly" in result.stdout


def test_a_clear_scan_ends_with_0(tmp_path: Path) -> None:
    result = run(*(file.path for file in scanned(tmp_path)), "--json")
    assert (result.exit_code, found(result).outcome) == (0, Outcome.CLEAR)


def test_raw_files_say_their_energy(tmp_path: Path) -> None:
    for energy in Energy:
        described = RawDescription((40, 40, 40), (4.0, 4.0, 4.0), 1e-4, -0.05, energy)
        write_raw(tmp_path / energy, described, np.zeros((40, 40, 40), dtype=np.float32))
    result = run(str(tmp_path / "high"), str(tmp_path / "low"), "--json")
    assert found(result).exception is ImageException.EMPTY


@pytest.mark.parametrize("content", [b"", b"text"])
def test_what_is_no_image_is_unreadable(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    result = run(str(tmp_path / "file"), "--json")
    assert (result.exit_code, found(result).exception) == (1, ImageException.UNREADABLE)


def test_a_model_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    result = run(
        str(tmp_path / "file"), "--reviewer", "onnx", "--model", "none.onnx", "--model-sha256", "0" * 64
    )
    assert result.exit_code == 2
    assert "none.onnx" in result.stderr


def test_a_picture_is_drawn_beside_the_table(tmp_path: Path) -> None:
    paths = [file.path for file in scanned(tmp_path, Hazard.BOTTLE)]
    result = run(*paths, "--picture", str(tmp_path / "picture.png"))
    assert (result.exit_code, "liquid" in result.stdout) == (1, True)
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_of_what_cannot_be_read_there_is_no_picture(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"text")
    result = run(str(tmp_path / "file"), "--picture", str(tmp_path / "picture.png"))
    assert (result.exit_code, "no picture" in result.stderr) == (1, True)
    assert not (tmp_path / "picture.png").exists()


def test_a_parcel_of_a_labelled_set_is_reviewed_with_its_truth(tmp_path: Path) -> None:
    written(tmp_path / "set", count=2)
    parcel = str(tmp_path / "set" / "000001.npz")
    result = run(parcel, "--json", "--picture", str(tmp_path / "picture.png"))
    assert (result.exit_code, found(result).exception) == (1, ImageException.EMPTY)
    assert (tmp_path / "picture.png").exists()
    missing = run(str(tmp_path / "set" / "000007.npz"))
    assert (missing.exit_code, "000007" in missing.stderr) == (2, True)
