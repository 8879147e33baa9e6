"""Alerts out of a small alphabet, so that their fields often agree; hostile texts among the values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import strategies as st

from pipelines.batch import FIELDS
from response.grouping import SeenAlert
from response.suppression import COLUMNS, AlertFacts
from store.client import Store
from store.writes import append

LEVELS = ("informational", "low", "medium", "high", "critical")
VALUES = ("", "a", "b", "A", "o'brien\\", "'); DROP TABLE alert_matches; --", "{x:String}", "榕城\t%_")
MATCHED = ("program", "user", "Image\\'Path")


@dataclass(frozen=True)
class Generated:
    """An alert of a test."""

    alert_id: str
    rule_id: str
    severity: int
    seen: datetime
    lasted: timedelta = timedelta(0)
    columns: Mapping[str, str] = field(default_factory=dict)
    matched_fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def facts(self) -> AlertFacts:
        """What of it decides whether a suppression hides it."""
        return AlertFacts(self.alert_id, self.rule_id, self.severity, self.columns, self.matched_fields)

    @property
    def seen_alert(self) -> SeenAlert:
        """What of it decides to which group it belongs."""
        names = ("asset_id", "host", "source_ip", "destination_ip")
        entities = {name: self.columns.get(name, "") for name in names}
        return SeenAlert(self.alert_id, self.rule_id, self.seen, self.seen + self.lasted, **entities)


def alert_lists(prefix: str, *, until: datetime) -> st.SearchStrategy[list[Generated]]:
    """Lists of alerts in the four hours before a moment, ids and rules marked with a prefix."""
    values = st.sampled_from(VALUES)
    minutes = st.integers(0, 240)
    drawn = st.tuples(
        st.sampled_from(("r1", "r2")),
        st.integers(1, 5),
        minutes,
        st.integers(0, 90),
        st.fixed_dictionaries({}, optional=dict.fromkeys(COLUMNS, values)),
        st.fixed_dictionaries({}, optional=dict.fromkeys(MATCHED, values)),
    )

    def numbered(found: list[tuple[str, int, int, int, dict[str, str], dict[str, str]]]) -> list[Generated]:
        return [
            Generated(
                f"{prefix}-{number:03}",
                f"{prefix}-{rule}",
                severity,
                until - timedelta(minutes=ago + lasted),
                timedelta(minutes=lasted),
                columns,
                matched,
            )
            for number, (rule, severity, ago, lasted, columns, matched) in enumerate(found)
        ]

    return st.lists(drawn, min_size=1, max_size=25).map(numbered)


def add_alerts(store: Store, alerts: Sequence[Generated], *, scope: str = "") -> None:
    """Write alerts as detection does; `scope` for those that have none of their own."""
    now = datetime.now(UTC)
    rows = [
        {
            "alert_id": alert.alert_id,
            "rule_id": alert.rule_id,
            "rule_title": "Rule",
            "level": LEVELS[alert.severity - 1],
            "severity": alert.severity,
            "event_ids": [alert.alert_id],
            "matched_fields": dict(alert.matched_fields),
            **{name: alert.columns.get(name, "") for name in COLUMNS},
            "scope": alert.columns.get("scope", "") or scope,
            "first_seen": alert.seen,
            "last_seen": alert.seen + alert.lasted,
            "arrived_at": now,
        }
        for alert in alerts
    ]
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        "severity": pl.UInt8(),
        "matched_fields": FIELDS,
        "first_seen": pl.Datetime("us", "UTC"),
        "last_seen": pl.Datetime("us", "UTC"),
        "arrived_at": pl.Datetime("ms", "UTC"),
    }
    append(store, "alert_matches", pl.DataFrame(rows, schema_overrides=schema), token=alerts[0].alert_id)
