"""The desk in a real browser over a real server: what a person does, and that it lasts."""

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.dashboards.city import HOSTILE_TITLE, alert_id
from tests.dashboards.serving import served_city, served_desk
from tests.dashboards.settling import settled

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 30_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium at /usr/bin/chromium"),
]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served_city(tmp_path_factory.mktemp("home")) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1440, "height": 1000}, locale="zh-CN")
    opened.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    yield opened
    opened.close()


def test_the_overview_loads_and_speaks_either_language(page: Page, city: str) -> None:
    page.goto(city)
    expect(page.get_by_role("heading", name="总览")).to_be_visible()
    page.get_by_role("button", name="English").or_(page.get_by_role("radio", name="English")).first.click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    expect(page.get_by_text("The eleven sectors")).to_be_visible()
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar.get_by_text("Fuzhou", exact=True).or_(sidebar.locator("input[value='Fuzhou']"))).to_have_count(1)
    expect(sidebar.get_by_text("福州市")).to_have_count(0)


def test_a_verdict_lasts_over_a_reload(page: Page, city: str) -> None:
    page.goto(f"{city}/alerts")
    expect(page.get_by_role("heading", name="告警")).to_be_visible()
    settled(page)
    page.get_by_test_id("stDataFrame").first.locator(".dvn-scroller").click(position={"x": 400, "y": 55})
    page.wait_for_url("**alert=*")
    expect(page.get_by_role("heading", name="证据事件")).to_be_visible()
    page.get_by_label("你的姓名").fill("Lin Example")
    page.get_by_label("你的姓名").press("Tab")
    page.get_by_text("误报", exact=True).click()
    page.get_by_label("理由").fill("planned maintenance of the day")
    page.get_by_role("button", name="关闭告警").click()
    expect(page.get_by_text("已关闭，结论已记入留痕。")).to_be_visible()
    expect(page.get_by_label("理由")).to_have_value("")
    page.wait_for_function("document.cookie.includes('rongdun_actor=Lin%20Example')")
    page.reload()
    expect(page.get_by_role("button", name="重新打开")).to_be_visible()
    expect(page.get_by_text("planned maintenance of the day")).to_be_visible()
    expect(page.get_by_text("关闭告警 · 误报")).to_be_visible()
    expect(page.get_by_label("你的姓名")).to_have_value("Lin Example")


def test_a_suppressed_alert_is_counted_and_a_switch_away(page: Page, city: str) -> None:
    page.goto(f"{city}/alerts?alert={alert_id(5)}")
    page.get_by_label("你的姓名").fill("Lin Example")
    page.get_by_label("你的姓名").press("Tab")
    page.get_by_text("抑制同类告警").click()
    expect(page.get_by_text("过去 30 天内会隐藏 1 条告警")).to_be_visible()
    page.get_by_label("为何可以隐藏").fill("the city's own scanner")
    page.get_by_role("button", name="抑制", exact=True).click()
    expect(page.get_by_text("已抑制，已记入留痕。")).to_be_visible()
    page.get_by_role("button", name="返回队列").click()
    expect(page.get_by_text("已抑制 1 条：显示")).to_be_visible()
    expect(page.get_by_text("抑制规则（1）")).to_be_visible()
    page.goto(city)
    expect(page.get_by_text("已抑制 1 条")).to_be_visible()


def test_an_alert_has_an_address_of_its_own_and_its_text_is_only_text(page: Page, city: str) -> None:
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.goto(f"{city}/alerts?alert={alert_id(4)}")
    expect(page.get_by_role("heading", name=HOSTILE_TITLE)).to_be_visible()
    assert page.locator("h1 a, h1 img, h1 strong").count() == 0
    assert page.locator("img[src=x]").count() == 0
    assert dialogs == []


def test_an_address_copied_from_a_heading_is_the_address(page: Page, city: str) -> None:
    page.goto(f"{city}/alerts?alert={alert_id(1)}")
    label = page.get_by_test_id("stExpander").nth(1).locator("summary")
    expect(label).to_contain_text("198.51.100.7")
    copied = label.evaluate("node => { getSelection().selectAllChildren(node); return getSelection().toString(); }")
    assert "pcap · 198.51.100.7 → 192.0.2.4" in copied
    assert not [character for character in copied if unicodedata.category(character) == "Cf"]


