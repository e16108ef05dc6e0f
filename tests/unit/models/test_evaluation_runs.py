"""Runs over a set: what is kept, gone on with, derived, and written."""

import json
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from models.calibration import WATER
from models.command import add_to
from models.evaluation.clutter import clutter_per_cm2
from models.evaluation.contenders import Asked, Contender, Crew
from models.evaluation.looking import Look, Looking, looked
from models.evaluation.odd import OddKind, made_odd
from models.evaluation.plots import draw_plots
from models.evaluation.report import Evaluation, results_path
from models.evaluation.results import Key, Results
from models.findings import FindingKind, ImageException, Outcome, Review
from models.volume import Volume
from tests.unit.models.evaluated import UNJUDGED, Scripted, finding, said, written
from tests.unit.models.phantoms import BOX_CORNER, BOX_SIZE, carton

KINDS = frozenset({FindingKind.BLADE})


def right(number: int) -> Review:
    return said(finding(0.9), suspicion=0.9) if number % 2 else said(suspicion=0.1)


def test_every_parcel_is_looked_at_once_also_after_a_break(tmp_path: Path) -> None:
    labelled, reviewer = written(tmp_path / "set"), Scripted(right)
    evaluation = Evaluation(labelled, [Contender("one", ("scripted 1",), KINDS)])
    results = Results(tmp_path / "looks")
    looking = Looking(labelled, {"scripted 1": reviewer})
    for looks in looked(lambda: looking, evaluation.wanted(results)[:4], 1):
        results.keep(looks)
    with (tmp_path / "looks").open("ab") as file:
        file.write(b'{"set": "made')  # the machine stopped in the middle of a line
    again = Results(tmp_path / "looks")
    assert [each.parcel for each in evaluation.wanted(again)] == [4, 5]
    for looks in looked(lambda: looking, evaluation.wanted(again), 1):
        again.keep(looks)
    assert (evaluation.wanted(Results(tmp_path / "looks")), reviewer.asked) == ([], 6)
    report = evaluation.report(again, 1)
    assert report.reviewers["one"].detection_rate_at_5pct_false_alarms == 1.0
    flat = json.loads(report.as_json())
    assert flat["map_25"] == flat["reviewers"]["one"]["map_25"] == 1.0
    assert "synthetic" in flat["statement"]
    assert flat["set"]["generator"] == "made up 1"


def test_another_model_is_another_reviewer(tmp_path: Path) -> None:
    labelled = written(tmp_path / "set")
    results = Results(tmp_path / "looks")
    looking = Looking(labelled, {"net aaa": Scripted(right)})
    results.keep(looking.look(Look(0, ("net aaa",))))
    assert Key("made up 1 7", "net aaa", 0, "") in results
    assert Key("made up 1 7", "net bbb", 0, "") not in results
    assert Key("made up 1 7", "net aaa", 0, OddKind.NOISE) not in results


def test_a_reviewer_that_fails_has_cleared_nothing(tmp_path: Path) -> None:
    def fails(_: int) -> Review:
        raise ZeroDivisionError

    looking = Looking(written(tmp_path), {"a": Scripted(fails)})
    assert looking.look(Look(1, ("a",)))[0].review.exception is ImageException.NOT_REVIEWED


def test_time_is_that_of_the_review_alone(tmp_path: Path) -> None:
    ticks = iter([0.0, 5.0, 5.0, 5.25])
    looking = Looking(written(tmp_path), {"a": Scripted(right)}, lambda: next(ticks))
    looks = looking.look(Look(1, ("a",)))
    assert (looks[0].took_ms, looks[0].loading_ms) == (250, 5000)


def test_both_together_are_combined_of_what_each_said(tmp_path: Path) -> None:
    labelled = written(tmp_path / "set")
    looking = Looking(labelled, {"a": Scripted(lambda _: UNJUDGED), "b": Scripted(right)})
    looks = looking.look(Look(1, ("a", "b")))
    review = Contender("both", ("a", "b"), KINDS).review(looks)
    assert (review.outcome, review.suspicion, len(review.findings)) == (Outcome.EXCEPTION, 0.9, 1)


def test_odd_volumes_are_made_of_clean_parcels(tmp_path: Path) -> None:
    evaluation = Evaluation(written(tmp_path), [Contender("one", ("a",), KINDS)], odd=True)
    odd = [each for each in evaluation.wanted(Results(tmp_path / "looks")) if each.odd]
    assert {each.parcel for each in odd} == {0, 2, 4}
    assert {each.odd for each in odd} == set(OddKind)


@pytest.mark.parametrize("kind", OddKind)
def test_odd_volumes_are_odd_and_always_the_same(kind: OddKind) -> None:
    plain = carton().volume()
    one, other = (made_odd(kind, plain, 3) for _ in range(2))
    assert one.low is not None and one.high.dtype == one.low.dtype == np.float32
    assert one.high.shape == one.low.shape
    assert np.array_equal(one.high, other.high)
    assert plain.low is not None
    assert not (np.array_equal(one.high, plain.high) and np.array_equal(one.low, plain.low))


