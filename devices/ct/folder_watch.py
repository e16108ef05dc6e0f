"""A folder in which a machine leaves files: which have come to rest, and where they go when taken or refused.

FOLDER/NAME                      left by the machine
FOLDER/taken/NAME                being taken in; found here at a start, its taking was interrupted
FOLDER/refused/NAME              not taken, with NAME.reason.txt beside it
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

_UNFINISHED = (".part", ".partial", ".tmp", ".filepart", ".crdownload")


class _Look(Struct, frozen=True):
    size: int
    changed_ns: int
    inode: int


class FolderWatch:
    """Looks into a folder; every call raises OSError while the folder is not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[Path, _Look] = {}

    def at_rest(self) -> Sequence[Path]:
        """The files that have not changed since the last call, the oldest first."""
        found: dict[Path, _Look] = {}
        for path in self._folder.iterdir():
            if path.name.startswith(".") or path.suffix.lower() in _UNFINISHED:
                continue
            with contextlib.suppress(FileNotFoundError):
                if path.is_file() and not path.is_symlink():
                    state = path.stat()
                    found[path] = _Look(state.st_size, state.st_mtime_ns, state.st_ino)
        resting = [path for path, look in found.items() if self._seen.get(path) == look and look.size]
        self._seen = found
        return sorted(resting, key=lambda path: (found[path].changed_ns, path.name))

    def age_s(self, path: Path, now_s: float) -> float:
        """Seconds since a file was last written, by the wall clock."""
        return now_s - path.stat().st_mtime

    def claim(self, path: Path) -> Path:
        """Move a file aside before it is taken in; a kill after this leaves it among the interrupted."""
        return _move(path, self._folder / "taken")

    def interrupted(self) -> Sequence[Path]:
        """What was claimed and is still there."""
        taken = self._folder / "taken"
        return sorted(path for path in taken.iterdir() if path.is_file()) if taken.is_dir() else ()

    def put_back(self, path: Path) -> None:
        """It is to be taken later."""
        _move(path, self._folder)

    def refuse(self, path: Path, why: str) -> None:
        """Set a file aside, and say why beside it."""
        refused = _move(path, self._folder / "refused")
        refused.with_name(refused.name + ".reason.txt").write_text(why + "\n", "utf-8")


def _move(path: Path, folder: Path) -> Path:
    """Into the folder, under a name of its own."""
    folder.mkdir(exist_ok=True)
    target, tried = folder / path.name, 1
    while target.exists():
        tried += 1
        target = folder / f"{path.stem}-{tried}{path.suffix}"
    return path.rename(target)
