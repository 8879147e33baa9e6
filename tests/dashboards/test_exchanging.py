"""Exchanges between levels and the freshness of the catalogue at the desk (R35, R37, R41)."""

import re
from collections.abc import Callable
from xml.etree.ElementTree import fromstring

import pytest
from streamlit.testing.v1 import AppTest

from dashboards.reports.flow_map import flow_map
from dashboards.translation import LANGUAGES, Language, words_in
from dlp.grading_policy import default_grading
from dlp.registrations import registration
from pipelines.catalogue import write_entries
from response.audit import verify_chain
from store.client import Store

Opened = Callable[..., AppTest]
ZH = words_in("zh")
HOSTILE = "<script>alert(1)</script>\u202e&\"'"


def _tab(app: AppTest, key: str, name: str, language: Language = "zh") -> AppTest:
    app.session_state["language"] = language
    app.run()
    app.session_state[key] = words_in(language)(name)
    app.run()
    assert not app.exception
    return app


def _texts(app: AppTest) -> str:
    return "\n".join(str(each.value) for each in (*app.text, *app.caption, *app.subheader, *app.title))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tab_of_exchanges_shows_the_map_the_flows_and_the_log(city_desk: Opened, language: Language) -> None:
    words = words_in(language)
    app = _tab(city_desk("data_use"), "use.tabs", "flow.tab.flows", language)
    flows, log = (frame.value for frame in app.dataframe)
    assert len(flows) == len(log) == 3
    assert f"{words('exchange_level.county')} · 鼓楼区大数据中心" in flows["sender"].to_list()
    assert log["breaches"][0] == words.listed(
        words.label("exchange_check", name) for name in ("exchange_without_basis", "exchange_grade_forbidden")
    )
    assert [metric.value for metric in app.metric] == ["3", "7,200", "2 / 1 / 0", "1"]


def test_what_is_not_looked_at_is_not_asked_for(city_desk: Opened) -> None:
    app = city_desk("data_use")
    assert ZH("flow.title") not in [each.value for each in app.subheader]
    app = _tab(app, "use.tabs", "flow.tab.flows")
    assert [each.value for each in app.subheader] == [ZH(f"flow.{name}") for name in ("title", "table", "list")]


def test_without_an_exchange_the_tab_says_where_they_come_from(desk: Opened) -> None:
    app = _tab(desk("data_use"), "use.tabs", "flow.tab.flows")
    assert ZH("flow.none") in _texts(app)


def _drifting(app: AppTest):  # type: ignore[no-untyped-def]  # pandas has no types here
    """The table of what is not as the catalogue says."""
    return next(frame.value for frame in app.dataframe if "drift" in frame.value)


def _row(**changed: object) -> dict[str, object]:
    told = {
        "sender_level": "city",
        "sender": "A",
        "receiver_level": "province",
        "receiver": "B",
        "grade": "general-4",
        "exchanges": 3,
        "declared": 0,
        "failing": 0,
    }
    return {**told, **changed}


def _drawn(*rows: dict[str, object], language: Language = "zh") -> str:
    return flow_map(rows, words_in(language), title="map")


def test_the_map_is_drawn_top_down_by_level_and_is_well_formed() -> None:
    levels = ("township", "county", "department", "city", "province", "national", "")
    rows = [_row(sender_level=level, sender=f"of {level}", receiver_level="city", receiver="A") for level in levels]
    drawn = _drawn(*rows)
    fromstring(drawn)  # noqa: S314 - our own drawing
    order = [ZH.label("exchange_level", level) for level in reversed(levels) if level] + [ZH("flow.unknown_level")]
    bands = re.findall(r'font-weight="600">([^<]+)<', drawn)
    assert bands == order


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_from_outside_are_only_text(language: Language) -> None:
    drawn = _drawn(_row(sender=HOSTILE), _row(receiver=HOSTILE * 40), language=language)
    fromstring(drawn)  # noqa: S314 - our own drawing
    assert "<script" not in drawn
    assert "\u202e" not in drawn


def test_many_organisations_of_a_level_share_a_box_and_nothing_is_lost() -> None:
    drawn = _drawn(*(_row(sender=f"office {at:02}", exchanges=100 - at) for at in range(30)))
    assert drawn.count("<rect") == 6 + 1 + 1
    assert ZH("flow.others") in drawn
    assert f"{sum(100 - at for at in range(6, 30)):,}" in drawn


def test_a_failing_flow_is_dashed_and_one_that_is_only_declared_says_so() -> None:
    assert 'stroke-dasharray="6 4"' in _drawn(_row(failing=2))
    assert "⚠ 2" in _drawn(_row(failing=2))
    assert 'stroke-dasharray="6 4"' not in _drawn(_row())
    assert ZH("flow.only_declared") in _drawn(_row(exchanges=0, declared=1))


def test_no_flow_is_no_map() -> None:
    assert _drawn() == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tab_of_freshness_tells_what_the_catalogue_lacks(city_desk: Opened, language: Language) -> None:
    words = words_in(language)
    app = _tab(city_desk("data_protection"), "protection.tabs", "protection.tab.freshness", language)
    listed = _drifting(app)
    assert set(listed["drift"]) == {words("drift.no_entry")}
    assert len(listed) == 3
    assert [metric.value for metric in app.metric][-4:] == ["0", "3", "0", "0"]


def test_what_is_as_the_catalogue_says_shows_when_asked_for(store: Store, city_desk: Opened) -> None:
    told = {"dataset": "/srv/*", "organisation": "Civil affairs", "owner": "Data section"}
    write_entries(store, [registration(told, default_grading())])
    app = _tab(city_desk("data_protection"), "protection.tabs", "protection.tab.freshness")
    assert ZH("freshness.none") in _texts(app)
    app.toggle(key="freshness.every").set_value(True).run()
    assert len(_drifting(app)) == 3


def _picked(app: AppTest, row: int) -> AppTest:
    app.session_state["freshness.list"] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return app.run()


def test_an_entry_is_confirmed_on_record(store: Store, city_desk: Opened) -> None:
    told = {"dataset": "civil.never", "organisation": "Civil affairs", "owner": "Data section"}
    write_entries(store, [registration(told, default_grading())])
    app = _tab(city_desk("data_protection"), "protection.tabs", "protection.tab.freshness")
    at = _drifting(app)["dataset"].to_list().index("civil.never")
    app = _picked(app, at)
    assert not app.exception
    app.button(key="freshness.confirm").click().run()
    assert ZH("catalogue.missing") in [each.value for each in app.warning]
    app.text_input(key="freshness.confirm.actor").set_value("Wu Example").run()
    app.text_area(key="freshness.confirm.reason").set_value("looked at")
    app.button(key="freshness.confirm").click().run()
    assert not app.exception
    assert store.value("SELECT count() FROM audit_events WHERE action = 'catalogue.confirmed'") == 1
    assert verify_chain(store).intact
