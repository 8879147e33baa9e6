"""Headers of routers, switches and firewalls, whose messages begin with a mnemonic: Cisco, Huawei, H3C.

None of them keeps to RFC 3164: the year stands before or behind the clock, a number or the host with a colon before
the time, or nothing at all between time and message. The mnemonic tells, right behind such a header and nowhere else:
a user name in another program's line that looks like one is a user name.
"""

import polars as pl

from pipelines.sources.device_times import HOURS_EAST
from pipelines.sources.syslog_years import MONTHS

# %ASA-6-302013: | %SEC_LOGIN-SW1-4-LOGIN_FAILED: | %%01POLICY/6/POLICYDENY(l)[12]: | %%10SHELL/5/SHELL_LOGIN:
MNEMONIC = (
    r"(?:%%(?P<kind>\d\d)(?P<module>[A-Za-z]\w*/(?P<grade>[0-7])/[\w\-]+)(?:\([a-z]+\))?(?:\[\d+\])?"
    r"|%(?P<facility>[A-Z][A-Z0-9_]*(?:-[A-Z0-9_]+)*?-(?P<level>[0-7])-[A-Z0-9_]+)):"
)
_MONTH = "|".join(MONTHS)
_CLOCK = r"\d\d:\d\d:\d\d"
_UTC_NAMES = dict.fromkeys(("Z", "UTC", "GMT"), "+0000")
_ZONE = rf"[+-]\d\d:\d\d|{'|'.join((*_UTC_NAMES, *HOURS_EAST))}"
_STAMP = (
    rf"(?:(?P<early_year>\d{{4}}) )?(?P<month>{_MONTH}) +(?P<day>\d\d?)(?: (?P<year>\d{{4}}))? (?P<clock>{_CLOCK})"
    rf"(?:[.,:](?P<fraction>\d+))?(?: (?P<late_year>\d{{4}}))?(?: ?(?P<zone>{_ZONE}))?(?: DST)?"
    rf"|(?P<iso>\d{{4}}-\d\d-\d\d[T ]{_CLOCK}(?:[.,]\d+)?(?: ?(?:Z|[+-]\d\d:?\d\d))?)(?: DST)?"
)
# What a relay wrote before is a header of its own; the time that counts is the device's.
_RELAYED = (
    rf"(?:(?:{_MONTH}) +\d\d? (?:\d{{4}} )?{_CLOCK}|\d{{4}}-\d\d-\d\dT\S+) (?P<relayed>\S*[^\s:]) (?:\d{{1,10}}: )?"
)
_NAME = r"[^\s:\[\]%]+"
# <190>123: rtr-1: *Mar  1 2026 10:00:05.123 UTC: %SYS-5-CONFIG_I: | <188>Mar  1 2026 10:00:00 USG %%01POLICY/6/DENY:
# <166>Mar 01 2026 10:00:00: %ASA-6-302013: | <189>Mar  1 10:00:00:123 2026 F1000 %%10FILTER/6/FILTER_EXECUTION:
DEVICE_LINE = (
    rf"(?s)^(?:\d{{1,7}} )?(?:<(?P<priority>\d{{1,3}})>)?(?:\d{{1,10}})?(?:: ?)?(?:{_RELAYED}|(?P<named>{_NAME}): )?"
    rf"[*.]?(?:{_STAMP})(?:: ?| +(?:(?P<host>{_NAME}) )?(?:\d{{1,10}}: )?(?:: ?)?)(?P<message>{MNEMONIC}.*)$"
)
_NUMBERED_MONTHS = {name: f"{number:02}" for number, name in enumerate(MONTHS, start=1)}


def device_lines(texts: pl.Series) -> pl.Series:
    """Which of such texts are a device's: a header, and a mnemonic right behind it."""
    return texts.str.contains(DEVICE_LINE)


def device_parts(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines with what their headers hold, as text, null where it is absent.

    `priority`, `host`, `message` (from the mnemonic on), and the time: `iso` where year and zone are given, else
    `month`, `day`, `year`, `clock`, `fraction`, and the offset alone in `iso` where there is one.
    """
    part = pl.col("text").str.extract_groups(DEVICE_LINE).struct
    names = ("month", "day", "clock", "fraction", "priority", "message", "iso", "zone", "host", "named", "relayed")
    year = pl.coalesce(part.field(name) for name in ("early_year", "year", "late_year"))
    found = lines.with_columns(*(part.field(name) for name in names), year.alias("year"))
    east = pl.col("zone").replace_strict(HOURS_EAST | _UTC_NAMES, default=None, return_dtype=pl.String)
    numbered = pl.col("month").replace_strict(_NUMBERED_MONTHS, default=None, return_dtype=pl.String)
    whole = pl.format(
        "{}-{}-{}T{}.{}{}",
        "year",
        numbered,
        pl.col("day").str.zfill(2),
        "clock",
        pl.col("fraction").fill_null("0"),
        pl.coalesce(east, pl.when(pl.col("zone").str.contains(r"^[+-]")).then("zone")),
    )
    found = found.with_columns(pl.coalesce("iso", whole).alias("iso"), pl.coalesce("host", "named", "relayed"))
    written = ("month", "day", "year", "clock", "fraction")
    offset = pl.coalesce(east, pl.when(pl.col("zone").str.contains(r"^[+-]")).then("zone"))
    found = found.with_columns(
        *(pl.when(pl.col("iso").is_null()).then(pl.col(name)).alias(name) for name in written),
        pl.coalesce("iso", offset.str.replace(r"^(...)(..)$", "${1}:${2}")).alias("iso"),
    )
    return found.drop("zone", "named", "relayed")
