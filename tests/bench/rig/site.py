"""The benchmarks' site: lines of any number and speed, in a fresh data folder with free ports and keys."""

import shutil
import socket
from importlib.resources import files
from pathlib import Path
from string import Template

from config.settings import Site
from simulators import data_folder

DECIDE_MM = 4200
PITCH_MM = 1000  # front to front: belt speed in m/s is items a second
DECISION_S = 0.5  # belt time between the deciding eye and the release cut-off


def lay(folder: Path, *, lines: int = 1, speed_mm_s: int = 2000, poll_ms: int = 10) -> tuple[Site, Path]:
    """Empty `folder` and make it a site's data folder; the site and its file."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    source = folder / "wanted.toml"
    source.write_text(text(lines=lines, speed_mm_s=speed_mm_s, poll_ms=poll_ms), "utf-8")
    return data_folder.prepare(folder, str(source), free_ports=True)


def text(*, lines: int, speed_mm_s: int, poll_ms: int) -> str:
    """The site file; every line runs at that speed and leaves DECISION_S between verdict and cut-off."""
    release_mm = DECIDE_MM + round(DECISION_S * speed_mm_s)
    line = Template((files("tests.bench.rig") / "line.toml").read_text("utf-8"))
    head = (
        'id = "bench"\nname = "bench"\nname_en = "bench"\ncustoms_code = "0000"\n'
        "[centre]\nport = 1\n[broker]\nport = 2\n"
    )
    return head + "".join(
        line.substitute(
            line=f"L{number}",
            port=2 + number,
            speed_mm_s=speed_mm_s,
            poll_ms=poll_ms,
            decide_mm=DECIDE_MM,
            release_mm=release_mm,
            inspect_mm=release_mm + 500,
            **{f"lane{lane}_mm": release_mm + 1000 * lane for lane in range(1, 6)},
            end_mm=release_mm + 6000,
        )
        for number in range(1, lines + 1)
    )


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether somebody listens on a loopback port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
