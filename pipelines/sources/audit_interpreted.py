"""Audit records as `ausearch -i` and `aureport -i` print them: names for numbers, no quotes, no hex, a local time.

ausearch(8). The time is that of the machine that printed it, which names no zone: it is read as UTC.
"""

import re

import polars as pl

from pipelines.sources.regional_dates import iso_dates
from pipelines.sources.times import utc_times

# 03/01/2026 10:00:00.123 | 01.03.2026 10:00:00.123
_WRITTEN = r"^(?P<day>\S+) (?P<clock>\d\d:\d\d:\d\d(?:\.\d+)?)$"
# Values run up to the next name, since nothing quotes them.
_NAME = re.compile(r"(?:^|(?<=[\s{]))([A-Za-z][\w\-\[\]]*)=")
_ARGUMENT = re.compile(r"(?:^|(?<=\s))(argc|a\d+(?:\[\d+\]|_len)?)=")
_WHOLE = {"PROCTITLE": "proctitle", "TTY": "data", "USER_TTY": "data"}
_INNER = re.compile(r"(?s)^(.*?)\bmsg='(.*)'\s*$")
_BRACES = re.compile(r"\b(saddr|SADDR)=(\{[^}]*\})")
_NOTHING = frozenset({"(null)", "(none)", "?", ""})
_PEOPLE = {"auid": "AUID", "uid": "UID"}
_NOBODY = "unset"


def audit_times(texts: pl.Series) -> pl.Series:
    """The times of records, in seconds since 1970 or as they are printed; null where a text is none."""
    parts = texts.str.extract_groups(_WRITTEN).struct
    if not (day := parts.field("day")).is_not_null().any():
        return utc_times(texts)
    printed = pl.select(pl.format("{}T{}", iso_dates(day), parts.field("clock")).alias("text"))["text"]
    return pl.select(pl.coalesce(utc_times(printed), utc_times(texts)).alias("time"))["time"]


def interpreted_fields(record_type: str, body: str) -> dict[str, str]:
    """The fields of one record; `(null)`, `(none)` and `?` are absent."""
    fields: dict[str, str] = {}
    if inner := _INNER.match(body):
        _read(record_type, inner[1], fields)
        _read(record_type, inner[2], fields)
    else:
        _read(record_type, body, fields)
    for name, enriched in _PEOPLE.items():
        if fields.get(name, _NOBODY) != _NOBODY:
            fields[enriched] = fields[name]
    return fields


def _read(record_type: str, text: str, fields: dict[str, str]) -> None:
    fields.update(_BRACES.findall(text))
    text = _BRACES.sub("", text)
    if whole := _WHOLE.get(record_type):
        before, mark, value = text.partition(f"{whole}=")
        text = before
        if mark:
            _keep(fields, whole, value)
    pattern = _ARGUMENT if record_type == "EXECVE" else _NAME
    names = list(pattern.finditer(text))
    ends = [each.start() for each in names[1:]] + [len(text)]
    for name, end in zip(names, ends, strict=False):
        _keep(fields, name[1], text[name.end() : end])


def _keep(fields: dict[str, str], name: str, value: str) -> None:
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    if value not in _NOTHING:
        fields[name] = value
