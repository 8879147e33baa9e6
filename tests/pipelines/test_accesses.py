"""Uses of data from the logs of databases to alerts and lineage, on the real engine (R42 to R46, R97, R103)."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dlp.access_policy import default_access_policy
from dlp.errors import GrantInvalid
from dlp.policy import default_policy
from pipelines.access_judging import AccessReport, judge_accesses, names_in_use
from pipelines.access_rules import access_rules_of
from pipelines.grants import approved_grants, import_grants, load_grants, write_grants
from pipelines.ingest import ingest
from pipelines.lineage import lineage
from pipelines.scan import scan
from response.audit import verify_chain
from response.errors import GrantRefused
from response.granting import approve, propose, refuse, revoke
from store.client import Store
from tests.dlp.test_access_checks import granted

KEY = b"a key for tests only, 32 bytes.."
RULES = Path(__file__).parents[2] / "rules"
POLICY = default_access_policy()
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
PHONES = ["13800138000", "13912345678", "15012345678", "18612345678", "17712345678", "19912345678"]  # made up
IDENTITIES = ["11010519491231002X", "440524188001010014"]  # the standard's own two examples

GRANTS = """
grants:
  - grant_id: G-1
    subject: app_licences
    datasets: [civil.residents]
    columns: [phone]
    legal_basis: statutory_duty
    purpose: licences
    valid_from: 2026-10-20T00:00:00+08:00
    valid_until: 2027-01-01T00:00:00+08:00
    rows_per_day: 100
    unmasked: true
    requested_by: lin
    approved_by: wu
