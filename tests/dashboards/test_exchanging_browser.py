"""The tabs of exchanges and of freshness in a real browser: they fit a screen of 1,280 pixels, in either language."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from dashboards.translation import Language, words_in
from tests.dashboards.serving import served_city
from tests.dashboards.settling import settled
from tests.dashboards.test_browser import browser, page, pytestmark

__all__ = ["browser", "page", "pytestmark"]  # fixtures

_NAMES: dict[str, Language] = {"中文": "zh", "English": "en"}
_OUTSIDE = (
    "[...document.querySelectorAll('[data-testid=stMain] [data-testid=stText], [data-testid=stMain] button,"
    " [data-testid=stMain] [data-testid=stCaptionContainer], [data-testid=stMain] img')]"
    ".filter(each => each.getBoundingClientRect().right > innerWidth || each.scrollWidth > each.clientWidth + 2)"
    ".map(each => each.textContent || each.tagName)"
)
_SCROLLING = (
    "[...document.querySelectorAll('[data-testid=stDataFrame] .dvn-scroller')]"
    ".filter(each => each.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true}))"
    ".map(each => [each.scrollWidth, each.clientWidth]).filter(([wide, seen]) => wide > seen + 2)"
)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served_city(tmp_path_factory.mktemp("home")) as address:
        yield address


def _opened(page: Page, city: str, path: str, tab: str, language: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 1000})
    page.goto(f"{city}/{path}")
    page.get_by_role("radio", name=language).or_(page.get_by_role("button", name=language)).first.click()
    page.get_by_role("tab", name=words_in(_NAMES[language])(tab), exact=True).click()


@pytest.mark.parametrize("language", _NAMES)
def test_the_map_and_the_log_of_exchanges_fit_the_screen(page: Page, city: str, language: str) -> None:
    words = words_in(_NAMES[language])
    _opened(page, city, "data_use", "flow.tab.flows", language)
    expect(page.get_by_role("heading", name=words("flow.list"))).to_be_visible()
    drawn = page.get_by_role("img", name=words("flow.title"))
    expect(drawn).to_be_visible()
    page.wait_for_function("[...document.images].every(each => each.complete && each.naturalWidth > 0)")
    page.wait_for_timeout(1500)
    assert page.evaluate(_OUTSIDE) == []
    assert page.evaluate(_SCROLLING) == []


@pytest.mark.parametrize("language", _NAMES)
def test_the_freshness_of_the_catalogue_fits_the_screen(page: Page, city: str, language: str) -> None:
    words = words_in(_NAMES[language])
    _opened(page, city, "data_protection", "protection.tab.freshness", language)
    expect(page.get_by_role("heading", name=words("freshness.list"))).to_be_visible()
    expect(page.get_by_text(words("download.title"), exact=True).last).to_be_visible()
    page.wait_for_timeout(1500)
    assert page.evaluate(_OUTSIDE) == []
    assert page.evaluate(_SCROLLING) == []


def test_an_exchange_tells_its_ground_when_its_row_is_picked(page: Page, city: str) -> None:
    words = words_in("zh")
    _opened(page, city, "data_use", "flow.tab.flows", "中文")
    expect(page.get_by_role("heading", name=words("flow.list"))).to_be_visible()
    settled(page)
    page.get_by_test_id("stDataFrame").last.locator(".dvn-scroller").click(position={"x": 15, "y": 90})
    expect(page.get_by_text(f"{words('column.basis')}: Agreement")).to_be_visible()
    expect(page.get_by_text(f"{words('column.basis_kind')}: {words('basis_kind.sharing')}")).to_be_visible()
