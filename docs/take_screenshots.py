"""Take the pictures of the documentation: `python docs/take_screenshots.py http://127.0.0.1:PORT docs/images`."""

import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_SIZE = (1440, 1000)
_PAGES = {
    "overview": "",
    "alerts": "alerts",
    "data_protection": "data_protection",
    "data_use": "data_use",
    "assets": "assets",
    "health": "health",
}


def main(address: str, folder: Path) -> None:
    """Every page in light mode, the overview in dark mode, and the most severe alert and the worst asset opened."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_ARGUMENTS)
        for page, path in _PAGES.items():
            _picture(browser, f"{address}/{path}", folder / f"{page}.png")
        _picture(browser, f"{address}/", folder / "overview-dark.png", dark=True)
        _picture(browser, f"{address}/alerts", folder / "alert.png", opened=True)
        _picture(browser, f"{address}/assets", folder / "asset.png", opened=True)
        browser.close()


def _picture(browser: Browser, address: str, target: Path, *, dark: bool = False, opened: bool = False) -> None:
    width, height = _SIZE
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
    )
    page.goto(address)
    settled(page)
    if opened:
        open_first_row(page)
    page.screenshot(path=target)
    page.close()


def settled(page: Page) -> None:
    """Wait until the page has run and drawn."""
    page.get_by_test_id("stHeading").first.wait_for()
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.wait_for_function("document.querySelectorAll('[data-testid=stSkeleton]').length === 0")
    page.wait_for_timeout(800)


def open_first_row(page: Page) -> None:
    """Click the first row of the page's table."""
    page.get_by_test_id("stDataFrame").first.click(position={"x": 400, "y": 55})
    page.wait_for_timeout(1500)
    settled(page)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
