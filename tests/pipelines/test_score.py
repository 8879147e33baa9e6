"""Scoring from the tables: each kind of row reaches its factor, and old telemetry is not silence."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from assets.errors import WeightsInvalid
from pipelines.batch import FIELDS
from pipelines.inventory import import_inventory
from pipelines.score import ScoreReport, score
from response.lifecycle import acknowledge, close
from response.suppressing import suppress
from store.client import Store
from store.writes import append

NOW = datetime.now(UTC).replace(microsecond=0)
_LAYOUT: Mapping[str, object] = {
    "name": "一号泵站",
    "sector": "water",
    "scope": "fuzhou/cangshan",
    "organisation": "Example Water",
    "owner": "Example Owner",
    "operator": "Example Operator",
}


def _import(store: Store, tmp_path: Path, *entries: Mapping[str, object]) -> None:
    path = tmp_path / "inventory.yml"
    path.write_text(json.dumps({"assets": [{**_LAYOUT, **entry} for entry in entries]}), encoding="utf-8")
    import_inventory(path, store)


def _add(store: Store, table: str, rows: Sequence[Mapping[str, object]], at: datetime = NOW) -> None:
    overrides = {"fields": FIELDS} if "fields" in rows[0] else {}
    numbered = [{"event_id": f"{table}-{index}", **row} for index, row in enumerate(rows)]
    frame = pl.DataFrame(numbered, schema_overrides=overrides)
    times = pl.Series([at] * len(rows), dtype=pl.Datetime("us", "UTC"))
    append(store, table, frame.with_columns(times.alias("event_time")), token=f"{at}:{len(rows)}:{rows[0]}")


def _alert(store: Store, alert_id: str, level: str, *, asset_id: str = "pump", days_ago: int = 0) -> None:
    seen = NOW - timedelta(days=days_ago)
    frame = pl.DataFrame({"alert_id": [alert_id], "level": [level], "asset_id": [asset_id]}).with_columns(
        pl.lit(seen, pl.Datetime("us", "UTC")).alias("first_seen"),
        pl.lit(seen, pl.Datetime("us", "UTC")).alias("last_seen"),
    )
    append(store, "alert_matches", frame, token=alert_id)


def _factors(report: ScoreReport, asset_id: str = "pump") -> dict[str, float]:
    (found,) = [each for each in report.assets if each.asset_id == asset_id]
    return {factor.factor: factor.points for factor in found.factors}


def test_nothing_monitored_is_nothing_scored(store: Store) -> None:
    report = score(store)
    assert (report.assets, report.city, report.sectors, report.organisations) == ((), None, (), ())
    assert store.value("SELECT count() FROM asset_posture_history") == 0


def test_open_alerts_count_until_they_are_closed(store: Store, tmp_path: Path) -> None:
    _import(store, tmp_path, {"asset_id": "pump"}, {"asset_id": "other"})
    _alert(store, "a1", "high")
    _alert(store, "a2", "critical", days_ago=30)
    _alert(store, "a3", "critical", asset_id="")
    report = score(store, now=NOW)
    assert _factors(report) == {"open_alerts": -40.0}
    assert _factors(report, "other") == {}
    acknowledge(store, "a1", actor="chen")
    assert _factors(score(store, now=NOW)) == {"open_alerts": -40.0}
    close(store, "a1", "true_positive", actor="chen", reason="blocked")
    assert _factors(score(store, now=NOW)) == {"open_alerts": -20.0}


def test_unmasked_data_of_the_last_scan_counts(store: Store, tmp_path: Path) -> None:
    _import(store, tmp_path, {"asset_id": "pump"})
    for scan, masked in (("s1", [False, False]), ("s2", [False, True])):
        findings = pl.DataFrame(
            {
                "finding_id": [f"{scan}-1", f"{scan}-2"],
                "scan_id": [scan] * 2,
                "dataset": ["residents"] * 2,
                "column": ["id", "phone"],
                "grade": ["general-4", "general-3"],
                "masked": masked,
                "asset_id": ["pump"] * 2,
            }
        )
        append(store, "pii_finding_records", findings, token=scan)
        finished = NOW + timedelta(seconds=scan == "s2")
        scans = pl.DataFrame({"scan_id": [scan], "dataset": ["residents"]}).with_columns(
            pl.lit(finished, pl.Datetime("ms", "UTC")).alias("finished_at")
        )
        append(store, "pii_scans", scans, token=scan)
        assert _factors(score(store, now=NOW)) == {"unmasked_personal_data": -26.0 if scan == "s1" else -25.0}


@pytest.mark.parametrize(
    ("version", "cipher", "weak"),
    [
        ("TLSv10", "TLS_RSA_WITH_AES_128_CBC_SHA", True),
        ("TLSv12", "TLS_RSA_WITH_RC4_128_SHA", True),
        ("TLSv12", "TLS_RSA_WITH_3DES_EDE_CBC_SHA", True),
        ("TLSv12", "tls_dh_anon_with_aes_128_cbc_sha", True),
        ("TLSv12", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", False),
        ("TLSv13", "TLS_AES_256_GCM_SHA384", False),
        ("TLSv13", "TLS_SM4_GCM_SM3", False),
    ],
)
def test_a_session_is_weak_by_version_or_cipher(
    store: Store, tmp_path: Path, version: str, cipher: str, weak: bool
) -> None:
    _import(store, tmp_path, {"asset_id": "pump", "hosts": ["pump"]})
    row = {"category": "tls", "asset_id": "pump", "fields": {"version": version, "cipher": cipher}}
    _add(store, "log_event_records", [row])
    assert _factors(score(store, now=NOW)) == ({"weak_encryption": -25.0} if weak else {})


@pytest.mark.parametrize(
    ("flow", "ports"),
    [
        pytest.param({"source_ip": "198.51.100.9", "bytes_in": 40}, [23], id="answered-outside"),
        pytest.param({"source_ip": "2001:db8::9", "bytes_in": 40}, [23], id="answered-outside-over-ipv6"),
        pytest.param({"source_ip": "198.51.100.9", "bytes_in": 0}, [], id="not-answered"),
        pytest.param({"source_ip": "10.2.3.4", "bytes_in": 40}, [], id="answered-inside"),
        pytest.param({"source_ip": "::1", "bytes_in": 40}, [], id="answered-itself"),
        pytest.param({"source_ip": "nonsense", "bytes_in": 40}, [], id="no-address"),
        pytest.param({"source_ip": "198.51.100.9", "bytes_in": 40, "source_asset_id": "x"}, [], id="monitored-peer"),
        pytest.param({"source_ip": "198.51.100.9", "bytes_in": 40, "destination_port": 443}, [], id="public-service"),
    ],
)
def test_a_service_is_exposed_when_it_answers_outside(
    store: Store, tmp_path: Path, flow: Mapping[str, object], ports: list[int]
) -> None:
    _import(store, tmp_path, {"asset_id": "pump"})
    _add(store, "network_flows", [{"destination_asset_id": "pump", "destination_port": 23, **flow}])
    (scored,) = score(store, now=NOW).assets
    assert [factor.evidence["ports"] for factor in scored.factors] == ([ports] if ports else [])


def test_a_source_is_heard_through_logs_and_through_either_end_of_a_flow(store: Store, tmp_path: Path) -> None:
    expected = ["syslog", "zeek_conn", "auditd"]
    _import(store, tmp_path, {"asset_id": "pump", "expected_sources": expected})
    _add(store, "log_event_records", [{"asset_id": "pump", "source_type": "syslog"}])
    _add(store, "network_flows", [{"source_asset_id": "pump", "asset_id": "far", "source_type": "zeek_conn"}])
    (scored,) = score(store, now=NOW + timedelta(minutes=100)).assets
    assert [factor.evidence["never_heard"] for factor in scored.factors] == [["auditd"]]
    (later,) = score(store, now=NOW + timedelta(minutes=130)).assets
    assert [factor.evidence["sources"] for factor in later.factors] == [sorted(expected)]


def test_an_archive_is_judged_by_its_own_clock(store: Store, tmp_path: Path) -> None:
    _import(store, tmp_path, {"asset_id": "pump", "expected_sources": ["syslog", "auditd"]})
    month_ago = NOW - timedelta(days=30)
    _add(store, "log_event_records", [{"asset_id": "pump", "source_type": "syslog"}], at=month_ago)
    stopped = month_ago - timedelta(hours=4)
    _add(store, "log_event_records", [{"asset_id": "pump", "source_type": "auditd"}], at=stopped)
    report = score(store, now=NOW)
    assert timedelta(0) <= report.reference - month_ago <= timedelta(minutes=5)
    (scored,) = report.assets
    assert [factor.evidence["sources"] for factor in scored.factors] == [["auditd"]]


def test_an_event_from_the_future_does_not_turn_the_clock(store: Store, tmp_path: Path) -> None:
    _import(store, tmp_path, {"asset_id": "pump", "expected_sources": ["syslog"]})
    month_ago = NOW - timedelta(days=30)
    _add(store, "log_event_records", [{"asset_id": "pump", "source_type": "syslog"}], at=month_ago)
    _add(store, "log_event_records", [{"asset_id": "pump", "source_type": "auditd"}], at=NOW + timedelta(days=3650))
    report = score(store, now=NOW)
    assert report.reference < NOW - timedelta(days=29)
    assert _factors(report) == {}


def test_live_telemetry_is_judged_by_the_clock_on_the_wall(store: Store, tmp_path: Path) -> None:
    _import(store, tmp_path, {"asset_id": "pump", "expected_sources": ["syslog"]})
    _add(store, "log_event_records", [{"asset_id": "pump", "source_type": "syslog"}], at=NOW - timedelta(minutes=30))
    later = NOW + timedelta(days=2)
    report = score(store, now=later)
    assert report.reference == later
    assert _factors(report) == {"silent_sources": -10.0}


def test_scores_are_kept_and_the_view_shows_the_last(store: Store, tmp_path: Path) -> None:
    _import(store, tmp_path, {"asset_id": "pump", "is_cii": True}, {"asset_id": "other"})
    score(store, now=NOW)
    _alert(store, "a1", "high")
    report = score(store, now=NOW + timedelta(minutes=5))
    assert store.value("SELECT count() FROM asset_posture_history") == 4
    rows = store.rows(
        "SELECT asset_id, score, band, open_alerts, worst_level, factors FROM asset_posture ORDER BY score"
    )
    assert [(row["asset_id"], row["open_alerts"], row["worst_level"]) for row in rows] == [
        ("pump", 1, "high"),
        ("other", 0, ""),
    ]
    assert [row["score"] for row in rows] == [each.score for each in report.assets]
    assert json.loads(str(rows[0]["factors"]))[0] == {
        "factor": "open_alerts",
        "points": -20.0,
        "evidence": {"open": 1, "by_level": {"high": 1}},
    }


def test_the_report_is_plain_values_with_roll_ups(store: Store, tmp_path: Path) -> None:
    _import(store, tmp_path, {"asset_id": "pump"}, {"asset_id": "bank", "sector": "finance", "organisation": "Bank"})
    plain = json.loads(json.dumps(score(store, now=NOW).as_json()))
    assert [each["key"] for each in plain["sectors"]] == ["finance", "water"]
    assert [each["key"] for each in plain["organisations"]] == ["Bank", "Example Water"]
    assert plain["city"]["assets"] == 2
    assert {each["asset_id"] for each in plain["assets"]} == {"bank", "pump"}


def test_a_wrong_thresholds_file_scores_nothing(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "thresholds.yml"
    path.write_text("posture: {}\n", encoding="utf-8")
    with pytest.raises(WeightsInvalid, match=r"posture\.bands"):
        score(store, thresholds=path)


def test_a_suppressed_alert_takes_no_points_and_a_more_severe_one_does(store: Store, tmp_path: Path) -> None:
    _import(store, tmp_path, {"asset_id": "pump"})
    _alert(store, "a-1", "medium")
    assert "open_alerts" in _factors(score(store))
    until = NOW + timedelta(days=1)
    suppress(store, "a-1", ["asset_id"], until=until, actor="Lin Example", reason="planned scan")
    assert "open_alerts" not in _factors(score(store))
    later = pl.DataFrame({"alert_id": ["a-2"], "level": ["high"], "severity": [4], "asset_id": ["pump"]})
    times = [pl.lit(NOW, pl.Datetime("us", "UTC")).alias(name) for name in ("first_seen", "last_seen")]
    append(store, "alert_matches", later.cast({"severity": pl.UInt8}).with_columns(times), token="a-2")
    assert "open_alerts" in _factors(score(store))
