"""Events of Sysmon for Linux, which stand as XML in syslog lines."""

import polars as pl

from pipelines.batch import Batch
from pipelines.sources.columns import frame_of, rejects_of
from pipelines.sources.times import utc_times
from pipelines.sources.windows_event import windows_row
from pipelines.sources.windows_rows import Reject
from pipelines.sources.windows_xml import event_of

_CHANNEL = "Microsoft-Windows-Sysmon/Operational"
_LIMIT = 256 * 1024


def sysmon_batch(lines: pl.DataFrame) -> Batch:
    """The batch of lines of Sysmon (`message` is the event, and the columns of a syslog line); fields as on Windows.

    The event's own time counts; where it has none, the line's.
    """
    rows, times, rejects = list[dict[str, object]](), list[str | None](), list[tuple[int, str, str]]()
    kept = list[int]()
    for at, (offset, host, text) in enumerate(lines.select("offset", "host", "message").iter_rows()):
        event = event_of(offset, text[:_LIMIT].encode())
        if isinstance(event, Reject):
            rejects.append((offset, event.reason, text))
            continue
        row = windows_row(offset, {**event.fields, "Channel": _CHANNEL}, text)
        own = {"product": "linux", "host": host or row["host"], "fields": event.fields}
        rows.append({**row, **own})
        times.append(event.time or None)
        kept.append(at)
    said = utc_times(pl.Series(times, dtype=pl.String))
    written = lines["event_time"].gather(kept)
    time = pl.select(pl.coalesce(said, written)).to_series()
    frame = frame_of(rows, "log_events").with_columns(time.alias("event_time"))
    return Batch("log_events", frame, rejects_of(rejects), "sysmon")
