"""The page of data use in a real browser: its tables fit a screen of 1,280 pixels, and what they leave out is told."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Page, expect

from dlp.uses import Breach, Use
from pipelines.access_alerts import alert_of
from pipelines.access_rules import access_rules_of
from pipelines.alert_rows import write_new_alerts
from pipelines.grants import write_grants
from store.client import Store
from store.embedded import start_detached, stop
from store.migrate import migrate
from store.writes import append
from tests.dashboards.city import fill
from tests.dashboards.serving import served_desk
from tests.dashboards.test_browser import browser, page, pytestmark
from tests.dlp.test_access_checks import granted

__all__ = ["browser", "page", "pytestmark"]  # fixtures

RULES = Path(__file__).parents[2] / "rules"
DATASET = "population_and_household.residents_of_all_districts_2026"


@pytest.fixture(scope="module")
def used_city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a desk over a city with grants, uses and breaches whose names are long."""
    home = tmp_path_factory.mktemp("home")
    state = home / "run"
    endpoint = start_detached(home / "database", state=state)
    try:
        with Store.connect(endpoint.dsn()) as store:
            migrate(store)
            _use(store)
        with served_desk(home) as address:
            yield address
    finally:
        stop(state)


def _use(store: Store) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    fill(store, ends=now)
    account = "app_licences_and_permits_of_the_service_centre"
    write_grants(
        store,
        [
            granted(
                grant_id="G-2026-000000000000000000000007",
                subject=account,
                datasets=[DATASET, "civil.cards"],
                columns=["name", "id_no", "phone", "household_address"],
                purpose="licences and permits for the people of all districts",
                requested_by="Lin Example of the service centre",
            )
        ],
        origin="file",
    )
    hour = now.replace(minute=0, second=0) - timedelta(hours=2)
    use = Use(account, DATASET, frozenset({"id_no"}), hour, hour, hour, exported=True, event_ids=("e1",))
    about = {"scope": "fuzhou/gulou", "arrived_at": now}
    rules = access_rules_of(RULES)
    checks = ("no_basis", "export_without_ticket", "unmasked_use")
    columns = ("name", "id_no", "phone", "household_address")
    alerts = [
        alert_of(Breach(check, (use,), "G-2026-000000000000000000000007", columns), about, rules) for check in checks
    ]
    write_new_alerts(store, [alert for alert in alerts if alert])
    row = {
        "access_id": f"e1:{DATASET}",
        "event_id": "e1",
        "event_time": hour,
        "arrived_at": now,
        "account": account,
        "action": "export",
        "dataset": DATASET,
        "columns": ["id_no"],
        "rows": 77,
        "scope": "fuzhou/gulou",
    }
    append(store, "data_accesses", pl.DataFrame([row]).with_columns(pl.col("rows").cast(pl.UInt64)), token="e1")


@pytest.mark.parametrize("language", ["中文", "English"])
def test_no_table_of_the_data_use_page_scrolls_sideways(page: Page, used_city: str, language: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 1000})
    page.goto(f"{used_city}/data_use")
    page.get_by_role("radio", name=language).or_(page.get_by_role("button", name=language)).first.click()
    expect(page.get_by_test_id("stDataFrame")).to_have_count(3)
    page.wait_for_timeout(2000)
    sizes = page.evaluate(
        "[...document.querySelectorAll('[data-testid=stMain] .dvn-scroller')]"
        ".map(each => [each.scrollWidth, each.clientWidth])"
    )
    assert len(sizes) == 3
    assert [size for size in sizes if size[0] > size[1] + 1] == []


def test_what_a_narrow_table_leaves_out_is_told_of_the_row_that_is_picked(page: Page, used_city: str) -> None:
    page.goto(f"{used_city}/data_use")
    expect(page.get_by_test_id("stDataFrame")).to_have_count(3)
    page.get_by_test_id("stDataFrame").nth(1).locator(".dvn-scroller").click(position={"x": 15, "y": 55})
    expect(page.get_by_text("Lin Example of the service centre")).to_be_visible()
    page.get_by_test_id("stDataFrame").nth(0).locator(".dvn-scroller").click(position={"x": 15, "y": 55})
    expect(page.get_by_text("household_address").first).to_be_visible()
