"""The review of images in a real browser: slices with and without WebGL2, claims, answers, their limits."""

import re
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from edge.messages import Decision, Fetch
from tests.browser.reviewing import ROOT, flag_passages, open_centre, served
from tests.unit.central.centre_fixture import Office

SOFTWARE_WEBGL = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")
NO_WEBGL = ("--disable-gpu", "--disable-3d-apis")
QUIET = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 30_000
BLANK = """canvas => {
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    return new Set(new Uint32Array(pixels.buffer)).size < 2;
}"""
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    if not (ROOT / "central/console/dist/index.html").is_file():
        pytest.fail("central/console/dist is missing: npm ci && npm run build in central/console")
    office = open_centre(tmp_path)
    flag_passages(office)
    yield office
    office.centre.engine.dispose()


@pytest.fixture
def address(office: Office) -> Iterator[str]:
    with served(office) as address:
        yield address


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def drawing(playwright: Playwright) -> Iterator[Browser]:
    """Chromium that draws with WebGL2, in software."""
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*QUIET, *SOFTWARE_WEBGL])
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def plain(playwright: Playwright) -> Iterator[Browser]:
    """Chromium without WebGL."""
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*QUIET, *NO_WEBGL])
    yield browser
    browser.close()


@contextmanager
def signed_in(
    browser: Browser, address: str, office: Office, path: str, name: str = "officer"
) -> Generator[Page]:
    """A page after signing in; no script failed, and nothing but the centre was asked for anything."""
    context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    faults: list[str] = []
    foreign: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
    ours = (address, "data:", "blob:")
    page.on("request", lambda sent: None if sent.url.startswith(ours) else foreign.append(sent.url))
    page.goto(path)
    page.get_by_label("用户名").fill(name)
    page.get_by_label("口令", exact=True).fill(office.passwords()[name])
    page.get_by_role("button", name="登录").click()
    page.locator(".frame").wait_for()
    yield page
    context.close()
    assert faults == []
    assert foreign == []


@pytest.fixture
def page(
    require_package: Callable[[str], str], drawing: Browser, address: str, office: Office
) -> Iterator[Page]:
    require_package("chromium")
    with signed_in(drawing, address, office, "/review") as page:
        yield page


def take_next(page: Page) -> None:
    """Space takes the case that awaits an answer, and its image is on screen."""
    page.locator(".queue-row").nth(2).wait_for()
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile(r"/review/alarm-0001$"))
    page.locator(".pane-axial .picture").wait_for()
    expect(page.locator(".queue-chosen")).to_contain_text("本人处理中")


def look_through(page: Page) -> None:
    """All axial slices, with the sweep."""
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="放行")).to_be_enabled()
    page.keyboard.press("a")


def test_the_queue_shows_what_was_found_and_its_count_stands_in_the_navigation(page: Page) -> None:
    rows = page.locator(".queue-row")
    expect(rows).to_have_count(3)
    expect(rows.filter(has_text="0001")).to_contain_text("液体")
    expect(rows.filter(has_text="0003")).to_contain_text("穿不透")
    expect(page.get_by_role("link", name="同屏比对").locator(".nav-count")).to_have_text("3")


def test_three_planes_and_a_solid_are_drawn_with_the_finding(page: Page) -> None:
    take_next(page)
    for plane in ("axial", "coronal", "sagittal"):
        pane = page.locator(f".pane-{plane}")
        assert pane.locator("canvas.picture").evaluate(BLANK) is False
        expect(pane.locator(".box text")).to_have_text("1")
    expect(page.locator(".pane-solid .box text")).to_have_text("1")
    expect(page.locator(".pane-solid header")).to_contain_text("三维")
    expect(page.locator(".pane-axial header")).to_contain_text("7/24")  # the middle of the finding
    expect(page.locator(".stage")).not_to_contain_text("WebGL2")


def test_keys_change_plane_colours_and_slice(page: Page) -> None:
    take_next(page)
    page.keyboard.press("2")
    expect(page.locator(".pane-large")).to_have_class(re.compile("pane-coronal"))
    page.keyboard.press("1")
    axial = page.locator(".pane-axial canvas.picture")
    before = axial.evaluate("canvas => canvas.toDataURL()")
    page.keyboard.press("m")
    expect(page.get_by_role("button", name="只看金属")).to_have_attribute("aria-pressed", "true")
    assert axial.evaluate("canvas => canvas.toDataURL()") != before
    page.keyboard.press("0")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".pane-axial header")).to_contain_text("8/24")
    page.keyboard.press("b")
    expect(page.locator(".pane-axial header")).to_contain_text("7/24")


