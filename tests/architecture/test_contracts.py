"""The house rules that tools can see: who imports whom, how long files are, what may stand in the tree."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 350  # the aim is 300 at most; a file that passes this is to be split, or to say why not
LONGER = {
    "edge/messages.py": "the wire contract of both directions is one file on purpose",
    "tests/wire/devices/test_modbus_peers.py": "peers nobody here wrote, with the C program of one of them",
}
CODE = {".py", ".ts", ".tsx", ".sh"}
TEXT = CODE | {".css", ".toml", ".lock", ".md", ".json", ".html", ".yml", ".yaml", ".cfg", ".ini", ".txt", ""}

# Assembled from pieces, so that this file does not hold what it looks for.
_HOSTS = "|".join(rf"{name}\.(org|com)" for name in ("pypi", "pythonhosted", "npmjs"))
_FOLDERS = "|".join(("work", "root", "home/[a-z]+", "tmp/[a-z0-9_-]+"))
FORBIDDEN = {
    "a package registry's host": re.compile(rf"\b(registry\.|files\.)?({_HOSTS})\b"),
    "a path of one machine": re.compile(rf"(?<![\w.)}}*])/({_FOLDERS})/"),
}


def tree() -> list[Path]:
    """Every file that is or would be committed."""
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = [ROOT / name for name in listing.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def test_rooms_import_only_what_they_may() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_no_file_grows_long_unseen() -> None:
    long = {
        str(path.relative_to(ROOT)): length
        for path in tree()
        if path.suffix in CODE and (length := len(path.read_text().splitlines())) > LONGEST
    }
    assert {name: length for name, length in long.items() if name not in LONGER} == {}, (
        "split these, or say in LONGER why not"
    )


def test_nothing_in_the_tree_names_a_registry_or_this_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {what}: {match[0]}"
        for path in tree()
        if path.suffix in TEXT and path != Path(__file__)
        for what, pattern in FORBIDDEN.items()
        if (match := pattern.search(path.read_text(errors="replace")))
    ]
    assert found == []


def test_every_file_says_first_what_it_is() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in tree()
        if path.suffix == ".py" and (text := path.read_text()) and not text.startswith('"""')
    ]
    assert silent == []


def test_there_are_no_drawers() -> None:
    drawers = {"utils", "util", "helpers", "common", "manager", "handler", "base", "misc"}
    code = [path.relative_to(ROOT) for path in tree() if path.suffix in {".py", ".ts", ".tsx"}]
    assert [str(path) for path in code if drawers & {path.stem, *path.parts}] == []
