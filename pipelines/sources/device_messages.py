"""What routers, switches and firewalls say behind their mnemonics: who reached what, and whether it was let through.

The manuals: Cisco Secure Firewall ASA Series Syslog Messages; Huawei USG6000 Log Reference; H3C SecPath System Log
Messages Reference. Whatever message it is, its names and values become fields; addresses, ports, user and verdict are
found by the few ways in which they are written.
"""

import re

import polars as pl

from pipelines.sources.columns import canonical_addresses, complete, fields_of_columns, joined_fields
from pipelines.sources.device_headers import MNEMONIC
from pipelines.sources.pairs import MIDDLE, PAIR, columns_of, fields_of_pairs, pairs_of

_ADDRESS = r"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*[0-9A-Fa-f:])"
_ZONED = r"(?:[A-Za-z_][\w\-.]*:)?"
# Deny tcp src outside:192.0.2.7/4444 dst inside:198.51.100.2/22 | from 192.0.2.7/4444 to inside:198.51.100.2/ssh
# list 101 denied tcp 192.0.2.7(4444) -> 198.51.100.2(22), 1 packet | 192.0.2.7 Accessed URL 198.51.100.2:http://...
# initiator (192.0.2.7:4444) sent 10 bytes -- responder (198.51.100.2:22) sent 20 bytes
_ENDS = (
    rf"(?:\b(?:src|from|for|faddr) {_ZONED}(?P<source_ip>{_ADDRESS})(?:[/(](?P<source_port>\d+))?.*? (?:dst|to|gaddr) "
    rf"{_ZONED}"
    rf"(?P<destination_ip>{_ADDRESS})(?:[/(](?P<destination_port>\d+))?"
    rf"|(?P<source_ip_2>{_ADDRESS})(?:\((?P<source_port_2>\d+)\))?(?:\([^)]*\))? -> (?:\S+ |[\w\-.]+/)?"
    rf"(?P<destination_ip_2>{_ADDRESS})(?:\((?P<destination_port_2>\d+)\))?"
    r"|\binitiator \((?P<source_ip_3>[^:)]+):(?P<source_port_3>\d+)\).*? "
    r"responder \((?P<destination_ip_3>[^:)]+):(?P<destination_port_3>\d+)\)"
    rf"|^(?P<source_ip_4>{_ADDRESS}) Accessed (?:JAVA )?URL (?P<destination_ip_4>[\d.]+))"
)
# from 192.0.2.7 | user IP = 192.0.2.7 | [Source: 192.0.2.7] | by admin on vty0 (192.0.2.7)
_FROM = (
    rf"(?:\bfrom (?:IP )?|\bIP (?:= |<|address: )|\[Source: |\()(?P<source_ip>{_ADDRESS})(?:[/\])>\s.,;]|$)"
    rf"|^(?P<source_ip_2>{_ADDRESS}) [A-Z]"
)
_USER = (
    r"""(?:(?i:\b(?:user(?:name)?|uname))(?: = |:? '|:? "|: ?| <)(?P<user>[^'"\s,\]>]+)|\bby (?P<user_2>\S+) on """
    r"""|(?:^|; )(?P<user_3>\S+) logged (?:in|out) |\b(?:for|of) user (?P<user_4>\S+) from """
    r"""|\buser (?P<user_5>\S+) (?:failed to |logged |succeeded ))"""
)
_SERVICES_BELOW, _CHOSEN_FROM = 1024, 32768  # well-known ports (RFC 6335); those that clients' systems choose
_WAYS = re.compile(r"\?P<(\w+)>")
_ENDPOINTS = ("source_ip", "source_port", "destination_ip", "destination_port")

