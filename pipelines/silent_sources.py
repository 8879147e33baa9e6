"""Silent log sources from the activity roll-up: who used to speak, who still does, and what alert that makes."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import cast

from detectors.silence import Silence, SilenceRule, SourceActivity, silences
from pipelines.alert_rows import Alert, Evidence, evidence_of, utc
from pipelines.event_blocks import ENVELOPE
from store.client import Store

_HORIZON = "SELECT max(bucket) AS latest, count() AS buckets FROM log_activity WHERE bucket <= {now:DateTime('UTC')}"

_ACTIVITY = """
SELECT
    host,
    source_type,
    argMax(log_activity.scope, bucket) AS last_scope,
    argMax(log_activity.asset_id, bucket) AS last_asset,
    groupUniqArray(bucket) AS buckets
FROM log_activity
WHERE bucket BETWEEN {since:DateTime('UTC')} AND {until:DateTime('UTC')} AND host != ''
GROUP BY host, source_type
"""

_EXPECTED = "SELECT asset_id, expected_sources FROM monitored_assets WHERE notEmpty(expected_sources)"

_LAST_EVENT = f"""
SELECT event_id, event_time, {ENVELOPE["log_events"]}
FROM log_events
WHERE host = {{host:String}} AND source_type = {{source_type:String}}
  AND event_time BETWEEN {{since:DateTime('UTC')}} AND {{until:DateTime('UTC')}}
ORDER BY event_time DESC, event_id
LIMIT 1
"""  # noqa: S608 - a constant list of columns


def silent_sources(store: Store, rule: SilenceRule, *, now: datetime) -> Iterator[Alert]:
    """An alert for every source that is silent at the latest moment that any source was heard, up to `now`."""
    row = store.rows(_HORIZON, {"now": now})[0]
    if not row["buckets"]:
        return
    horizon = utc(row["latest"])
    since = horizon - timedelta(hours=rule.baseline_hours)
    expected = {
        (str(each["asset_id"]), source_type)
        for each in store.rows(_EXPECTED)
        for source_type in cast("list[str]", each["expected_sources"])
    }
    activity = [_source(each, expected) for each in store.rows(_ACTIVITY, {"since": since, "until": horizon})]
    for silence in silences(rule, activity, horizon=horizon):
        yield _alert(store, rule, silence)


def _source(row: dict[str, object], expected: set[tuple[str, str]]) -> SourceActivity:
    asset_id, source_type = str(row["last_asset"]), str(row["source_type"])
    return SourceActivity(
        host=str(row["host"]),
        source_type=source_type,
        scope=str(row["last_scope"]),
        asset_id=asset_id,
        buckets=tuple(sorted(utc(bucket) for bucket in cast("list[datetime]", row["buckets"]))),
        expected=(asset_id, source_type) in expected,
    )


def _alert(store: Store, rule: SilenceRule, silence: Silence) -> Alert:
    source, heard = silence.source, silence.last_heard
    found = store.rows(
        _LAST_EVENT,
        {
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
        identity=f"{source.host}\0{source.source_type}\0{last.isoformat()}",
    )


def _without_event(source: SourceActivity, heard: datetime) -> Evidence:
    """The evidence when the events themselves are gone and only the roll-up remembers them."""
    return Evidence("log_events", "", source.scope, source.asset_id, source.host, "", "", "", heard)
