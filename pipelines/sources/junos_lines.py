"""What Juniper's Junos sends by syslog, in structured data (RFC 5424) and as sentences of the SRX's sessions.

Junos OS, System Log Explorer; SRX security policies' session logs.
"""

import polars as pl

from pipelines.sources.appliance_rows import Told, pairs_of_columns, wanted_of_pairs
from pipelines.sources.pairs import MIDDLE, PAIR, pairs_of, unmarked

# [junos@2636.1.1.1.2.129 reason="TCP FIN" source-address="192.0.2.7" ...]
JUNOS_STRUCTURED = "[junos@2636"
# RT_FLOW_SESSION_CREATE: session created 192.0.2.7/40022->198.51.100.2/443 0x0 junos-https ...
JUNOS_SAID = r"^(?:%[A-Z0-9]*-(?:\d-)?)?RT_[A-Z_]+: "

_PAIR = r'(?s)[ \[]([^\s=\]"]+)="((?:[^"\\]|\\.)*)"'
_ADDRESS = r"[0-9A-Fa-f.:]+"
_ENDS = rf"\b(?P<source_ip>{_ADDRESS})/(?P<source_port>\d+)->(?P<destination_ip>{_ADDRESS})/(?P<destination_port>\d+)"
# RT_SCREEN_TCP: SYN flood! source: 192.0.2.7:4000, destination: 198.51.100.2:80, zone name: untrust, ..., action: drop
_SCREENED = (
    rf"\bsource: (?P<source_ip_2>{_ADDRESS}?)(?::(?P<source_port_2>\d+))?, "
    rf"destination: (?P<destination_ip_2>{_ADDRESS}?)(?::(?P<destination_port_2>\d+))?,"
)
_DONE = r"\baction: ([\w\-]+)"
_WANTED = {
    "source_ip": ("source-address", "remote-address"),
    "source_port": ("source-port",),
    "destination_ip": ("destination-address",),
    "destination_port": ("destination-port",),
    "user": ("username", "user-name", "user"),
    "action": ("action",),
    "severity": ("threat-severity", "severity"),
}
_FAILED = r"(?i)FAIL|denied|invalid"
_WORKED = r"(?i)_SUCCEEDED|accepted|LOGIN_EVENT\b"


def junos_told(lines: pl.DataFrame) -> Told:
    """What such lines (`message`, `structured`, `message_id`, `program`) say."""
    pairs = pairs_of(
        unmarked(lines["structured"].fill_null("")).str.replace_all(_PAIR, f"{PAIR}${{1}}{MIDDLE}${{2}}{PAIR}")
    )
    pairs = pairs.with_columns(pl.col("value").str.replace_all(r'\\(["\\\]])', "${1}"))
    named = wanted_of_pairs(pairs, _WANTED, lines.height, nothing=())
    tag = pl.coalesce("message_id", pl.col("message").str.extract(r"^(?:%[A-Z0-9]*-(?:\d-)?)?([A-Z][A-Z0-9_]+): ", 1))
    told = lines.select(
        pl.col("message").str.extract_groups(_ENDS).alias("ends"),
        pl.col("message").str.extract_groups(_SCREENED).alias("screened"),
        pl.col("message").str.extract(_DONE, 1).alias("done"),
        tag.alias("tag"),
        pl.col("program").str.to_lowercase().alias("service"),
    ).unnest("ends", "screened")
    ends = ("source_ip", "source_port", "destination_ip", "destination_port")
    done = pl.col("tag").str.extract(r"_SESSION_(CREATE|CLOSE|DENY)", 1).str.to_lowercase()
    words = pl.col("tag").fill_null("")
    columns = told.select(
        *(pl.coalesce(name, f"{name}_2", named[name]).alias(name) for name in ends),
        named["user"],
        pl.coalesce(named["action"].str.to_lowercase(), "done", done, _sign("in"), _sign("out")).alias("action"),
        pl.when(words.str.contains(_FAILED))
        .then(pl.lit("failed"))
        .when(words.str.contains(_WORKED) | (done == "create"))
        .then(pl.lit("success"))
        .alias("outcome"),
        named["severity"],
        "service",
    )
    return Told(columns, pl.concat([pairs_of_columns(told.select(pl.col("tag").alias("message_id"))), pairs]))


def _sign(way: str) -> pl.Expr:
    return pl.when(pl.col("tag").str.contains(f"LOG{way.upper()}")).then(pl.lit(f"log{way}"))
