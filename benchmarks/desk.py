"""How long each page takes at ten million events: `python -m benchmarks.desk [--browser] [--limit S] [--json]`.

Its questions alone, and with `--browser` the whole page in a browser, from the navigation until it is drawn.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dashboards.queries import ask
from response.suppressing import suppress
from store.client import Store
from store.embedded import start_detached, stop
from store.migrate import migrate

ROOT = "fuzhou"
LIMIT_SECONDS = 2.0
PART = 1_000_000
SUPPRESSIONS = 100

# Thirty days of 400 assets in 40 scopes; a prime step spreads the rows over assets, hosts and time.
LOG_EVENTS = """
INSERT INTO log_event_records
    (event_id, event_time, source, source_type, batch_id, source_offset, scope, asset_id, product, service, host,
     source_ip, user, action, outcome, severity, message, fields)
SELECT
    hex(sipHash64(number)), {until:DateTime('UTC')} - toIntervalSecond((number * 7919) % 2592000), '/srv/logs/day.log',
    ['syslog', 'auditd', 'evtx', 'web_access'][number % 4 + 1], toString(intDiv(number, 100000)), number,
    concat('fuzhou/d', toString(number % 400 % 40)), concat('asset-', toString(number % 400)), 'linux', 'sshd',
    concat('host-', toString(number % 400), '.example.org'), '192.0.2.66', 'operator', 'login', 'failure', 2,
    'Failed password for operator from 192.0.2.66 port 50000 ssh2', map('program', 'sshd', 'user', 'operator')
FROM numbers({first:UInt64}, {rows:UInt64})
"""
NETWORK_FLOWS = """
INSERT INTO network_flows
    (event_id, event_time, source, source_type, batch_id, source_offset, scope, asset_id, source_ip, source_port,
     destination_ip, destination_port, protocol, application, duration_ms, packets_out, packets_in, bytes_out, bytes_in)
SELECT
    hex(sipHash64(number)), {until:DateTime('UTC')} - toIntervalSecond((number * 7919) % 2592000), '/srv/edge.pcap',
    'pcap', toString(intDiv(number, 100000)), number, concat('fuzhou/d', toString(number % 400 % 40)),
    concat('asset-', toString(number % 400)), '198.51.100.7', 50000, '192.0.2.4', 443, 'tcp', 'tls', 120, 6, 4, 420, 300
FROM numbers({first:UInt64}, {rows:UInt64})
"""
ALERTS = """
INSERT INTO alert_matches
    (alert_id, rule_id, rule_version, rule_title, level, severity, event_table, event_ids, matched_fields, source,
     scope, asset_id, host, source_ip, first_seen, last_seen, arrived_at, detected_at)
SELECT
    hex(sipHash128(number)), toString(number % 300), 'v1', concat('Rule ', toString(number % 300)),
    ['informational', 'low', 'medium', 'high', 'critical'][number % 5 + 1], number % 5 + 1, 'log_events',
    [hex(sipHash64(number))], map('program', 'sshd'), '/srv/logs/day.log',
    concat('fuzhou/d', toString(number % 400 % 40)), concat('asset-', toString(number % 400)),
    concat('host-', toString(number % 400), '.example.org'), '192.0.2.66',
    {until:DateTime('UTC')} - toIntervalSecond((number * 7919) % 2592000) AS seen, seen, seen, seen + 20
FROM numbers({first:UInt64}, {rows:UInt64})
"""
ASSETS = """
INSERT INTO monitored_asset_records (asset_id, name, sector, scope, organisation, mlps_level, is_cii, expected_sources)
SELECT
    concat('asset-', toString(number)), concat('Asset ', toString(number)),
    ['finance', 'energy', 'power', 'telecom', 'transport', 'water', 'cloud'][number % 7 + 1],
    concat('fuzhou/d', toString(number % 40)), concat('Organisation ', toString(number % 60)), number % 4 + 1,
    number % 3 = 0, ['syslog', 'pcap']
FROM numbers({first:UInt64}, {rows:UInt64})
"""
POSTURE = """
INSERT INTO asset_posture_history (asset_id, scored_at, score, band, sector, scope, organisation, factors)
SELECT
    concat('asset-', toString(number % 400)), {until:DateTime('UTC')} - toIntervalHour(intDiv(number, 400)),
    number * 37 % 100, 'fair', 'water', concat('fuzhou/d', toString(number % 400 % 40)), 'Organisation',
    '[{"factor": "open_alerts", "points": -12, "evidence": {"open": 3}}]'
