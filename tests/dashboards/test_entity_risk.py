"""Entity risk on the desk: the ten that carry most, within the reader's scope, and what an incident rests on."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.queries import ask
from detectors.ruleset import load_ruleset
from pipelines.content import risk_rule_of
from pipelines.detect import detect
from pipelines.entity_risk import Entity, EntityRisk, keep_risks
from store.client import Store
from tests.dashboards.city import HERE, ROOT, alert_id
from tests.dashboards.conftest import RULES
from tests.pipelines.test_entity_risk import alerts as attack

Opened = Callable[..., AppTest]
NOW = datetime.now(UTC).replace(minute=30, second=0, microsecond=0)


def risk(name: str, score: float, scope: str = HERE, kind: str = "host") -> EntityRisk:
    within = "" if kind == "asset" else scope
    return EntityRisk(Entity(kind, name, within), scope, score, ("impact", "execution"), 3, 2, NOW)


def asked(store: Store, scope: str = ROOT) -> pl.DataFrame:
    return ask(store, "entity_risk", {"scope": scope, "root": ROOT, "language": "zh"})


def test_the_ten_with_most_risk_come_first(store: Store) -> None:
    keep_risks(store, [risk(f"h{number}", 100 - number) for number in range(20)], now=NOW)
    assert asked(store)["entity"].to_list() == [f"h{number}" for number in range(10)]


def test_the_trend_is_hourly_and_ends_with_the_last_score(store: Store) -> None:
    for hours, score in ((30, 5.0), (2, 20.0), (1, 30.0), (0, 10.0)):
        keep_risks(store, [risk("h", score)], now=NOW - timedelta(hours=hours))
    keep_risks(store, [risk("h", 12.0)], now=NOW + timedelta(minutes=1))
    [row] = asked(store).iter_rows(named=True)
    assert (row["score"], row["trend"]) == (12.0, [20.0, 30.0, 12.0])


def test_who_carries_none_any_more_is_not_listed(store: Store) -> None:
    keep_risks(store, [risk("was", 50), risk("is", 40)], now=NOW - timedelta(hours=1))
    keep_risks(store, [risk("is", 39), risk("hardly", 0.1)], now=NOW)
    assert asked(store)["entity"].to_list() == ["is"]


@pytest.mark.parametrize(("scope", "listed"), [(ROOT, ["a", "b"]), (HERE, ["a"]), ("fuzhou/gul", [])])
def test_a_reader_sees_the_entities_of_the_scope(store: Store, scope: str, listed: list[str]) -> None:
    keep_risks(store, [risk("a", 50, HERE), risk("b", 40, "fuzhou/minhou")], now=NOW)
    assert asked(store, scope)["entity"].to_list() == listed


def test_the_overview_lists_them_with_the_names_of_assets_and_tactics(store: Store, city_desk: Opened) -> None:
    keep_risks(store, [risk("gov-cloud-01", 131, kind="asset")], now=NOW)
    app = city_desk("overview")
    assert not app.exception
    assert "实体风险" in [each.value for each in app.subheader]
    [listed] = [table.value for table in app.dataframe if "trend" in table.value.columns]
    assert listed["shown_name"][0] == "政务云门户主机"
    assert list(listed["tactics"][0]) == ["影响", "执行"]


def test_without_risk_the_overview_has_no_such_list(store: Store, city_desk: Opened) -> None:
    store.execute("TRUNCATE TABLE entity_risk_history")
    assert "实体风险" not in [each.value for each in city_desk("overview").subheader]


def test_an_incident_names_its_entity_its_score_and_links_to_its_alerts(
    store: Store, desk: Opened, tmp_path: Path
) -> None:
    attack(store, {"host": "app-1"})
    detect(store, load_ruleset(tmp_path), risk_rule=risk_rule_of(RULES))
    incident = str(store.value("SELECT alert_id FROM alerts WHERE has(mapKeys(matched_fields), 'entity_kind')"))
    app = desk("alerts", alert=incident)
    assert not app.exception
    texts = [each.value for each in app.text]
    assert any("主机 app-1 的风险值达到" in text for text in texts)
    assert "跨越的战术：凭据获取、发现、执行、初始访问" in texts
    assert "每个条件" not in [each.label for each in app.expander]


def test_an_alert_of_a_single_rule_is_no_incident(city_desk: Opened) -> None:
    app = city_desk("alerts", alert=alert_id(0))
    assert not any("风险值达到" in each.value for each in app.text)
