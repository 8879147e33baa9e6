"""How fast columns are judged, beside Presidio's own batch engine, and how often random columns raise an alarm.

Run as `python -m benchmarks.dlp [--rows N] [--json] [--accuracy]`.
"""

import argparse
import json
import random
import resource
import time
from collections.abc import Callable, Iterator
from typing import Any

import polars as pl

from benchmarks.dlp_accuracy import accuracy
from dlp.column_names import name_hints
from dlp.columns import ColumnEvidence
from dlp.policy import default_policy
from dlp.registry import KINDS
from dlp.verdicts import verdicts

_KEY = b"a key for benchmarks only, 32 b."
_PRESIDIO_ROWS = 200
_FALSE_ALARM_COLUMNS = 20

Make = Callable[[random.Random], str]

RANDOM_COLUMNS: dict[str, Make] = {
    "11 digits": lambda dice: f"{dice.randrange(10**11):011}",
    "13 digits": lambda dice: f"{dice.randrange(10**13):013}",
    "15 digits": lambda dice: f"{dice.randrange(10**15):015}",
    "16 digits": lambda dice: f"{dice.randrange(10**16):016}",
    "18 digits": lambda dice: f"{dice.randrange(10**18):018}",
    "snowflake id": lambda dice: str(1_800_000_000_000_000_000 + dice.randrange(10**17)),
    "order number": lambda dice: f"2024{dice.randint(1, 12):02}{dice.randint(1, 28):02}{dice.randrange(10**10):010}",
    "epoch microseconds": lambda dice: str(1_700_000_000_000_000 + dice.randrange(10**14)),
    "code of 18": lambda dice: "".join(dice.choices("0123456789ABCDEFGHJKLMNPQRTUWXY", k=18)),
    "hex of 32": lambda dice: f"{dice.getrandbits(128):032x}",
    "fraction": lambda dice: str(dice.random()),
}

_PEOPLE: dict[str, Make] = {
    "mobile": lambda dice: f"1{dice.randint(3, 9)}{dice.randrange(10**9):09}",
    "mail": lambda dice: f"u{dice.randrange(10**7)}@example.org",
    "log": lambda dice: (
        f"sshd[{dice.randrange(9999)}]: Failed password for u{dice.randrange(99)} from 192.0.2.{dice.randrange(255)}"
    ),
    "text": lambda dice: f"用户{dice.randrange(10**6)}的申请已受理，请等待通知",
}


def main() -> None:
    """Print the measurements."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=100_000)
    asked.add_argument("--json", action="store_true")
    asked.add_argument("--accuracy", action="store_true", help="precision and recall per type instead")
    options = asked.parse_args()
    measured = measured_accuracy() if options.accuracy else measure(options.rows)
    if options.json:
        print(json.dumps(measured, ensure_ascii=False, indent=2))
        return
    for name, value in measured.items():
        print(f"{name:<24} {value}")


def measured_accuracy() -> dict[str, object]:
    """Precision and recall per type, over columns."""
    return {
        name: f"precision {told.precision:.3f}  recall {told.recall:.3f}  ({told.holding} columns)"
        for name, told in accuracy().items()
    }


def measure(rows: int) -> dict[str, object]:
    table = _table(rows)
    started = time.perf_counter()
    ours = {series.name: _judged(series) for series in table.get_columns()}
    ours_rate = table.height * table.width / (time.perf_counter() - started)
    theirs_rate, theirs = _presidio(table.head(_PRESIDIO_ROWS))
    return {
        "cells": table.height * table.width,
        "cells_per_second": round(ours_rate),
        "presidio_cells_per_second": round(theirs_rate),
        "ratio_to_presidio_batch": round(ours_rate / theirs_rate, 1),
        "same_verdicts": all(set(ours[name]) == theirs[name] for name in _PEOPLE),
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "false_alarms": dict(false_alarms()),
    }


def false_alarms(rows: int = 2_000) -> Iterator[tuple[str, str]]:
    """For each kind of random column: of how many columns a type was reported, and the share of values per type."""
    dice = random.Random(3)  # noqa: S311  # measured on random values, nothing secret
    for name, make in RANDOM_COLUMNS.items():
        columns = [pl.Series("c", [make(dice) for _ in range(rows)]) for _ in range(_FALSE_ALARM_COLUMNS)]
        reported = sum(bool(_judged(column)) for column in columns)
        shares = {kind.name: _share(kind.whole, kind.holds, columns[0]) for kind in KINDS if kind.alone is not None}
        worst = {kind: f"{share:.3%}" for kind, share in shares.items() if share}
        yield name, f"columns {reported}/{len(columns)}; values {worst or 'none'}"


def _share(whole: str, holds: Callable[[pl.Series], pl.Series], column: pl.Series) -> float:
    found = column.filter(column.str.contains(whole))
    return int(holds(found).sum()) / len(column)


def _table(rows: int) -> pl.DataFrame:
    dice = random.Random(5)  # noqa: S311  # measured on random values, nothing secret
    makes = {**_PEOPLE, **RANDOM_COLUMNS}
    return pl.DataFrame({name: [make(dice) for _ in range(rows)] for name, make in makes.items()})


def _judged(column: pl.Series) -> dict[str, int]:
    evidence = ColumnEvidence()
    counted = column.alias("value").to_frame().group_by("value").len("rows")
    evidence.observe(counted, key=_KEY, policy=default_policy())
    found = verdicts(evidence, name_hints("column_1", default_policy()), default_policy())
    return {verdict.entity_type: verdict.hits for verdict in found}


def _presidio(table: pl.DataFrame) -> tuple[float, dict[str, set[str]]]:
    from presidio_analyzer import BatchAnalyzerEngine  # noqa: PLC0415  # seconds to import, not part of our own time

    from dlp.analyzer import analyzer  # noqa: PLC0415

    engine = BatchAnalyzerEngine(analyzer_engine=analyzer())
    types = sorted({kind.entity_type for kind in KINDS} - {"PERSON", "LOCATION"})
    analyzer().analyze("预热", language="zh")
    started = time.perf_counter()
    cells: dict[str, Any] = dict(table.to_dict(as_series=False))
    results = engine.analyze_dict(cells, language="zh", entities=types, score_threshold=0.4)
    found = {result.key: _common(result.recognizer_results, table.height) for result in results}
    return table.height * table.width / (time.perf_counter() - started), found


def _common(cells: Any, rows: int) -> set[str]:
    """The types that Presidio sees in at least half of a column's cells."""
    types = [{getattr(result, "entity_type", "") for result in cell} for cell in cells]
    return {name for name in set().union(*types) if sum(name in seen for seen in types) >= rows / 2}


if __name__ == "__main__":
    main()