FROM numbers({first:UInt64}, {rows:UInt64})
"""
FINDINGS = """
INSERT INTO pii_finding_records
    (finding_id, scan_id, dataset, column, entity_type, rows, hits, category, grade, masked, masked_sample, scope,
     asset_id)
SELECT
    toString(number), toString(number % 500), concat('/srv/export/', toString(number % 500), '.csv'),
    concat('column_', toString(number % 20)), 'PHONE_NUMBER', 1000, 900, 'basic', 'general-3', number % 3 > 0,
    '138****0000', concat('fuzhou/d', toString(number % 40)), concat('asset-', toString(number % 400))
FROM numbers({first:UInt64}, {rows:UInt64})
"""
SCANS = """
INSERT INTO pii_scans (scan_id, dataset, started_at, rows, columns, findings, grade)
SELECT
    toString(number), concat('/srv/export/', toString(number), '.csv'), {until:DateTime('UTC')}, 1000, 20, 20,
    'general-3'
FROM numbers({first:UInt64}, {rows:UInt64})
"""

FRAME = ("newest_telemetry", "scopes")
PAGES = {
    "overview": (
        *("assets", "alert_counts", "sources", "detection_delay", "entity_risk", "alert_trend"),
        "telemetry_trend",
    ),
    "alerts": ("alert_counts", "alert_groups", "suppressions"),
    "alert_group": ("alert_groups", "alert_children"),
    "alert": ("alert", "alert_log_events", "asset", "alert_history", "alert_suppressions"),
    "data_protection": ("datasets", "findings_by_type", "findings"),
    "assets": ("assets",),
    "asset": ("asset", "alert_queue", "asset_activity", "findings", "asset_scores"),
    "health": (
        *("sources", "ingested_files", "silent_sources", "detection_delay", "rejects", "detection_runs"),
        "table_sizes",
    ),
}


def main() -> int:
    """Fill a database of its own, time every page, say whether each stays below two seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--alerts", type=int, default=100_000)
    parser.add_argument("--browser", action="store_true", help="time whole pages in Chromium too")
    parser.add_argument("--limit", type=float, default=LIMIT_SECONDS, help="seconds a page may take; else exit code 1")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with _server() as (home, writer, reader):
        until = datetime.now(UTC).replace(microsecond=0)
        started = time.perf_counter()
        _fill(writer, until, events=asked.events, alerts=asked.alerts)
        filled = time.perf_counter() - started
        figures = {page: _page(reader, page, until) for page in PAGES}
        drawn = _drawn(home, reader) if asked.browser else {}
    slowest = max(each["seconds"] for each in figures.values())
    report: dict[str, object] = {
        "events": asked.events,
        "alerts": asked.alerts,
        "fill_seconds": round(filled, 1),
        "pages": figures,
        "slowest_page_seconds": slowest,
        "drawn": drawn,
        "load": os.getloadavg()[1],
    }
    print(json.dumps(report, indent=2) if asked.json else _table(report))
    slowest = max(slowest, *(each["drawn"] for each in drawn.values()), 0)
    return 0 if slowest <= asked.limit else 1


def _drawn(home: Path, store: Store) -> dict[str, dict[str, float]]:
    from benchmarks.desk_browser import drawing_times  # noqa: PLC0415 - only those who ask for it need a browser

    alert = store.value("SELECT alert_id FROM alert_matches ORDER BY alert_id LIMIT 1")
    addresses = {
        "overview": "",
        "alert": f"alerts?alert={alert}",
        "asset": "assets?asset=asset-7",
        "alert_group": f"alerts?group={alert}",
    }
    return drawing_times(home, {page: addresses.get(page, page) for page in PAGES})


@contextmanager
def _server() -> Iterator[tuple[Path, Store, Store]]:
    home = Path(tempfile.mkdtemp(prefix="desk-bench-"))
    endpoint = start_detached(home / "database", state=home / "run")
    try:
        with Store.connect(endpoint.dsn()) as writer, Store.connect(endpoint.dsn("reader")) as reader:
            migrate(writer)
            yield home, writer, reader
    finally:
        stop(home / "run")
        shutil.rmtree(home, ignore_errors=True)


