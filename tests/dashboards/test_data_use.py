"""Grants at the desk: asked for by one, approved by another, ended; and what the page says of uses (R42, R97)."""

from collections.abc import Callable

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.translation import words_in
from pipelines.grants import approved_grants, write_grants
from response.granting import propose
from store.client import Store
from store.writes import append
from tests.dashboards.conftest import ENDS
from tests.dlp.test_access_checks import granted

Opened = Callable[..., AppTest]
ZH = words_in("zh")
FIELDS = {"grant_id": "G-7", "subject": "app_x", "datasets": "civil.residents; civil.cards", "purpose": "licences"}


def _asked(app: AppTest, actor: str = "Lin Example", **changed: str) -> AppTest:
    app.text_input(key="grant.new.actor").set_value(actor).run()
    for name, text in {**FIELDS, **changed}.items():
        app.text_input(key=f"grant.new.{name}").set_value(text)
    app.text_area(key="grant.new.reason").set_value("for the new portal")
    _button(app, ZH("grant.propose")).click().run()
    assert not app.exception
    return app


def _button(app: AppTest, label: str):  # type: ignore[no-untyped-def]  # AppTest's own type is private
    return next(each for each in app.button if each.label == label)


def test_who_asks_for_a_grant_does_not_approve_it_and_another_does(store: Store, desk: Opened) -> None:
    app = _asked(desk("data_use"))
    assert approved_grants(store) == []
    app.query_params["grant"] = "G-7"
    app.run()
    for actor, counted in (("Lin Example", 0), ("Wu Example", 1)):
        app.text_input(key="grant.actor").set_value(actor).run()
        app.text_area(key="grant.reason.G-7").set_value("agreement 3")
        _button(app, ZH("grant.approve")).click().run()
        assert not app.exception
        assert len(approved_grants(store)) == counted
    (found,) = approved_grants(store)
    assert (found.datasets, found.approved_by) == (("civil.residents", "civil.cards"), "Wu Example")
    app.text_area(key="grant.reason.G-7").set_value("the portal is closed")
    _button(app, ZH("grant.revoke")).click().run()
    assert approved_grants(store) == []


@pytest.mark.parametrize(
    ("changed", "says"),
    [({"grant_id": "a b"}, "grant_id"), ({"datasets": " ; "}, "datasets"), ({"purpose": ""}, "purpose")],
)
def test_what_cannot_be_a_grant_is_told(store: Store, desk: Opened, changed: dict[str, str], says: str) -> None:
    app = _asked(desk("data_use"), **changed)
    assert [each.value for each in app.warning] == [ZH("grant.invalid")]
    assert any(says in each.value for each in app.text)
    assert store.value("SELECT count() FROM data_grant_records") == 0


def test_an_id_is_given_once(store: Store, desk: Opened) -> None:
    write_grants(store, [granted(grant_id="G-7", approved_by="")], origin="desk")
    propose(store, "G-7", actor="lin", reason="x")
    app = _asked(desk("data_use"))
    assert [each.value for each in app.error] == [ZH("refused.GrantRefused")]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_shows_who_used_what(store: Store, city_desk: Opened, language: str) -> None:
    row = {
        "access_id": "e1:civil.residents",
        "event_id": "e1",
        "event_time": ENDS,
        "arrived_at": ENDS,
        "account": "student",
        "action": "export",
        "dataset": "civil.residents",
        "columns": ["id_no"],
        "rows": 77,
        "scope": "fuzhou/gulou",
    }
    append(store, "data_accesses", pl.DataFrame([row]).with_columns(pl.col("rows").cast(pl.UInt64)), token="e1")
    app = city_desk("data_use")
    app.session_state["language"] = language
    app.run()
    assert not app.exception
    shown = [frame.value for frame in app.dataframe]
    assert any("student" in str(frame.to_dict()) for frame in shown)
    assert words_in("zh" if language == "zh" else "en")("page.data_use") in [title.value for title in app.title]
