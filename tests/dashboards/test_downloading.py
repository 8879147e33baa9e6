"""Tables of the desk as files: on record before the file is there, and harmless in a spreadsheet."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest

import dashboards
from dashboards.translation import words_in
from dashboards.views.downloading import csv_of
from pipelines.grants import write_grants
from rongdun.supervisor import _streamlit_flags
from store.client import Store
from tests.dlp.test_access_checks import granted

ZH = words_in("zh")
CONFIG = Path(dashboards.__file__).parent / ".streamlit" / "config.toml"


def _prepared(app: AppTest, actor: str, reason: str, page: str = "use") -> AppTest:
    app.text_input(key=f"download.{page}.actor").set_value(actor).run()
    app.text_area(key=f"download.{page}.reason").set_value(reason)
    app.button(key=f"download.{page}.prepare").click().run()
    assert not app.exception
    return app


@pytest.mark.parametrize(("actor", "reason"), [("", "audit"), ("Lin Example", ""), ("Lin Example", "13800138000")])
def test_without_a_name_and_a_sound_reason_there_is_no_file(
    store: Store, desk: Callable[..., AppTest], actor: str, reason: str
) -> None:
    write_grants(store, [granted(grant_id="G-7")], origin="file")
    app = _prepared(desk("data_use"), actor, reason)
    assert [each.value for each in app.error] == [ZH("refused.StepRefused")]
    assert "download.ready" not in app.session_state
    assert store.value("SELECT count() FROM audit_events") == 0


def test_a_file_is_there_when_the_record_says_who_takes_it(store: Store, desk: Callable[..., AppTest]) -> None:
    write_grants(store, [granted(grant_id="G-7")], origin="file")
    app = _prepared(desk("data_use"), "Lin Example", "audit of the quarter")
    (event,) = store.rows("SELECT actor, action, basis, details FROM audit_events")
    assert (event["actor"], event["action"], event["basis"]) == ("Lin Example", "desk.download", "audit of the quarter")
    details = json.loads(str(event["details"]))
    assert (details["table"], details["rows"]) == ("use.grants", 1)
    page, name, content = app.session_state["download.ready"]
    assert (page, name) == ("use", "rongdun-use-grants.csv")
    assert b"G-7" in content
    assert ZH("download.done") in [each.value for each in app.success]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\tx", "\r=1"])
def test_no_text_begins_like_a_formula(text: str) -> None:
    table = pl.DataFrame({"a": [text], "n": [-1], "many": [["x", "y"]]})
    read = pl.read_csv(csv_of(table))
    assert read["a"].to_list() == [f"'{text}"]
    assert read["n"].to_list() == [-1]
    assert read["many"].to_list() == ["x; y"]


def test_the_tables_themselves_offer_no_download() -> None:
    told = tomllib.loads(CONFIG.read_text(encoding="utf-8"))
    assert told["client"]["disableDataExport"] is True
    known = set(config.get_config_options())
    assert "client.disableDataExport" in known
    assert {flag.removeprefix("--").partition("=")[0] for flag in _streamlit_flags(1)} <= known


@pytest.mark.parametrize(("page", "column"), [("alerts", b"rule_title"), ("assets", b"mlps_level")])
def test_alerts_and_assets_are_files_too_once_asked_for(
    store: Store, city_desk: Callable[..., AppTest], page: str, column: bytes
) -> None:
    app = city_desk(page)
    assert not [each for each in app.text_area if each.key == f"download.{page}.reason"]
    app.toggle(key=f"download.{page}.open").set_value(True).run()
    app = _prepared(app, "Lin Example", "audit of the quarter", page)
    name, content = app.session_state["download.ready"][1:]
    assert name == f"rongdun-page-{page}.csv"
    assert column in content
    assert content.count(b"\n") > 5
    assert store.value("SELECT count() FROM audit_events WHERE action = 'desk.download'") == 1
