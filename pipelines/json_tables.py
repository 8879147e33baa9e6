"""JSON lines and JSON arrays as text: nested fields as `column.field`, numbers as they would be typed."""

import json
from collections.abc import Callable, Iterator
from typing import BinaryIO

import polars as pl

from pipelines.cell_texts import number_text
from pipelines.errors import SourceBroken
from pipelines.pieces import BATCH_ROWS, DEEPEST, Piece

_LONGEST_RECORD = 16 * 1024 * 1024
_LONGEST_LINE = 64 * 1024 * 1024
_LONGEST_INTEGER = 40  # digits
_LONGEST_ARRAY = 256 * 1024 * 1024


def line_pieces(stream: BinaryIO, share: Callable[[], float]) -> Iterator[Piece]:
    """The objects of a file of JSON lines, piece by piece; lines that are none are counted as rejected.

    Raises:
        SourceBroken: not one line is a JSON object, or one is longer than 64 MiB; what came before was yielded.
    """
    records: list[dict[str, str]] = []
    rejected = 0
    while line := stream.readline(_LONGEST_RECORD):
        if not line.strip():
            continue
        is_cut = len(line) == _LONGEST_RECORD and not line.endswith(b"\n")
        if is_cut and not _ends_soon(stream):
            yield Piece(_columns(records), len(records), share(), rejected + 1)
            raise SourceBroken("a line of more than 64 MiB: no table is written so")
        record = None if is_cut else _record(line)
        if record is None:
            rejected += 1
        else:
            records.append(record)
        if len(records) >= BATCH_ROWS:
            yield Piece(_columns(records), len(records), share(), rejected)
            records, rejected = [], 0
    if not records and rejected:
        raise SourceBroken("not JSON lines: no line could be read as a JSON object")
    yield Piece(_columns(records), len(records), 1.0, rejected)


def array_pieces(stream: BinaryIO, share: Callable[[], float]) -> Iterator[Piece]:
    """The items of a file that is one JSON array, in one piece.

    Raises:
        SourceBroken: it is no JSON, or longer than 256 MiB.
    """
    content = stream.read(_LONGEST_ARRAY + 1)
    if len(content) > _LONGEST_ARRAY:
        raise SourceBroken("a JSON array of more than 256 MiB: save it as JSON lines")
    try:
        array = json.loads(content, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise SourceBroken(f"not JSON: {type(error).__name__} while reading the array") from error
    records = [_flat(item if isinstance(item, dict) else {"value": item}) for item in array]
    yield Piece(_columns(records), len(records), share())


def _ends_soon(stream: BinaryIO) -> bool:
    """Whether a line that was cut ends within the longest that is passed over; the stream stands behind it then."""
    left = _LONGEST_LINE - _LONGEST_RECORD
    while left > 0:
        more = stream.readline(min(left, _LONGEST_RECORD))
        if not more or more.endswith(b"\n"):
            return True
        left -= len(more)
    return False


def _record(line: bytes) -> dict[str, str] | None:
    try:
        value = json.loads(line, parse_int=_integer)
    except (ValueError, RecursionError):
        return None
    return _flat(value) if isinstance(value, dict) else None


def _integer(digits: str) -> int | str:
    # Python refuses to read numbers of more than 4,300 digits.
    return int(digits) if len(digits) <= _LONGEST_INTEGER else digits


def _flat(value: dict[str, object], prefix: str = "", depth: int = 0) -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, inner in value.items():
        if isinstance(inner, dict) and depth < DEEPEST:
            flat.update(_flat(inner, f"{prefix}{name}.", depth + 1))
        elif isinstance(inner, list | dict):
            flat[f"{prefix}{name}"] = json.dumps(inner, ensure_ascii=False)
        elif isinstance(inner, str | int) and not isinstance(inner, bool):
            flat[f"{prefix}{name}"] = str(inner)
        elif isinstance(inner, float) and (text := number_text(inner)) is not None:
            flat[f"{prefix}{name}"] = text
    return flat


def _columns(records: list[dict[str, str]]) -> pl.DataFrame:
    names = dict.fromkeys(name for record in records for name in record)
    columns = {name: [record.get(name) for record in records] for name in names}
    return pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String))
