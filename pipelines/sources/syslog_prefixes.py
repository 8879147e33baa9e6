"""What AIX, and syslogd -v of FreeBSD, write between a header's time and what the sender said.

AIX 7, syslogd Daemon; FreeBSD, syslogd(8).
"""

import polars as pl

_NUMBERED_LEVELS = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
_NUMBERED = (
    "kern",
    "user",
    "mail",
    "daemon",
    "auth",
    "syslog",
    "lpr",
    "news",
    "uucp",
    "cron",
    "authpriv",
    "ftp",
    "ntp",
)
_LEVELS = {name: number for number, name in enumerate(_NUMBERED_LEVELS)} | {"panic": 0, "error": 3, "warn": 4}
_FACILITIES = {name: number for number, name in enumerate(_NUMBERED)}
_FACILITIES |= {"security": 4, "caa": 1, "aso": 1, **{f"local{number}": 16 + number for number in range(8)}}
_FACILITY, _LEVEL = f"(?P<facility>{'|'.join(_FACILITIES)})", f"(?P<level>{'|'.join(_LEVELS)})"
_SAID = r"(?:(?P<program>[^\s:\[\]]{1,128})\]?(?:\[(?P<process>[^\]\s]*)\])?:(?: |$))?(?P<message>.*)$"
# aix-1 auth|security:info sshd[811]: Accepted ... | Message forwarded from aix-1: sshd[811]: Accepted ...
_FORWARDED = "forwarded from "
_WORDED = rf"{_FACILITY}(?:\|\w+)?:{_LEVEL}(?:\|\w+)? "
_AIX = rf"(?s)^(?:{_FORWARDED}(?P<host>[^\s:]+): ?)?(?:{_WORDED})?{_SAID}"
_AIX_BEGINS = rf"^(?:{_FORWARDED}[^\s:]+:|{_WORDED})"
# <auth.info> web-1 sshd[811]: Accepted ...: the host's place is taken
_MARKED = rf"(?s)^(?P<host>\S*[^\s:\]]) +{_SAID}"
_MARK = rf"^<{_FACILITY}\.{_LEVEL}>$"


def without_prefixes(split: pl.DataFrame) -> pl.DataFrame:
    """Lines whose header is split, with program, process, message and priority from behind such a prefix.

    Args:
        split: `host`, `program`, `process`, `message` and `priority`; only lines without a program are looked at.
    """
    bare = split["program"].is_null()
    if not bare.any():
        return split
    lines = split.filter(bare)
    forwarded = lines["message"].str.starts_with(_FORWARDED)
    aix = lines["message"].str.contains(_AIX_BEGINS) & (
        ~forwarded | (lines["host"] == "Message").fill_null(value=False)
    )
    marked = lines["host"].str.contains(_MARK).fill_null(value=False)
    if not (aix | marked).any():
        return split
    behind = _told(lines.filter(aix), "message", _AIX, _AIX)
    after = _told(lines.filter(marked & ~aix), "host", _MARK, _MARKED)
    changed = pl.concat([behind, after])
    others = split.filter(~pl.col("offset").is_in(changed["offset"].implode()))
    return pl.concat([others, changed]).sort("offset")


def _told(lines: pl.DataFrame, column: str, words: str, parts: str) -> pl.DataFrame:
    """The lines with the parts of their messages.

    Args:
        lines: those that have such a prefix.
        column: where the words for facility and level stand.
        words: the expression that finds them there.
        parts: the expression for host, program, process and message.
    """
    part, word = pl.col("message").str.extract_groups(parts).struct, pl.col(column).str.extract_groups(words).struct
    facility = word.field("facility").replace_strict(_FACILITIES, default=None, return_dtype=pl.Int64)
    level = word.field("level").replace_strict(_LEVELS, default=None, return_dtype=pl.Int64)
    return lines.with_columns(
        pl.coalesce("priority", (facility * 8 + level).cast(pl.String)).alias("priority"),
        pl.coalesce(part.field("host"), "host").alias("host"),
        part.field("program").alias("program"),
        part.field("process").alias("process"),
        part.field("message").fill_null("").alias("message"),
    )