"""


def _query(at: int, user: str, text: str, rows: int = 1, kind: str = "QueryFinish") -> str:
    return json.dumps(
        {
            "type": kind,
            "event_time": f"2026-11-02 09:{at:02}:00",
            "query_duration_ms": 5,
            "query_id": f"q{at}",
            "query": text,
            "current_database": "civil",
            "user": user,
            "address": "192.0.2.7",
            "result_rows": rows,
            "exception_code": 0,
        }
    )


def _ingested(store: Store, folder: Path, *lines: str, name: str = "query_log.json") -> None:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (report,) = ingest([path], store, scope="fuzhou").files
    assert (report.format, report.rejected) == ("clickhouse_query_log", 0)


def _judged(store: Store) -> AccessReport:
    return judge_accesses(store, POLICY, access_rules_of(RULES), scope="fuzhou", now=NOW)


def _alerts(store: Store) -> list[tuple[str, str]]:
    rows = store.rows("SELECT matched_fields['check'] AS check, user FROM alerts ORDER BY check, user")
    return [(str(row["check"]), str(row["user"])) for row in rows]


@pytest.fixture
def scanned(store: Store, tmp_path: Path) -> Store:
    """A database in which civil.residents was scanned: identities and phones of grade general-3 and above."""
    path = tmp_path / "civil.residents"
    rows = "".join(f"{IDENTITIES[at % 2]},{PHONES[at % 6]},鼓楼\n" for at in range(60))
    path.write_text(f"id_no,phone,district\n{rows}", encoding="utf-8")
    (report,) = scan(path, store, key=KEY, scope="fuzhou", policy=default_policy())
    assert {finding.column for finding in report.findings} == {"id_no", "phone"}
    return store


@pytest.fixture
def granting(scanned: Store, tmp_path: Path) -> Store:
    path = tmp_path / "grants.yml"
    path.write_text(GRANTS, encoding="utf-8")
    import_grants(path, scanned, POLICY, actor="chen")
    return scanned


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (_query(1, "app_licences", "SELECT phone FROM residents WHERE phone = '13800138000'"), []),
        (_query(1, "app_licences", "SELECT district FROM residents"), []),
        (_query(1, "app_licences", "SELECT * FROM civil.residents"), ["no_basis"]),
        (_query(1, "student", "SELECT id_no FROM residents"), ["no_basis"]),
        (_query(1, "student", "SELECT id_no FROM other.things"), []),
        (_query(1, "app_licences", "SELECT phone FROM residents /* purpose: marketing */"), ["other_purpose"]),
        (_query(1, "app_licences", "SELECT phone FROM residents", rows=101), ["over_budget"]),
        (
            _query(1, "app_licences", "SELECT phone FROM residents INTO OUTFILE 'x.csv' FORMAT CSV"),
            ["export_without_ticket"],
        ),
        (
            _query(1, "app_licences", "SELECT phone FROM residents INTO OUTFILE 'x' -- ticket: T-7"),
            ["export_not_granted"],
        ),
        (_query(1, "student", "SELECT id_no FROM residents", kind="ExceptionWhileProcessing"), []),
        (_query(1, "student", "SELECT id_no FROM residents", kind="QueryStart"), []),
    ],
)
def test_a_logged_statement_becomes_an_alert_where_no_grant_covers_it(
    granting: Store, tmp_path: Path, line: str, told: list[str]
) -> None:
    _ingested(granting, tmp_path, line)
    report = _judged(granting)
    assert [check for check, _ in _alerts(granting)] == told
    assert report.alerts_new == len(told)


def test_an_alert_shows_what_was_used_and_leads_to_the_event(granting: Store, tmp_path: Path) -> None:
    _ingested(granting, tmp_path, _query(1, "student", "SELECT id_no FROM residents WHERE phone = '13800138000'"))
    _judged(granting)
    (alert,) = granting.rows("SELECT * FROM alerts")
    assert (alert["level"], alert["user"], alert["source_ip"]) == ("high", "student", "192.0.2.7")
    (event,) = granting.rows("SELECT event_id FROM log_events")
    assert alert["event_ids"] == [event["event_id"]]
    assert "13800138000" not in str(alert)
    (used,) = granting.rows("SELECT dataset, columns, parsed FROM data_accesses")
    assert (used["dataset"], sorted(used["columns"]), used["parsed"]) == ("civil.residents", ["id_no", "phone"], True)  # type: ignore[call-overload]


def test_judging_again_raises_nothing_twice_and_late_uses_are_judged(granting: Store, tmp_path: Path) -> None:
    _ingested(granting, tmp_path, _query(1, "student", "SELECT id_no FROM residents"))
    assert [_judged(granting).alerts_new, _judged(granting).alerts_new] == [1, 0]
    _ingested(granting, tmp_path, _query(2, "guest", "SELECT id_no FROM residents"), name="late.json")
    assert _judged(granting).alerts_new == 1
    assert _alerts(granting) == [("no_basis", "guest"), ("no_basis", "student")]
    assert granting.value("SELECT count() FROM data_accesses") == 2


def test_an_application_states_its_uses_itself(granting: Store, tmp_path: Path) -> None:
    mapping = {
        "product": "portal", "category": "data_access", "service": "portal",
    }  # fmt: skip
    fields = {"dataset": "civil.residents", "columns": "id_no,phone", "rows": "3", "purpose": "licences"}
    row: dict[str, Any] = {**mapping, "fields": fields}
    _stated(granting, row)
    _judged(granting)
    assert _alerts(granting) == [("no_basis", "clerk")]


def _stated(store: Store, row: dict[str, Any]) -> None:
    names, values = list(row["fields"]), list(row["fields"].values())
    store.execute(
        "INSERT INTO log_event_records (event_id, event_time, user, outcome, product, category, service, fields) "
        "SELECT 'e1', toDateTime64('2026-11-02 09:00:00', 6, 'UTC'), 'clerk', 'success', {product:String}, "
        "{category:String}, {service:String}, mapFromArrays({names:Array(String)}, {values:Array(String)})",
        {**{name: row[name] for name in ("product", "category", "service")}, "names": names, "values": values},
    )


@pytest.mark.parametrize(
    ("dataset", "names"),
    [
        ("residents", {"residents"}),
        ("civil.residents", {"civil.residents"}),
        ("mysql://db.example.org:3306/civil.Residents", {"civil.residents"}),
        ("postgresql://db.example.org/civil/public.residents", {"public.residents", "civil.residents"}),
        ("/srv/export/residents.csv", {"residents.csv"}),
    ],
)
def test_the_names_under_which_a_scanned_table_is_used(dataset: str, names: set[str]) -> None:
    assert names_in_use(dataset) == names


def test_where_a_column_came_from_and_went(store: Store, tmp_path: Path) -> None:
    _ingested(
        store,
        tmp_path,
        _query(1, "etl", "INSERT INTO mart.people (who, tel) SELECT name, phone FROM civil.residents"),
        _query(2, "etl", "CREATE TABLE mart.list ENGINE = Log AS SELECT tel AS number FROM mart.people"),
        _query(3, "etl", "INSERT INTO mart.people SELECT * FROM mart.list"),
    )
    _judged(store)
    came = lineage(store, "mart.list", "number", direction="up")
    assert {(step.distance, step.from_dataset, step.from_column, step.account) for step in came} == {
        (1, "mart.people", "tel", "etl"),
        (2, "civil.residents", "phone", "etl"),
        (2, "mart.list", "*", "etl"),
    }
    went = lineage(store, "civil.residents", "name", direction="down")
    assert [(step.to_dataset, step.to_column) for step in went] == [("mart.people", "who")]


def _file(folder: Path, text: str) -> Path:
    path = folder / "grants.yml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "actor", "says"),
    [
        (GRANTS.replace("    approved_by: wu\n", ""), "chen", "G-1: nobody approved it"),
        (GRANTS, "lin", "lin imports what lin is granted"),
        (GRANTS.replace("statutory_duty", "because"), "chen", r":3: legal_basis: 'because' is none of"),
        (GRANTS + GRANTS.partition("grants:\n")[2], "chen", "G-1 is given twice, first in line 3"),
        ("grants: {}\n", "chen", "a list of entries"),
    ],
)
def test_a_file_of_grants_that_cannot_be_is_refused_whole(
    store: Store, tmp_path: Path, text: str, actor: str, says: str
) -> None:
    with pytest.raises(GrantInvalid, match=says):
        import_grants(_file(tmp_path, text), store, POLICY, actor=actor)
    assert approved_grants(store) == []


def test_grants_are_read_back_as_they_were_and_leave_with_their_file(store: Store, tmp_path: Path) -> None:
    path = _file(tmp_path, GRANTS)
    assert import_grants(path, store, POLICY, actor="chen").added == 1
    assert import_grants(path, store, POLICY, actor="chen").added == 0
    assert approved_grants(store) == load_grants(path, POLICY)
    other = _file(tmp_path, GRANTS.replace("G-1", "G-2"))
    assert import_grants(other, store, POLICY, actor="chen", remove_missing=True).removed == 1
    assert [found.grant_id for found in approved_grants(store)] == ["G-2"]


def _own(store: Store) -> None:
    approve(store, "G-9", actor="lin", reason="it is mine")


def _unknown(store: Store) -> None:
    approve(store, "G-0", actor="wu", reason="seen")


def _not_yet(store: Store) -> None:
    revoke(store, "G-9", actor="wu", reason="seen")


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (_own, "another one approves"),
        (_unknown, "no grant has the id"),
        (_not_yet, "is proposed: it cannot be revoked"),
    ],
)
def test_a_step_on_a_grant_that_is_not_ones_own_to_take(store: Store, step: Callable[[Store], None], says: str) -> None:
    write_grants(store, [granted(grant_id="G-9", approved_by="")], origin="desk")
    propose(store, "G-9", actor="lin", reason="for the new portal")
    with pytest.raises(GrantRefused, match=says):
        step(store)
    assert approved_grants(store) == []


def test_a_grant_of_the_desk_counts_from_its_approval_to_its_end(store: Store) -> None:
    write_grants(store, [granted(grant_id="G-9", approved_by="")], origin="desk")
    propose(store, "G-9", actor="lin", reason="for the new portal")
    approve(store, "G-9", actor="wu", reason="agreement 3")
    assert [(found.grant_id, found.approved_by) for found in approved_grants(store)] == [("G-9", "wu")]
    revoke(store, "G-9", actor="wu", reason="the portal is closed")
    assert approved_grants(store) == []
    with pytest.raises(GrantRefused, match="is revoked"):
        refuse(store, "G-9", actor="wu", reason="seen")
    assert verify_chain(store).intact
