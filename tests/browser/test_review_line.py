"""Officers at a running line with CT: image alarms answered in time, stopped, and answered too late."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from edge.journal import Journal
from tests.browser.running_line import CHROMIUM_ARGS, ROOT, RunningSite, next_alarm, slow_line

ALARM_S = 110  # until the next image alarm comes along
PATIENCE_MS = 40_000
TAKES = 6  # of Space, at most, to one of a few cases that wait
LEAST_M = 5.5  # of belt, at 0.45 m/s: time to look and to answer
HEADERS = {"X-Redpeak": "1"}
pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


@dataclass
class Desk:
    """An officer's screen at a running line, and the line's records beside it."""

    page: Page
    site: RunningSite
    client: httpx.Client
    answered: dict[str, tuple[str, str, list[str]]] = field(  # role, reason and rulings by passage
        default_factory=dict[str, tuple[str, str, list[str]]]
    )

    def take_alarm(self) -> str:
        """Waits for an image alarm with enough belt left, takes it by Space; its passage."""
        wanted = next_alarm(self.page, least_m=LEAST_M, within_s=ALARM_S)
        chosen = self.page.locator(f".queue-chosen a[href='{wanted}']")
        for _ in range(TAKES):
            before = self.page.url
            self.page.keyboard.press("Space")
            expect(self.page).not_to_have_url(before)
            if self.page.url.endswith(wanted):
                break
        expect(chosen).to_contain_text("本人处理中")
        expect(self.page.get_by_role("button", name="查验")).to_be_enabled()
        return wanted.rpartition("/")[2]

    def look_through(self) -> None:
        """The slices, with the sweep, until a release is offered."""
        self.page.locator(".pane-axial .picture").wait_for()
        self.page.keyboard.press("a")
        expect(self.page.get_by_role("button", name="放行")).to_be_enabled(timeout=PATIENCE_MS)

    def closed(self, passage_id: str) -> dict[str, Any]:
        """What the centre says of a passage once it lies in its lane."""
        until_s = time.monotonic() + PATIENCE_MS / 1000
        while time.monotonic() < until_s:
            page = self.client.get(f"/api/passages/{passage_id}").raise_for_status().json()
            if page["closed_at"] and all(answer["ruling"] != "sent" for answer in page["answers"]):
                return page
            self.page.wait_for_timeout(250)
        raise AssertionError(f"{passage_id} is not closed")

    def journalled(self, passage_id: str) -> str:
        """What the line itself wrote of a passage."""
        journal = Journal(self.site.data / "edge-L1" / "journal.db", identity=lambda: "")
        try:
            return "\n".join((row.payload or b"").decode() for row in journal.passage(passage_id))
        finally:
            journal.close()


@pytest.fixture(scope="module")
def chromium(require_package: Callable[[str], str]) -> str:
    """Its path; the line is not started where there is none."""
    return require_package("chromium")


@pytest.fixture(scope="module")
def site(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    if not (ROOT / "central/console/dist/index.html").is_file():
        pytest.fail("central/console/dist is missing: npm ci && npm run build in central/console")
    with slow_line(tmp_path_factory.mktemp("line") / "run") as site:
        yield site


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


def signed_in(browser: Browser, site: RunningSite, username: str) -> Page:
    context = browser.new_context(base_url=site.address, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto("/review")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("口令", exact=True).fill(site.password(username))
    page.get_by_role("button", name="登录").click()
    page.locator(".frame").wait_for()
    return page


@pytest.fixture(scope="module")
def desk(site: RunningSite, browser: Browser) -> Iterator[Desk]:
    """One officer for all tests of the line; no script may have failed when they end."""
    page = signed_in(browser, site, "officer")
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    with httpx.Client(base_url=site.address, timeout=10) as client:
        login = {"username": "officer", "password": site.password("officer")}
        client.post("/api/login", json=login, headers=HEADERS).raise_for_status()
        yield Desk(page, site, client)
    page.context.close()
    assert faults == []


def sent(desk: Desk, passage_id: str) -> bool:
    """Whether the centre sent the answer to the line, which then rules on it."""
    return bool(desk.client.get(f"/api/passages/{passage_id}").raise_for_status().json()["answers"])


def test_an_alarm_cleared_in_time_goes_to_a_release_lane(desk: Desk, browser: Browser) -> None:
    supervisor = signed_in(browser, desk.site, "supervisor")
    passage_id = desk.take_alarm()
    beside = supervisor.locator(".queue-row", has=supervisor.locator(f"a[href$='{passage_id}']"))
    expect(beside).to_contain_text("值班关员 处理中")
    supervisor.context.close()

    desk.look_through()
    desk.page.keyboard.press("f")
    desk.page.get_by_role("dialog").wait_for()
    desk.page.keyboard.press("2")
    desk.page.keyboard.press("f")
    expect(desk.page.locator(".case-sentence")).to_contain_text("放行 · 分拣线已接受", timeout=PATIENCE_MS)
    desk.answered[passage_id] = ("release", "officer_released", ["accepted"])


def test_a_stop_is_accepted_and_the_parcel_inspected(desk: Desk) -> None:
    passage_id = desk.take_alarm()
    desk.page.keyboard.press("j")
    desk.page.get_by_role("dialog").wait_for()
    desk.page.keyboard.press("1")
    desk.page.keyboard.press("j")
    expect(desk.page.locator(".case-sentence")).to_contain_text("查验 · 分拣线已接受", timeout=PATIENCE_MS)
    desk.answered[passage_id] = ("inspect", "officer_stopped", ["accepted"])


def test_an_answer_past_the_cutoff_changes_nothing_and_says_so(desk: Desk) -> None:
    passage_id = desk.take_alarm()
    desk.look_through()
    desk.page.keyboard.press("f")
    dialog = desk.page.get_by_role("dialog")
    dialog.wait_for()
    desk.page.keyboard.press("2")
    left = desk.page.locator(".case-remaining")
    expect(left).to_have_text(re.compile("已过截止点|位置不明"), timeout=PATIENCE_MS)
    desk.page.keyboard.press("f")
    said = dialog.locator(".answer-word").or_(desk.page.locator(".case-sentence"))
    expect(said.filter(has_text=re.compile("已过截止点")).first).to_be_visible()
    desk.answered[passage_id] = ("inspect", "image_alarm", ["too_late"] if sent(desk, passage_id) else [])
    if dialog.count():
        desk.page.keyboard.press("Escape")


def test_a_revealed_clip_plays(desk: Desk) -> None:
    clips = desk.page.locator(".medium-clip")
    clips.get_by_text("录像未显示").wait_for()
    desk.page.keyboard.press("v")
    dialog = desk.page.get_by_role("dialog")
    dialog.wait_for()
    desk.page.keyboard.press("1")
    dialog.get_by_role("button", name="记录并显示").click()
    video = clips.locator("video")
    video.wait_for()
    played = video.evaluate(PLAYED)
    assert played["width"] > 0, played
    assert played["passed_s"] > 0.2, played


def test_every_parcel_lies_where_its_answer_sent_it(desk: Desk) -> None:
    assert len(desk.answered) == 3
    for passage_id, (role, reason, rulings) in desk.answered.items():
        closed = desk.closed(passage_id)
        assert (closed["role_actual"], closed["reasons"]) == (role, [reason])
        assert [answer["ruling"] for answer in closed["answers"]] == rulings
        assert re.findall(r'"ruling":"(\w+)"', desk.journalled(passage_id)) == rulings


PLAYED = """video => new Promise(done => {
    const tell = () => done({
        passed_s: video.currentTime, width: video.videoWidth, error: video.error && video.error.message });
    video.addEventListener("timeupdate", () => video.currentTime > 0.2 && tell());
    video.addEventListener("error", tell);
    setTimeout(tell, 15000);
})"""
