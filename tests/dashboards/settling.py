"""Wait until a page is drawn: what a canvas holds cannot be waited for by its text."""

from playwright.sync_api import Page, expect

_DRAWN_MS = 500  # a table draws its rows on its canvas after its element is there


def settled(page: Page) -> None:
    """Wait until the desk has run and nothing stands in for what is still to come."""
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    page.wait_for_timeout(_DRAWN_MS)
