"""Zeek's own tab-separated logs: the header says the columns, every other line is a row."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch, no_rejects
from pipelines.sources.columns import only_rejects, rejected
from pipelines.sources.headed import beyond, headed
from pipelines.sources.lines import line_blocks
from pipelines.sources.zeek_map import zeek_batch

NAME = "zeek_tsv"

_ESCAPED = re.compile(r"(?:\\x[0-9a-fA-F]{2})+|\\\\")
_COLUMN_LIMIT = 1000


def recognises(head: bytes) -> bool:
    """Whether a text opens with Zeek's header."""
    opening = head.removeprefix(b"\xef\xbb\xbf")
    return opening.startswith((b"#separator ", b"#fields")) and b"#fields" in opening


def read(stream: BinaryIO) -> Iterator[Batch]:
    """One batch for each header of a block: logs joined together have several."""
    header = _Header()
    for block in line_blocks(stream):
        if block.rejects.height:
            yield only_rejects(block.rejects)
        rows, headers = headed(block.lines, header, _header_with)
        header = headers[-1]
        rows, lost = beyond(rows, "heading")
        if lost.height:
            yield only_rejects(lost)
        alike = len(headers) == 1 and rows.height > 0
        for part in [rows] if alike else rows.partition_by("heading", maintain_order=True):
            yield _batch(headers[part["heading"][0]], part.drop("heading"))


@dataclass(frozen=True)
class _Header:
    """What the `#` lines say; the defaults are Zeek's own."""

    separator: str = "\t"
    set_separator: str = ","
    empty: str = "(empty)"
    unset: str = "-"
    path: str = ""
    names: tuple[str, ...] = ()
    types: tuple[str, ...] = ()


def _header_with(header: _Header, line: str) -> _Header:
    if line.startswith("#separator "):
        return replace(_Header(), separator=_unescaped(line.removeprefix("#separator ").strip()) or "\t")
    name, *values = line.removeprefix("#").split(header.separator)
    first = values[0] if values else ""
    match name:
        case "fields":
            return replace(header, names=tuple(values[:_COLUMN_LIMIT]))
        case "types":
            return replace(header, types=tuple(values[:_COLUMN_LIMIT]))
        case "set_separator":
            return replace(header, set_separator=first)
        case "empty_field":
            return replace(header, empty=first)
        case "unset_field":
            return replace(header, unset=first)
        case "path":
            return replace(header, path=first)
    return header


def _batch(header: _Header, lines: pl.DataFrame) -> Batch:
    if not header.names:
        return only_rejects(rejected(lines, "a row before any #fields line"))
    width = len(header.names)
    fits = lines["text"].str.count_matches(header.separator, literal=True) == width - 1
    wrong = lines.filter(~fits)
    parts = pl.col("text").str.split_exact(header.separator, width - 1).alias("parts")
    split = (lines.filter(fits) if wrong.height else lines).with_columns(parts)
    named = split.with_columns(_value(header, at).alias(f"@{name}") for at, name in enumerate(_distinct(header.names)))
    named = named.with_columns(pl.when("decode_error").then(pl.lit("true")).alias("@decode_error")).drop("parts")
    if named["text"].str.contains("\\", literal=True).any():
        named = named.with_columns(_unescaped_columns(named))
    names = {name: f"@{name}" for name in (*_distinct(header.names), "decode_error")}
    batch = zeek_batch(header.path or "unknown", named, names)
    reason = f"the header names {width} columns, the row has another number"
    rejects = rejected(wrong, reason) if wrong.height else no_rejects()
    return replace(batch, rejects=pl.concat([rejects, batch.rejects]))


def _distinct(names: tuple[str, ...]) -> list[str]:
    """The column names, a repeated one numbered."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name}.{seen[name]}")
    return found


def _value(header: _Header, at: int) -> pl.Expr:
    kind = header.types[at] if at < len(header.types) else "string"
    value = pl.col("parts").struct[at]
    read = value
    if kind in {"string", "enum", "pattern"} or "[" in kind:
        read = pl.when(value == header.empty).then(pl.lit("")).otherwise(value)
    if kind == "bool":
        read = pl.when(value == "T").then(pl.lit("true")).when(value == "F").then(pl.lit("false")).otherwise(value)
    elif kind.startswith(("set[", "vector[", "table[")) and header.set_separator not in {",", ""}:
        read = read.str.replace_all(header.set_separator, ",", literal=True)
    return pl.when(value != header.unset).then(read)


def _unescaped_columns(frame: pl.DataFrame) -> list[pl.Series]:
    r"""The columns that hold a backslash, with Zeek's \xNN and doubled backslashes undone."""
    named = [name for name in frame.columns if name.startswith("@")]
    escaped = frame.select(pl.col(named).str.contains("\\", literal=True).any()).row(0)
    return [_unescaped_series(frame[name]) for name, found in zip(named, escaped, strict=True) if found]


def _unescaped_series(values: pl.Series) -> pl.Series:
    distinct = values.unique().drop_nulls().to_list()
    return values.replace_strict(distinct, [_unescaped(text) for text in distinct], default=None)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(_character, text)


def _character(found: re.Match[str]) -> str:
    escape = found.group()
    if escape == "\\\\":
        return "\\"
    return bytes.fromhex(escape.replace("\\x", "")).decode("utf-8", "backslashreplace")