def test_what_is_made_of_a_parcel_keeps_it() -> None:
    plain = carton().volume()
    swapped = made_odd(OddKind.SWAPPED_ENERGIES, plain, 1)
    assert swapped.low is plain.high and swapped.high is plain.low
    shifted = made_odd(OddKind.SHIFTED, plain, 1).high
    assert sorted(shifted.sum(axis=(1, 2))) == sorted(plain.high.sum(axis=(1, 2)))
    assert shifted[:3].mean() > 5 * abs(plain.high[:3].mean())


def test_more_things_are_more_clutter() -> None:
    z, y, x = BOX_CORNER
    box = (x, y, z, x + BOX_SIZE[2], y + BOX_SIZE[1], z + BOX_SIZE[0])
    plain, full = carton(), carton()
    for n in range(6):
        full.box((130.0 + 30 * n, 150.0, 90.0), (15.0, 50.0, 100.0), WATER)
    assert clutter_per_cm2(full.volume(), box) > 1.5 * clutter_per_cm2(plain.volume(), box)
    empty = Volume(np.full((20, 20, 20), 0.2, np.float32), (4.0, 4.0, 4.0))
    assert clutter_per_cm2(empty, (8, 8, 8, 60, 60, 60)) == pytest.approx(0, abs=1e-6)
    ramp = np.broadcast_to(np.arange(20, dtype=np.float32) * 0.01, (20, 20, 20))
    assert clutter_per_cm2(Volume(ramp, (4.0, 4.0, 5.0)), (20, 8, 8, 80, 60, 60)) == pytest.approx(
        0.02, rel=0.2
    )


def run(*words: str) -> Result:
    app = typer.Typer()
    add_to(app)
    return CliRunner().invoke(app, ["ct", "evaluate", *words])


def test_the_command_writes_report_and_plots(tmp_path: Path) -> None:
    written(tmp_path / "set", count=4)
    report = tmp_path / "report.json"
    words = (str(tmp_path / "set"), "--report", str(report), "--plots", str(tmp_path / "plots"), "--odd")
    done = run(*words, "--jobs", "1", "--reviewer", "classical")
    assert done.exit_code == 0, done.output
    found = json.loads(report.read_bytes())
    wanted = {
        "detection_rate_at_5pct_false_alarms",
        "detection_rate_at_10pct_false_alarms",
        "detection_rate_at_20pct_false_alarms",
        "map_25",
        "map_50",
        "per_class",
        "per_clutter_third",
        "expected_calibration_error",
        "exceptions_of_valid",
        "latency_ms",
    }
    assert wanted <= found.keys()
    assert wanted <= found["reviewers"]["classical"].keys()
    assert found["latency_ms"].keys() >= {"p50", "p95"}
    assert found["odd_volumes"][OddKind.EMPTY]["to_a_person"]["of"] == 2
    pictures = sorted(each.name for each in (tmp_path / "plots").iterdir())
    assert pictures == ["classes.png", "clutter.png", "froc.png", "reliability.png", "roc.png"]
    assert results_path(report).read_bytes().count(b"\n") == 4 + 2 * len(OddKind)


def test_the_command_needs_a_set_and_a_model(tmp_path: Path) -> None:
    report = str(tmp_path / "report.json")
    assert "set.json" in run(str(tmp_path), "--report", report).stderr
    written(tmp_path / "set", count=1)
    missing = run(str(tmp_path / "set"), "--report", report, "--model", str(tmp_path / "none.onnx"))
    assert (missing.exit_code, "none.onnx" in missing.stderr) == (2, True)


def test_processes_of_their_own_say_the_same(tmp_path: Path) -> None:
    written(tmp_path / "set", count=3)
    crew = Crew((Asked.BOTH,))
    wanted = Evaluation((written(tmp_path / "set", count=3)), crew.contenders()).wanted(
        Results(tmp_path / "looks")
    )
    make = partial(crew.looking_at, tmp_path / "set")
    alone, apart = (
        sorted(
            (look.parcel, look.reviewer, msgspec.structs.replace(look.review, took_ms=0).outcome)
            for looks in looked(make, wanted, processes)
            for look in looks
        )
        for processes in (1, 2)
    )
    assert alone == apart
    assert len(alone) == 6


def test_plots_of_nothing_are_drawn_too(tmp_path: Path) -> None:
    labelled = written(tmp_path / "set", count=1)
    results = Results(tmp_path / "looks")
    evaluation = Evaluation(labelled, [Contender("one", ("a",), KINDS)])
    looking = Looking(labelled, {"a": Scripted(lambda _: UNJUDGED)})
    for looks in looked(lambda: looking, evaluation.wanted(results), 1):
        results.keep(looks)
    made = evaluation.report(results, 1)
    assert all(each.stat().st_size > 5000 for each in draw_plots(made.reviewers, "made up", tmp_path / "p"))
