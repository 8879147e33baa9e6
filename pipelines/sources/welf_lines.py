"""Events of firewalls in WebTrends' format (WELF), as SonicWall's and Topsec's send it: `id=firewall time="..." ...`.

SonicOS Log Events Reference; TopsecOS writes the same with ports apart.
"""

import polars as pl

from pipelines.sources.appliance_rows import Told, wanted_of_pairs
from pipelines.sources.device_events import slug
from pipelines.sources.pairs import MIDDLE, PAIR, pairs_of, unmarked
from pipelines.sources.times import utc_times

# id=firewall sn=0017C5000000 time="2026-03-01 10:00:00 UTC" fw=203.0.113.1 pri=5 m=36 src=192.0.2.7:4000:X1 dst=...
WELF_SAID = r"^id=[\w\-.]+ (?:sn=\S+ )?(?:time=\"?\d{4}-\d\d-\d\d |fw=|pri=)"

_PAIR = r'(?s)(?:^|\s)([A-Za-z_][\w.\-]*)=(?:"([^"]*)"|(\S*))'
_WANTED = {
    "source": ("src", "srcip"),
    "sport": ("sport", "srcport"),
    "destination": ("dst", "dstip"),
    "dport": ("dport", "dstport"),
    "user": ("user", "usr", "admin"),
    "action": ("action", "fw_action", "act", "op", "rule"),
    "outcome": ("result",),
    "sentence": ("msg",),
    "level": ("pri",),
    "host": ("fw",),
    "time": ("time",),
    "service": ("type",),
    "id": ("id",),
    "sn": ("sn",),
}
# 192.0.2.7:4000:X1 | [2001:db8::7]:4000:X1 | 192.0.2.7
_END = r"^(?:\[(?P<v6>[^\]]+)\]|(?P<v4>\d{1,3}(?:\.\d{1,3}){3}))(?::(?P<port>\d+))?"
_LEVELS = {
    **dict.fromkeys(("0", "1", "2"), "critical"),
    "3": "high",
    "4": "medium",
    "5": "low",
    "6": "informational",
    "7": "informational",
}
_PRODUCTS = {"tos": "topsec"}
_STOPPED = r"(?i)\b(?:drop(?:ped)?|denied|deny|block(?:ed)?|reject(?:ed)?)\b"


def welf_told(lines: pl.DataFrame) -> Told:
    """What such lines (`message`) say; the time is the event's own where it says that it is UTC."""
    pairs = pairs_of(unmarked(lines["message"]).str.replace_all(_PAIR, f"{PAIR}${{1}}{MIDDLE}${{2}}${{3}}{PAIR}"))
    found = wanted_of_pairs(pairs, _WANTED, lines.height, nothing=("", "n/a"))
    source, destination = (pl.col(name).str.extract_groups(_END).struct for name in ("source", "destination"))
    stopped = pl.when(pl.col("sentence").str.contains(_STOPPED)).then(pl.lit("drop"))
    kind = (
        pl.when(pl.col("sn").is_not_null()).then(pl.lit("sonicwall")).otherwise(slug(pl.col("id")).replace(_PRODUCTS))
    )
    columns = found.select(
        pl.coalesce(source.field("v6"), source.field("v4"), "source").alias("source_ip"),
        pl.coalesce(source.field("port"), "sport").alias("source_port"),
        pl.coalesce(destination.field("v6"), destination.field("v4"), "destination").alias("destination_ip"),
        pl.coalesce(destination.field("port"), "dport").alias("destination_port"),
        "user",
        pl.coalesce("action", stopped).alias("action"),
        pl.coalesce("outcome", pl.when(pl.col("action").is_null() & stopped.is_null()).then("sentence")).alias(
            "outcome"
        ),
        pl.col("level").replace_strict(_LEVELS, default=None, return_dtype=pl.String).alias("severity"),
        *("host", "service"),
        kind.alias("product"),
    )
    own = utc_times(found["time"].str.extract(r"^(.*) UTC$", 1)).alias("event_time")
    return Told(columns.with_columns(own), pairs.filter(pl.col("value") != ""))
