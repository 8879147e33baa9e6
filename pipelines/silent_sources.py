"""Silent log sources from the activity roll-up: who used to speak, who still does, and what alert that makes."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import cast

from detectors.silence import Clock, Silence, SourceActivity, listening_since, silences
from detectors.silence_rule import SilenceRule
from pipelines.alert_rows import Alert, Evidence, evidence_of, utc
from pipelines.event_blocks import ENVELOPE
from store.client import Store

_NEWEST = "SELECT max(bucket) AS latest, count() AS buckets FROM log_activity WHERE bucket <= {now:DateTime('UTC')}"

# Each source's own last days: one that was read from an archive may have ended long before the others. The roll-up
# keeps several rows of one span, by service and by part.
_ACTIVITY = """
SELECT
    scope,
    host,
    source_type,
    argMax(asset_id, bucket) AS last_asset,
    arrayFilter(span -> span.1 >= max(bucket) - toIntervalHour({hours:UInt32}), groupArray((bucket, arrived))) AS spans
FROM (
    SELECT scope, host, source_type, bucket, any(log_activity.asset_id) AS asset_id, max(last_ingested_at) AS arrived
    FROM log_activity
    WHERE bucket BETWEEN {since:DateTime('UTC')} AND {now:DateTime('UTC')} AND host != ''
    GROUP BY scope, host, source_type, bucket
)
GROUP BY scope, host, source_type
"""

_RUNS = (
    "SELECT started_at FROM detection_runs WHERE started_at BETWEEN {since:DateTime('UTC')} AND {now:DateTime('UTC')}"
)

# How much older than the newest a source may be and still be looked at.
_HORIZON = timedelta(days=31)

# Detection runs every minute where telemetry is taken in as it comes; a restart takes less than this.
_LONGEST_PAUSE = timedelta(minutes=15)

_EXPECTED = "SELECT asset_id, expected_sources FROM monitored_assets WHERE notEmpty(expected_sources)"

_LAST_EVENT = f"""
SELECT event_id, event_time, {ENVELOPE["log_events"]}
FROM log_events
WHERE scope = {{scope:String}} AND host = {{host:String}} AND source_type = {{source_type:String}}
  AND event_time BETWEEN {{since:DateTime('UTC')}} AND {{until:DateTime('UTC')}}
ORDER BY event_time DESC, event_id
LIMIT 1
"""  # noqa: S608 - a constant list of columns


def silent_sources(store: Store, rule: SilenceRule, *, now: datetime) -> Iterator[Alert]:
    """An alert for every source that is silent at `now`, or was when the archive it was read from ends."""
    row = store.rows(_NEWEST, {"now": now})[0]
    if not row["buckets"]:
        return
    expected = {
        (str(each["asset_id"]), source_type)
        for each in store.rows(_EXPECTED)
        for source_type in cast("list[str]", each["expected_sources"])
    }
    window = {"since": utc(row["latest"]) - _HORIZON, "now": now, "hours": rule.baseline_hours}
    activity = [_source(each, expected) for each in store.rows(_ACTIVITY, window)]
    for silence in silences(rule, activity, clock=_clock(store, rule, now)):
        yield _alert(store, rule, silence)


def _clock(store: Store, rule: SilenceRule, now: datetime) -> Clock:
    rows = store.rows(_RUNS, {"since": now - timedelta(hours=rule.baseline_hours), "now": now})
    runs = [utc(row["started_at"]) for row in rows]
    return Clock(now, listening_since(runs, now=now, pause=_LONGEST_PAUSE))


def _source(row: dict[str, object], expected: set[tuple[str, str]]) -> SourceActivity:
    asset_id, source_type = str(row["last_asset"]), str(row["source_type"])
    spans = sorted(cast("list[tuple[datetime, datetime]]", row["spans"]))
    return SourceActivity(
        host=str(row["host"]),
        source_type=source_type,
        scope=str(row["scope"]),
        asset_id=asset_id,
        buckets=tuple(utc(bucket) for bucket, _ in spans),
        arrivals=tuple(utc(arrived) for _, arrived in spans),
        expected=(asset_id, source_type) in expected,
    )


def _alert(store: Store, rule: SilenceRule, silence: Silence) -> Alert:
    source, heard = silence.source, silence.last_heard
    found = store.rows(
        _LAST_EVENT,
        {
            "scope": source.scope,
            "host": source.host,
            "source_type": source.source_type,
            "since": heard,
            "until": heard + timedelta(minutes=5),
        },
    )
    last = utc(found[0]["event_time"]) if found else heard
    evidence = evidence_of(found[0], "log_events") if found else _without_event(source, heard)
    return Alert(
        rule=rule.head,
        event_ids=tuple(str(row["event_id"]) for row in found),
        evidence=evidence,
        first_seen=last,
        last_seen=last,
        matched_fields={
            "host": source.host,
            "source_type": source.source_type,
            "last_heard": last.isoformat(),
            "longest_gap_minutes": f"{silence.longest_gap.total_seconds() / 60:.0f}",
            "silent_minutes": f"{silence.silent_for.total_seconds() / 60:.0f}",
        },
        identity=f"{source.scope}\0{source.host}\0{source.source_type}\0{last.isoformat()}",
    )


def _without_event(source: SourceActivity, heard: datetime) -> Evidence:
    """The evidence when the events themselves are gone and only the roll-up remembers them."""
    return Evidence("log_events", "", source.scope, source.asset_id, source.host, "", "", "", heard)
