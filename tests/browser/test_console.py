"""The console in a real browser, before a whole centre with a simulated line that has no CT."""

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).parents[2]
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
PATIENCE_MS = 30_000
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A running centre: its address and the officer's password."""
    if not (ROOT / "central/console/dist/index.html").is_file():
        pytest.fail("central/console/dist is missing: npm ci && npm run build in central/console")
    data = tmp_path_factory.mktemp("centre") / "run"
    command = [
        sys.executable,
        "-P",
        "-m",
        "config.command",
        "up",
        "--site",
        "sorting",
        "--free-ports",
        "--data",
        str(data),
        "--seed",
        "5",
    ]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    said = ""
    try:
        for line in process.stdout:
            said += line
            if line.startswith("Ctrl-C"):
                break
        address = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert address, said
        logins = (data / "first-login.txt").read_text("utf-8")
        password = re.search(r"^officer (\S+)$", logins, re.MULTILINE)
        assert password
        yield address.group(), password.group(1)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_ARGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(require_package: Callable[[str], str], centre: tuple[str, str], browser: Browser) -> Iterator[Page]:
    """A page on which the officer has just signed in; no script may have failed when the test ends."""
    require_package("chromium")
    address, password = centre
    context = browser.new_context(base_url=address, viewport={"width": 1366, "height": 768})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    faults: list[str] = []
    foreign: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "request", lambda sent: None if sent.url.startswith((address, "data:")) else foreign.append(sent.url)
    )
    page.goto("/passages?role=release")
    page.get_by_label("用户名").fill("officer")
    page.get_by_label("口令", exact=True).fill(password)
    page.get_by_role("button", name="登录").click()
    page.locator(".frame").wait_for()
    page.mouse.move(5, 5)  # off the table, which stands still under a pointer
    yield page
    context.close()
    assert faults == []
    assert foreign == []


def test_signing_in_opens_the_page_that_was_asked_for(page: Page) -> None:
    expect(page).to_have_url(re.compile(r"/passages\?role=release$"))
    page.locator("table.passages tbody tr").first.wait_for()
    assert set(page.locator("table.passages .verdict b").all_inner_texts()) == {"放行"}


def test_parcels_pass_live(page: Page) -> None:
    page.keyboard.press("1")
    expect(page.locator(".connection")).to_have_text("实时")
    expect(page.locator(".line-word")).to_have_text("运行")
    page.locator(".parcel").first.wait_for()
    rows = page.locator(".live-rows tbody tr")
    newest = rows.first.locator("a").inner_text()
    expect(rows.first.locator("a")).not_to_have_text(newest, timeout=PATIENCE_MS)
    expect(page.locator(".device-online")).to_have_count(4)


def test_rows_stand_still_under_the_pointer(page: Page) -> None:
    page.keyboard.press("1")
    page.locator(".live-rows tbody tr").first.hover()
    top = page.locator(".live-rows tbody tr").first.locator("a").inner_text()
    expect(page.locator(".fresh")).to_contain_text("条新记录", timeout=PATIENCE_MS)
    assert page.locator(".live-rows tbody tr").first.locator("a").inner_text() == top
    page.keyboard.press("Home")
    expect(page.locator(".live-rows tbody tr").first.locator("a")).not_to_have_text(top)


def test_languages_switch_without_a_reload(page: Page) -> None:
    page.evaluate("window.stillHere = true")
    page.keyboard.press("l")
    expect(page.get_by_role("link", name="Passages", exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.evaluate("window.stillHere") is True
    assert not re.search(r"[\u4e00-\u9fff]", page.locator("form.filters").inner_text())


def test_papers_are_masked_until_a_reason_is_given(page: Page, centre: tuple[str, str]) -> None:
    page.locator("table.passages tbody a").last.click()
    identity = page.locator(".fact", has_text="证件号").locator("dd")
    expect(identity).to_have_text(re.compile(r"^\w{4}\*{10}\w{4}$"))
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog")
    confirm = dialog.get_by_role("button", name="记录并显示")
    expect(confirm).to_be_disabled()
    page.keyboard.press("2")
    confirm.click()
    expect(identity).to_have_text(re.compile(r"^\d{17}[\dX]$"))
    expect(page.locator(".revealed")).to_contain_text("记录")
    page.reload()
    expect(identity).to_have_text(re.compile(r"^\w{4}\*{10}\w{4}$"))


def test_a_waybill_is_found_by_its_number_without_a_trace_in_any_address(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url))
    page.on("framenavigated", lambda frame: asked.append(frame.url))
    page.locator("table.passages tbody a").last.click()
    page.locator(".fact", has_text="证件号").wait_for()
    page.keyboard.press("e")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("2")
    page.get_by_role("dialog").get_by_role("button", name="记录并显示").click()
    expect(page.locator(".revealed")).to_contain_text("记录")
    number = page.locator(".fact", has_text="运单").first.locator("dd b").inner_text()
    assert re.fullmatch(r"[A-Z0-9]{8,30}", number)
    page.keyboard.press("2")
    page.get_by_label("运单号").fill(number.lower())
    with page.expect_response(lambda answer: number in (answer.request.post_data or "")) as answered:
        page.get_by_role("button", name="查找").click()
    found = [row["passage_id"] for row in answered.value.json()["items"]]
    shown = page.locator("table.passages tbody tr")
    expect(shown).to_have_count(len(found))
    expect(shown.first.locator("td").nth(2)).to_have_text(number[-4:])
    assert any(url.endswith("/api/passages/search") for url in asked)
    assert not [url for url in [*asked, page.url] if number.lower() in url.lower()]


def test_any_path_opens_the_console_but_not_the_data(centre: tuple[str, str]) -> None:
    address, _ = centre
    assert '<div id="root">' in httpx.get(f"{address}/passages/L1-0-1").text
    assert httpx.get(f"{address}/api/passages").status_code == 401
