"""A small made-up city in the database: two districts and a water works, alerts of every level, masked findings."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from pipelines.batch import FIELDS
from store.client import Store
from store.writes import append
from tests.dashboards.city_masks import mask_check_runs, mask_findings
from tests.dashboards.city_records import exchanges, files, findings, rejects, runs, scan_changes, scans

ROOT = "fuzhou"
HERE = "fuzhou/gulou"
ELSEWHERE = "fuzhou/dept-water"

HOSTILE_MESSAGE = "Failed \x1b[31mpassword\x1b[0m for <script>alert(1)</script> \u202egnp.exe from 192.0.2.66"
HOSTILE_TITLE = "[Click](https://example.org) :red[**Brute force**] <img src=x onerror=alert(1)> $x$ :smile:"

CORRELATION = 10  # the number of the alert that a correlation raised

_LEVELS = ("informational", "low", "medium", "high", "critical")


@dataclass(frozen=True)
class Place:
    """One asset of the city."""

    asset_id: str
    name: str
    sector: str
    scope: str
    organisation: str
    score: float
    band: str
    cii: bool = False
    mlps: int = 2


PLACES = (
    Place("gov-cloud-01", "政务云门户主机", "cloud", HERE, "鼓楼区大数据中心", 34.0, "critical", cii=True, mlps=3),
    Place("bank-core-01", "城市商业银行核心系统", "finance", HERE, "榕城银行", 61.5, "poor", cii=True, mlps=4),
    Place("idc-dns-01", "数据中心递归解析", "data_centre", "fuzhou/cangshan", "仓山数据中心", 55.0, "poor", mlps=3),
    Place("water-plc-01", "西区水厂一号控制器", "water", ELSEWHERE, "市水务集团", 48.0, "critical", cii=True, mlps=3),
    Place("metro-signal-01", "地铁信号系统", "transport", "fuzhou/dept-transport", "榕城地铁", 88.0, "good", True, 3),
    Place("grid-scada-01", "城东变电站监控", "power", "fuzhou/dept-power", "榕城供电", 79.0, "fair", cii=True, mlps=4),
    Place("gas-scada-01", "燃气调度系统", "energy", "fuzhou/dept-energy", "榕城燃气", 83.0, "good", cii=True, mlps=3),
    Place("core-router-01", "城域网核心路由", "telecom", "fuzhou", "榕城电信", 91.0, "good", cii=True, mlps=4),
    Place(
        "health-db-01", "居民健康档案库", "cloud", "fuzhou/gulou/wufeng", "五凤街道卫生中心", 42.0, "critical", mlps=3
    ),
)


def fill(store: Store, *, ends: datetime) -> None:
    """Fill an empty database with the day before `ends`."""
    start = ends - timedelta(hours=24)
    for table, frame in {
        "monitored_asset_records": _assets(),
        "asset_posture_history": _posture(ends),
        "log_event_records": _log_events(start),
        "network_flows": _flows(start),
        "alert_matches": _alerts(start),
        "alert_grounds": _grounds(),
        "rule_uses": _rule_uses(start),
        "entity_risk_history": _risk(ends),
        "pii_scans": scans(ends),
        "pii_changes": scan_changes(),
        "pii_finding_records": findings(ends),
        "mask_finding_records": mask_findings(ends),
        "mask_check_runs": mask_check_runs(ends),
        "data_exchange_records": exchanges(ends),
        "rejects": rejects(),
        "ingested_files": files(),
        "detection_runs": runs(ends),
    }.items():
        append(store, table, frame, token=f"city:{table}")


def empty_database(_: Store) -> None:
    """Leave the database as it is: what a newcomer sees first."""


def alert_id(number: int) -> str:
    """The id of the city's alert of that number."""
    return hashlib.sha256(f"alert {number}".encode()).hexdigest()[:32]


def _assets() -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "asset_id": place.asset_id,
                "name": place.name,
                "sector": place.sector,
                "kind": "plc" if "plc" in place.asset_id else "server",
                "scope": place.scope,
                "organisation": place.organisation,
                "owner": place.organisation,
                "operator": f"{place.organisation}运维部",
                "outsourcing_provider": "示例集成公司" if place.cii else "",
                "mlps_level": place.mlps,
                "is_cii": place.cii,
                "domestic_cpu": index % 2 == 0,
                "domestic_os": index % 3 == 0,
                "domestic_database": False,
                "domestic_middleware": index % 2 == 1,
                "cloud_migration": "migrated" if index % 2 else "",
                "data_grade": "important" if place.cii else "general-3",
                "addresses": [f"192.0.2.{index + 1}"],
                "hosts": [f"{place.asset_id}.example.org"],
                "expected_sources": ["syslog", "zeek_dns"] if index < 2 else ["syslog"],
                "last_assessed_on": datetime(2025, 6, 1, tzinfo=UTC).date(),
            }
            for index, place in enumerate(PLACES)
        ],
        schema_overrides={"mlps_level": pl.UInt8},
    )


