"""Exchanges between organisations, from records and lineage to the log and to alerts, on the real engine (R41)."""

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from dlp.errors import RegistrationInvalid
from dlp.grading_policy import default_grading
from pipelines.access_judging import AccessReport, judge_accesses
from pipelines.access_rules import access_rules_of
from pipelines.alert_rows import utc
from pipelines.catalogue import import_catalogue
from pipelines.ingest import ingest
from pipelines.sources.mapped import mapped_sources
from pipelines.sources.registry import SOURCES
from response.lifecycle import Verdict, close_all
from store.client import Store
from store.writes import append
from tests.pipelines.test_accesses import POLICY, RULES, _ingested, _query, scanned

__all__ = ["scanned"]

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
CATALOGUE = """
parties:
  - {name: Province data office, level: province, aliases: [省大数据局]}
  - {name: Civil affairs, aliases: [市民政局]}
datasets:
  - dataset: "*/civil.residents"
    organisation: Civil affairs
    owner: Data section
    sharing: SHARING
  - dataset: mart.people
    organisation: Gulou
    owner: Brain section
"""
ASSETS = {"Civil affairs": "fuzhou/dept-civil", "Gulou": "fuzhou/gulou", "Wufeng": "fuzhou/gulou/wufeng"}


@pytest.fixture
def city(scanned: Store, tmp_path: Path) -> Store:
    """The scanned residents of civil affairs, and where three organisations sit."""
    rows = [
        {"asset_id": f"a-{at}", "name": f"system {at}", "organisation": name, "scope": scope}
        for at, (name, scope) in enumerate(ASSETS.items())
    ]
    append(scanned, "monitored_asset_records", pl.DataFrame(rows), token="assets")
    _declared(scanned, tmp_path)
    return scanned


def _declared(store: Store, folder: Path, sharing: str = "[]", more: str = "") -> None:
    path = folder / "catalogue.yml"
    path.write_text(CATALOGUE.replace("SHARING", sharing) + more, encoding="utf-8")
    import_catalogue(path, store, default_grading(), actor="chen", remove_missing=True)


def _record(at: int = 1, **changed: object) -> dict[str, object]:
    told = {
        "time": f"2026-11-02T09:{at:02}:00Z",
        "account": "exchange",
        "dataset": "civil.residents",
        "columns": "phone",
        "rows": 60,
        "receiver": "省大数据局",
        "outcome": "success",
    }
    return {**told, **changed}


