"""Files in which people declare things, an entry each: YAML under one key, or CSV with one entry a row."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from assets.strict_yaml import LARGEST_BYTES, YamlRefused, read_yaml

Row = dict[str, str | None]
Cells = Callable[[Row], dict[str, object]]
Made = TypeVar("Made")


def declared(
    path: Path,
    key: str,
    cells: Cells,
    made: Callable[[object], Made],
    name: Callable[[Made], str],
    refused: type[Exception],
    *,
    beside: tuple[str, ...] = (),
) -> list[Made]:
    """What the entries of a file declare, in its order.

    Args:
        path: YAML of up to 8 MiB with the one key, and perhaps those `beside`, or CSV.
        key: that holds the list of entries.
        cells: makes an entry of a row of CSV.
        made: what an entry declares; raises `refused`, an error with `problems`.
        name: by what two of them are the same.
        refused: the error of an entry that cannot be, made of a list of problems.
        beside: other keys that such a file may have; CSV declares what is under the first key only.

    Raises:
        Exception: `refused`, with one line per problem: file, line, key and what is allowed, or what is given twice.
    """
    try:
        entries = _of_csv(path, cells) if path.suffix.lower() == ".csv" else _of_yaml(path, key, beside)
    except YamlRefused as error:
        raise refused([error.at(path)]) from error
    problems: list[str] = []
    found: list[Made] = []
    seen: dict[str, int] = {}
    for line, entry in entries:
        try:
            one = made(entry)
        except refused as error:
            problems += [f"{path}:{line}: {problem}" for problem in getattr(error, "problems", [str(error)])]
            continue
        if name(one) in seen:
            problems.append(f"{path}:{line}: {name(one)} is given twice, first in line {seen[name(one)]}")
        seen.setdefault(name(one), line)
        found.append(one)
    if problems:
        raise refused(problems)
    return found


def _of_yaml(path: Path, key: str, beside: tuple[str, ...]) -> list[tuple[int, object]]:
    document = read_yaml(path)
    content = document.content if isinstance(document.content, dict) else {}
    known = bool(content) and set(content) <= {key, *beside}
    entries = content.get(key, [] if beside else None) if known else None
    if not isinstance(entries, list):
        allowed = f"the one key {key}" if not beside else f"the keys {', '.join((key, *beside))}"
        raise YamlRefused(f"1: such a file is a mapping with {allowed}, a list of entries")
    return [(document.line((key, at)), _given(entry)) for at, entry in enumerate(entries)]


def _given(entry: object) -> object:
    return {key: value for key, value in entry.items() if value is not None} if isinstance(entry, dict) else entry


def _of_csv(path: Path, cells: Cells) -> list[tuple[int, object]]:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise YamlRefused(f"larger than {LARGEST_BYTES // 1024**2} MiB: split it")
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            return [(reader.line_num, cells(row)) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise YamlRefused(f"cannot be read as CSV in UTF-8: {error}") from error