def _posture(ends: datetime) -> pl.DataFrame:
    rows = []
    for place in PLACES[:-1]:
        for back in range(6):
            factors = [
                {
                    "factor": "open_alerts",
                    "points": -(100 - place.score) * 0.6,
                    "evidence": {"open": 3, "by_level": {"high": 3}},
                },
                {"factor": "unmasked_personal_data", "points": -(100 - place.score) * 0.3, "evidence": {"columns": 2}},
                {"factor": "weak_encryption", "points": -(100 - place.score) * 0.1, "evidence": {"share": 0.12}},
            ]
            rows.append(
                {
                    "asset_id": place.asset_id,
                    "scored_at": ends - timedelta(hours=4 * back),
                    "score": min(100.0, place.score + 3 * back),
                    "band": place.band,
                    "sector": place.sector,
                    "scope": place.scope,
                    "organisation": place.organisation,
                    "open_alerts": 3,
                    "worst_level": "critical",
                    "factors": json.dumps(factors),
                }
            )
    return pl.DataFrame(rows, schema_overrides={"open_alerts": pl.UInt32, "scored_at": pl.Datetime("ms", "UTC")})


def _log_events(start: datetime) -> pl.DataFrame:
    return pl.DataFrame(
        [
            _log_event(start, number, copy)
            for number in range(24 * 30)
            for copy in range(3 if 6 <= number // 30 <= 20 else 1)
        ],
        schema_overrides={"source_offset": pl.UInt64, "severity": pl.UInt8, "fields": FIELDS},
    )


def _log_event(start: datetime, number: int, copy: int) -> dict[str, object]:
    place = PLACES[number % len(PLACES)]
    return {
        "event_id": f"log-{number}-{copy}",
        "event_time": start + timedelta(minutes=2 * number, seconds=copy),
        "source": "/srv/logs/auth.log",
        "source_type": "syslog",
        "batch_id": "batch-1",
        "source_offset": number,
        "scope": place.scope,
        "asset_id": place.asset_id,
        "product": "linux",
        "service": "sshd",
        "host": f"{place.asset_id}.example.org",
        "source_ip": "192.0.2.66",
        "user": "operator",
        "action": "login",
        "outcome": "failure",
        "severity": 2,
        "message": HOSTILE_MESSAGE,
        "fields": {"program": "sshd", "user": "operator"},
    }


def _flows(start: datetime) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "event_id": f"flow-{number}",
                "event_time": start + timedelta(minutes=3 * number),
                "source": "/srv/captures/edge.pcap",
                "source_type": "pcap",
                "batch_id": "batch-2",
                "source_offset": number,
                "scope": PLACES[number % len(PLACES)].scope,
                "asset_id": PLACES[number % len(PLACES)].asset_id,
                "source_ip": "198.51.100.7",
                "source_port": 50000,
                "destination_ip": "192.0.2.4",
                "destination_port": 502,
                "protocol": "tcp",
                "application": "modbus",
                "duration_ms": 120,
                "packets_out": 6,
                "packets_in": 4,
                "bytes_out": 420,
                "bytes_in": 300,
                "connection_state": "SF",
                "fields": {"func": "WRITE_SINGLE_REGISTER"},
            }
            for number in range(24 * 20)
        ],
        schema_overrides={
            "source_offset": pl.UInt64,
            "source_port": pl.UInt16,
            "destination_port": pl.UInt16,
            "fields": FIELDS,
            **dict.fromkeys(("duration_ms", "packets_out", "packets_in", "bytes_out", "bytes_in"), pl.UInt64),
        },
    )


_TITLES = (
    "SSH 暴力破解后登录成功",
    "DNS 隧道外传数据",
    "办公网对水厂控制器的 Modbus 写操作",
    "金融系统使用弱 TLS 版本",
    "Web Shell Written by the Web Server",
)


