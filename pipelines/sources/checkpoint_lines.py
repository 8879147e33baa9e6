"""What Check Point's Log Exporter sends in its form `syslog`: `[action:"Drop"; src:"192.0.2.7"; ...]`.

Check Point, Log Exporter (sk122323).
"""

import polars as pl

from pipelines.sources.appliance_rows import Told, wanted_of_pairs
from pipelines.sources.device_events import slug
from pipelines.sources.pairs import MIDDLE, PAIR, pairs_of, unmarked
from pipelines.sources.times import utc_times

# [action:"Drop"; flags:"400644"; time:"1772330400"; dst:"198.51.100.2"; product:"VPN-1 & FireWall-1"; s_port:"4000"]
CHECKPOINT_SAID = r'^\[[A-Za-z_][\w\-]*:"'

_PAIR = r'(?s)(?:^\[|; ?)([A-Za-z_][\w\- ]*):"((?:[^"\\]|\\.)*)"'
_WANTED = {
    "source_ip": ("src", "client_ip"),
    "source_port": ("s_port",),
    "destination_ip": ("dst",),
    "destination_port": ("service",),
    "user": ("user", "src_user_name", "administrator"),
    "action": ("action", "operation"),
    "outcome": ("status", "audit_status"),
    "severity": ("severity",),
    "time": ("time",),
    "product": ("product",),
}
_LEVELS = {"0": "informational", "1": "low", "2": "medium", "3": "high", "4": "critical"}


def checkpoint_told(lines: pl.DataFrame) -> Told:
    """What such lines (`message`) say; the time is the event's own, which is UTC."""
    pairs = pairs_of(unmarked(lines["message"]).str.replace_all(_PAIR, f"{PAIR}${{1}}{MIDDLE}${{2}}{PAIR}"))
    pairs = pairs.with_columns(pl.col("value").str.replace_all(r'\\(["\\\];])', "${1}"))
    found = wanted_of_pairs(pairs, _WANTED, lines.height)
    columns = found.select(
        pl.exclude("time", "product", "severity"),
        pl.col("severity").str.to_lowercase().replace(_LEVELS),
        slug(pl.col("product")).alias("service"),
        utc_times(found["time"]).alias("event_time"),
    )
    return Told(columns, pairs)