def _fill(store: Store, until: datetime, *, events: int, alerts: int) -> None:
    logs = events * 7 // 10
    for statement, rows in (
        (LOG_EVENTS, logs),
        (NETWORK_FLOWS, events - logs),
        (ALERTS, alerts),
        (ASSETS, 400),
        (POSTURE, 400 * 24),
        (FINDINGS, 10_000),
        (SCANS, 500),
    ):
        for first in range(0, rows, PART):
            part = min(PART, rows - first)
            store.execute(statement, {"until": f"{until:%Y-%m-%d %H:%M:%S}", "first": first, "rows": part})
    for row in store.rows("SELECT alert_id FROM alert_matches ORDER BY alert_id LIMIT {n:UInt32}", {"n": SUPPRESSIONS}):
        ends = until + timedelta(days=30)
        suppress(store, str(row["alert_id"]), ["asset_id", "program"], until=ends, actor="bench", reason="benchmark")


def _page(store: Store, page: str, until: datetime) -> dict[str, float]:
    """Seconds for each question of a page, asked twice, the slower one counting; `seconds` is their sum."""
    asked = _parameters(store, until, page)
    found = {name: max(_timed(store, name, asked) for _ in range(2)) for name in (*FRAME, *PAGES[page])}
    return {**found, "seconds": round(sum(found.values()), 3)}


def _timed(store: Store, name: str, asked: dict[str, object]) -> float:
    started = time.perf_counter()
    ask(store, name, asked)
    return round(time.perf_counter() - started, 4)


def _parameters(store: Store, until: datetime, page: str) -> dict[str, object]:
    alert = store.rows("SELECT alert_id, event_ids, first_seen FROM alert_matches ORDER BY alert_id LIMIT 1")[0]
    seen = f"{alert['first_seen']:%Y-%m-%d %H:%M:%S}"
    one_alert = {"since": seen, "until": seen, "event_ids": alert["event_ids"]}
    whole = {"since": f"{until - timedelta(days=30):%Y-%m-%d %H:%M:%S}", "until": f"{until:%Y-%m-%d %H:%M:%S}"}
    return {
        "scope": ROOT,
        "root": ROOT,
        "language": "zh",
        "newest": f"{until:%Y-%m-%d %H:%M:%S}",
        "step": 3600,
        "levels": [],
        "states": [],
        "sector": "",
        "wanted": "",
        "asset": "asset-7" if page in {"asset", "alert"} else "",
        "dataset": "",
        "exposed": 0,
        "allowed": 7200,
        "most": 500,
        "alert": alert["alert_id"],
        "alert_ids": [alert["alert_id"]],
        "suppressed": 0,
        "member": alert["alert_id"] if page == "alert_group" else "",
        "window": 3600,
        **(one_alert if page == "alert" else whole),
    }


def _table(report: dict[str, object]) -> str:
    pages = report["pages"]
    assert isinstance(pages, dict)
    lines = [f"{report['events']:,} events, {report['alerts']:,} alerts (filled in {report['fill_seconds']} s)"]
    for page, figures in pages.items():
        slowest = max((name for name in figures if name != "seconds"), key=lambda name: figures[name])
        verdict = "ok" if figures["seconds"] <= LIMIT_SECONDS else "TOO SLOW"
        lines.append(
            f"{page:<16}{figures['seconds']:>8.3f} s  {verdict:<9} slowest: {slowest} {figures[slowest]:.3f} s"
        )
    drawn = report["drawn"]
    assert isinstance(drawn, dict)
    for page, figures in drawn.items():
        verdict = "ok" if figures["drawn"] <= LIMIT_SECONDS else "TOO SLOW"
        work = ", ".join(f"{name} {figures[name]:.2f}" for name in ("browser", "desk", "database"))
        lines.append(
            f"{page:<16}{figures['drawn']:>8.3f} s  {verdict:<9} drawn, {figures['fastest']:.2f} to "
            f"{figures['slowest']:.2f}; processor {figures['work']:.2f} s ({work})"
        )
    if drawn:
        lines.append(f"load of the machine meanwhile (5 minutes): {report['load']:.1f}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
