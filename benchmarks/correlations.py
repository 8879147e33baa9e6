"""How fast correlations are judged and how much memory that takes: `python -m benchmarks.correlations [--json]`.

Base matches lie in an embedded server, spread over one day. Each type of correlation is judged in a process of its own,
so that its peak memory is its own: over groups of twenty matches, and over one group that holds everything. Beside it,
the same answer by brute force: for every match, all matches of its group are looked at.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import yaml

from detectors.correlation import episodes_of_group
from detectors.correlation_match import Match
from detectors.ruleset import load_ruleset
from pipelines.correlating import correlated
from store.client import Store
from store.embedded import running_endpoint, start_detached, stop
from store.migrate import migrate
from store.writes import append

_START = datetime(2026, 3, 1, tzinfo=UTC)
_BASES = [
    {
        "title": name,
        "name": name,
        "logsource": {"product": "windows"},
        "detection": {"s": {"kind": name}, "condition": "s"},
    }
    for name in ("first", "second")
]
_TYPES: Mapping[str, Mapping[str, object]] = {
    "event_count": {"condition": {"gte": 5}},
    "value_count": {"condition": {"gte": 4, "field": "size"}},
    "value_avg": {"condition": {"gt": 400, "field": "size"}},
    "value_percentile": {"condition": {"gt": 900, "field": "size", "percentile": 95}},
    "temporal_ordered": {},
}
_SIZES = (100_000, 1_000_000)
_BATCH = "bench"
_SPREAD = {"groups of 20": "many", "one group": "one"}
_BRUTE = 5_000


def main() -> None:
    """Measure on a server of its own, in a folder that goes afterwards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(_SIZES), help="base matches")
    parser.add_argument("--types", nargs="+", choices=list(_TYPES), default=list(_TYPES), help="of correlations")
    parser.add_argument("--judge", nargs=3, metavar=("HOME", "TYPE", "FIELD"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.judge:
        home, kind, field = asked.judge
        print(json.dumps(_judged(Path(home), kind, field)))
        return
    measured = [_compared(), *(row for size in asked.sizes for row in _measured(size, asked.types))]
    if asked.json:
        print(json.dumps(measured))
        return
    for row in measured:
        print(
            "  ".join(
                f"{name}={value:,.1f}" if isinstance(value, float) else f"{name}={value}" for name, value in row.items()
            )
        )


def _measured(size: int, types: Sequence[str]) -> list[dict[str, object]]:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        endpoint = start_detached(home / "database", state=home)
        try:
            with Store.connect(endpoint.dsn()) as store:
                migrate(store)
                for start in range(0, size, 100_000):
                    append(
                        store,
                        "log_event_records",
                        _events(start, min(size, start + 100_000), size),
                        token=f"bench:{start}",
                    )
            return [
                {"matches": size, "spread": name, "type": kind, **_alone(home, kind, field)}
                for name, field in _SPREAD.items()
                for kind in types
            ]
        finally:
            stop(home)


def _alone(home: Path, kind: str, field: str) -> dict[str, object]:
    command = [sys.executable, "-m", "benchmarks.correlations", "--judge", str(home), kind, field]
    told: dict[str, object] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return told


def _judged(home: Path, kind: str, field: str) -> dict[str, object]:
    """One type judged in this process."""
    correlation = {"type": kind, "rules": ["first", "second"], "group-by": [field], "timespan": "5m", **_TYPES[kind]}
    rules = home / f"{kind}_{field}.yml"
    rules.write_text(yaml.safe_dump_all([*_BASES, {"title": "it", "correlation": correlation}]), encoding="utf-8")
    ruleset = load_ruleset(rules)
    endpoint = running_endpoint(home)
    assert endpoint is not None
    with Store.connect(endpoint.dsn()) as store:
        rows = int(str(store.value("SELECT count() FROM log_events")))
        failures: dict[str, str] = {}
        before = _peak_mb()
        begun, busy = time.perf_counter(), time.process_time()
        heard = {rule.head.id for rule in ruleset.rules}
        alerts = sum(1 for _ in correlated(store, ruleset, [_BATCH], heard, failures))
        seconds, busy = time.perf_counter() - begun, time.process_time() - busy
    assert not failures, failures
    return {
        "matches_per_second": rows / seconds,
        "matches_per_cpu_second": rows / busy,
        "peak_rss_mb": _peak_mb(),
        "above_start_mb": _peak_mb() - before,
        "alerts": alerts,
    }


def _events(start: int, end: int, size: int) -> pl.DataFrame:
    number = pl.int_range(start, end, dtype=pl.Int64)
    mixed = number.cast(pl.UInt64).hash(3)
    frame = pl.select(
        event_id="e" + number.cast(pl.String),
        event_time=pl.lit(_START) + pl.duration(microseconds=number * (86_400_000_000 // size)),
        batch_id=pl.lit(_BATCH),
        product=pl.lit("windows"),
        host=pl.lit("app-1"),
        kind=pl.when(mixed % 3 == 0).then(pl.lit("second")).otherwise(pl.lit("first")),
        many=(number // 20).cast(pl.String),
        size=(mixed % 1000).cast(pl.String),
    )
    fields = [
        {"kind": kind, "many": many, "one": "x", "size": text}
        for kind, many, text in frame.select("kind", "many", "size").iter_rows()
    ]
    keys = pl.Series("fields", fields, dtype=pl.Map(pl.String, pl.String))
    return frame.drop("kind", "many", "size").with_columns(keys)


def _compared() -> dict[str, object]:
    """The engine and brute force over the same matches in memory."""
    correlation = {"type": "event_count", "rules": ["first"], "timespan": "5m", "condition": {"gte": 50}}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rules.yml"
        path.write_text(yaml.safe_dump_all([*_BASES, {"title": "it", "correlation": correlation}]), encoding="utf-8")
        (rule,) = load_ruleset(path).correlations
    matches = [Match("first", _START + timedelta(seconds=number), (str(number),)) for number in range(_BRUTE)]
    times = [match.time for match in matches]
    span = timedelta(seconds=rule.span_seconds)
    engine = _seconds(lambda: list(episodes_of_group(rule, (), matches)))
    brute = _seconds(lambda: [sum(end - span <= time <= end for time in times) >= 50 for end in times])
    return {
        "matches": _BRUTE,
        "type": "event_count",
        "engine_matches_per_second": _BRUTE / engine,
        "brute_force_ratio": brute / engine,
    }


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _peak_mb() -> float:
    """Peak memory of this process alone: what `getrusage` tells begins with the parent's."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6


if __name__ == "__main__":
    main()
