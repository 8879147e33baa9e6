"""What the made-up city's scans, readings and detection runs left on record."""

import hashlib
from datetime import datetime, timedelta

import polars as pl


def scans(ends: datetime) -> pl.DataFrame:
    grades = (
        ("/srv/export/residents.csv", "important", "fuzhou/gulou"),
        ("/srv/export/clinics.parquet", "general-4", "fuzhou/dept-water"),
        ("/srv/clean.csv", "", "fuzhou"),
    )
    return pl.DataFrame(
        [
            {
                "scan_id": f"scan-{index}",
                "dataset": dataset,
                "started_at": ends - timedelta(minutes=3),
                "finished_at": ends,
                "rows": 12000,
                "columns": 9,
                "findings": 3,
                "grade": grade,
                "policy_version": "2026.1",
                "method": "every row, distinct values",
                "persons": 11000,
                "grounds": ["item=resident_id", "floor=sensitive_personal"] if grade else [],
                "questions": ["unregistered", "large_scale=1200000"] if grade else [],
                "evidence": f"evidence-{index}",
                "scope": scope,
            }
            for index, (dataset, grade, scope) in enumerate(grades)
        ],
        schema_overrides={
            "rows": pl.UInt64,
            "columns": pl.UInt32,
            "findings": pl.UInt32,
            "persons": pl.UInt64,
            **dict.fromkeys(("grounds", "questions"), pl.List(pl.String)),
            **dict.fromkeys(("started_at", "finished_at"), pl.Datetime("ms", "UTC")),
        },
    )


def scan_changes() -> pl.DataFrame:
    told = (
        ("scan-0", "/srv/export/residents.csv", "mobile", "PHONE_NUMBER", "unmasked", "", ""),
        ("scan-0", "/srv/export/residents.csv", "card", "CREDIT_CARD", "share", "mistake", "part"),
        ("scan-1", "/srv/export/clinics.parquet", "name", "PERSON", "gone", "general-2", ""),
    )
    names = ("scan_id", "dataset", "column", "entity_type", "change", "before", "after")
    return pl.DataFrame([dict(zip(names, each, strict=True)) for each in told])


def findings(ends: datetime) -> pl.DataFrame:
    types = {
        "resident_id": ("CN_RESIDENT_ID", "identity", "general-4", False, "35**************1X"),
        "mobile": ("PHONE_NUMBER", "basic", "general-3", False, "138****0000"),
        "name": ("PERSON", "basic", "general-2", True, "陈*"),
        "card": ("CREDIT_CARD", "property", "general-4", True, "6222 **** **** 0000"),
    }
    places = (
        ("fuzhou/gulou", "health-db-01", "residents.csv"),
        ("fuzhou/dept-water", "water-plc-01", "clinics.parquet"),
    )
    rows = [
        {
            "finding_id": f"{dataset}-{column}",
            "scan_id": f"scan-{number}",
            "dataset": f"/srv/export/{dataset}",
            "column": column,
            "entity_type": entity,
            "rows": 12000,
            "hits": 11800 - 100 * number,
            "confidence": 0.98,
            "category": category,
            "grade": grade,
            "sensitive_35273": grade == "general-4",
            "sensitive_45574": grade == "general-4",
            "masked": masked or number == 1,
            "masked_sample": sample,
            "fingerprint": "0" * 64,
            "review": "" if masked else "确认该列是否必须以明文导出",
            "scope": scope,
            "asset_id": asset,
            "found_at": ends,
            "evidence": f"evidence-{column}",
        }
        for number, (scope, asset, dataset) in enumerate(places)
        for column, (entity, category, grade, masked, sample) in types.items()
    ]
    counts = dict.fromkeys(("rows", "hits"), pl.UInt64)
    return pl.DataFrame(rows, schema_overrides={"found_at": pl.Datetime("ms", "UTC"), **counts})


def rejects() -> pl.DataFrame:
    reasons = ("time stamp is not a date", "line is longer than 1 MiB", "record checksum is wrong")
    return pl.DataFrame(
        [
            {
                "source": "/srv/logs/auth.log",
                "source_type": "syslog",
                "batch_id": "batch-1",
                "offset": number,
                "reason": reasons[number % 3 if number % 7 else 0],
                "content": "…",
            }
            for number in range(60)
        ],
        schema_overrides={"offset": pl.UInt64},
    )


def files() -> pl.DataFrame:
    names = {"auth.log": "syslog", "edge.pcap": "pcap", "broken.evtx": "evtx"}
    return pl.DataFrame(
        [
            {
                "file_hash": hashlib.sha256(name.encode()).hexdigest(),
                "source": f"/srv/logs/{name}",
                "source_type": kind,
                "bytes": 4_200_000,
                "rows": 0 if kind == "evtx" else 21_000,
                "rejected": 60 if kind == "syslog" else 0,
                "reason": "not an event log: no ElfFile signature" if kind == "evtx" else "",
                "seconds": 1.4,
            }
            for name, kind in names.items()
        ],
        schema_overrides=dict.fromkeys(("bytes", "rows", "rejected"), pl.UInt64),
    )


def runs(ends: datetime) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "run_id": f"run-{number}",
                "ruleset_id": "rules-1",
                "started_at": ends - timedelta(minutes=number),
                "seconds": 0.4 + number / 10,
                "events": 1_200,
                "rules": 31,
                "unusable": 1,
                "alerts_new": 5 - number % 5,
            }
            for number in range(12)
        ],
        schema_overrides={
            "started_at": pl.Datetime("ms", "UTC"),
            "events": pl.UInt64,
            "rules": pl.UInt32,
            "unusable": pl.UInt32,
            "alerts_new": pl.UInt64,
        },
    )


def exchanges(ends: datetime) -> pl.DataFrame:
    """What a district and the water works gave away: up with a ground, down without."""
    here, water = ("鼓楼区大数据中心", "county", "fuzhou/gulou"), ("市水务集团", "department", "fuzhou/dept-water")
    province, street = ("省大数据局", "province", ""), ("五凤街道", "township", "fuzhou/gulou/wufeng")
    told: tuple[tuple[str, tuple[str, ...], tuple[str, ...], str, str, str, list[str]], ...] = (
        ("residents.csv", here, province, "up", "general-4", "Agreement 3", []),
        (
            "residents.csv",
            here,
            street,
            "down",
            "important",
            "",
            ["exchange_without_basis", "exchange_grade_forbidden"],
        ),
        ("clinics.parquet", water, province, "up", "general-2", "Agreement 7", []),
    )
    rows = [
        {
            "exchange_id": f"exchange-{number}",
            "origin": "log",
            "event_id": f"e-{number}",
            "event_time": ends - timedelta(hours=number + 1),
            "dataset": dataset,
            "columns": ["mobile", "name"],
            "rows": 1_200 * (number + 1),
            **{f"sender{end}": value for end, value in zip(("", "_level", "_scope"), sender, strict=True)},
            **{f"receiver{end}": value for end, value in zip(("", "_level", "_scope"), receiver, strict=True)},
            "direction": direction,
            "account": "exchange",
            "grade": grade,
            "masked": not breaches,
            "basis_kind": "sharing" if basis else "",
            "basis": basis,
            "breaches": breaches,
        }
        for number, (dataset, sender, receiver, direction, grade, basis, breaches) in enumerate(told)
    ]
    return pl.DataFrame(rows, schema_overrides={"rows": pl.UInt64, "breaches": pl.List(pl.String)})
