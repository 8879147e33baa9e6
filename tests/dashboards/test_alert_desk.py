"""One alert on the desk: what is shown, who decides, and that a decision is on record afterwards."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from response.audit import verify_chain
from store.client import Store
from tests.dashboards.city import CORRELATION, HOSTILE_TITLE, alert_id
from tests.dashboards.quotes import quotes

Opened = Callable[..., AppTest]


def _standing(store: Store, number: int) -> dict[str, object]:
    return store.rows("SELECT state, verdict FROM alerts WHERE alert_id = {id:String}", {"id": alert_id(number)})[0]


def _texts(app: AppTest) -> str:
    return "\n".join([*(each.value for each in app.text), *quotes(app)])


def test_an_alert_shows_why_it_matched_and_its_evidence(city_desk: Opened) -> None:
    app = city_desk("alerts", alert=alert_id(0))
    assert not app.exception
    assert "program  sshd" in _texts(app)
    assert r"Failed \x1b[31mpassword\x1b[0m for <script>alert(1)</script> \u202egnp.exe" in _texts(app)
    assert "政务云门户主机" in _texts(app)


@pytest.mark.parametrize(
    ("language", "condition", "rule"),
    [
        pytest.param("zh", "5 分钟内，source_ip 相同，命中“SSH 口令错误”的事件不少于 3 条", "SSH 口令错误", id="zh"),
        pytest.param(
            "en", "3 or more events of 'SSH failed password' by source_ip within 5 min", "SSH failed", id="en"
        ),
    ],
)
def test_a_correlation_says_what_it_asked_and_what_its_base_rule_saw(
    city_desk: Opened, language: str, condition: str, rule: str
) -> None:
    app = city_desk("alerts", alert=alert_id(CORRELATION))
    app.session_state["language"] = language
    app.run()
    assert not app.exception
    assert condition in [each.value for each in app.text]
    assert "source_ip  192.0.2.66\n" in _texts(app)
    assert r"3×  Failed \x1b[31mpassword\x1b[0m for <script>alert(1)</script> \u202egnp.exe from 192.0.2.66" in _texts(
        app
    )
    assert sum(rule in each.label for each in app.expander) == 3


def test_an_alert_over_flows_shows_the_flow(city_desk: Opened) -> None:
    app = city_desk("alerts", alert=alert_id(1))
    assert not app.exception
    assert any("pcap" in each.label for each in app.expander)


def test_a_title_from_outside_is_escaped(city_desk: Opened) -> None:
    shown = city_desk("alerts", alert=alert_id(4)).title[0].value
    assert HOSTILE_TITLE not in shown
    assert r"\[Click\]" in shown


@pytest.mark.parametrize("wanted", ["0" * 32, "'; DROP TABLE alert_matches; --", "\x1b[31m"])
def test_an_unknown_alert_says_so(city_desk: Opened, wanted: str) -> None:
    app = city_desk("alerts", alert=wanted)
    assert not app.exception
    assert len(app.warning) == 1


def test_an_alert_of_another_scope_is_not_shown(city_desk: Opened) -> None:
    app = city_desk("alerts", alert=alert_id(3))
    app.session_state["scope"] = "fuzhou/gulou"
    assert len(app.run().warning) == 1


def test_acknowledging_is_on_record(store: Store, city_desk: Opened) -> None:
    app = city_desk("alerts", alert=alert_id(0))
    app.text_input(key="action.actor").set_value("Lin Example").run()
    app.button(key="action.acknowledge").click().run()
    assert not app.exception
    assert _standing(store, 0) == {"state": "acknowledged", "verdict": ""}
    assert any("Lin Example" in each.value for each in app.text)


@pytest.mark.parametrize("verdict", ["true_positive", "false_positive", "benign"])
def test_closing_a_new_alert_records_both_steps(store: Store, city_desk: Opened, verdict: str) -> None:
    app = city_desk("alerts", alert=alert_id(0))
    _close(app, verdict=verdict, actor="Lin Example", reason="seen in the change calendar")
    assert not app.exception
    assert _standing(store, 0) == {"state": "closed", "verdict": verdict}
    steps = store.rows("SELECT action, actor, basis FROM audit_events ORDER BY seq")
    assert [step["action"] for step in steps] == ["alert.acknowledged", "alert.closed"]
    assert steps[1]["basis"] == "seen in the change calendar"
    assert verify_chain(store).intact


@pytest.mark.parametrize(
    ("verdict", "actor", "reason"),
    [
        pytest.param(None, "Lin Example", "a reason", id="no verdict"),
        pytest.param("benign", "  ", "a reason", id="no name"),
        pytest.param("benign", "Lin Example", " ", id="no reason"),
    ],
)
def test_closing_needs_a_name_a_verdict_and_a_reason(
    store: Store, city_desk: Opened, verdict: str | None, actor: str, reason: str
) -> None:
    app = city_desk("alerts", alert=alert_id(0))
    _close(app, verdict=verdict, actor=actor, reason=reason)
    assert len(app.warning) == 1
    assert _standing(store, 0) == {"state": "new", "verdict": ""}


def test_a_closed_alert_can_be_reopened_with_a_reason(store: Store, city_desk: Opened) -> None:
    app = city_desk("alerts", alert=alert_id(0))
    _close(app, verdict="benign", actor="Lin Example", reason="planned work")
    app.text_area(key=f"action.reason.{alert_id(0)}").set_value("it came back")
    next(each for each in app.button if each.label == "重新打开").click().run()
    assert not app.exception
    assert _standing(store, 0) == {"state": "acknowledged", "verdict": ""}


def test_after_a_step_the_next_one_needs_its_own_reason(city_desk: Opened) -> None:
    app = city_desk("alerts", alert=alert_id(0))
    _close(app, verdict="benign", actor="Lin Example", reason="planned work")
    assert app.text_area(key=f"action.reason.{alert_id(0)}").value == ""


def test_a_refused_step_is_explained(store: Store, city_desk: Opened) -> None:
    app = city_desk("alerts", alert=alert_id(0))
    app.button(key="action.acknowledge").click().run()
    assert not app.exception
    assert len(app.error) == 1
    assert _standing(store, 0)["state"] == "new"


def _close(app: AppTest, *, verdict: str | None, actor: str, reason: str) -> None:
    app.text_input(key="action.actor").set_value(actor).run()
    if verdict is not None:
        app.radio(key=f"action.verdict.{alert_id(0)}").set_value(verdict)
    app.text_area(key=f"action.reason.{alert_id(0)}").set_value(reason)
    next(each for each in app.button if each.label == "关闭告警").click().run()
