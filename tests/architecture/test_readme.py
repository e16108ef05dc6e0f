"""Every command the README shows exists and takes the options it is shown with."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHOWN = re.findall(r"^    \./redpeak (.+)$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
LAUNCHER_ONLY = {"test", "bench"}


def says(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "config.command", *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"COLUMNS": "200", "PATH": "/usr/bin:/bin", "TERM": "dumb"},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_readme_shows_commands() -> None:
    assert {"up", "test"} <= set(SHOWN)


@pytest.mark.parametrize("shown", [each for each in SHOWN if each.split()[0] not in LAUNCHER_ONLY])
def test_command_exists_with_its_options(shown: str) -> None:
    words = shlex.split(shown)
    options = [word for word in words if word.startswith("--")]
    start = [word for word in words if not word.startswith("-")]
    command = start[:2] if start[0] in {"site", "journal", "central", "edge", "ct"} else start[:1]
    told = says(*command, "--help")
    assert not [option for option in options if option not in told]


@pytest.mark.parametrize("shown", [each for each in SHOWN if each.split()[0] == "bench"])
def test_benchmark_exists(shown: str) -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "tests.bench"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert shown.split()[1] in listed.stdout + listed.stderr


def test_the_site_the_readme_checks_is_right() -> None:
    assert "config/sites/demo.toml" in says("site", "check", "config/sites/demo.toml")
