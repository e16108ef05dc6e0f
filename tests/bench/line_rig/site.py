"""The demonstration site's line at other belt speeds: its places stay, the time to the cut-off does not."""

import re
import shutil
from pathlib import Path

from config.load import shipped_site
from config.settings import Line, Site
from simulators import data_folder

PITCH_MM = 1100  # front to front, on average, at which the plant feeds
# Clear volumes of the last two minutes are never rolled: at 12.6 MB a scan that is 3 GB at 7,200 an hour.
DISK_BUDGET_MB = 6_000


def speed_mm_s(parcels_per_hour: float) -> int:
    """The belt speed at which that many parcels come at the plant's pitch."""
    return round(parcels_per_hour * PITCH_MM / 3600)


def decision_s(line: Line) -> float:
    """From the deciding eye to the release cut-off: for image, review and lane."""
    belt = line.belt
    return (belt.release_cutoff_mm - belt.eyes_mm[belt.decide_eye]) / belt.speed_mm_s


def after_tunnel_s(line: Line) -> float:
    """From the front's leaving the tunnel to the release cut-off; the scanner computes in that time, too."""
    assert line.ct is not None
    return (line.belt.release_cutoff_mm - line.ct.end_mm) / line.belt.speed_mm_s


def lay(folder: Path, parcels_per_hour: float) -> tuple[Site, Path]:
    """Empty `folder` and make it the site's data folder, with free ports; the site and its file."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    wanted = folder / "wanted.toml"
    text = shipped_site("demo").decode()
    text = with_value(text, "speed_mm_s", speed_mm_s(parcels_per_hour))
    wanted.write_text(with_value(text, "disk_budget_mb", DISK_BUDGET_MB), "utf-8")
    return data_folder.prepare(folder, str(wanted), free_ports=True)


def with_value(text: str, key: str, value: int) -> str:
    """A site file with another number for a key; ValueError unless the file has that key once."""
    changed, count = re.subn(rf"^{key} = \d+\b", f"{key} = {value}", text, flags=re.MULTILINE)
    if count != 1:
        raise ValueError(f"the site file says {key} {count} times, once was expected")
    return changed
