"""The pictures of the console in docs/: `python -m tests.browser.screenshots` starts a line to take them of.

The review shows an image alarm that still awaits its answer, the line a full belt; both in both languages.
Takes about three minutes.
"""

import json
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.running_line import CHROMIUM_ARGS, ROOT, RunningSite, next_alarm, slow_line

DOCS = ROOT / "docs"
SUFFIXES = {"zh": "", "en": "-en"}
SIZE = (1440, 900)
PATIENCE_MS = 240_000
LEAST_M = 5.5  # of belt left: the page must have opened before the cut-off
PARCELS = 16  # at least so many on the belt


def main() -> None:
    """Take all pictures, from a line that is started for them."""
    with tempfile.TemporaryDirectory() as folder, slow_line(Path(folder) / "run") as site:
        take(site, DOCS)


def take(site: RunningSite, folder: Path) -> None:
    """Take all pictures from a running line."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_ARGS)
        pages = {suffix: signed_in(browser, site, language) for language, suffix in SUFFIXES.items()}
        for suffix, page in pages.items():
            show_review(page)
            page.screenshot(path=folder / f"review{suffix}.png")
            show_line(page)
            page.screenshot(path=folder / f"line{suffix}.png")
        browser.close()


def signed_in(browser: Browser, site: RunningSite, language: str) -> Page:
    """A page of the given language on which the officer has signed in."""
    width, height = SIZE
    context = browser.new_context(base_url=site.address, viewport={"width": width, "height": height})
    context.set_default_timeout(PATIENCE_MS)
    preferences = json.dumps({"language": language, "theme": "light"})
    context.add_init_script(f"localStorage.setItem('redpeak.preferences', {json.dumps(preferences)})")
    page = context.new_page()
    page.goto("/review")
    page.locator("form input").nth(0).fill("officer")
    page.locator("form input").nth(1).fill(site.password("officer"))
    page.locator("form button[type=submit]").click()
    page.locator(".frame").wait_for()
    return page


def show_review(page: Page) -> None:
    """An image alarm that still awaits an answer, its finding centred, everything drawn."""
    alarm = next_alarm(page, least_m=LEAST_M, within_s=PATIENCE_MS / 1000)
    page.locator(f".queue-row a[href='{alarm}']").click()
    page.mouse.move(SIZE[0] / 2, SIZE[1] - 8)  # where nothing reacts to it
    for drawn in (".pane-axial .picture", ".pane-solid .box path", ".medium-still img", ".case-side .facts"):
        page.locator(drawn).first.wait_for()
    expect(page.locator(".medium-still img")).to_have_js_property("complete", True)
    page.wait_for_timeout(700)  # in software the view in 3-D takes some frames


def show_line(page: Page) -> None:
    """The line with a full belt and a case that awaits an answer."""
    page.goto("/line")
    page.locator(".parcel").nth(PARCELS - 1).wait_for()
    page.wait_for_timeout(1_500)  # the stream has told the latest of every row


if __name__ == "__main__":
    main()
