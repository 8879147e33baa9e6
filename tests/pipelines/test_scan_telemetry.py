"""Personal data in the platform's own telemetry: told as a leak, counted as it arrives, earlier counts kept."""

import json
from pathlib import Path

import pytest

from dlp.mask_policy import default_mask_policy
from dlp.policy import default_policy
from pipelines.ingest import ingest
from pipelines.scan import scan
from pipelines.scan_report import ScanReport
from pipelines.scan_telemetry import TELEMETRY, told_as_leaks
from store.client import Store
from tests.pipelines.test_scan import KEY
from tests.pipelines.test_scan_going_on import finding

# Made up; the check digits are right.
PHONES = ["13800138000", "13912345678", "15012345678", "18612345678", "17712345678", "19912345678"]


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.scan_telemetry._SETTLES", 0.01)


def scanned(store: Store, table: str, **how: object) -> ScanReport:
    (report,) = scan(f"table:{table}", store, key=KEY, scope="fuzhou", policy=default_policy(), **how)  # type: ignore[arg-type]
    return report


def _http(at: int, uri: str, agent: str = "curl/8") -> str:
    seen = {"ts": 1_764_000_000 + at, "uid": f"C{at}", "id.orig_h": "192.0.2.7", "id.orig_p": 1024 + at}
    asked = {"id.resp_h": "198.51.100.3", "id.resp_p": 80, "method": "GET", "host": "app.example.org", "uri": uri}
    return json.dumps({**seen, **asked, "user_agent": agent, "status_code": 200})


def _dns(at: int, query: str) -> str:
    seen = {"ts": 1_764_000_000 + at, "uid": f"D{at}", "id.orig_h": "192.0.2.7", "id.orig_p": 1024 + at}
    return json.dumps(
        {**seen, "id.resp_h": "198.51.100.53", "id.resp_p": 53, "proto": "udp", "query": query, "qtype_name": "A"}
    )


def feed(store: Store, folder: Path, name: str, lines: list[str]) -> None:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    ingest([path], store, scope="fuzhou")


def http(store: Store, folder: Path, name: str, count: int, begin: int = 0) -> None:
    lines = [
        _http(begin + at, f"/login?mobile={PHONES[at % 6]}&n={at}" if at < count else f"/p/{at}") for at in range(20)
    ]
    feed(store, folder, name, lines)


def by_column(report: ScanReport) -> dict[str, tuple[int, int, str]]:
    return {
        item.column: (item.hits, item.rows, item.review)
        for item in report.findings
        if item.entity_type not in ("IP_ADDRESS", "MAC_ADDRESS")
    }


def test_a_telephone_in_an_address_is_a_leak_over_http(store: Store, tmp_path: Path) -> None:
    http(store, tmp_path, "http.log", 12)
    told = by_column(scanned(store, "http_requests"))
    hits, rows, review = told["uri"]
    assert (hits, rows) == (12, 20)
    assert review.startswith("leak: in clear text in addresses of HTTP requests")
    told = by_column(scanned(store, "log_events"))
    assert told["fields.uri"][2].startswith("leak: in clear text in addresses of HTTP requests")


def test_percent_encoding_hides_nothing(store: Store, tmp_path: Path) -> None:
    feed(store, tmp_path, "http.log", [_http(at, f"/s?mail=lin{at}%40example.org") for at in range(20)])
    assert by_column(scanned(store, "http_requests"))["uri"][0] == 20


def test_a_telephone_in_a_dns_name_and_in_a_message_are_leaks(store: Store, tmp_path: Path) -> None:
    feed(store, tmp_path, "dns.log", [_dns(at, f"{PHONES[at % 6]}.t{at}.example.org") for at in range(20)])
    feed(
        store,
        tmp_path,
        "app.log",
        [f"<134>1 2026-11-02T09:{at:02}:00Z web app 1 - - sent code to mobile {PHONES[at % 6]} ok" for at in range(20)],
    )
    assert "DNS names" in by_column(scanned(store, "dns_queries"))["query"][2]
    assert "log messages" in by_column(scanned(store, "syslog_messages"))["message"][2]


