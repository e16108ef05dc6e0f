"""The wheel: our rooms, their data files, the built console, and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = {"config", "devices", "models", "edge", "central", "simulators"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("redpeak-*.whl")
    return zipfile.ZipFile(path).namelist()


def test_it_holds_our_rooms_and_nothing_else(wheel: list[str]) -> None:
    tops = {name.split("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == ROOMS


@pytest.mark.parametrize(
    "name",
    [
        "config/sites/demo.toml",
        "config/command.py",
        "devices/profiles/redpeak_sorter_v1.toml",
        "edge/messages.py",
        "central/migrations/env.py",
    ],
)
def test_data_files_travel_with_the_code(wheel: list[str], name: str) -> None:
    assert name in wheel


def test_every_data_file_of_the_rooms_is_in_it(wheel: list[str]) -> None:
    missing = [
        str(path.relative_to(ROOT))
        for room in sorted(ROOMS)
        for path in (ROOT / room).rglob("*")
        if path.suffix in {".py", ".toml", ".sql", ".mako"}
        and "node_modules" not in path.parts
        and str(PurePosixPath(path.relative_to(ROOT))) not in wheel
    ]
    assert missing == []


def test_the_built_console_is_in_it_and_its_sources_are_not(wheel: list[str]) -> None:
    console = [name for name in wheel if name.startswith("central/console/")]
    assert not any("/node_modules/" in name or name.startswith("central/console/src/") for name in console)
    if (ROOT / "central/console/dist/index.html").exists():
        assert "central/console/dist/index.html" in console


def test_the_installed_rooms_are_ours() -> None:
    code = "import config, edge, models, simulators; print(config.__file__, edge.__file__, models.__file__)"
    shown = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert [Path(each).parent.parent for each in shown.split()] == [ROOT] * 3