def test_a_release_needs_a_look_then_a_reason_then_the_key_again(page: Page, office: Office) -> None:
    take_next(page)
    expect(page.locator(".case-sentence")).to_contain_text("放行须先看过图像")
    page.keyboard.press("f")
    expect(page.get_by_role("dialog")).to_have_count(0)
    look_through(page)
    page.keyboard.press("f")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("2")
    assert office.line.sent == []
    page.keyboard.press("f")
    expect(page.locator(".case-sentence")).to_contain_text("已送出，等分拣线裁定")
    assert [(each.passage_id, each.decision) for each in office.commands()] == [
        ("alarm-0001", Decision.RELEASE)
    ]


def test_what_nobody_may_clear_on_the_screen_is_not_offered(page: Page) -> None:
    page.locator(".queue-row", has_text="0002").locator("a").click()
    page.locator(".pane-axial .picture").wait_for()
    page.keyboard.press("a")
    expect(page.locator(".pane-axial header")).to_contain_text("已看 100 %")
    expect(page.get_by_role("button", name="放行")).to_be_disabled()
    expect(page.locator(".case-sentence")).to_contain_text("不得在屏幕上放行")
    expect(page.get_by_role("button", name="查验")).to_be_enabled()


def test_an_image_at_the_line_is_said_and_can_be_fetched(page: Page, office: Office) -> None:
    page.locator(".queue-row", has_text="0003").locator("a").click()
    expect(page.locator(".stage-empty")).to_contain_text("图像还在分拣线上")
    expect(page.locator(".case-scroll")).to_contain_text("过于致密")
    page.keyboard.press("g")
    expect(page.locator(".stage-empty")).to_contain_text("正在从分拣线调取图像")
    assert [type(each) for each in office.sent()] == [Fetch]


def test_one_case_is_never_with_two_officers(
    page: Page, drawing: Browser, address: str, office: Office
) -> None:
    take_next(page)
    with signed_in(drawing, address, office, "/review/alarm-0001", "supervisor") as other:
        expect(other.locator(".queue-chosen")).to_contain_text("处理中")
        expect(other.locator(".case-sentence")).to_contain_text("正在审这一件")
        expect(other.get_by_role("button", name="放行")).to_be_disabled()
        expect(other.get_by_role("button", name="查验")).to_be_disabled()
        page.keyboard.press("Space")  # on to the next case: this one is given back
        expect(other.locator(".queue-chosen")).to_contain_text("本人处理中")
        expect(other.get_by_role("button", name="查验")).to_be_enabled()


def test_the_label_is_pixelated_until_a_reason_is_given(page: Page) -> None:
    take_next(page)
    still = page.locator(".medium-still img")
    expect(still).to_have_attribute("src", re.compile(r"/masked$"))
    page.keyboard.press("v")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("记录在案")
    page.keyboard.press("1")
    dialog.get_by_role("button", name="记录并显示").click()
    expect(still).to_have_attribute("src", re.compile(r"^blob:"))
    page.wait_for_function("document.querySelector('.medium-still img').naturalWidth === 320")
    expect(page.locator(".case-media .revealed")).to_contain_text("记录")


def test_without_webgl2_the_centre_draws_and_the_tools_stay(
    require_package: Callable[[str], str], plain: Browser, address: str, office: Office
) -> None:
    require_package("chromium")
    with signed_in(plain, address, office, "/review") as page:
        take_next(page)
        expect(page.locator(".stage-word")).to_contain_text("没有 WebGL2")
        axial = page.locator(".pane-axial img.picture")
        expect(axial).to_have_attribute("src", re.compile(r"/slice\.png\?plane=axial&"))
        assert axial.evaluate("image => image.naturalWidth") > 0
        expect(page.locator(".pane-solid img.picture")).to_have_attribute(
            "src", re.compile(r"/projection\.png\?")
        )
        page.keyboard.press("m")
        expect(axial).to_have_attribute("src", re.compile(r"strip=organic&strip=mixed"))
        look_through(page)


def test_other_pages_do_not_load_the_viewer(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url))
    page.goto("/passages")
    page.locator("table.passages tbody tr").first.wait_for()
    page.goto("/passages/alarm-0001")
    expect(page.locator(".part", has_text="CT 图像")).to_contain_text("液体")
    assert [url for url in asked if "/solid-" in url or "review-page" in url] == []
    assert page.get_by_role("link", name="看图").get_attribute("href") == "/review/alarm-0001"