# SrcIPAddr(1003)=192.0.2.7; | source-ip=192.0.2.7, | (Task=vt0, Ip=192.0.2.7, User=admin, Command="display this")
# -Line=vty0-IPAddr=192.0.2.7-User=admin; Command is display this
_KEY = r"(?:(?:^|[,;(\s])\s*-?([A-Za-z][\w\-]{0,63}?)|-([A-Z]\w{0,63}))(?:\(\d+\))?="
# EventPriority: Low, AccessControlRuleAction: Block, SrcIP: 192.0.2.7, DstIP: 198.51.100.2, User: Not Found
_NAMED_BY_CISCO = r"^FTD-\d-4300\d\d$"
_CISCO_KEY = r"(?:^|, )([A-Z]\w{0,63}): "
_NO_USER = ("Not Found", "No Authentication Required", "Unknown", "Pending")
_WANTED = {
    "source_ip": (
        "sourceip",
        "srcipaddr",
        "srcipv6addr",
        "srcip",
        "sourceaddress",
        "src",
        "ip",
        "ipaddr",
        "ipaddress",
        "userip",
        "useraddress",
        "loginip",
        "clientip",
        "remoteip",
    ),
    "source_port": ("sourceport", "srcport"),
    "destination_ip": ("destinationip", "dstipaddr", "dstipv6addr", "dstip", "destip", "destinationaddress", "dst"),
    "destination_port": ("destinationport", "dstport", "destport"),
    "user": ("user", "username", "loginname"),
    "action": ("action", "accesscontrolruleaction", "inlineresult", "event"),
}
_QUOTED = r"""'[^']*'|"[^"]*\""""
_STOPPED = (
    r"(?i)den(?:y|ied)|reject|fail(?:ed|ure|s)?(?:\b|_)|drop|block|refus|discard|not allowed|unauthori[sz]ed|invalid"
)
_PASSED = r"(?i)\bbuilt\b|permit|success|succeed|SUCC\b|accept|allow|logged in|pass\b|/\d/LOGIN\b"
_ACTIONS = (
    ("execute", r"(?i)executed|CMDRECORD|LOGGEDCMD|SHELL_CMD|configured from"),
    ("login", r"(?i)log(?:ged |-)?[io]n\b|_LOGIN|authentication|SSH_FAIL"),
    ("logout", r"(?i)log(?:ged |-)?out"),
    ("deny", r"(?i)den(?:y|ied)|drop|block|discard"),
    ("permit", r"(?i)\bbuilt\b|\bpermit"),
    ("teardown", r"(?i)\bteardown\b"),
)
_VENDORS = {"10": "h3c"}
_SERVICES = {"parser": "aaa"}
_LEVELS = ("6", "5", "5", "4", "3", "2", "1", "1")  # OCSF's severity_id of syslog's levels


def device_message_rows(lines: pl.DataFrame) -> pl.DataFrame:
    """Rows of `log_events` from lines whose `message` begins with a mnemonic, with the columns of a syslog line."""
    part = pl.col("message").str.extract_groups(MNEMONIC).struct
    split = lines.with_columns(
        part.field("kind"),
        pl.coalesce(part.field("module"), part.field("facility")).alias("mnemonic"),
        pl.coalesce(part.field("grade"), part.field("level")).alias("level"),
        pl.col("message").str.replace(MNEMONIC, "").str.strip_chars().alias("said"),
    )
    pairs = _pairs(split)
    found = _found(split, pairs)
    more = {"facility": "facility", "severity": "severity_name", "decode_error": "decode_flag"}
    own = fields_of_columns(split, {"mnemonic": "mnemonic", "level": "level", **more})
    pairs = pairs.filter(~pl.col("key").is_in(["mnemonic", "level", *more]))
    source, destination = canonical_addresses(found["source_ip"]), canonical_addresses(found["destination_ip"])
    service = pl.col("mnemonic").str.extract(r"^(\w+)", 1).str.to_lowercase()
    vendor = pl.col("kind").replace_strict(_VENDORS, default="huawei", return_dtype=pl.String)
    return complete(
        split.with_columns(
            pl.when(pl.col("kind").is_null()).then(pl.lit("cisco")).otherwise(vendor).alias("product"),
            pl.when(pl.lit((source != "") & (destination != ""))).then(pl.lit("firewall")).alias("category"),
            service.replace(_SERVICES).alias("service"),
            pl.col("offset").alias("source_offset"),
            source.alias("source_ip"),
            destination.alias("destination_ip"),
            *(found[name] for name in ("source_port", "destination_port", "user", "action", "outcome")),
            pl.col("level").replace_strict(range(8), _LEVELS, default="0", return_dtype=pl.String).alias("severity"),
            joined_fields(own, fields_of_pairs(pairs, split.height)).alias("fields"),
        ),
        "log_events",
    )


def _pairs(split: pl.DataFrame) -> pl.DataFrame:
    """The names and values of the lines; Cisco's messages are sentences, but for those of Threat Defense's events."""
    threat_defense = pl.col("mnemonic").str.contains(_NAMED_BY_CISCO)
    texts = split.select(
        pl.when(pl.col("kind").is_not_null())
        .then(_marked(pl.col("said"), _KEY, f"{PAIR}${{1}}${{2}}{MIDDLE}"))
        .when(threat_defense)
        .then(_marked(pl.col("said"), _CISCO_KEY, f"{PAIR}${{1}}{MIDDLE}"))
        .fill_null("")
        .alias("said")
    )["said"]
    pairs = pairs_of(texts)
    quoted = pl.col("value").str.replace(r'(?s)^"([^"]*)",.*$', "${1}")  # the next name may be of several words
    bare = quoted.str.replace(r"(?s)^([^\";]*);.*$", "${1}")  # behind the last pair a sentence may follow
    return pairs.with_columns(bare.str.strip_chars_end(" ,;.)").str.strip_chars('"'))


