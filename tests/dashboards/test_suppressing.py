"""Suppressing on the desk: prefilled from an alert, previewed, counted, shown again, and ended."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from response.suppressing import suppress
from response.suppression import suppression_id
from store.client import Store
from tests.dashboards.city import HOSTILE_TITLE, alert_id

Opened = Callable[..., AppTest]
NARROW = ["asset_id", "host", "user", "source_ip"]
TOMORROW = datetime.now(UTC) + timedelta(days=1)


def _suppress(store: Store, number: int, *, until: datetime = TOMORROW, now: datetime | None = None) -> None:
    suppress(store, alert_id(number), ["asset_id"], until=until, actor="Wu", reason="planned scan", now=now)


def _captions(app: AppTest) -> str:
    return "\n".join(each.value for each in app.caption)


def _said(app: AppTest) -> list[str]:
    return [each.value for each in (*app.warning, *app.info)]


def test_the_form_is_prefilled_from_the_alert_and_tells_what_it_would_have_hidden(city_desk: Opened) -> None:
    app = city_desk("alerts", alert=alert_id(0))
    app.toggle(key=f"suppression.open.{alert_id(0)}").set_value(True).run()
    assert not app.exception
    assert app.multiselect(key=f"suppression.fields.{alert_id(0)}").value == NARROW
    assert "过去 30 天内会隐藏 1 条告警，其中未关闭 1 条" in _captions(app)
    app.multiselect(key=f"suppression.fields.{alert_id(0)}").set_value(["user"]).run()
    assert "过去 30 天内会隐藏 8 条告警" in _captions(app)
    app.multiselect(key=f"suppression.fields.{alert_id(0)}").set_value([]).run()
    assert any("至少选择一个字段" in each for each in _said(app))


def test_suppressing_is_on_record_and_can_be_ended(store: Store, city_desk: Opened) -> None:
    app = city_desk("alerts", alert=alert_id(0))
    app.text_input(key="action.actor").set_value("Lin Example").run()
    app.toggle(key=f"suppression.open.{alert_id(0)}").set_value(True).run()
    app.text_area(key=f"suppression.why.{alert_id(0)}").set_value("the city's own scanner")
    next(each for each in app.button if each.label == "抑制").click().run()
    assert not app.exception
    assert any(r"按 asset\_id\, host\, source\_ip\, user 隐藏至" in each for each in _said(app))
    made = suppression_id(alert_id(0), NARROW)
    app.text_input(key=f"suppression.end.why.{made}").set_value("the scan is over")
    next(each for each in app.button if each.label == "结束抑制").click().run()
    assert not app.exception
    assert any("已结束，不再隐藏任何告警" in each for each in _said(app))
    steps = store.rows("SELECT action, actor, basis FROM audit_events ORDER BY seq")
    assert [tuple(step.values()) for step in steps] == [
        ("suppression.made", "Lin Example", "the city's own scanner"),
        ("suppression.ended", "Lin Example", "the scan is over"),
    ]


@pytest.mark.parametrize(("actor", "why"), [("", "a reason"), ("Lin Example", " ")])
def test_a_suppression_needs_a_name_and_a_reason(store: Store, city_desk: Opened, actor: str, why: str) -> None:
    app = city_desk("alerts", alert=alert_id(0))
    app.text_input(key="action.actor").set_value(actor).run()
    app.toggle(key=f"suppression.open.{alert_id(0)}").set_value(True).run()
    app.text_area(key=f"suppression.why.{alert_id(0)}").set_value(why)
    next(each for each in app.button if each.label == "抑制").click().run()
    assert len(app.warning) == 1
    assert store.value("SELECT count() FROM suppressions") == 0


def test_one_that_expired_says_so_and_hides_nothing(store: Store, city_desk: Opened) -> None:
    app = city_desk("alerts")
    now = datetime.now(UTC)
    _suppress(store, 0, until=now - timedelta(days=1), now=now - timedelta(days=3))
    app.run()
    toggles = [each for each in app.toggle if each.key != "download.alerts.open"]
    assert (len(app.dataframe[0].value), toggles) == (40, [])
    assert list(app.dataframe[1].value["standing"]) == [["expired"]]
    app.query_params["alert"] = alert_id(0)
    app.run()
    assert any("不再隐藏任何告警" in each and "到期" in each for each in _said(app))


def test_the_queue_hides_and_counts_what_is_suppressed(store: Store, city_desk: Opened) -> None:
    app = city_desk("alerts")
    assert len(app.dataframe[0].value) == 40
    _suppress(store, 0)
    app.run()
    assert not app.exception
    assert app.toggle(key="alerts.suppressed").label == "已抑制 1 条：显示"
    assert len(app.dataframe[0].value) == 39
    app.toggle(key="alerts.suppressed").set_value(True).run()
    assert len(app.dataframe[0].value) == 40
    assert list(app.dataframe[1].value["hidden"]) == [1]


def test_the_overview_counts_open_alerts_without_suppressed_ones_and_says_so(store: Store, city_desk: Opened) -> None:
    app = city_desk("overview")
    _suppress(store, 0)
    app.run()
    assert next(each.value for each in app.metric if each.label == "反应 · 待处理") == "39"
    assert "已抑制 1 条" in _captions(app)


def test_a_hostile_alert_makes_a_harmless_form_and_row(store: Store, city_desk: Opened) -> None:
    app = city_desk("alerts", alert=alert_id(4))
    app.toggle(key=f"suppression.open.{alert_id(4)}").set_value(True).run()
    app.multiselect(key=f"suppression.fields.{alert_id(4)}").set_value(["message"]).run()
    assert not app.exception
    assert "\x1b" not in "".join(app.multiselect(key=f"suppression.fields.{alert_id(4)}").options)
    suppress(store, alert_id(4), ["message"], until=TOMORROW, actor="Wu", reason="planned scan")
    del app.query_params["alert"]
    shown = app.run().dataframe[1].value
    assert "\x1b" not in shown["values"][0]
    assert shown["rule_title"][0] == HOSTILE_TITLE


def test_a_group_opens_as_a_page_and_closes_with_one_reason(store: Store, city_desk: Opened) -> None:
    app = city_desk("alerts")
    store.execute(
        "INSERT INTO alert_matches SELECT alert_matches.* REPLACE (concat('more-', toString(number)) AS alert_id, "
        "first_seen + number AS first_seen, last_seen + number AS last_seen) FROM alert_matches, numbers(2) AS more "
        "WHERE alert_matches.alert_id = {id:String}",
        {"id": alert_id(0)},
    )
    app.query_params["group"] = "more-1"
    app.run()
    assert not app.exception
    assert list(app.dataframe[0].value["state"]) == [["new"]] * 3
    app.text_input(key="action.actor").set_value("Lin Example").run()
    app.radio(key="group.verdict.more-1").set_value("benign")
    app.text_area(key="group.reason.more-1").set_value("planned scan")
    next(each for each in app.button if each.label == "关闭 3 条未关闭的告警").click().run()
    assert not app.exception
    states = store.rows("SELECT DISTINCT state, verdict FROM alerts WHERE state != 'new'")
    assert states == [{"state": "closed", "verdict": "benign"}]
    assert store.value("SELECT count() FROM audit_events WHERE action = 'alert.closed'") == 3


@pytest.mark.parametrize("wanted", ["0" * 32, "'; DROP TABLE alert_matches; --"])
def test_an_unknown_group_says_so(city_desk: Opened, wanted: str) -> None:
    app = city_desk("alerts", group=wanted)
    assert not app.exception
    assert len(app.warning) == 1
