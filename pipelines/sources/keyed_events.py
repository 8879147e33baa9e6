"""Events of FortiGate's and Sophos' firewalls in their own form: `date=2026-03-01 time=10:00:00 key="value"`.

Fortinet, FortiOS Log Message Reference; Sophos Firewall, Syslog guide.
"""

import polars as pl

from pipelines.sources.device_events import device_rows
from pipelines.sources.pairs import MIDDLE, PAIR, columns_of, pairs_of, unmarked

# srcip=192.0.2.1 user="bob smith" msg="say \"no\""
_PAIR = r'(?s)(?:^|[\s,]+)([A-Za-z_][\w.\-]*)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))'

_WANTED = {
    "source_ip": ("srcip", "src_ip", "remip"),
    "source_port": ("srcport", "src_port"),
    "destination_ip": ("dstip", "dst_ip", "locip"),
    "destination_port": ("dstport", "dst_port"),
    "user": ("user", "user_name", "srcuser", "xauthuser"),
    "action": ("action", "status", "log_subtype"),
    "outcome": ("status", "result"),
    "own_host": ("devname", "device_name"),
    "host": ("devid", "device_id"),
    "url": ("url",),
    "method": ("httpmethod", "method"),
    "kind": ("log_component",),
}
_OTHERS = ("date", "time", "tz", "eventtime", "level", "priority", "type", "log_type", "logdesc", "devid", "logid")


def keyed_rows(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of `log_events`, and rejects, from lines whose `message` begins with a date and a time under their names.

    `eventtime` counts, else date and time with `tz`, which is UTC where it is missing.
    """
    pairs = pairs_of(unmarked(lines["message"]).str.replace_all(_PAIR, f"{PAIR}${{1}}{MIDDLE}${{2}}${{3}}"))
    held = pl.col("value").str.replace_all(r'\\(["\\])', "${1}")
    pairs = pairs.with_columns(pl.when(pl.col("value").str.contains("\\", literal=True)).then(held).otherwise("value"))
    names = {name for wanted in _WANTED.values() for name in wanted} | set(_OTHERS)
    wanted = columns_of(pairs, sorted(names), lines.height).with_columns(pl.all().replace({"": None, "N/A": None}))
    found = wanted.select(pl.coalesce(f"@{n}" for n in each).alias(f"said.{name}") for name, each in _WANTED.items())
    zone = pl.col("@tz").str.extract(r"([+-]\d\d:?\d\d)", 1).fill_null("Z")
    written = wanted.select(pl.format("{}T{}{}", pl.col("@date").str.strip_chars_end(","), "@time", zone).alias("time"))
    fortinet = pl.coalesce("@devid", "@logid").is_not_null()
    told = wanted.select(
        pl.when(fortinet).then(pl.lit("fortigate")).otherwise(pl.lit("sophos")).alias("deviceVendor"),
        pl.coalesce("@type", "@log_type").fill_null("").alias("deviceProduct"),
        pl.coalesce("@level", "@priority").alias("severity"),
        pl.col("@logdesc").fill_null("").alias("name"),
        pl.coalesce(pl.col("@eventtime"), written["time"]).alias("said.time"),
    )
    return device_rows(lines.hstack(found).hstack(told), pairs, (), "no event")
