"""What MikroTik's RouterOS sends by syslog: topics, then a sentence (RouterOS documentation, Log and Firewall)."""

import polars as pl

from pipelines.sources.appliance_rows import ADDRESS, Told, pairs_of_columns
from pipelines.sources.netfilter import action_of_prefix

_TOPICS = (
    "firewall|system|dhcp|wireless|ppp|pppoe|l2tp|pptp|sstp|ovpn|interface|account|ipsec|dns|script|hotspot|ssh|route"
    "|bgp|ospf|radius|certificate|caps|bridge|web-proxy|wireguard|backup|snmp|ntp|health"
)
_LEVELS = {
    "debug": "informational",
    "info": "informational",
    "warning": "medium",
    "error": "high",
    "critical": "critical",
}
# firewall,info DROP input: in:ether1 out:(unknown 0), proto TCP (SYN), 192.0.2.7:40022->198.51.100.2:22, len 52
# system,error,critical login failure for user root from 192.0.2.7 via ssh
MIKROTIK_SAID = rf"^(?:{_TOPICS})(?:,!?[a-z][a-z\-]*)+:? "

_PARTS = r"(?s)^(?P<topics>[a-z][a-z,!\-]*):? (?P<said>.*)$"
_PACKET = (
    r"^(?:(?P<prefix>.*?) )?(?P<chain>[\w\-]+): in:(?P<in>\([^)]*\)|\S+) out:(?P<out>\([^)]*\)|[^\s,]+)"
    r"(?:,? connection-state:(?P<state>[\w,\-]+))?"
)
_ENDS = (
    r"\bproto (?P<protocol>[\w\-]+)(?: \((?P<flags>[^)]*)\))?, "
    rf"(?P<source_ip>{ADDRESS})(?::(?P<source_port>\d+))?->(?P<destination_ip>{ADDRESS})(?::(?P<destination_port>\d+))?,"
)
# user admin logged in from 192.0.2.7 via winbox | login failure for user root from 192.0.2.7 via ssh
_SIGN = r"\buser (?P<user>.+?) (?:logged (?:in|out) )?from (?P<from>[0-9A-Fa-f.:]+)(?: via (?P<via>[\w\-]+))?"


def mikrotik_told(lines: pl.DataFrame) -> Told:
    """What such lines (`message`) say."""
    split = lines.select(pl.col("message").str.extract_groups(_PARTS).alias("parts")).unnest("parts")
    split = split.with_columns(pl.col("said").str.extract_groups(each).alias(name) for name, each in _GROUPS.items())
    split = split.unnest("packet", "ends", "sign")
    level = pl.col("topics").str.extract(r"(debug|info|warning|error|critical)$", 1)
    said = pl.col("said")
    columns = split.select(
        pl.coalesce("source_ip", "from").alias("source_ip"),
        *("source_port", "destination_ip", "destination_port", "user"),
        pl.when(said.str.contains(r"\blogin failure|\blogged in\b"))
        .then(pl.lit("login"))
        .when(said.str.contains(r"\blogged out\b"))
        .then(pl.lit("logout"))
        .otherwise(action_of_prefix(pl.col("prefix")).replace({"": None}))
        .alias("action"),
        pl.when(said.str.contains(r"\bfailure\b|\bfailed\b"))
        .then(pl.lit("failed"))
        .when(said.str.contains(r"\blogged (?:in|out)\b"))
        .then(pl.lit("success"))
        .alias("outcome"),
        level.replace_strict(_LEVELS, default=None, return_dtype=pl.String).alias("severity"),
        pl.col("topics").str.extract(r"^([^,]+)", 1).alias("service"),
    )
    named = split.select("topics", "prefix", "chain", "in", "out", "state", "protocol", "flags", "via")
    return Told(columns, pairs_of_columns(named))


_GROUPS = {"packet": _PACKET, "ends": _ENDS, "sign": _SIGN}
