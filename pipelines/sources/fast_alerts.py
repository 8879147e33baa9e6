"""Alerts in one line each, as Suricata's and Snort's `fast` and syslog outputs write them."""

import polars as pl

from pipelines.sources.appliance_rows import Told, pairs_of_columns

# [1:2100498:7] GPL ATTACK_RESPONSE id check [**] [Classification: Misc Attack] [Priority: 2] {TCP} 192.0.2.7:80 -> ...
ALERT_SAID = r"^(?:\[\w+\] *)?(?:\[\*\*\] *)?\[\d+:\d+:\d+\] .*\[Priority: \d+\].*\{[\w\-]+\} "

_ADDRESS = r"(?:\[[0-9A-Fa-f:.]+\]|\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*?)"
_ALERT = (
    r"(?s)^(?:\[(?P<mark>\w+)\] *)?(?:\[\*\*\] *)?\[(?P<gid>\d+):(?P<signature_id>\d+):(?P<rev>\d+)\] "
    r'"?(?P<signature>.*?)"? *(?:\[\*\*\] *)?(?:\[Classification: (?P<category>[^\]]*)\] *)?'
    r"\[Priority: (?P<priority>\d+)\]:? *(?:\[[^\]]*\] *)*"
    rf"\{{(?P<proto>[\w\-]+)\}} (?P<src_ip>{_ADDRESS})(?::(?P<src_port>\d+))? -> "
    rf"(?P<dest_ip>{_ADDRESS})(?::(?P<dest_port>\d+))?\s*$"
)
_SEVERITIES = {"1": "high", "2": "medium", "3": "low", "4": "informational"}
_ICMP = r"(?i)^(?:ipv6-)?icmp"
_OF_ALERT = ("gid", "signature_id", "rev", "signature", "category", "action")


def alerts_told(lines: pl.DataFrame) -> Told:
    """What such lines (`message`) say, under the names of EVE's alerts; null columns where a line is no alert."""
    split = lines.select(pl.col("message").str.extract_groups(_ALERT).alias("alert")).unnest("alert")
    stopped = pl.col("mark").str.to_lowercase().str.ends_with("drop") & ~pl.col("mark").str.starts_with("w")
    alert = split.with_columns(
        pl.when(stopped)
        .then(pl.lit("blocked"))
        .when(pl.col("gid").is_not_null())
        .then(pl.lit("allowed"))
        .alias("action"),
        pl.col("category").replace({"(null)": None}),
    )
    icmp = pl.col("proto").str.contains(_ICMP)
    # Where others have ports, ICMP has type and code.
    ports = [pl.when(~icmp).then(name).alias(name) for name in ("src_port", "dest_port")]
    fields = alert.select(
        *(pl.col(name).alias(f"alert.{name}") for name in _OF_ALERT),
        pl.col("priority").alias("alert.severity"),
        *("proto", "src_ip", "dest_ip"),
        *ports,
        pl.when(icmp).then("src_port").alias("icmp_type"),
        pl.when(icmp).then("dest_port").alias("icmp_code"),
    )
    columns = fields.select(
        pl.col("src_ip").alias("source_ip"),
        pl.col("src_port").alias("source_port"),
        pl.col("dest_ip").alias("destination_ip"),
        pl.col("dest_port").alias("destination_port"),
        pl.when(pl.col("proto").is_not_null()).then(pl.lit("alert")).alias("action"),
        pl.when(pl.col("alert.action") == "blocked").then(pl.lit("failed")).otherwise(pl.lit("ok")).alias("outcome"),
        pl.col("alert.severity").replace_strict(_SEVERITIES, default="informational").alias("severity"),
        pl.lit("alert").alias("service"),
        pl.lit("").alias("category"),
    )
    return Told(columns, pairs_of_columns(fields))
