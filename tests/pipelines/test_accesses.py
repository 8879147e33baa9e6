"""Uses of data from the logs of databases to alerts and lineage, on the real engine (R42 to R46, R97, R103)."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dlp.access_policy import default_access_policy
from dlp.errors import GrantInvalid
from dlp.policy import default_policy
from pipelines.access_judging import AccessReport, judge_accesses
from pipelines.access_rules import access_rules_of
from pipelines.grades_in_use import names_in_use
from pipelines.grant_files import import_grants, load_grants
from pipelines.grants import approved_grants, grants_in_time, write_grants
from pipelines.ingest import ingest
from pipelines.lineage import lineage
from pipelines.scan import scan
from response.audit import verify_chain
from response.errors import GrantRefused
from response.granting import approve, propose, refuse, revoke
from response.lifecycle import Verdict, close_all
from response.review import Correction, Decision, Reviewed, decide
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


_AUDITED = "2026-11-02 09:{at:02}:00.000 UTC [{pid}] {user}@civil LOG:  AUDIT: {said}"


@pytest.mark.parametrize(
    ("records", "used"),
    [
        pytest.param(
            ["SESSION,1,1,READ,SELECT,,,SELECT phone FROM residents,<none>,7"],
            {("civil.residents", "phone", 7)},
            id="of the session, with its rows",
        ),
        pytest.param(
            ["SESSION,1,1,READ,SELECT,TABLE,public.residents,SELECT phone FROM residents,<none>"],
            {("civil.residents", "phone", 0)},
            id="without rows",
        ),
        pytest.param(
            [
                'SESSION,1,1,READ,SELECT,TABLE,public.residents,"SELECT r.phone FROM residents r, cards",<none>,9',
                "SESSION,1,1,READ,SELECT,TABLE,public.cards,<previously logged>,<previously logged>,9",
            ],
            {("civil.residents", "phone", 9), ("civil.cards", "*", 9)},
            id="a record for each relation, the statement told once",
        ),
        pytest.param(
            [
                "SESSION,3,1,READ,SELECT,,,SELECT phone FROM residents,<none>,7",
                "OBJECT,3,1,READ,SELECT,TABLE,public.residents,SELECT phone FROM residents,<none>,7",
            ],
            {("civil.residents", "phone", 7)},
            id="for the session and for the object: one use",
        ),
        pytest.param(
            [
                "OBJECT,4,1,READ,SELECT,VIEW,public.list,SELECT who FROM list,<none>,5",
                "OBJECT,4,1,READ,SELECT,TABLE,public.residents,SELECT who FROM list,<none>,5",
            ],
            {("civil.list", "who", 5), ("civil.residents", "*", 5)},
            id="the table behind a view, in all its columns",
        ),
        pytest.param(
            ["SESSION,5,1,READ,SELECT,TABLE,health.visits,<not logged>,<not logged>,3"],
            {("health.visits", "*", 3)},
            id="no statement at all",
        ),
        pytest.param(["SESSION,6,1,FUNCTION,EXECUTE,FUNCTION,public.f,SELECT f(),<none>,1"], set(), id="a function"),
        pytest.param(["SESSION,7,1,MISC,SHOW,,,SHOW all,<none>,0"], set(), id="what says no data"),
    ],
)
def test_what_pgaudit_tells_of_relations_and_rows_becomes_uses(
    store: Store, tmp_path: Path, records: list[str], used: set[tuple[str, str, int]]
) -> None:
    path = tmp_path / "postgresql.log"
    path.write_text("".join(_AUDITED.format(at=1, pid=41, user="eve", said=said) + "\n" for said in records))
    (report,) = ingest([path], store, scope="fuzhou").files
    assert (report.format, report.rejected) == ("postgres_log", 0)
    _judged(store)
    rows = store.rows("SELECT dataset, arrayStringConcat(columns, ' ') AS columns, rows FROM data_accesses")
    assert {(str(row["dataset"]), str(row["columns"]), row["rows"]) for row in rows} == used
    assert len(rows) == len(used)


_PLAIN = "2026-11-02 09:{at:02}:00.000 UTC [{pid}] {user}@civil LOG:  {said}"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (_AUDITED, "SESSION,1,1,READ,COPY,TABLE,public.residents,COPY residents TO STDOUT,<none>,0"),
        (_AUDITED, "SESSION,1,1,READ,COPY,,,COPY residents TO '/tmp/x.csv' CSV HEADER,<none>,0"),
        (
            _AUDITED,
            'SESSION,1,1,READ,COPY,TABLE,public.residents,"COPY public.residents (id_no, phone) TO stdout;",<none>',
        ),
        (_AUDITED, "OBJECT,1,1,READ,COPY,TABLE,public.residents,COPY residents TO PROGRAM 'gzip > x',<none>"),
        (_AUDITED, "SESSION,1,1,READ,COPY,TABLE,public.residents,COPY (SELECT id_no FROM residents) TO STDOUT,<none>"),
        (_PLAIN, "statement: COPY residents TO STDOUT"),
        (_PLAIN, "statement: COPY civil.residents (id_no) TO STDOUT WITH (FORMAT csv)"),
        (_PLAIN, "statement: copy residents to '/tmp/x.csv'"),
        (_PLAIN, "statement: COPY BINARY residents TO STDOUT"),
        (_PLAIN, "duration: 12.5 ms  statement: COPY public.residents TO STDOUT;"),
    ],
)
def test_a_copy_out_of_postgresql_is_an_export_of_unknown_size(
    granting: Store, tmp_path: Path, form: str, said: str
) -> None:
    (tmp_path / "postgresql.log").write_text(form.format(at=1, pid=41, user="eve", said=said) + "\n")
    (report,) = ingest([tmp_path / "postgresql.log"], granting, scope="fuzhou").files
    assert (report.format, report.rejected) == ("postgres_log", 0)
    _judged(granting)
    (used,) = granting.rows("SELECT action, toString(dataset) AS dataset, rows FROM data_accesses")
    assert used == {"action": "export", "dataset": "civil.residents", "rows": 0}
    assert _alerts(granting) == [("export_without_ticket", "eve"), ("no_basis", "eve")]
    told = granting.rows(
        "SELECT DISTINCT matched_fields['action'] AS action, matched_fields['rows'] AS rows FROM alerts"
    )
    assert told == [{"action": "export", "rows": "unknown"}]


@pytest.mark.parametrize(
    ("export", "ticket", "told"),
    [
        ("true", "", ["export_without_ticket"]),
        ("true", "/* ticket: OA-7 */ ", []),
        ("false", "", ["export_without_ticket"]),
        ("false", "/* ticket: OA-7 */ ", ["export_not_granted"]),
    ],
)
def test_a_copy_by_an_account_with_a_grant_is_judged_by_the_grant_and_the_ticket(
    scanned: Store, tmp_path: Path, export: str, ticket: str, told: list[str]
) -> None:
    (tmp_path / "grants.yml").write_text(GRANTS.replace("    unmasked:", f"    export: {export}\n    unmasked:"))
    import_grants(tmp_path / "grants.yml", scanned, POLICY, actor="chen")
    said = f"statement: {ticket}COPY residents (phone) TO STDOUT"
    (tmp_path / "postgresql.log").write_text(_PLAIN.format(at=1, pid=41, user="app_licences", said=said) + "\n")
    ingest([tmp_path / "postgresql.log"], scanned, scope="fuzhou")
    _judged(scanned)
    assert [check for check, _ in _alerts(scanned)] == told


def test_a_budget_is_judged_by_the_rows_that_pgaudit_tells(granting: Store, tmp_path: Path) -> None:
    said = "SESSION,{n},1,READ,SELECT,TABLE,public.residents,SELECT phone FROM residents,<none>,60"
    lines = [_AUDITED.format(at=at, pid=41, user="app_licences", said=said.format(n=at)) for at in (1, 2)]
    (tmp_path / "postgresql.log").write_text("\n".join(lines) + "\n")
    ingest([tmp_path / "postgresql.log"], granting, scope="fuzhou")
    _judged(granting)
    assert _alerts(granting) == [("over_budget", "app_licences")]


def test_literals_and_years_in_names_and_operators_hide_no_table(store: Store, tmp_path: Path) -> None:
    _ingested(
        store,
        tmp_path,
        _query(1, "eve", "SELECT id_no FROM civil.residents_2026 WHERE phone = '13800138000' AND x = 13912345678"),
        _query(2, "eve", "SELECT /*!40001 SQL_NO_CACHE */ * FROM `civil`.`cards`"),
    )
    _judged(store)
    rows = store.rows("SELECT dataset, columns, action FROM data_accesses ORDER BY dataset")
    assert [(row["dataset"], row["action"]) for row in rows] == [
        ("civil.cards", "export"),
        ("civil.residents_2026", "read"),
    ]
    assert "13800138000" not in str(rows)


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


def _standing(store: Store) -> dict[str, tuple[str, str]]:
    """Where the alerts of each check stand, and who brought them there."""
    rows = store.rows("SELECT matched_fields['check'] AS check, state, last_actor FROM alerts")
    return {str(row["check"]): (str(row["state"]), str(row["last_actor"])) for row in rows}


def _decided(store: Store, column: str, decision: Decision, grade: str = "") -> None:
    (row,) = store.rows("SELECT finding_id FROM pii_findings WHERE column = {name:String}", {"name": column})
    correction = Correction(grade=grade) if grade else None
    decide(
        *(store, Reviewed.FINDING, str(row["finding_id"]), decision),
        actor="Wu Example",
        reason="seen",
        correction=correction,
    )


CLOSED, OPEN = ("closed", "rongdun"), ("new", "")


def test_a_grade_that_a_reviewer_lowers_and_raises_has_past_uses_judged_again(scanned: Store, tmp_path: Path) -> None:
    _ingested(scanned, tmp_path, _query(1, "student", "SELECT id_no FROM residents"))
    _judged(scanned)
    assert _standing(scanned) == {"no_basis": OPEN}
    _decided(scanned, "id_no", Decision.CORRECTED, "general-1")
    report = _judged(scanned)
    assert (report.judged_again, report.settled) == (1, 1)
    assert _standing(scanned) == {"no_basis": CLOSED}
    assert (_judged(scanned).judged_again, _judged(scanned).settled) == (0, 0)
    _decided(scanned, "id_no", Decision.CORRECTED, "general-4")
    assert _judged(scanned).settled == 1
    assert _standing(scanned) == {"no_basis": ("acknowledged", "rongdun")}
    assert verify_chain(scanned).intact


def test_a_grade_that_is_confirmed_changes_nothing(scanned: Store, tmp_path: Path) -> None:
    _ingested(scanned, tmp_path, _query(1, "student", "SELECT id_no FROM residents"))
    _judged(scanned)
    _decided(scanned, "id_no", Decision.ACCEPTED)
    assert (_judged(scanned).judged_again, _standing(scanned)) == (0, {"no_basis": OPEN})


def test_a_raised_grade_tells_of_uses_that_were_made_before(store: Store, tmp_path: Path) -> None:
    _ingested(store, tmp_path, _query(1, "student", "SELECT id_no FROM residents"))
    assert _judged(store).alerts_new == 0
    path = tmp_path / "civil.residents"
    path.write_text("id_no\n" + "".join(f"{IDENTITIES[at % 2]}\n" for at in range(60)), encoding="utf-8")
    scan(path, store, key=KEY, scope="fuzhou", policy=default_policy())
    report = _judged(store)
    assert (report.events, report.alerts_new) == (0, 1)


@pytest.mark.parametrize(
    ("valid_from", "subject", "standing"),
    [
        pytest.param("2026-10-20T00:00:00+08:00", "student", {"no_basis": CLOSED}, id="recorded later, for then"),
        pytest.param(
            "2026-11-02T17:01:01+08:00",
            "student",
            {"no_basis": CLOSED, "outside_window": OPEN},
            id="recorded later, from a second after",
        ),
        pytest.param("2026-10-20T00:00:00+08:00", "others", {"no_basis": OPEN}, id="for another"),
    ],
)
def test_a_grant_that_is_recorded_later_covers_uses_from_when_it_says(
    scanned: Store, tmp_path: Path, valid_from: str, subject: str, standing: dict[str, tuple[str, str]]
) -> None:
    _ingested(scanned, tmp_path, _query(1, "student", "SELECT id_no FROM residents"))
    _judged(scanned)
    text = GRANTS.replace("app_licences", subject).replace("[phone]", "[id_no]")
    path = _file(tmp_path, text.replace("2026-10-20T00:00:00+08:00", valid_from))
    import_grants(path, scanned, POLICY, actor="chen")
    _judged(scanned)
    assert _standing(scanned) == standing


def test_what_ends_early_ends_for_later_uses_only(granting: Store, tmp_path: Path) -> None:
    _ingested(granting, tmp_path, _query(1, "app_licences", "SELECT phone FROM residents"))
    assert _judged(granting).breaches == 0
    _file(tmp_path, GRANTS.replace("2027-01-01T00:00:00+08:00", "2026-11-02T17:01:00+08:00"))
    import_grants(tmp_path / "grants.yml", granting, POLICY, actor="chen")
    _judged(granting)
    assert _standing(granting) == {"outside_window": OPEN}
    import_grants(_file(tmp_path, GRANTS), granting, POLICY, actor="chen")
    _judged(granting)
    assert _standing(granting) == {"outside_window": CLOSED}
    revoke(granting, "G-1", actor="wu", reason="the portal is closed")
    _judged(granting)
    assert _standing(granting) == {"outside_window": CLOSED}


def test_a_grant_that_left_its_file_counted_until_then(scanned: Store, tmp_path: Path) -> None:
    for text, now in ((GRANTS, NOW - timedelta(days=9)), (GRANTS.replace("G-1", "G-2").replace("phone", "name"), NOW)):
        import_grants(_file(tmp_path, text), scanned, POLICY, actor="chen", remove_missing=True, now=now)
    (left,) = [found for found in grants_in_time(scanned) if found.grant_id == "G-1"]
    assert left.valid_until == NOW
    _ingested(scanned, tmp_path, _query(1, "app_licences", "SELECT phone FROM residents"))
    assert _judged(scanned).breaches == 0


def test_what_a_person_closed_stays_closed(scanned: Store, tmp_path: Path) -> None:
    _ingested(scanned, tmp_path, _query(1, "student", "SELECT id_no FROM residents"))
    _judged(scanned)
    alert = str(scanned.value("SELECT alert_id FROM alerts"))
    close_all(scanned, [alert], Verdict.TRUE_POSITIVE, actor="Lin Example", reason="asked and told")
    _decided(scanned, "id_no", Decision.CORRECTED, "general-4")
    _judged(scanned)
    assert _standing(scanned) == {"no_basis": ("closed", "Lin Example")}


def test_a_dormant_grant_that_is_used_is_told_of_no_more(granting: Store, tmp_path: Path) -> None:
    later = datetime(2026, 12, 30, tzinfo=UTC)
    long = GRANTS.replace("2026-10-20", "2026-01-20")
    import_grants(_file(tmp_path, long), granting, POLICY, actor="chen")
    _judged(granting)
    assert _standing(granting) == {"dormant_grant": OPEN}
    _ingested(granting, tmp_path, _query(1, "app_licences", "SELECT phone FROM residents"))
    judge_accesses(granting, POLICY, access_rules_of(RULES), scope="fuzhou", now=later)
    assert _standing(granting) == {"dormant_grant": CLOSED}


def test_a_statement_of_two_grants_that_follow_each_other_is_lawful(granting: Store, tmp_path: Path) -> None:
    change = "2026-11-02T17:30:00+08:00"
    first = GRANTS.replace("2027-01-01T00:00:00+08:00", change)
    second = first.partition("grants:\n")[2].replace("G-1", "G-2").replace(change, "2027-01-01T00:00:00+08:00")
    text = first + second.replace("2026-10-20T00:00:00+08:00", change)
    import_grants(_file(tmp_path, text), granting, POLICY, actor="chen")
    _ingested(granting, tmp_path, *(_query(at, "app_licences", "SELECT phone FROM residents") for at in (29, 30)))
    assert _judged(granting).breaches == 0


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
