"""How fast columns are judged, beside Presidio's own batch engine, and how often random columns raise an alarm.

Run as `python -m benchmarks.dlp [--rows N] [--json]`; `--accuracy` measures precision and recall instead, `--alarms`
the false alarms per type, and `--csv-gigabytes N` the memory of a scan of a CSV file of that size.
"""

import argparse
import json
import os
import random
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import polars as pl

from benchmarks.dlp_accuracy import SEEDS, accuracy, mistakes
from benchmarks.dlp_table import table
from dlp.column_names import NameHints
from dlp.columns import ColumnEvidence
from dlp.counting import counted, observe_distinct, observe_table
from dlp.policy import default_policy
from dlp.registry import KINDS
from dlp.tables import table_verdicts
from dlp.verdicts import Verdict
from pipelines.delimited import delimited_frames

_KEY = b"a key for benchmarks only, 32 b."
_SEED = 5
_PRESIDIO_ROWS = 200
_PIECE = 100_000  # rows, about what is read of a file at a time
_GUESSED = {"PERSON", "LOCATION"}  # by Presidio from words in a sentence, by us from a whole column
_ALARM_COLUMNS, _ALARM_ROWS, _ALARM_VALUES = 20, 2_000, 100_000

Make = Callable[[random.Random], str]

RANDOM_COLUMNS: dict[str, Make] = {
    "11 digits": lambda dice: f"{dice.randrange(10**11):011}",
    "13 digits": lambda dice: f"{dice.randrange(10**13):013}",
    "15 digits": lambda dice: f"{dice.randrange(10**15):015}",
    "16 digits": lambda dice: f"{dice.randrange(10**16):016}",
    "18 digits": lambda dice: f"{dice.randrange(10**18):018}",
    "19 digits": lambda dice: f"{dice.randrange(10**19):019}",
    "snowflake id": lambda dice: str(1_800_000_000_000_000_000 + dice.randrange(10**17)),
    "order number": lambda dice: f"2024{dice.randint(1, 12):02}{dice.randint(1, 28):02}{dice.randrange(10**10):010}",
    "epoch microseconds": lambda dice: str(1_700_000_000_000_000 + dice.randrange(10**14)),
    "code of 17": lambda dice: "".join(dice.choices("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", k=17)),
    "code of 18": lambda dice: "".join(dice.choices("0123456789ABCDEFGHJKLMNPQRTUWXY", k=18)),
    "hex of 32": lambda dice: f"{dice.getrandbits(128):032x}",
    "fraction": lambda dice: str(dice.random()),
}


class Stopwatch:
    """Seconds by the clock and of the processor, summed over the blocks that it was held around."""

    def __init__(self) -> None:
        self.seconds = self.processor_seconds = 0.0
        self._started = (0.0, 0.0)

    def __enter__(self) -> Self:
        self._started = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter() - self._started[0]
        self.processor_seconds += time.process_time() - self._started[1]


def main() -> None:
    """Print the measurements."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--json", action="store_true")
    asked.add_argument("--accuracy", action="store_true", help="precision and recall per type instead")
    asked.add_argument("--seeds", type=int, nargs="+", default=SEEDS, help="of the made-up people of --accuracy")
    asked.add_argument("--mistakes", action="store_true", help="every column that --accuracy tells wrongly")
    asked.add_argument("--alarms", action="store_true", help="false alarms per type on random values instead")
    asked.add_argument("--csv-gigabytes", type=float, default=0, help="scan a CSV file of that size instead")
    options = asked.parse_args()
    measured = _measured(options)
    if options.json:
        print(json.dumps(measured, ensure_ascii=False, indent=2))
        return
    for name, value in measured.items():
        print(f"{name:<32} {value}")


def _measured(options: argparse.Namespace) -> dict[str, object]:
    if options.mistakes:
        return {str(at): told for at, told in enumerate(mistakes(tuple(options.seeds)), start=1)}
    if options.accuracy:
        return measured_accuracy(tuple(options.seeds))
    if options.alarms:
        return {**false_alarms(), **{f"{name} (columns)": told for name, told in alarmed_columns().items()}}
    return scan_of_csv(options.csv_gigabytes) if options.csv_gigabytes else measure(options.rows)


def measured_accuracy(seeds: tuple[int, ...]) -> dict[str, object]:
    """Precision and recall per type, over columns."""
    return {
        name: f"precision {told.precision:.3f}  recall {told.recall:.3f}  ({told.holding} columns)"
        for name, told in accuracy(seeds).items()
    }


def measure(rows: int) -> dict[str, object]:
    """Speed of counting and of the whole, by the clock and by processor time, beside Presidio on the first rows."""
    counting, whole = Stopwatch(), Stopwatch()
    of_distinct, of_table = _no_evidence(), _no_evidence()
    distinct = cells = 0
    for seed, size in enumerate(_pieces(rows), start=_SEED):
        piece = table(size, seed)
        cells += piece.height * piece.width
        values = {series.name: counted(series) for series in piece}
        distinct += sum(len(frame) for frame in values.values())
        with counting:
            observe_distinct(values, of_distinct, key=_KEY, policy=default_policy())
        with whole:
            observe_table(piece, of_table, key=_KEY, policy=default_policy())
    with whole:
        ours = table_verdicts(of_table, dict.fromkeys(of_table, NameHints()), default_policy())
    peak = _peak_mb()
    sample = table(_PRESIDIO_ROWS, _SEED)
    presidio, theirs = _presidio(sample)
    theirs_rate = sample.height * sample.width / presidio.seconds
    theirs_processor = sample.height * sample.width / presidio.processor_seconds
    return {
        "cells": cells,
        "distinct_cells": distinct,
        "cells_per_second": round(distinct / counting.seconds),
        "cells_per_processor_second": round(distinct / counting.processor_seconds),
        "cells_per_second_end_to_end": round(cells / whole.seconds),
        "presidio_cells_per_second": round(theirs_rate),
        "ratio_to_presidio_batch": round(cells / whole.seconds / theirs_rate, 1),
        "ratio_of_processor_time": round(cells / whole.processor_seconds / theirs_processor, 1),
        "same_verdicts": all(_sure(ours[name], rows) == theirs[name] for name in sample.columns),
        "peak_rss_mb": peak,
        "cores": os.cpu_count(),
    }


def false_alarms() -> dict[str, object]:
    """For each kind of random value: the share of them that each type's own form and check take for theirs."""
    dice = random.Random(3)  # noqa: S311  # measured on random values, nothing secret
    told: dict[str, object] = {}
    for name, make in RANDOM_COLUMNS.items():
        values = pl.Series([make(dice) for _ in range(_ALARM_VALUES)])
        taken: dict[str, int] = {}
        for kind in KINDS:
            if kind.alone is not None:
                shaped = values.filter(values.str.contains(kind.whole))
                taken[kind.entity_type] = taken.get(kind.entity_type, 0) + int(kind.holds(shaped).sum())
        told[name] = {of: f"{count / _ALARM_VALUES:.3%}" for of, count in taken.items() if count} or "none"
    return told


