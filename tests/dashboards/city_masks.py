"""Masks that fail in the made-up city: one finding of every check."""

import json
from datetime import datetime

import polars as pl

PLACES = (
    ("fuzhou/gulou", "health-db-01", "/srv/export/residents.csv"),
    ("fuzhou/dept-water", "water-plc-01", "/srv/export/clinics.parquet"),
)
PHONE, RESIDENT = "PHONE_NUMBER", "CN_RESIDENT_ID"
FOUND: tuple[tuple[str, str, list[str], str, str, dict[str, object]], ...] = (
    ("raw_value", "critical", ["phone_masked"], PHONE, "raw_value", {"raw_rows": 120, "rows": 12000}),
    ("coverage", "medium", ["phone_masked"], PHONE, "coverage", {"masked_rows": 11880, "rows": 12000}),
    ("residual", "high", ["id_card"], RESIDENT, "residual", {"candidates_least": 281, "shown_characters": "1-12"}),
    ("partial", "high", ["phone_masked"], PHONE, "partial", {"rate": 0.01, "rate_low": 0.0084}),
    ("windows", "critical", ["phone_a", "phone_b"], PHONE, "windows", {"candidates_together": 1, "key": "user_id"}),
    ("digest", "medium", ["phone_md5"], PHONE, "digest_bare", {"digest_bytes": 16, "digests_tried": 100000}),
    ("encoding", "critical", ["payload"], RESIDENT, "encoding", {"encoding": "base64 in base64", "values": 500}),
    ("beside", "high", ["phone", "remark"], PHONE, "beside", {"rows_same_value": 44, "sample": "138********"}),
    ("stand_in", "medium", ["id_token"], RESIDENT, "stand_in", {"valid_rows": 12000, "rows": 12000}),
    ("derived", "high", ["id_card", "birth_date"], RESIDENT, "derived", {"candidates_median": 90.0}),
    ("equivalence", "informational", ["gender", "district"], "", "equivalence", {"k": 182, "effect_level": 3}),
)


def mask_findings(ends: datetime) -> pl.DataFrame:
    """A finding of every check in each place."""
    rows = [
        {
            "finding_id": f"{dataset}-{check}",
            "scan_id": "checked-1",
            "dataset": dataset,
            "columns": columns,
            "check": check,
            "entity_type": entity,
            "severity": severity,
            "evidence": json.dumps(evidence, sort_keys=True, separators=(",", ":")),
            "mend": mend,
            "scope": scope,
            "asset_id": asset,
            "found_at": ends,
        }
        for scope, asset, dataset in PLACES
        for check, severity, columns, entity, mend, evidence in FOUND
    ]
    return pl.DataFrame(rows, schema_overrides={"found_at": pl.Datetime("ms", "UTC")})


def mask_check_runs(ends: datetime) -> pl.DataFrame:
    """The run that found them."""
    rows = [
        {"scan_id": "checked-1", "dataset": dataset, "check": check, "finished_at": ends}
        for _, _, dataset in PLACES
        for check, *_ in FOUND
    ]
    return pl.DataFrame(rows, schema_overrides={"finished_at": pl.Datetime("ms", "UTC")})
