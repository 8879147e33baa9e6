"""Tables of the desk as files: on record before the file is there, and harmless in a spreadsheet."""

import json
from collections.abc import Callable

import polars as pl
import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest

from dashboards.translation import words_in
from dashboards.views.downloading import csv_of
from pipelines.grants import write_grants
from rongdun.supervisor import _streamlit_flags
from store.client import Store
from tests.dlp.test_access_checks import granted

ZH = words_in("zh")


def _prepared(app: AppTest, actor: str, reason: str) -> AppTest:
    app.text_input(key="download.use.actor").set_value(actor).run()
    app.text_area(key="download.use.reason").set_value(reason)
    app.button(key="download.use.prepare").click().run()
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
    flags = _streamlit_flags(1)
    assert "--client.disableDataExport=true" in flags
    assert {flag.removeprefix("--").partition("=")[0] for flag in flags} <= set(config.get_config_options())
