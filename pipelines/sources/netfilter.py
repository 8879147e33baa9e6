"""What the kernel's packet filter logs (iptables and nftables, the LOG target), under the kernel's own names."""

import polars as pl

from pipelines.sources.columns import canonical_addresses, complete, fields_of_columns

# [4711.25] [UFW BLOCK] IN=eth0 OUT= MAC=... SRC=192.0.2.7 DST=198.51.100.2 LEN=60 ... PROTO=TCP SPT=40022 DPT=22 SYN
NETFILTER_SAID = r"(?:^|[\s\]:\x22])IN=\S* OUT=\S* .*\bSRC=[0-9A-Fa-f.:]+ DST=[0-9A-Fa-f.:]+ "  # firewalld puts quotes

_BODY = r"(?s)^(?:\[ *\d+\.\d+\] ?)?(?P<prefix>.*?)(?P<body>IN=\S* OUT=.*)$"
_INNER = r"\[(?:SRC=|INCOMPLETE).*$"  # an ICMP error repeats the packet it is about
_NAMES = (
    *("IN", "OUT", "PHYSIN", "PHYSOUT", "MAC", "SRC", "DST", "LEN", "TOS", "PREC", "TC", "TTL", "HOPLIMIT", "FLOWLBL"),
    *("ID", "FRAG", "PROTO", "SPT", "DPT", "WINDOW", "RES", "URGP", "TYPE", "CODE", "SEQ", "UID", "GID", "MARK"),
)
_FLAGS = r"\b(?:CWR|ECE|URG|ACK|PSH|RST|SYN|FIN)\b"
_ACTIONS = (
    ("reject", r"(?i)reject|rst\b|prohibit"),
    ("drop", r"(?i)drop|block|den(?:y|ied)|discard|invalid|scan|\bban|blacklist|spoof"),
    ("accept", r"(?i)accept|allow|permit|pass\b|\bok\b"),
    ("forward", r"(?i)f(?:or)?wa?r?d"),
)


def netfilter_rows(lines: pl.DataFrame) -> pl.DataFrame:
    """Rows of `log_events` from the kernel's lines (`message`, and the columns of a syslog line).

    The rule's author chose the prefix; `action` is what its words say was done with the packet, '' where they say
    nothing.
    """
    split = lines.with_columns(pl.col("message").str.extract_groups(_BODY).alias("packet")).unnest("packet")
    outer = pl.col("body").str.replace(_INNER, "")
    read = split.with_columns(
        *(outer.str.extract(rf"\b{name}=(\S+)", 1).alias(f"kernel.{name}") for name in _NAMES),
        outer.str.extract_all(_FLAGS).list.join(",").replace({"": None}).alias("kernel.flags"),
        pl.col("prefix").str.strip_chars(' \t[]:"').replace({"": None}).alias("kernel.prefix"),
        pl.when("decode_error").then(pl.lit("true")).alias("decode_flag"),
    )
    action = action_of_prefix(pl.col("prefix"))
    outcomes = {"reject": "failure", "drop": "failure", "accept": "success", "forward": "success"}
    named = {name: f"kernel.{name}" for name in (*_NAMES, "flags", "prefix")}
    more = {"facility": "facility", "severity": "severity_name", "program": "program", "decode_error": "decode_flag"}
    return complete(
        read.with_columns(
            pl.lit("linux").alias("product"),
            pl.lit("firewall").alias("category"),
            pl.lit("iptables").alias("service"),
            pl.col("offset").alias("source_offset"),
            canonical_addresses(read["kernel.SRC"]).alias("source_ip"),
            canonical_addresses(read["kernel.DST"]).alias("destination_ip"),
            pl.col("kernel.SPT").alias("source_port"),
            pl.col("kernel.DPT").alias("destination_port"),
            action.alias("action"),
            action.replace_strict(outcomes, default="unknown", return_dtype=pl.String).alias("outcome"),
            fields_of_columns(read, named | more),
        ),
        "log_events",
    )


def action_of_prefix(prefix: pl.Expr) -> pl.Expr:
    """What the words that a rule's author put before a packet say was done with it, '' where they say nothing."""
    action = pl.lit("")
    for word, pattern in reversed(_ACTIONS):
        action = pl.when(prefix.str.contains(pattern)).then(pl.lit(word)).otherwise(action)
    return action
