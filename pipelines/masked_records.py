"""JSON records with some of their fields masked, nested ones too."""

import json
from collections.abc import Mapping
from functools import partial
from typing import BinaryIO

from pipelines.errors import SourceBroken
from pipelines.maskers import Masker, Maskers, Masking, is_told_anywhere

_LONGEST_RECORD = 16 * 1024 * 1024
_LONGEST_ARRAY = 256 * 1024 * 1024
_LARGEST_WHOLE = 2**53
_NUMBER = (int, float)


def write_json_lines(stream: BinaryIO, sink: BinaryIO, masking: Masking) -> int:
    """How many lines could not be read and are not in the masked copy.

    Raises:
        SourceBroken: no line is a JSON object.
    """
    rejected = written = 0
    while line := stream.readline(_LONGEST_RECORD):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            rejected += 1
            continue
        sink.write(_json(_masked_record(record, masking)) + b"\n")
        written += 1
    if rejected and not written:
        raise SourceBroken("not JSON lines: no line could be read as a JSON object")
    return rejected


def write_json_array(stream: BinaryIO, sink: BinaryIO, masking: Masking) -> int:
    """0: a JSON array is copied as a whole.

    Raises:
        SourceBroken: it is no JSON, or longer than 256 MiB.
    """
    content = stream.read(_LONGEST_ARRAY + 1)
    if len(content) > _LONGEST_ARRAY:
        raise SourceBroken("a JSON array of more than 256 MiB: save it as JSON lines")
    try:
        items = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SourceBroken(f"not JSON: {type(error).__name__} while reading the array") from error
    records = [_masked_record(item if isinstance(item, dict) else {"value": item}, masking) for item in items]
    made = [new if isinstance(old, dict) else new["value"] for old, new in zip(items, records, strict=True)]
    sink.write(_json(made) + b"\n")
    return 0


def masked_value(value: object, path: str, maskers: Maskers) -> object:
    """The value with every leaf below a masked path masked; a list counts for the path that it stands at."""
    if isinstance(value, dict):
        inner = {name: f"{path}.{name}" if path else str(name) for name in value}
        # What the scan saw as one text, such as an object inside of a list, has one masker.
        return {
            name: masked_value(item, inner[name] if path not in maskers else path, maskers)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [masked_value(item, path, maskers) for item in value]
    masker = maskers.get(path)
    if masker is None or value is None or isinstance(value, bool):
        return value
    if isinstance(value, _NUMBER):
        return _masked_number(value, masker)
    return masker(value) if isinstance(value, str) else value


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def _masked_record(record: dict[str, object], masking: Masking) -> dict[str, object]:
    """A record with what is masked of it masked, and in its texts also what the other masked fields hold."""
    echoes: dict[str, str] = {}

    def noting(masker: Masker, value: str) -> str:
        made = masker(value)
        if made != value and is_told_anywhere(value):
            echoes[value] = made
        return made

    maskers = {
        path: partial(noting, masker) if path in masking.echoed else masker for path, masker in masking.maskers.items()
    }
    made = {name: masked_value(value, name, maskers) for name, value in record.items()}
    if not echoes:
        return made
    return {name: _mended(value, name, masking.whole, echoes) for name, value in made.items()}


def _mended(value: object, path: str, whole: frozenset[str], echoes: Mapping[str, str]) -> object:
    """The value with the echoes replaced in every text outside of the columns that are masked whole."""
    if path in whole:
        return value
    if isinstance(value, dict):
        return {name: _mended(item, f"{path}.{name}", whole, echoes) for name, item in value.items()}
    if isinstance(value, list):
        return [_mended(item, path, whole, echoes) for item in value]
    return _without(value, echoes) if isinstance(value, str) else value


def _without(text: str, echoes: Mapping[str, str]) -> str:
    for old, new in echoes.items():
        text = text.replace(old, new)
    return text


def _masked_number(value: float, masker: Masker) -> object:
    whole = isinstance(value, int) or (value.is_integer() and abs(value) < _LARGEST_WHOLE)
    text = str(int(value)) if whole else repr(value)
    made = masker(text)
    if made == text:
        return value
    try:
        return int(made) if made.isdigit() and whole else float(made)
    except ValueError:
        return made