def _grounds() -> pl.DataFrame:
    """Why the city's one correlation matched, as detection records it."""
    told = {
        "conditions": [
            {
                "title": "SSH brute force",
                "title_zh": "SSH 暴力破解",
                "type": "event_count",
                "bounds": [{"operator": "gte", "value": "3"}],
                "expression": None,
                "percentile": None,
                "span_seconds": 300,
                "group_by": ["source_ip"],
                "values": [],
                "rules": [{"title": "SSH failed password", "title_zh": "SSH 口令错误"}],
            }
        ],
        "group": {"source_ip": "192.0.2.66"},
        "count": "3",
        "rules": [
            {
                "id": "r-1",
                "title": "SSH failed password",
                "title_zh": "SSH 口令错误",
                "events": [0, 1, 2],
                "seen": {"message": {"values": [[HOSTILE_MESSAGE, 3]], "others": 4}},
            }
        ],
    }
    return pl.DataFrame([{"alert_id": alert_id(CORRELATION), "grounds": json.dumps(told)}])


def _risk(ends: datetime) -> pl.DataFrame:
    rows = [
        {
            "entity_kind": "asset",
            "entity": place.asset_id,
            "scope": place.scope,
            "hour": (ends - timedelta(hours=back)).replace(minute=0, second=0),
            "scored_at": ends - timedelta(hours=back),
            "score": 131.0 - 7 * number - back,
            "tactics": ["credential-access", "impact"],
            "alerts": 5,
            "rules": 4,
        }
        for number, place in enumerate(PLACES)
        for back in range(1, 20)
    ]
    times = dict.fromkeys(("hour", "scored_at"), pl.Datetime("ms", "UTC"))
    return pl.DataFrame(rows, schema_overrides={**times, "alerts": pl.UInt32, "rules": pl.UInt32})


def _rule_uses(start: datetime) -> pl.DataFrame:
    rows = [{"rule_id": f"6f3e2d1c-0000-4000-8000-{number:012d}", "rule_version": "v1"} for number in range(5)]
    return pl.DataFrame(rows).with_columns(
        pl.lit(start - timedelta(days=9)).cast(pl.Datetime("ms", "UTC")).alias("first_used_at")
    )


def _alerts(start: datetime) -> pl.DataFrame:
    rows = []
    for number in range(40):
        place = PLACES[number % len(PLACES)]
        severity = (number % 5) + 1
        flows = number % 4 == 1
        index = number * 18 + number % len(PLACES)
        flow = number * 9 + number % len(PLACES)
        seen = start + timedelta(minutes=2 * index) if not flows else start + timedelta(minutes=3 * flow)
        rows.append(
            {
                "alert_id": alert_id(number),
                "rule_id": f"6f3e2d1c-0000-4000-8000-{number % 5:012d}",
                "rule_version": "v1",
                "rule_title": HOSTILE_TITLE if number == 4 else _TITLES[number % 5],
                "rule_path": "linux/auth.yml",
                "level": _LEVELS[severity - 1],
                "severity": severity,
                "tags": ["attack.credential_access", "attack.t1110"],
                "event_class": "NACRED",
                "event_table": "network_flows" if flows else "log_events",
                "event_ids": [f"flow-{flow}"] if flows else [f"log-{index}-0"],
                "matched_fields": {"program": "sshd", "message": HOSTILE_MESSAGE},
                "source": "/srv/captures/edge.pcap" if flows else "/srv/logs/auth.log",
                "scope": place.scope,
                "asset_id": place.asset_id,
                "host": f"{place.asset_id}.example.org",
                "user": "operator",
                "source_ip": "192.0.2.66",
                "destination_ip": f"192.0.2.{number % len(PLACES) + 1}",
                "first_seen": seen,
                "last_seen": seen,
                "arrived_at": seen + timedelta(seconds=20),
                "detected_at": seen + timedelta(seconds=20 + 5 * (number % 30)),
            }
        )
    at = CORRELATION * 18 + CORRELATION % len(PLACES)
    rows[CORRELATION] |= {
        "event_ids": [f"log-{at}-{copy}" for copy in range(3)],
        "matched_fields": {"source_ip": "192.0.2.66", "event_count": "3"},
        "last_seen": start + timedelta(minutes=2 * at, seconds=2),
    }
    times = dict.fromkeys(("arrived_at", "detected_at"), pl.Datetime("ms", "UTC"))
    return pl.DataFrame(rows, schema_overrides={"severity": pl.UInt8, "matched_fields": FIELDS, **times})