def _exchanged(store: Store, folder: Path, *records: dict[str, object], name: str = "exchange.jsonl") -> None:
    path = folder / name
    if name.endswith(".csv"):
        names = list(dict.fromkeys(key for record in records for key in record))
        lines = [",".join(names), *(",".join(str(record.get(key, "")) for key in names) for record in records)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    else:
        path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    mapped, problems = mapped_sources(RULES / "mappings")
    assert problems == []
    (report,) = ingest([path], store, scope="fuzhou", sources=(*mapped, *SOURCES)).files
    assert (report.format.startswith("mapping:data_exchange"), report.rejected) == (True, 0)


def _judged(store: Store) -> AccessReport:
    return judge_accesses(store, POLICY, access_rules_of(RULES), scope="fuzhou", now=NOW)


def _log(store: Store, *names: str) -> list[tuple[object, ...]]:
    rows = store.rows("SELECT * FROM data_exchanges ORDER BY event_time, receiver")
    return [tuple(utc(row[name]) if name == "event_time" else row[name] for name in names) for row in rows]


def _alerts(store: Store) -> list[tuple[str, str]]:
    rows = store.rows(
        "SELECT matched_fields['check'] AS check, state FROM alerts WHERE check LIKE 'exchange%' ORDER BY check"
    )
    return [(str(row["check"]), str(row["state"])) for row in rows]


SIDES = ("sender", "sender_level", "receiver", "receiver_level", "direction")
TO_PROVINCE = "[{recipient: 省大数据局, basis: Agreement 3, until: UNTIL}]"


@pytest.mark.parametrize("name", ["exchange.jsonl", "exchange.csv"])
def test_a_record_of_a_platform_is_an_exchange_with_its_ground(city: Store, tmp_path: Path, name: str) -> None:
    _declared(city, tmp_path, TO_PROVINCE.replace("UNTIL", "2027-01-01"))
    _exchanged(city, tmp_path, _record(ticket="OA-7"), name=name)
    assert _judged(city).exchanges == 1
    assert _log(city, *SIDES) == [("Civil affairs", "department", "Province data office", "province", "up")]
    facts = ("dataset", "columns", "rows", "grade", "masked", "ticket", "basis_kind", "basis", "breaches", "origin")
    # A telephone beside an identity number is of grade 3.
    assert _log(city, *facts) == [
        ("civil.residents", ["phone"], 60, "general-3", False, "OA-7", "sharing", "Agreement 3", [], "log")
    ]
    assert _log(city, "event_time") == [(datetime(2026, 11, 2, 9, 1, tzinfo=UTC),)]
    assert _alerts(city) == []


@pytest.mark.parametrize(
    ("sharing", "record", "told"),
    [
        ("[]", _record(), ["exchange_without_basis"]),
        (TO_PROVINCE.replace("UNTIL", "2026-11-01"), _record(), ["exchange_basis_ended"]),
        (TO_PROVINCE.replace("UNTIL", "2026-11-02"), _record(), []),
        ("[{recipient: Gulou, basis: A 1}]", _record(columns="id_no", receiver="gulou"), []),
        (
            "[{recipient: Wufeng, basis: A 1}]",
            _record(columns="id_no", receiver="Wufeng"),
            ["exchange_grade_forbidden"],
        ),
        ("[{recipient: Wufeng, basis: A 1}]", _record(columns="district", receiver="Wufeng"), []),
        (
            "[{recipient: Nobody, basis: A 1}]",
            _record(columns="id_no", receiver="Nobody", masked="yes"),
            ["exchange_grade_forbidden"],
        ),
        ("[{recipient: Civil affairs, basis: A 1}]", _record(sender="Gulou", receiver="市民政局"), []),
        ("[]", _record(outcome="failure"), []),
        ("[]", _record(receiver="市民政局"), []),
        ("[]", _record(receiver="system 0"), []),
    ],
    ids=[
        *("nobody on the list", "its ground ended", "its last day", "across, raw", "a grade for no township"),
        *("a low grade for a township", "to nobody knows whom", "the record names the sender", "it failed"),
        *("within an organisation", "to a system of its own"),
    ],
)
def test_what_is_told_of_an_exchange(
    city: Store, tmp_path: Path, sharing: str, record: dict[str, object], told: list[str]
) -> None:
    _declared(city, tmp_path, sharing)
    _exchanged(city, tmp_path, record)
    _judged(city)
    assert [check for check, _ in _alerts(city)] == told


def test_an_exchange_is_not_told_of_once_more_as_a_use(city: Store, tmp_path: Path) -> None:
    _exchanged(city, tmp_path, _record(columns="id_no", exported="true"))
    _exchanged(city, tmp_path, _record(columns="id_no", exported="true", receiver="市民政局"), name="own.jsonl")
    _judged(city)
    rows = city.rows("SELECT matched_fields['check'] AS check FROM alerts ORDER BY check")
    # What stays within the organisation is no exchange: as a use it needs a grant and a ticket.
    assert [row["check"] for row in rows] == ["exchange_without_basis", "export_without_ticket", "no_basis"]


def test_an_alert_leads_to_the_record_and_names_both_sides(city: Store, tmp_path: Path) -> None:
    _exchanged(city, tmp_path, _record(1, columns="id_no"), _record(2, columns="id_no", rows=40))
    _judged(city)
    (alert,) = city.rows("SELECT * FROM alerts")
    fields = alert["matched_fields"]
    assert isinstance(fields, dict)
    assert (fields["sender"], fields["receiver"], fields["direction"], fields["rows"]) == (
        *("Civil affairs", "Province data office", "up", "100"),
    )
    assert (alert["level"], alert["user"], len(str(alert["event_ids"]).split(","))) == ("high", "exchange", 2)


def test_judging_again_adds_nothing_and_the_record_of_a_receiver_of_the_same_day_is_one_alert(
    city: Store, tmp_path: Path
) -> None:
    _exchanged(city, tmp_path, _record(1))
    assert (_judged(city).exchanges, _judged(city).exchanges) == (1, 0)
    _exchanged(city, tmp_path, _record(2), _record(3, receiver="省大数据局; Gulou"), name="late.jsonl")
    assert _judged(city).exchanges == 3
    assert _alerts(city) == [("exchange_without_basis", "new")] * 2  # the province's, and Gulou's
    assert len(_log(city, "exchange_id")) == 4


def test_a_ground_that_is_declared_afterwards_closes_the_alert_and_its_loss_opens_it(
    city: Store, tmp_path: Path
) -> None:
    _exchanged(city, tmp_path, _record())
    _judged(city)
    _declared(city, tmp_path, TO_PROVINCE.replace("UNTIL", "2027-01-01"))
    _judged(city)
    assert (_alerts(city), _log(city, "basis")) == ([("exchange_without_basis", "closed")], [("Agreement 3",)])
    _declared(city, tmp_path)
    _judged(city)
    assert (_alerts(city), _log(city, "basis")) == ([("exchange_without_basis", "acknowledged")], [("",)])


def test_what_a_person_closed_stays_closed(city: Store, tmp_path: Path) -> None:
    _exchanged(city, tmp_path, _record())
    _judged(city)
    alert = str(city.value("SELECT alert_id FROM alerts"))
    close_all(city, [alert], Verdict.FALSE_POSITIVE, actor="wu", reason="a drill")
    _declared(city, tmp_path, "[{recipient: Gulou, basis: A 1}]")
    _judged(city)
    assert _alerts(city) == [("exchange_without_basis", "closed")]


def test_the_grade_of_that_time_stays_and_one_that_was_unknown_is_completed(
    store: Store, tmp_path: Path, city: Store
) -> None:
    _exchanged(city, tmp_path, _record(1, columns="id_no"), _record(2, dataset="civil.cards", columns="no"))
    _judged(city)
    assert _log(city, "grade") == [("general-4",), ("",)]
    city.execute(
        "INSERT INTO pii_scans (scan_id, dataset, grade, finished_at) "
        "VALUES ('s2', 'civil.cards', 'important', '2026-11-02 11:00:00')"
    )
    # A later scan finds nothing any more in what went as grade 4.
    city.execute(
        "INSERT INTO pii_scans SELECT * REPLACE('s4' AS scan_id, '' AS grade, now64(3) + 60 AS finished_at) "
        "FROM pii_scans WHERE dataset LIKE '%civil.residents'"
    )
    _judged(city)
    assert _log(city, "grade") == [("general-4",), ("important",)]


def test_an_organisation_that_is_declared_later_gets_its_level(city: Store, tmp_path: Path) -> None:
    _exchanged(city, tmp_path, _record(receiver="National platform"))
    _judged(city)
    assert _log(city, "receiver_level", "direction") == [("", "unknown")]
    more = CATALOGUE.replace("parties:", "parties:\n  - {name: National platform, level: national}")
    (tmp_path / "more.yml").write_text(more.replace("SHARING", "[]"), encoding="utf-8")
    import_catalogue(tmp_path / "more.yml", city, default_grading(), actor="chen")
    _judged(city)
    assert _log(city, "receiver_level", "direction") == [("national", "up")]


MOVED = "INSERT INTO mart.people (who, tel) SELECT district, phone FROM civil.residents WHERE id_no != ''"


def test_a_statement_that_moves_data_to_another_organisation_is_an_exchange(city: Store, tmp_path: Path) -> None:
    _ingested(city, tmp_path, _query(1, "etl", MOVED, rows=7), _query(5, "etl", MOVED, rows=8))
    _judged(city)
    facts = ("origin", "dataset", "to_dataset", "columns", "rows", "account", *SIDES)
    sides = ("Civil affairs", "department", "Gulou", "county", "across")
    assert _log(city, *facts) == [
        ("seen", "civil.residents", "mart.people", ["district", "phone"], 7, "etl", *sides),
        ("seen", "civil.residents", "mart.people", ["district", "phone"], 8, "etl", *sides),
    ]
    assert [check for check, _ in _alerts(city)] == ["exchange_without_basis"]
    assert _judged(city).exchanges == 0


def test_a_statement_from_before_the_catalogue_knew_the_data_set_is_drawn_later(city: Store, tmp_path: Path) -> None:
    moved = MOVED.replace("mart.people", "mart.list")
    _ingested(city, tmp_path, _query(1, "etl", moved))
    _judged(city)
    assert _log(city, "origin") == []
    more = "  - {dataset: mart.list, organisation: Wufeng, owner: Street office}\n"
    _declared(city, tmp_path, "[{recipient: Wufeng, basis: A 1}]", more)
    _judged(city)
    assert _log(city, "receiver", "direction", "basis") == [("Wufeng", "down", "A 1")]


@pytest.mark.parametrize(
    ("derivation", "grade", "checks"),
    [("fusion", "general-4", ["exchange_grade_forbidden", "exchange_without_basis"]), ("masked", "general-4", [])],
)
def test_what_is_declared_to_come_from_another_organisation_is_an_exchange_until_it_is_no_longer(
    city: Store, tmp_path: Path, derivation: str, grade: str, checks: list[str]
) -> None:
    entry = (
        "  - {dataset: wufeng.list, organisation: Wufeng, owner: Street office, "
        f"derivation: {derivation}, derived_from: [civil.residents]}}\n"
    )
    _declared(city, tmp_path, "[]", entry)
    _judged(city)
    facts = ("origin", "to_dataset", "receiver", "direction", "grade", "masked")
    assert _log(city, *facts) == [("declared", "wufeng.list", "Wufeng", "down", grade, derivation == "masked")]
    assert {check for check, _ in _alerts(city)} >= set(checks)
    first = _log(city, "event_time")
    _declared(city, tmp_path, "[]", entry.replace("Street office", "Street office two"))
    _judged(city)
    assert _log(city, "event_time") == first
    _declared(city, tmp_path)
    _judged(city)
    assert _log(city, "origin") == []
    assert {state for _, state in _alerts(city)} == {"closed"}


def test_between_data_sets_of_one_organisation_nothing_is_exchanged(city: Store, tmp_path: Path) -> None:
    more = "  - {dataset: civil.copy, organisation: 市民政局, owner: Data section}\n"
    _declared(city, tmp_path, "[]", more)
    _ingested(city, tmp_path, _query(1, "etl", MOVED.replace("mart.people", "civil.copy")))
    _judged(city)
    assert _log(city, "origin") == []


def test_an_organisation_without_a_level_takes_part_in_no_exchange_by_lineage(city: Store, tmp_path: Path) -> None:
    more = "  - {dataset: other.copy, organisation: Somebody, owner: Data section}\n"
    _declared(city, tmp_path, "[]", more)
    _ingested(city, tmp_path, _query(1, "etl", MOVED.replace("mart.people", "other.copy")))
    _judged(city)
    assert _log(city, "origin") == []


@pytest.mark.parametrize(
    ("parties", "says"),
    [
        ("parties: [{name: x, level: planet}]", r"yml:1: level"),
        ("parties: [{name: x, level: city}, {name: x, level: county}]", "x is given twice"),
        ("parties: [{name: x, level: city}, {name: y, aliases: [X]}]", "can mean only one of them"),
    ],
)
def test_wrong_organisations_are_told_and_nothing_is_imported(
    store: Store, tmp_path: Path, parties: str, says: str
) -> None:
    path = tmp_path / "catalogue.yml"
    path.write_text(f"{parties}\ndatasets: [{{dataset: d, organisation: o, owner: p}}]\n", encoding="utf-8")
    with pytest.raises(RegistrationInvalid, match=says):
        import_catalogue(path, store, default_grading(), actor="chen")
    assert store.value("SELECT count() FROM dataset_registrations") == 0


def test_a_hostile_record_is_only_text(city: Store, tmp_path: Path) -> None:
    hostile = "'; DROP TABLE data_exchange_records; -- <script>alert(1)</script>"
    _exchanged(city, tmp_path, _record(receiver=hostile.replace(";", ","), dataset=hostile, columns="a\u202eb"))
    _judged(city)
    assert _log(city, "dataset") == [(hostile,)]
