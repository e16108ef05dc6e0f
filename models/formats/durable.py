"""Writes a file so that it is whole or not there, and stays when the power goes."""

import os
from pathlib import Path


def write_durably(path: str | Path, content: bytes) -> None:
    """Replace the file: written beside it, fsynced, renamed, folder fsynced. OSError if the disk fails."""
    path = Path(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