def test_the_language_survives_a_reload_and_is_not_in_the_link(page: Page, browser: Browser, city: str) -> None:
    page.goto(f"{city}/assets")
    page.get_by_role("radio", name="English").or_(page.get_by_role("button", name="English")).first.click()
    expect(page.get_by_role("heading", name="Assets")).to_be_visible()
    page.wait_for_function("document.cookie.includes('rongdun_language=en')")
    page.reload()
    expect(page.get_by_role("heading", name="Assets")).to_be_visible()
    assert "en" not in page.url.removeprefix(city).removeprefix("/assets")
    elsewhere = browser.new_page()
    elsewhere.goto(page.url)
    expect(elsewhere.get_by_role("heading", name="资产")).to_be_visible()
    elsewhere.close()


def test_an_asset_opens_from_the_list(page: Page, city: str) -> None:
    page.goto(f"{city}/assets")
    settled(page)
    page.get_by_test_id("stDataFrame").first.locator(".dvn-scroller").click(position={"x": 100, "y": 55})
    page.wait_for_url("**asset=gov-cloud-01*")
    expect(page.get_by_role("heading", name="政务云门户主机")).to_be_visible()
    expect(page.get_by_role("heading", name="三方责任")).to_be_visible()


def test_an_entry_of_the_catalogue_is_edited_and_one_who_comes_late_is_refused(
    page: Page, browser: Browser, city: str
) -> None:
    address = f"{city}/data_protection?dataset=/srv/export/residents.csv"
    late = browser.new_page(locale="zh-CN")
    late.set_default_timeout(PATIENCE_MS)
    for each in (page, late):
        each.goto(address)
        each.get_by_role("tab", name="编辑目录登记").click()
        expect(each.get_by_label("责任人（岗位）")).to_be_visible()
    for each, actor, owner, told in (
        (page, "Lin Example", "数据科", "目录登记已保存并记入留痕。"),
        (late, "Wu Example", "信息科", "未保存：目录登记已被他人修改"),
    ):
        form = each.get_by_role("tabpanel", name="编辑目录登记")
        form.get_by_label("你的姓名").fill(actor)
        form.get_by_label("你的姓名").press("Tab")
        form.get_by_label("所属单位").fill("福州市民政局")
        form.get_by_label("责任人（岗位）").fill(owner)
        form.get_by_role("textbox", name="共享清单").fill("市卫健委 | 责任清单 9 | 2030-01-01")
        form.get_by_label("理由").fill("岗位调整")
        form.get_by_role("button", name="保存登记").click()
        expect(each.get_by_text(told)).to_be_visible()
    page.reload()
    expect(page.get_by_text("福州市民政局 · 数据科 · 首席数据官：–")).to_be_visible()
    page.get_by_role("tab", name="编辑目录登记").click()
    expect(page.get_by_text("责任人: – → 数据科")).to_be_visible()
    late.close()


@pytest.mark.parametrize("language", ["中文", "English"])
@pytest.mark.parametrize("path", ["data_protection", "data_protection?dataset=/srv/export/residents.csv", "data_use"])
def test_no_text_of_the_protection_pages_runs_out_of_the_screen(
    page: Page, city: str, path: str, language: str
) -> None:
    page.set_viewport_size({"width": 1280, "height": 1000})
    page.goto(f"{city}/{path}")
    page.get_by_role("radio", name=language).or_(page.get_by_role("button", name=language)).first.click()
    expect(page.get_by_test_id("stHeading").first).to_be_visible()
    page.wait_for_timeout(1500)
    outside = page.evaluate(
        "[...document.querySelectorAll('[data-testid=stMain] [data-testid=stText], [data-testid=stMain] button,"
        " [data-testid=stMain] [data-testid=stCaptionContainer]')]"
        ".filter(each => each.getBoundingClientRect().right > innerWidth || each.scrollWidth > each.clientWidth + 2)"
        ".map(each => each.textContent)"
    )
    assert outside == []


def test_nothing_is_fetched_from_elsewhere(page: Page, city: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in ("", "alerts", "data_protection", "assets", "health"):
        page.goto(f"{city}/{path}")
        expect(page.get_by_test_id("stHeading").first).to_be_visible()
        page.wait_for_timeout(500)
    away = [url for url in asked if not url.startswith((city, city.replace("http", "ws"), "data:", "blob:"))]
    assert away == []


def test_without_a_database_the_desk_says_what_to_type(page: Page, tmp_path: Path) -> None:
    with served_desk(tmp_path) as address:
        page.goto(address)
        expect(page.get_by_text("rongdun up")).to_be_visible()