def alarmed_columns() -> dict[str, str]:
    """For each kind of random value: of how many columns of them anything was reported."""
    dice = random.Random(4)  # noqa: S311  # measured on random values, nothing secret
    told = {}
    for name, make in RANDOM_COLUMNS.items():
        columns = [[make(dice) for _ in range(_ALARM_ROWS)] for _ in range(_ALARM_COLUMNS)]
        reported = sum(bool(_judged(values)) for values in columns)
        told[name] = f"{reported} of {_ALARM_COLUMNS}"
    return told


def scan_of_csv(gigabytes: float) -> dict[str, object]:
    """Speed and memory of counting a CSV file of made-up rows, which is removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        with path.open("wb") as file:
            seed = 0
            while file.tell() < gigabytes * 1e9:
                table(_PIECE, seed := seed + 1).write_csv(file, include_header=seed == 1)
        evidence: dict[str, ColumnEvidence] = {}
        rows, started = 0, time.perf_counter()
        with path.open("rb") as stream:
            for read in delimited_frames(stream, is_name=lambda cell: cell.startswith("column_")):
                frame = read.frame
                for column in frame.columns:
                    evidence.setdefault(column, ColumnEvidence())
                observe_table(frame, evidence, key=_KEY, policy=default_policy())
                rows += frame.height
        seconds = time.perf_counter() - started
    return {
        "rows": rows,
        "cells_per_second": round(rows * len(evidence) / seconds),
        "seconds": round(seconds, 1),
        "peak_rss_mb": _peak_mb(),
    }


def _no_evidence() -> dict[str, ColumnEvidence]:
    return {column: ColumnEvidence() for column in table(1, _SEED).columns}


def _pieces(rows: int) -> list[int]:
    return [min(_PIECE, rows - start) for start in range(0, rows, _PIECE)]


def _judged(values: list[str]) -> list[Verdict]:
    evidence = {"column_1": ColumnEvidence()}
    observe_table(pl.DataFrame({"column_1": values}), evidence, key=_KEY, policy=default_policy())
    return table_verdicts(evidence, {"column_1": NameHints()}, default_policy())["column_1"]


def _sure(verdicts: list[Verdict], rows: int) -> set[str]:
    """The types that most cells hold, those aside that Presidio guesses."""
    return {verdict.entity_type for verdict in verdicts if verdict.hits >= rows / 2} - _GUESSED


def _presidio(drawn: pl.DataFrame) -> tuple[Stopwatch, dict[str, set[str]]]:
    from presidio_analyzer import BatchAnalyzerEngine  # noqa: PLC0415  # seconds to import, not part of our own time

    from dlp.analyzer import analyzer  # noqa: PLC0415

    engine = BatchAnalyzerEngine(analyzer_engine=analyzer())
    types = sorted({kind.entity_type for kind in KINDS} - _GUESSED)
    analyzer().analyze("预热", language="zh")
    cells: dict[str, Any] = dict(drawn.to_dict(as_series=False))
    with Stopwatch() as watch:
        results = engine.analyze_dict(cells, language="zh", entities=types, score_threshold=0.4)
        found = {result.key: _common(result.recognizer_results, drawn.height) for result in results}
    return watch, found


def _common(cells: Any, rows: int) -> set[str]:
    """The types that Presidio sees in at least half of a column's cells."""
    types = [{getattr(result, "entity_type", "") for result in cell} for cell in cells]
    return {name for name in set().union(*types) if sum(name in seen for seen in types) >= rows / 2}


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
