"""The event-to-alert delay: measured from arrival, at exact quantiles."""

from datetime import UTC, datetime, timedelta

import polars as pl

from pipelines.delays import DetectionDelay, detection_delay
from store.client import Store
from store.writes import append

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_without_alerts_there_is_no_delay(store: Store) -> None:
    assert detection_delay(store, since=NOON) == DetectionDelay(0, 0, 0.0, 0.0, 0.0)


def test_quantiles_are_those_of_the_alerts_since_the_moment(store: Store) -> None:
    seconds = [*range(1, 100), 301, 5000]
    matches = pl.DataFrame(
        {
            "alert_id": [f"a{index}" for index in range(len(seconds))],
            "arrived_at": [NOON] * 100 + [NOON - timedelta(days=1)],
            "detected_at": [NOON + timedelta(seconds=each) for each in seconds[:100]] + [NOON - timedelta(hours=1)],
        },
        schema_overrides=dict.fromkeys(("arrived_at", "detected_at"), pl.Datetime("ms", "UTC")),
    )
    append(store, "alert_matches", matches, token=NOON.isoformat())
    assert detection_delay(store, since=NOON) == DetectionDelay(100, 99, 51.0, 96.0, 301.0)
