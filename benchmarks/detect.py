"""How fast rules judge stored events: `python -m benchmarks.detect [--json] [--curve]`.

Real Windows events, ten times over, and every Windows rule of a checkout (`--events`, `--rules`). Each measurement is a
detecting process of its own against an embedded server; the events are there already, and all matches are written as
alerts. Copies are the same events again; `distinct` ones have command lines, paths and script texts that no other has.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.charts import line_chart
from detectors.rule import CompiledRule
from pipelines.ingest import ingest
from rongdun.settings import Settings
from store.client import Store
from store.embedded import running_endpoint, stop
from store.session import open_store

SHARED = Path(__file__).parents[2] / "shared" / "data"
CURVE_EVENTS = (10_000, 100_000, 1_000_000)
CURVE_RULES = (750, 1_500, 3_000)
TRICKLE = 100
# What an attacker types is never twice the same; what the machine says of itself is.
VARIED = ("CommandLine", "ParentCommandLine", "ScriptBlockText", "TargetFilename", "TargetObject", "ProcessGuid")

_COPY = """
INSERT INTO log_events
    (event_id, batch_id, event_time, source, source_type, source_offset, sensor, scope, asset_id, product, category,
     service, host, source_ip, source_port, destination_ip, destination_port, user, action, outcome, severity, message,
     fields)
SELECT
    concat(log_events.event_id, {suffix:String}), {batch:String}, event_time, source, source_type, source_offset,
    sensor, scope, asset_id, product, category, service, host, source_ip, source_port, destination_ip,
    destination_port, user, action, outcome, severity, message,
    if({varied:UInt8}, mapApply((name, value) -> (name, if(name IN {names:Array(String)},
                                                           concat(value, {suffix:String}), value)), fields), fields)
FROM log_events
WHERE log_events.batch_id IN (SELECT batch_id FROM ingested_batches WHERE source != 'copy')
ORDER BY log_events.event_id
LIMIT {rows:UInt64}
"""
_ARRIVED = """
INSERT INTO ingested_batches (batch_id, source, table_name, rows)
VALUES ({batch:String}, 'copy', 'log_events', {rows:UInt64})
"""
_ORIGINALS = "SELECT sum(ingested_batches.rows) FROM ingested_batches WHERE source != 'copy'"


@dataclass(frozen=True)
class Measured:
    """One detecting process.

    Attributes:
        ready_seconds: from its start until it had its rules.
        judged_seconds: for all events, alerts written.
        first_alert_seconds: from its start until the first alert was in the table.
        rss_mb: the most that it and the server together held at one moment.
    """

    events: int
    rules: int
    alerts: int
    ready_seconds: float
    judged_seconds: float
    first_alert_seconds: float
    rss_mb: float

    @property
    def events_per_second(self) -> float:
        """Events judged in a second."""
        return self.events / self.judged_seconds


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=Path, default=SHARED / "evtx", help="a folder of EVTX files")
    parser.add_argument("--rules", type=Path, default=SHARED / "sigmahq", help="a folder of Sigma rules")
    parser.add_argument("--copies", type=int, default=10)
    parser.add_argument("--curve", action="store_true", help="also grow events and rules, and draw that")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--judge", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--most", type=int, default=0, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.judge is not None:
        _judge(asked.judge, asked.rules, asked.most)
        return
    for folder in (asked.events, asked.rules):
        if not folder.is_dir():
            sys.exit(f"{folder}: no such folder; name one with --events and --rules")
    with _corpus(asked.events) as corpus:
        report = _headline(corpus, asked.rules, asked.copies)
        curve = _curve(corpus, asked.rules) if asked.curve else []
    if asked.json:
        print(json.dumps({**report, "curve": curve}, indent=2))
        return
    for name, value in report.items():
        print(f"{name:36} {value:>14,.2f}")
    for point in curve:
        print("  ".join(f"{name} {value:,.2f}" for name, value in point.items()))


class _Corpus:
    """A home with real events in it, from which batches of copies are made."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self.store = store
        self.originals = int(str(store.value(_ORIGINALS)))

    def arrives(self, events: int, *, distinct: bool = False) -> None:
        """So many events arrive, in batches of as many as the corpus has."""
        for number, first in enumerate(range(0, events, self.originals)):
            rows = min(self.originals, events - first)
            name = f" copy-{time.monotonic_ns()}-{number}"
            bound = {"suffix": name, "batch": name, "rows": rows, "varied": int(distinct), "names": list(VARIED)}
            self.store.execute(_COPY, bound)
            self.store.execute(_ARRIVED, {"batch": name, "rows": rows})
        self.store.execute("OPTIMIZE TABLE log_events FINAL")

    def measured(self, rules: Path, *, most: int = 0) -> Measured:
        """A fresh process judges whatever it has not judged."""
        before = int(str(self.store.value("SELECT count() FROM alert_matches")))
        command = [sys.executable, "-m", "benchmarks.detect", "--judge", str(self.settings.home), "--rules", str(rules)]
        endpoint = running_endpoint(self.settings.run_folder)
        assert endpoint is not None
        started = time.time()
        with subprocess.Popen([*command, "--most", str(most)], stdout=subprocess.PIPE) as process:
            watch = _Watch([psutil.Process(process.pid), psutil.Process(endpoint.pid)])
            watch.start()
            out, _ = process.communicate()
            watch.stop()
        if process.returncode:
            sys.exit(f"the detecting process ended with {process.returncode}")
        said = json.loads(out)
        first = self.store.value("SELECT toUnixTimestamp64Milli(min(detected_at)) FROM alert_matches")
        alerts = int(str(self.store.value("SELECT count() FROM alert_matches"))) - before
        return Measured(
            events=said["events"],
            rules=said["rules"],
            alerts=alerts,
            ready_seconds=said["ready_at"] - started,
            judged_seconds=said["seconds"],
            first_alert_seconds=int(str(first)) / 1000 - started if before == 0 else 0.0,
            rss_mb=watch.most / (1 << 20),
        )

    def forget(self) -> None:
        """Nothing was judged and no rule set was kept."""
        for table in ("alert_matches", "judged_batches", "failed_judgements"):
            self.store.execute("TRUNCATE TABLE {table:Identifier}", {"table": table})

    def forget_copies(self) -> None:
        """Only the original events are left, and nothing was judged."""
        self.store.execute("DELETE FROM log_events WHERE batch_id LIKE ' copy-%'")
        self.store.execute("DELETE FROM ingested_batches WHERE source = 'copy'")
        self.forget()


