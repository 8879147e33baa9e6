"""What Hillstone's firewalls send by syslog: `44243624 Traffic@FLOW: SESSION: ...` (StoneOS Log Messages Reference)."""

import polars as pl

from pipelines.sources.appliance_rows import ADDRESS, Told, pairs_of_columns
from pipelines.sources.pairs import MIDDLE, PAIR, pairs_of, unmarked

# 1800318182000001(root) 44243624 Traffic@FLOW: SESSION: 192.0.2.7:40022->198.51.100.2:443(TCP), application HTTPS, ...
HILLSTONE_SAID = r"^(?:\S+\([\w\-.]*\) )?[0-9a-fA-F]{8} [A-Z]\w*@[A-Z]\w*: "

_HEAD = (
    r"(?s)^(?:(?P<serial>[^\s(]+)\((?P<vsys>[^)]*)\) )?(?P<log_id>[0-9a-fA-F]{8}) "
    r"(?P<log_type>\w+)@(?P<module>\w+): (?P<said>.*)$"
)
_ENDS = (
    rf"(?P<source_ip>{ADDRESS}):(?P<source_port>\d+)(?:\([^)]*\))?(?: ?-> ?| to )"
    rf"(?P<destination_ip>{ADDRESS}):(?P<destination_port>\d+)(?:\((?P<protocol>\w+)\))?"
)
_FROM = r"\bfrom (?:IP )?(\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*[0-9A-Fa-f])"
_USER = r"(?i)\buser(?:name)?:? \"?([^\s,\"]+)"
_VERDICT = r"(?i)\bpolicy (deny|permit|default deny)\b|\baction:? ([\w\-]+)|\bsession (start|end)\b"
_NAMES = (
    *("application", "interface", "vr", "policy", "host", "rule", "send packets", "send bytes", "receive packets"),
    *("receive bytes", "start time", "close time", "threat name", "threat type", "threat subtype", "App/Protocol"),
    *(
        "action",
        "defender",
        "severity",
        "profile",
        "url",
        "category",
        "reason",
        "snat to",
        "dnat to",
        "zone",
        "virus name",
    ),
)
_PAIR = rf"(?i)(?:^|, ?|: )({'|'.join(sorted(_NAMES, key=len, reverse=True))}):? "


def hillstone_told(lines: pl.DataFrame) -> Told:
    """What such lines (`message`, `host`) say."""
    head = lines.select("host", pl.col("message").str.extract_groups(_HEAD).alias("head")).unnest("head")
    # Where the header has no host, the serial number stands in its place.
    own = pl.col("host").str.extract(r"^([^\s(]+)\([\w\-.]*\)$", 1)
    head = head.with_columns(own.alias("own"), pl.col("said").str.extract_groups(_ENDS).alias("ends")).unnest("ends")
    pairs = pairs_of(unmarked(head["said"]).str.replace_all(_PAIR, f"{PAIR}${{1}}{MIDDLE}"))
    pairs = pairs.with_columns(
        pl.col("key").str.to_lowercase().str.replace_all("[ /]", "_"),
        pl.col("value").str.replace(r"(?s),.*$", "").str.strip_chars(" ,.;"),
    ).unique(["row", "key"], keep="first", maintain_order=True)
    verdict = pl.col("said").str.extract_groups(_VERDICT).struct
    severity = pl.col("said").str.extract(r"(?i)\bseverity:? (\w+)", 1)
    columns = head.select(
        pl.coalesce("source_ip", pl.col("said").str.extract(_FROM, 1)).alias("source_ip"),
        *("source_port", "destination_ip", "destination_port"),
        pl.col("said").str.extract(_USER, 1).alias("user"),
        pl.coalesce(verdict.field("1"), verdict.field("2"), verdict.field("3"), _sign("in"), _sign("out"))
        .str.to_lowercase()
        .alias("action"),
        pl.when(pl.col("log_type").str.contains("(?i)event|alarm")).then(_verdict_words()).alias("outcome"),
        severity.alias("severity"),
        pl.coalesce("own", pl.when(pl.col("host").is_null()).then("serial")).alias("host"),
        pl.col("log_type").str.to_lowercase().alias("service"),
    )
    told = head.select("log_id", "log_type", "module", "serial", "vsys", "protocol")
    return Told(columns, pl.concat([pairs_of_columns(told), pairs]))


def _sign(way: str) -> pl.Expr:
    """`login` or `logout` where the sentence says so."""
    said = pl.col("said").str.contains(rf"(?i)\blog(?:ged |s |-)?{way}\b")
    return pl.when(said).then(pl.lit(f"log{way}"))


def _verdict_words() -> pl.Expr:
    failed = pl.col("said").str.contains(r"(?i)\bfail|\bdenied\b|\binvalid\b|\bincorrect\b")
    worked = pl.col("said").str.contains(r"(?i)\blogged (?:in|out)\b|\bsuccess|\bsucceeded\b")
    return pl.when(failed).then(pl.lit("failed")).when(worked).then(pl.lit("success"))
