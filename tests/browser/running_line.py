"""A whole running site for tests in a browser: the demonstration line, slower, with image alarms early."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from config.load import parse_site, shipped_site
from config.settings import Line
from simulators.categories import SCAN_FAULTS, Category
from simulators.parcels import parcels

ROOT = Path(__file__).parents[2]
SPEED_MM_S = 450  # as ordinary CT belts run: some 17 s between review and cut-off
PARCELS = 150
SOON = 50  # parcels: alarms among the first so many count …
APART = 9  # … if an officer has time between them …
UNDISTURBED = 4  # … and no scan of so many neighbours on each side goes wrong
SEEDS = 400
CHROMIUM_ARGS = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True)
class RunningSite:
    """Where a site answers, who may sign in, and where it keeps its records."""

    address: str
    data: Path

    def password(self, username: str) -> str:
        """The first login's, as `up` printed it."""
        text = (self.data / "first-login.txt").read_text("utf-8")
        found = re.search(rf"^{username} (\S+)$", text, re.MULTILINE)
        assert found, username
        return found[1]


@contextmanager
def slow_line(data: Path) -> Generator[RunningSite]:
    """The demonstration site at the speed of a CT belt, until the block ends; `data` is made."""
    file = data.with_suffix(".toml")
    content, changed = re.subn(
        r"speed_mm_s = \d+", f"speed_mm_s = {SPEED_MM_S}", shipped_site("demo").decode()
    )
    assert changed == 1
    file.write_text(content, "utf-8")
    line = parse_site(content.encode(), file.name).lines[0]
    run = ["--parcels", str(PARCELS), "--seed", str(seed_with_alarms(line))]
    with running(["--site", str(file), "--free-ports", "--data", str(data), *run], data) as site:
        yield site


@contextmanager
def running(arguments: list[str], data: Path) -> Generator[RunningSite]:
    """`redpeak up` with these arguments, until the block ends."""
    command = [sys.executable, "-P", "-m", "config.command", "up", *arguments]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    said = ""
    try:
        for line in process.stdout:
            said += line
            if found := re.match(r"The console is at (\S+)/$", line):
                break
        else:
            raise AssertionError(said)
        yield RunningSite(found[1], data)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def seed_with_alarms(line: Line) -> int:
    """The seed of a run that soon has most image alarms for an officer to answer one after the other."""

    def soon(seed: int) -> int:
        try:
            run = parcels(line, PARCELS, seed)
        except ValueError:
            return 0
        return count_alarms([parcel.category for parcel in run[:SOON]])

    return max(range(1, SEEDS), key=soon)


def count_alarms(order: list[Category]) -> int:
    """Image alarms far enough apart, of which the scan is sure to be believed."""
    last, counted = -APART, 0
    for place, category in enumerate(order):
        around = order[max(0, place - UNDISTURBED) : place + UNDISTURBED + 1]
        if category is Category.IMAGE_ALARM and place - last >= APART and SCAN_FAULTS.isdisjoint(around):
            last, counted = place, counted + 1
    return counted


def next_alarm(page: Page, *, least_m: float, within_s: float) -> str:
    """Waits on the review for an image alarm with so much belt left, and gives its address on the page."""
    rows = page.locator(".queue-row:not(.queue-past)", has=page.locator(".tone-stop"))
    until_s = time.monotonic() + within_s
    while time.monotonic() < until_s:
        for row in rows.all():
            left = row.locator(".remaining b").all_inner_texts()
            if left and float(left[0]) >= least_m:
                return row.locator("a").get_attribute("href") or ""
        page.wait_for_timeout(200)
    raise AssertionError("no image alarm came along")