def test_only_what_arrived_since_is_read_and_earlier_counts_stay(store: Store, tmp_path: Path) -> None:
    http(store, tmp_path, "one.log", 12)
    first = scanned(store, "http_requests")
    again = scanned(store, "http_requests")
    assert (first.rows, first.unchanged, again.unchanged) == (20, False, True)
    assert store.value("SELECT count() FROM pii_scans") == 1
    http(store, tmp_path, "two.log", 3, begin=100)
    third = scanned(store, "http_requests")
    assert third.rows == 40
    assert by_column(third)["uri"][:2] == (15, 40)
    assert "added to those before" in third.method
    feed(store, tmp_path, "three.log", [_http(200 + at, f"/p/{at}") for at in range(20)])
    fourth = scanned(store, "http_requests")
    assert by_column(fourth)["uri"][:2] == (15, 60)
    assert store.value("SELECT sum(hits) FROM pii_findings WHERE column = 'uri'") == 15
    whole = scanned(store, "http_requests", again=True)
    assert by_column(whole)["uri"][:2] == (15, 60)


def test_a_leak_that_begins_later_knows_the_rows_before_it(store: Store, tmp_path: Path) -> None:
    http(store, tmp_path, "one.log", 0)
    assert by_column(scanned(store, "http_requests")) == {}
    http(store, tmp_path, "two.log", 20, begin=100)
    report = scanned(store, "http_requests")
    assert by_column(report)["uri"][:2] == (20, 40)
    assert [(change.column, str(change.change)) for change in report.changes if change.column == "uri"] == [
        ("uri", "new")
    ]


def test_the_daily_scan_looks_at_the_telemetry(store: Store) -> None:
    for table in TELEMETRY:
        assert scanned(store, table).reason == ""


@pytest.mark.parametrize(
    ("table", "column", "leaks"),
    [
        ("http_requests", "user_agent", True),
        ("http_requests", "host", True),
        ("http_requests", "uri", True),
        ("http_requests", "cs-uri-query", True),
        ("http_requests", "method", False),
        ("dns_queries", "query", True),
        ("dns_queries", "host", False),
        ("log_events", "fields.query", True),
        ("log_events", "message", True),
        ("civil.residents", "message", False),
        ("base.syslog_messages", "message", True),
    ],
)
def test_which_columns_are_leaks(table: str, column: str, leaks: bool) -> None:
    (told,) = told_as_leaks(table, [finding(column)])
    assert told.review.startswith("leak: ") is leaks
    (masked,) = told_as_leaks(table, [finding(column, masked=True)])
    assert masked.review == ""


def _masked(at: int, number: str) -> str:
    return f"<134>1 2026-11-02T09:{at % 60:02}:00Z web app 1 - - {number}"


def _failing(store: Store) -> list[tuple[str, str]]:
    found = store.rows("SELECT check, severity FROM mask_findings WHERE dataset = 'syslog_messages' ORDER BY check")
    return [(str(row["check"]), str(row["severity"])) for row in found]


def test_masks_that_failed_earlier_stay_until_they_are_judged_again_or_their_rows_are_gone(
    store: Store, tmp_path: Path
) -> None:
    weak = [_masked(at, f"1380013{at % 10}{at // 10}**") for at in range(40)]
    feed(store, tmp_path, "one.log", weak)
    first = scanned(store, "syslog_messages")
    assert "residual" in {str(one.check) for one in first.masks}
    before = _failing(store)
    good = [_masked(at, f"139******{at:02}") for at in range(40)]
    feed(store, tmp_path, "two.log", good)
    second = scanned(store, "syslog_messages")
    assert _failing(store) == before
    assert {str(one.check) for one in second.masks} == {check for check, _ in before}
    # They are as old as they are: when the rows of then are gone, so are they.
    assert store.value("SELECT max(found_at) < (SELECT max(finished_at) FROM mask_check_runs) FROM mask_findings")
    store.execute("DELETE FROM syslog_messages WHERE message LIKE '%1380013%' SETTINGS mutations_sync = 2")
    feed(store, tmp_path, "three.log", [_masked(at, f"150******{at:02}") for at in range(40)])
    assert not scanned(store, "syslog_messages").masks
    assert _failing(store) == []


def test_a_whole_reading_judges_masks_again(store: Store, tmp_path: Path) -> None:
    feed(store, tmp_path, "one.log", [_masked(at, f"1380013{at % 10}{at // 10}**") for at in range(40)])
    assert scanned(store, "syslog_messages").masks
    # Nothing arrived, nothing is judged: what was found stays.
    assert scanned(store, "syslog_messages").unchanged
    assert _failing(store)
    lenient = default_mask_policy().checks
    none = lenient.model_copy(update={"least_candidates": {"default": 0}, "least_hidden": {"default": 0.0}})
    assert not scanned(store, "syslog_messages", again=True, checks=none).masks
    assert _failing(store) == []
