"""From a moment to its files: a still and a clip, whole and durable before their names are told."""

import os
from collections.abc import Callable
from pathlib import Path

from devices.camera import codec
from devices.camera.recent import Recent
from devices.camera.requests import Ask, Recorded, Setup

_PATIENCE_S = 2.0  # beyond the moment: a frame that is later than this does not come
_STILL_WITHIN_S = 0.5  # a still that shows another moment may show another parcel
_SLACK_S = 0.5  # by which a clip may be shorter than asked
PART = ".part"  # of files that are not whole


class FootageWriter:
    """Cuts what was asked for out of the memory and writes it into the folder of `setup`."""

    def __init__(self, setup: Setup, recent: Recent, clock: Callable[[], float]) -> None:
        self._setup = setup
        self._recent = recent
        self._clock = clock
        self._folder = Path(setup.folder)

    def is_due(self, ask: Ask) -> bool:
        """Whether all frames that the recording needs are there, or will not come any more."""
        end_s = ask.at_s + self._setup.latency_s + self._setup.after_s
        newest_s = self._recent.newest_s()
        return (newest_s is not None and newest_s >= end_s) or self._clock() > end_s + _PATIENCE_S

    def record(self, ask: Ask) -> Recorded:
        """Write the still and the clip of a moment; what fails is named in `problem`, never raised."""
        still, no_still = self._attempt(self._write_still, ask)
        clip, no_clip = self._attempt(self._write_clip, ask)
        problem = "; ".join(each for each in (no_still, no_clip) if each)
        return Recorded(ask.number, still, clip, problem)

    def _attempt(self, write: Callable[[Ask], tuple[str, str]], ask: Ask) -> tuple[str, str]:
        try:
            return write(ask)
        except codec.PictureError as error:
            return "", str(error)
        except OSError as error:
            return "", f"cannot write: {error.strerror}"

    def _write_still(self, ask: Ask) -> tuple[str, str]:
        packets = self._recent.picture(ask.at_s + self._setup.latency_s, _STILL_WITHIN_S)
        if not packets:
            return "", "no frame of that moment"
        picture = codec.jpeg(codec.decode(packets))
        return self._place(f"{ask.number}.jpg", lambda path: _fill(path, picture)), ""

    def _write_clip(self, ask: Ask) -> tuple[str, str]:
        middle_s = ask.at_s + self._setup.latency_s
        from_s, to_s = middle_s - self._setup.before_s, middle_s + self._setup.after_s
        packets = self._recent.clip(from_s, to_s)
        if len(packets) < 2:
            return "", "no frames for a clip"
        path = self._place(f"{ask.number}.mp4", lambda path: codec.write_clip(packets, path))
        if packets[0].at_s > from_s + _SLACK_S:
            return path, f"the clip begins {packets[0].at_s - from_s:.1f} s late"
        if packets[-1].at_s < to_s - _SLACK_S:
            return path, f"the clip ends {to_s - packets[-1].at_s:.1f} s early"
        return path, ""

    def _place(self, name: str, write: Callable[[Path], None]) -> str:
        """Write a file under another name, make it durable, give it its name, and make that durable."""
        path, part = self._folder / name, self._folder / (name + PART)
        try:
            write(part)
            _sync(part)
            part.rename(path)
            _sync(self._folder)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return str(path)


def _fill(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