def _marked(said: pl.Expr, key: str, marks: str) -> pl.Expr:
    return said.str.replace_all(f"[{PAIR}{MIDDLE}]", " ").str.replace_all(key, marks)


def _found(split: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Addresses, ports, user, action and outcome of the lines: by name where they have one, else by the sentence."""
    known = pairs.with_columns(pl.col("key").str.to_lowercase().str.replace_all("[-_]", ""))
    wanted = columns_of(known, [name for names in _WANTED.values() for name in names], split.height)
    named = wanted.select(pl.coalesce(f"@{n}" for n in names).alias(column) for column, names in _WANTED.items())
    named = named.with_columns(
        pl.col("user").replace(dict.fromkeys(_NO_USER)), *_apart("source"), *_apart("destination")
    )
    told = split.select("mnemonic", "said").with_columns(
        pl.col("said").str.extract_groups(_ENDS).alias("ends"),
        pl.col("said").str.extract_groups(_FROM).alias("from"),
        pl.col("said").str.extract_groups(_USER).alias("who"),
        (pl.col("mnemonic") + " " + pl.col("said").str.replace_all(_QUOTED, "")).alias("words"),
    )
    ends = [_either("ends", name).alias(name) for name in _ENDPOINTS]
    sentence = _turned(told.select("words", "from", "who", *ends))
    user = pl.coalesce(pl.col("who").struct.field(name) for name in ("user", "user_2", "user_3", "user_4", "user_5"))
    sentence = sentence.with_columns(
        pl.coalesce("source_ip", _either("from", "source_ip")),
        pl.when(~pl.lit(split["mnemonic"].str.contains(_NAMED_BY_CISCO))).then(user).alias("user"),
    )
    verdict = pl.coalesce(named["action"], sentence["words"])
    action = pl.lit(None, dtype=pl.String)
    for word, pattern in reversed(_ACTIONS):
        action = pl.when(pl.col("words").str.contains(pattern)).then(pl.lit(word)).otherwise(action)
    return sentence.select(
        *(pl.coalesce(named[name], pl.col(name)).alias(name) for name in (*_ENDPOINTS, "user")),
        pl.coalesce(named["action"].str.to_lowercase(), action).alias("action"),
        pl.when(verdict.str.contains(_STOPPED))
        .then(pl.lit("failure"))
        .when(verdict.str.contains(_PASSED))
        .then(pl.lit("success"))
        .otherwise(pl.lit("unknown"))
        .alias("outcome"),
    )


def _apart(end: str) -> list[pl.Expr]:
    """The address and the port of an end whose value names both: src="192.0.2.7:4000 "."""
    both = (
        pl.col(f"{end}_ip").str.extract_groups(r"^(?P<ip>\d{1,3}(?:\.\d{1,3}){3}|\[[^\]]+\]):(?P<port>\d+) *$").struct
    )
    return [pl.coalesce(both.field(part), f"{end}_{part}").alias(f"{end}_{part}") for part in ("ip", "port")]


def _either(group: str, name: str) -> pl.Expr:
    ways = _WAYS.findall(_ENDS if group == "ends" else _FROM)
    return pl.coalesce(pl.col(group).struct.field(way) for way in ways if way.startswith(name))


def _turned(sentence: pl.DataFrame) -> pl.DataFrame:
    """The ASA names the outer end first, also of what was opened from within.

    Of what ended it does not say who began: that the ports tell, where one end's is a service's and the other's is not.
    """
    source, destination = (pl.col(name).cast(pl.Int64, strict=False) for name in ("source_port", "destination_port"))
    served = (source < _SERVICES_BELOW) & (destination >= _SERVICES_BELOW)
    served |= (source < _CHOSEN_FROM) & (destination >= _CHOSEN_FROM)
    ended = pl.col("words").str.contains(r"(?i)\bteardown (?:TCP|UDP|SCTP) connection\b")
    outbound = pl.col("words").str.contains(r"(?i)\bbuilt outbound\b") | (ended & served)
    turned = dict(zip(_ENDPOINTS, (*_ENDPOINTS[2:], *_ENDPOINTS[:2]), strict=True))
    return sentence.with_columns(
        pl.when(outbound).then(pl.col(other)).otherwise(pl.col(name)).alias(name) for name, other in turned.items()
    )
