"""The file a benchmark writes: its form, and what a part of a benchmark keeps of an earlier run."""

import json
from pathlib import Path

import pytest

from tests.bench.rig.result import Results


def test_each_figure_has_value_unit_count_and_conditions(tmp_path: Path) -> None:
    results = Results("speed", folder=tmp_path)
    results.under("downhill")
    results.add("km_per_hour", 31.5, "km/h", 3, "on a bicycle")
    found = json.loads(results.write().read_text("utf-8"))
    assert (tmp_path / "speed.json").exists()
    assert set(found) == {"km_per_hour"}
    figure = found["km_per_hour"]
    assert (figure["value"], figure["unit"], figure["count"]) == (31.5, "km/h", 3)
    assert figure["conditions"].startswith("on a bicycle; downhill; ")
    assert "cores" in figure["conditions"]


def test_a_part_keeps_what_it_does_not_measure_again(tmp_path: Path) -> None:
    first = Results("speed", folder=tmp_path)
    first.add("up", 1.0, "", 1, "")
    first.add("down", 2.0, "", 1, "")
    first.write()
    second = Results("speed", folder=tmp_path, keep=True)
    second.add("down", 3.0, "", 1, "")
    found = json.loads(second.write().read_text("utf-8"))
    assert (found["up"]["value"], found["down"]["value"]) == (1.0, 3.0)
    assert (second.worded("up", "{:g}"), second.worded("sideways", "{:g}")) == ("1", "-")


def test_a_whole_run_keeps_nothing(tmp_path: Path) -> None:
    first = Results("speed", folder=tmp_path)
    first.add("up", 1.0, "", 1, "")
    first.write()
    assert json.loads(Results("speed", folder=tmp_path).write().read_text("utf-8")) == {}


def test_a_figure_is_measured_once(tmp_path: Path) -> None:
    results = Results("speed", folder=tmp_path)
    results.add("up", 1.0, "", 1, "")
    with pytest.raises(ValueError, match="up"):
        results.add("up", 2.0, "", 1, "")
