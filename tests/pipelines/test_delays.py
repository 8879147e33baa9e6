"""The event-to-alert delay: measured from arrival, at exact quantiles, and only of rules that were there in time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from detectors.ruleset import load_ruleset
from pipelines.delays import DetectionDelay, detection_delay
from pipelines.detect import detect
from store.client import Store
from store.writes import append
from tests.rules.cases import store_events

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_MS = pl.Datetime("ms", "UTC")
RULE = """title: Wrong password
id: 5f1c1c0e-0000-4000-8000-000000000001
logsource: {product: linux, service: sshd}
detection:
  s: {message|contains: Failed}
  condition: s
level: low
"""


def uses(store: Store, *, since: datetime, version: str = "v1") -> None:
    row = {"rule_id": "r", "rule_version": version, "first_used_at": since}
    append(store, "rule_uses", pl.DataFrame([row], schema_overrides={"first_used_at": _MS}), token=f"{row}")


def alerts(store: Store, *, arrived: datetime, delays: list[float], version: str = "v1", rule: str = "r") -> None:
    frame = pl.DataFrame(
        {
            "alert_id": [f"{rule}{version}{arrived}{index}" for index in range(len(delays))],
            "rule_id": [rule] * len(delays),
            "rule_version": [version] * len(delays),
            "arrived_at": [arrived] * len(delays),
            "detected_at": [arrived + timedelta(seconds=each) for each in delays],
        },
        schema_overrides=dict.fromkeys(("arrived_at", "detected_at"), _MS),
    )
    append(store, "alert_matches", frame, token=f"{rule}{version}{arrived}")


def test_without_alerts_there_is_no_delay(store: Store) -> None:
    assert detection_delay(store, since=NOON) == DetectionDelay(0, 0, 0, 0.0, 0.0, 0.0)


def test_quantiles_are_those_of_the_alerts_since_the_moment(store: Store) -> None:
    uses(store, since=NOON - timedelta(days=2))
    alerts(store, arrived=NOON, delays=[*range(1, 100), 301])
    alerts(store, arrived=NOON - timedelta(days=1), delays=[5000])
    found = detection_delay(store, since=NOON)
    assert found == DetectionDelay(100, 0, 99, 51.0, 96.0, 301.0)
    assert found.is_kept


@pytest.mark.parametrize(
    ("used", "version", "counted", "later"),
    [
        pytest.param(-60, "v1", 3, 0, id="in use when the event arrived"),
        pytest.param(0, "v1", 3, 0, id="in use at that very moment"),
        pytest.param(60, "v1", 0, 3, id="used only afterwards: older events judged again"),
        pytest.param(-60, "v2", 0, 0, id="a version of which nobody knows since when it judges"),
    ],
)
def test_only_a_rule_that_was_there_in_time_can_be_late(
    store: Store, used: int, version: str, counted: int, later: int
) -> None:
    uses(store, since=NOON + timedelta(seconds=used))
    alerts(store, arrived=NOON, delays=[100, 400, 4000], version=version)
    found = detection_delay(store, since=NOON)
    assert (found.alerts, found.found_later) == (counted, later)
    assert found.is_kept is (counted == 0)


def test_a_clock_that_runs_ahead_gives_no_negative_delay(store: Store) -> None:
    uses(store, since=NOON - timedelta(days=1))
    alerts(store, arrived=NOON, delays=[-5, -5, -5])
    assert detection_delay(store, since=NOON - timedelta(hours=1)).p50_seconds == 0


def test_a_changed_rule_finds_older_events_without_being_late(store: Store, tmp_path: Path) -> None:
    def judged(text: str) -> DetectionDelay:
        (tmp_path / "rule.yml").write_text(text, encoding="utf-8")
        detect(store, load_ruleset(tmp_path))
        return detection_delay(store)

    event = {"product": "linux", "service": "sshd", "host": "app-1", "message": "Failed password"}
    assert judged(RULE).alerts == 0
    store_events(store, [event], batch_id="before")
    assert (judged(RULE).alerts, judged(RULE).found_later) == (1, 0)
    changed = judged(RULE.replace("contains: Failed", "startswith: Failed"))
    assert (changed.alerts, changed.found_later) == (1, 1)
    store_events(store, [event], batch_id="after")
    assert judged(RULE.replace("contains: Failed", "startswith: Failed")).alerts == 2
