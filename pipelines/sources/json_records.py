"""JSON objects out of a text: one a line, or an array, or one after another; each flattened to text fields."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import isfinite
from typing import BinaryIO

import polars as pl

from pipelines.batch import no_rejects
from pipelines.field_maps import fields_of_rows
from pipelines.sources.columns import CONTENT_LIMIT, rejects_of
from pipelines.sources.lines import LineBlock, first_lines, line_blocks

JsonObject = dict[str, object]

_DEPTH_LIMIT = 32
_KEY_LIMIT = 2000
BLOCK_BYTES = 4 * 1024 * 1024  # an object takes many times the memory of its line
_LITERALS = {True: "true", False: "false"}


@dataclass(frozen=True)
class Record:
    """One object: where it stood, its text, its content, and that content flattened (`a.b` for nested keys)."""

    offset: int
    text: str
    content: JsonObject
    flat: dict[str, str] = field(default_factory=dict)


def told_apart(
    records: Sequence[Record], wanted: Callable[[JsonObject], bool], reason: str
) -> tuple[list[Record], pl.DataFrame]:
    """The records that are wanted, and all others as rejects for a reason."""
    strange = [record for record in records if not wanted(record.content)]
    others = rejects_of([(record.offset, reason, record.text) for record in strange])
    return [record for record in records if wanted(record.content)], others


def json_objects(head: bytes) -> list[JsonObject]:
    """The objects on the first lines of a text; empty when it is not JSON lines."""
    found = []
    for line in first_lines(head, 5):
        content = _parsed(line)
        if isinstance(content, dict):
            found.append(content)
    return found


def read_records(stream: BinaryIO) -> Iterator[tuple[list[Record], pl.DataFrame]]:
    """The objects of JSON lines, block by block, with the lines that hold none as rejects."""
    for block in line_blocks(stream, BLOCK_BYTES):
        yield records_of(block)


def records_in_portions(block: LineBlock) -> Iterator[tuple[list[Record], pl.DataFrame]]:
    """The objects on the lines of a block that may be larger, a few at a time, since objects take so much memory."""
    if not block.lines.height:
        yield [], block.rejects
        return
    portion = block.lines["text"].str.len_bytes().cast(pl.Int64).cum_sum() // BLOCK_BYTES
    for number, (_, lines) in enumerate(block.lines.group_by(portion.alias("portion"), maintain_order=True)):
        yield records_of(LineBlock(lines.select(block.lines.columns), block.rejects if number == 0 else no_rejects()))


def flat_frame(records: Sequence[Record], wanted: Sequence[str], apart: Collection[str] = ()) -> pl.DataFrame:
    """The records as columns: `offset`, `text`, the wanted keys and those kept apart, and all but these in `fields`.

    A key is the column `@key`, null where a record lacks it.
    """
    rest = [
        {key: text for key, text in each.flat.items() if key not in apart} if apart else each.flat for each in records
    ]
    columns: dict[str, pl.Series] = {
        "offset": pl.Series([record.offset for record in records], dtype=pl.UInt64),
        "text": pl.Series([record.text for record in records], dtype=pl.String),
        "fields": fields_of_rows(rest),
    }
    for key in dict.fromkeys([*wanted, *apart]):
        columns[f"@{key}"] = pl.Series([record.flat.get(key) for record in records], dtype=pl.String)
    return pl.DataFrame(columns)


def record_of(offset: int, text: str, content: JsonObject, *, decode_error: bool = False) -> Record:
    """The record of one parsed object."""
    flat = flattened(content)
    if decode_error:
        flat["decode_error"] = "true"
    return Record(offset, text, content, flat)


def flattened(content: Mapping[str, object]) -> dict[str, str]:
    """Nested objects as dotted keys, lists joined by commas, booleans as true and false; what is null is absent."""
    flat: dict[str, str] = {}
    _flatten(content, "", flat, 0)
    return flat


def text_of(value: object) -> str:
    """A scalar as the text that `fields` holds; half a surrogate pair is kept as its escape."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, bool):
        return _LITERALS[value]
    return _decimal(value) if isinstance(value, float) else str(value)


def _decimal(value: float) -> str:
    """A number without an exponent, and without a fraction that says nothing."""
    return format(Decimal(repr(value)), "f").removesuffix(".0") if isfinite(value) else str(value)


def parsed_or_reason(text: str) -> JsonObject | str:
    """The object a text holds, or why it holds none."""
    content = _parsed(text)
    if isinstance(content, dict):
        return content
    return f"not JSON: {content}" if isinstance(content, _Unparsable) else "JSON, but not an object"


class _Unparsable(str):
    """Why a text is no JSON; told apart from a JSON string by its type."""

    __slots__ = ()


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except RecursionError:
        return _Unparsable("nested too deeply")
    except ValueError as error:
        return _Unparsable(str(error)[:200])


def records_of(block: LineBlock) -> tuple[list[Record], pl.DataFrame]:
    """The objects on the lines of a block, one by one, with the lines that hold none as rejects."""
    records, rejects = [], []
    for offset, text, decode_error in block.lines.iter_rows():
        content = parsed_or_reason(text)
        if isinstance(content, str):
            rejects.append((offset, content, text[:CONTENT_LIMIT]))
        else:
            records.append(record_of(offset, text, content, decode_error=decode_error))
    return records, pl.concat([block.rejects, rejects_of(rejects)]) if rejects else block.rejects


def _flatten(content: Mapping[str, object], prefix: str, flat: dict[str, str], depth: int) -> None:
    for key, value in content.items():
        if value is None or len(flat) >= _KEY_LIMIT:
            continue
        name = prefix + text_of(key)
        if isinstance(value, str):
            _put(flat, name, text_of(value))
        elif isinstance(value, dict):
            _flatten_below(value, name, flat, depth)
        elif isinstance(value, list):
            _flatten_list(value, name, flat, depth)
        else:
            _put(flat, name, text_of(value))


def _flatten_below(content: Mapping[str, object], name: str, flat: dict[str, str], depth: int) -> None:
    if depth >= _DEPTH_LIMIT:
        _put(flat, name, text_of(json.dumps(content)[:CONTENT_LIMIT]))
        return
    _flatten(content, f"{name}.", flat, depth + 1)


def _flatten_list(values: list[object], name: str, flat: dict[str, str], depth: int) -> None:
    """Scalars are joined; the objects of a list share their keys, so that their values are joined too."""
    scalars = [text_of(value) for value in values if not isinstance(value, dict | list) and value is not None]
    nested = [value for value in values if isinstance(value, dict | list)]
    if scalars or not values:
        _put(flat, name, ",".join(scalars))
    for value in nested:
        if isinstance(value, dict):
            _flatten_below(value, name, flat, depth)
        elif depth < _DEPTH_LIMIT:
            _flatten_list(value, name, flat, depth + 1)


def _put(flat: dict[str, str], name: str, value: str) -> None:
    flat[name] = f"{flat[name]},{value}" if name in flat else value
