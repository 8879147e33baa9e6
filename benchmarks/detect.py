"""How fast rules judge stored events: `python -m benchmarks.detect [--json] [--curve]`.

Real Windows events, ten times over, and every Windows rule of a checkout (`--events`, `--rules`). Each measurement is a
detecting process of its own against an embedded server; the events are there already, and all matches are written as
alerts. Copies are the same events again; `distinct` ones have command lines, paths and script texts that no other has.
"""

import argparse
import json
import math
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import psutil

from benchmarks.charts import line_chart
from benchmarks.corpus import SHARED, Corpus, stored_corpus
from benchmarks.processor_time import processor_seconds
from detectors.rule import CompiledRule
from rongdun.settings import Settings
from store.embedded import running_endpoint
from store.session import open_store

CURVE_EVENTS = (10_000, 100_000, 1_000_000)
CURVE_RULES = (750, 1_500, 3_000)  # as many as there are, where there are fewer
TRICKLE = 100


@dataclass(frozen=True)
class Measured:
    """One detecting process.

    Attributes:
        ready_seconds: from its start until it had its rules.
        judged_seconds: for all events, alerts written.
        first_alert_seconds: from its start until the first alert was in the table.
        process_seconds: processor time of the process for that.
        server_seconds: processor time of the server meanwhile.
        rss_mb: the most that it and the server together held at one moment, once the events were there.
    """

    events: int
    rules: int
    alerts: int
    ready_seconds: float
    judged_seconds: float
    first_alert_seconds: float
    process_seconds: float
    server_seconds: float
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
    parser.add_argument("--warm-up", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.judge is not None:
        _judge(asked.judge, asked.rules, asked.most, warm_up=asked.warm_up)
        return
    for folder in (asked.events, asked.rules):
        if not folder.is_dir():
            sys.exit(f"{folder}: no such folder; name one with --events and --rules")
    with stored_corpus(asked.events) as corpus:
        report = _headline(corpus, asked.rules, asked.copies)
        curve = _curve(corpus, asked.rules) if asked.curve else []
    if asked.json:
        print(json.dumps({**report, "curve": curve}, indent=2))
        return
    for name, value in report.items():
        print(f"{name:36} {value:>14,.2f}")
    for point in curve:
        print("  ".join(f"{name} {value:,.2f}" for name, value in point.items()))


def _measured(
    corpus: Corpus, rules: Path, copies: int, *, most: int = 0, warm_up: bool = False, distinct: bool = False
) -> Measured:
    """A fresh process judges what it has not judged; with `warm_up` a few events first, and then all the copies."""
    if warm_up:
        corpus.forget_copies()
        corpus.arrives(TRICKLE)
    before = int(str(corpus.store.value("SELECT count() FROM alert_matches")))
    command = [sys.executable, "-m", "benchmarks.detect", "--judge", str(corpus.settings.home), "--rules", str(rules)]
    endpoint = running_endpoint(corpus.settings.run_folder)
    assert endpoint is not None
    started = time.time()
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([*command, "--most", str(most), *["--warm-up"] * warm_up], **pipes) as process:  # type: ignore[call-overload]  # the pipes' types are lost in the mapping
        watch = _Watch([psutil.Process(process.pid), psutil.Process(endpoint.pid)])
        if warm_up and process.stdout.readline():
            corpus.arrives(copies, distinct=distinct)
        # The copies arrive all at once and are merged at once, which takes more than any detection does.
        watch.start()
        out, _ = process.communicate("\n")
        watch.stop()
    if process.returncode:
        sys.exit(f"the detecting process ended with {process.returncode}")
    said = json.loads(out)
    first = corpus.store.value("SELECT toUnixTimestamp64Milli(min(detected_at)) FROM alert_matches")
    return Measured(
        events=said["events"],
        rules=said["rules"],
        alerts=said["alerts"],
        ready_seconds=said["ready_at"] - started,
        judged_seconds=said["seconds"],
        first_alert_seconds=int(str(first)) / 1000 - started if before == 0 else 0.0,
        process_seconds=said["process_seconds"],
        server_seconds=said["server_seconds"],
        rss_mb=watch.most / (1 << 20),
    )


def _headline(corpus: Corpus, rules: Path, copies: int) -> dict[str, float]:
    """Only copies are judged, so that every measurement has as many; the originals count as judged."""
    events = corpus.originals * copies
    corpus.arrives(events)
    cold = _measured(corpus, rules, events)
    warm = _measured(corpus, rules, events, warm_up=True)
    distinct = _measured(corpus, rules, events, warm_up=True, distinct=True)
    corpus.arrives(TRICKLE)
    trickle = _measured(corpus, rules, TRICKLE)
    return {
        "events": warm.events,
        "rules": warm.rules,
        "alerts": warm.alerts,
        "warm_events_per_second": warm.events_per_second,
        "warm_distinct_events_per_second": distinct.events_per_second,
        "warm_process_seconds": warm.process_seconds,
        "warm_server_seconds": warm.server_seconds,
        "cold_first_alert_seconds": cold.first_alert_seconds,
        "cold_events_per_second": cold.events_per_second,
        "cached_rules_ready_seconds": trickle.ready_seconds,
        "trickle_events": trickle.events,
        "trickle_seconds": trickle.judged_seconds,
        "trickle_process_seconds": trickle.ready_seconds + trickle.judged_seconds,
        "peak_rss_mb": max(cold.rss_mb, warm.rss_mb, distinct.rss_mb),
    }


def _curve(corpus: Corpus, rules: Path) -> list[dict[str, float]]:
    """Events grow under all rules, then rules grow over the middle number of events."""
    points = []
    for events, most in [(each, 0) for each in CURVE_EVENTS] + [(CURVE_EVENTS[1], each) for each in CURVE_RULES]:
        found = _measured(corpus, rules, events, most=most, warm_up=True)
        points.append(
            {
                "events": found.events,
                "rules": found.rules,
                "seconds": found.judged_seconds,
                "events_per_second": found.events_per_second,
                "processor_seconds": found.process_seconds + found.server_seconds,
                "rss_mb": found.rss_mb,
            }
        )
        print(f"measured {found.events:,} events with {found.rules:,} rules", file=sys.stderr, flush=True)
    by_events, by_rules = points[: len(CURVE_EVENTS)], points[len(CURVE_EVENTS) :]
    for before, after in pairwise(by_events):
        after["slope"] = _slope(before, after, "events")
    for before, after in pairwise(by_rules):
        # Of so many rules as there are: the last are not quite twice as many.
        after["times_for_twice_the_rules"] = 2 ** _slope(before, after, "rules")
    picture = Path(__file__).parents[1] / "docs" / "images" / "detect-growth.svg"
    grown = [(point["events"], point["seconds"]) for point in by_events]
    picture.write_text(line_chart(grown, x="events", y="seconds", title="All Windows rules"), encoding="utf-8")
    return points


def _slope(before: Mapping[str, float], after: Mapping[str, float], grown: str) -> float:
    """How steeply time grows with what was made larger, both as logarithms: 1 where it grows as much."""
    return math.log(after["seconds"] / before["seconds"]) / math.log(after[grown] / before[grown])


def _judge(home: Path, rules: Path, most: int, *, warm_up: bool) -> None:
    """Be the detecting process: load the Windows rules, judge, say how long that took."""
    from dataclasses import replace  # noqa: PLC0415 - this process does nothing that it is not measured for

    from detectors.placeholders import default_placeholders  # noqa: PLC0415
    from detectors.ruleset import load_ruleset  # noqa: PLC0415
    from pipelines.detect import detect  # noqa: PLC0415

    settings = Settings(home=home)
    ruleset = load_ruleset(rules, placeholders=default_placeholders(), cache=settings.rule_cache)
    windows = [rule for rule in ruleset.rules if "product = 'windows'" in rule.where]
    chosen = replace(ruleset, rules=_spread(windows, most or len(windows)), correlations=(), checks=())
    ready_at = time.time()
    with open_store(settings) as store:
        if warm_up:
            detect(store, chosen)
            print("ready", flush=True)
            sys.stdin.readline()
        endpoint = running_endpoint(settings.run_folder)
        assert endpoint is not None
        server = psutil.Process(endpoint.pid)
        started, worked, served = time.perf_counter(), time.process_time(), processor_seconds(server)
        report = detect(store, chosen)
        seconds = time.perf_counter() - started
        processor = {
            "process_seconds": time.process_time() - worked,
            "server_seconds": processor_seconds(server) - served,
        }
    if report.unusable:
        sys.exit(f"rules failed: {report.unusable[:3]}")
    said = {"events": report.events, "rules": report.rules, "alerts": report.alerts_new}
    print(json.dumps({**said, **processor, "ready_at": ready_at, "seconds": seconds}))


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