@contextmanager
def _corpus(events: Path) -> Iterator[_Corpus]:
    with tempfile.TemporaryDirectory(prefix="detect-bench-") as home:
        settings = Settings(home=Path(home))
        try:
            with open_store(settings) as store:
                ingest([events], store, scope="fuzhou")
                yield _Corpus(settings, store)
        finally:
            stop(settings.run_folder)


def _headline(corpus: _Corpus, rules: Path, copies: int) -> dict[str, float]:
    corpus.arrives(corpus.originals * (copies - 1))
    cold = corpus.measured(rules)
    corpus.forget()
    corpus.measured(rules)  # the server has its files in memory now, as one that runs has
    corpus.forget()
    warm = corpus.measured(rules)
    corpus.arrives(TRICKLE)
    trickle = corpus.measured(rules)
    corpus.forget_copies()
    corpus.arrives(corpus.originals * (copies - 1), distinct=True)
    distinct = corpus.measured(rules)
    return {
        "events": warm.events,
        "rules": warm.rules,
        "alerts": warm.alerts,
        "warm_events_per_second": warm.events_per_second,
        "warm_distinct_events_per_second": distinct.events_per_second,
        "cold_first_alert_seconds": cold.first_alert_seconds,
        "cached_rules_ready_seconds": warm.ready_seconds,
        "trickle_events": trickle.events,
        "trickle_seconds": trickle.judged_seconds,
        "trickle_process_seconds": trickle.ready_seconds + trickle.judged_seconds,
        "peak_rss_mb": max(cold.rss_mb, warm.rss_mb, distinct.rss_mb),
    }


def _curve(corpus: _Corpus, rules: Path) -> list[dict[str, float]]:
    """Events grow under all rules, then rules grow over the middle number of events."""
    points = []
    for events, most in [(each, 0) for each in CURVE_EVENTS] + [(CURVE_EVENTS[1], each) for each in CURVE_RULES]:
        corpus.forget_copies()
        corpus.arrives(events - corpus.originals)
        found = corpus.measured(rules, most=most)
        points.append(
            {
                "events": found.events,
                "rules": found.rules,
                "seconds": found.judged_seconds,
                "events_per_second": found.events_per_second,
                "rss_mb": found.rss_mb,
            }
        )
    picture = Path(__file__).parents[1] / "docs" / "images" / "detect-growth.svg"
    grown = [(point["events"], point["seconds"]) for point in points[: len(CURVE_EVENTS)]]
    picture.write_text(line_chart(grown, x="events", y="seconds", title="All Windows rules"), encoding="utf-8")
    return points


def _judge(home: Path, rules: Path, most: int) -> None:
    """Be the detecting process: load the Windows rules, judge, say how long that took."""
    from dataclasses import replace  # noqa: PLC0415 - this process does nothing that it is not measured for

    from detectors.placeholders import default_placeholders  # noqa: PLC0415
    from detectors.ruleset import load_ruleset  # noqa: PLC0415
    from pipelines.detect import detect  # noqa: PLC0415

    settings = Settings(home=home)
    ruleset = load_ruleset(rules, placeholders=default_placeholders(), cache=settings.home / "cache" / "rules")
    windows = [rule for rule in ruleset.rules if "product = 'windows'" in rule.where]
    chosen = replace(ruleset, rules=_spread(windows, most or len(windows)), correlations=(), checks=())
    ready_at = time.time()
    with open_store(settings) as store:
        started = time.perf_counter()
        report = detect(store, replace(chosen, ruleset_id=f"{ruleset.ruleset_id}-{most}"))
        seconds = time.perf_counter() - started
    if report.unusable:
        sys.exit(f"rules failed: {report.unusable[:3]}")
    print(json.dumps({"events": report.events, "rules": report.rules, "ready_at": ready_at, "seconds": seconds}))


def _spread(rules: Sequence[CompiledRule], most: int) -> tuple[CompiledRule, ...]:
    """So many rules, evenly from all of them."""
    return tuple(rules[len(rules) * number // most] for number in range(min(most, len(rules))))


class _Watch(threading.Thread):
    """Looks at the memory of processes, ten times a second."""

    def __init__(self, processes: Sequence[psutil.Process]) -> None:
        super().__init__(daemon=True)
        self._processes = processes
        self._ended = threading.Event()
        self.most = 0

    def run(self) -> None:
        while not self._ended.wait(0.1):
            self.most = max(self.most, sum(_rss(process) for process in self._processes))

    def stop(self) -> None:
        self._ended.set()
        self.join()


def _rss(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


if __name__ == "__main__":
    main()
