"""Ways of holding many rules against many events, side by side: `python -m benchmarks.detect_ways [--json]`.

Each way says how many events a second it takes through its rules. What asks ClickHouse for every rule is measured on a
part of the rules, what looks for texts on all of them.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from benchmarks.corpus import SHARED, stored_corpus
from detectors.placeholders import default_placeholders
from detectors.plan import leaves_of
from detectors.rule import CompiledRule, RuleSet
from detectors.ruleset import load_ruleset
from detectors.sql_text import array, literal
from pipelines.judging import Judge
from store.client import Store

# Rules that each way with SQL is asked with: enough to see, few enough to wait for.
SOME = 200
_VALUES = "lowerUTF8(arrayStringConcat(mapValues(fields), '\\n'))"
_MOST_SQL = 120_000
_SEARCHED = frozenset({"contains", "starts", "ends"})


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=Path, default=SHARED / "evtx", help="a folder of EVTX files")
    parser.add_argument("--rules", type=Path, default=SHARED / "sigmahq", help="a folder of Sigma rules")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    for folder in (asked.events, asked.rules):
        if not folder.is_dir():
            sys.exit(f"{folder}: no such folder; name one with --events and --rules")
    ruleset = load_ruleset(asked.rules, placeholders=default_placeholders())
    rules = [rule for rule in ruleset.rules if "product = 'windows'" in rule.where]
    with stored_corpus(asked.events) as corpus:
        corpus.arrives(corpus.originals * 10)
        report = _ways(corpus.store, rules)
    if asked.json:
        print(json.dumps(report, indent=2))
        return
    for name, value in report.items():
        print(f"{name:58} {value:>14,.1f}")


def _ways(store: Store, rules: Sequence[CompiledRule]) -> dict[str, float]:
    some = rules[:: max(1, len(rules) // SOME)]
    texts = _texts(rules)
    batches = [str(row["batch_id"]) for row in store.rows("SELECT DISTINCT batch_id FROM ingested_batches")]
    events = int(str(store.value("SELECT sum(ingested_batches.rows) FROM ingested_batches")))
    tables = Judge(RuleSet("ways", tuple(rules)), reading=store, asking=store).pieces(store, batches)
    reading = _timed(tables[0].read)
    block = tables[0].read()
    values = pl.concat([column.folded for column in block.events.columns.values()])
    searched = pl.Series(texts).implode()
    first = _timed(lambda: store.value(_vectorscan(texts)))
    return {
        "events": events,
        "rules": len(rules),
        "texts": len(texts),
        "distinct values": len(values),
        f"a statement a rule, {len(some)} rules, events/s": events / _timed(lambda: _each(store, some)),
        f"many rules a statement, {len(some)} rules, events/s": events / _timed(lambda: _many(store, some)),
        "Vectorscan over every text, first time, seconds": first,
        "Vectorscan over every text, again, events/s": events / _timed(lambda: store.value(_vectorscan(texts))),
        "multiSearchAny, 100 texts, events/s": events / _timed(lambda: store.value(_multi_search(texts[:100]))),
        "Aho-Corasick over distinct values, every text, events/s": events
        / _timed(lambda: values.str.extract_many(searched, overlapping=True)),
        "reading the events, events/s": events / reading,
        "the screen, every rule, events/s": events / _timed(lambda: tables[0].judged(block)),
    }


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _texts(rules: Sequence[CompiledRule]) -> list[str]:
    """Every text that some rule looks for in a part of a value, in ASCII and longer than two characters."""
    leaves = dict.fromkeys(leaf for rule in rules for leaf in leaves_of(rule.plan) if leaf.test in _SEARCHED)
    texts = dict.fromkeys(text for leaf in leaves for text in leaf.texts)
    return [text for text in texts if len(text) > 2 and text.isascii()]


def _each(store: Store, rules: Sequence[CompiledRule]) -> None:
    for rule in rules:
        store.value(f"SELECT countIf(({rule.where}) AND {rule.predicate}) FROM log_events")  # noqa: S608 - compiled rules


def _many(store: Store, rules: Sequence[CompiledRule]) -> None:
    waiting: list[str] = []
    for number, rule in enumerate(rules, start=1):
        waiting.append(f"countIf(({rule.where}) AND {rule.predicate})")
        if number == len(rules) or sum(map(len, waiting)) > _MOST_SQL:
            store.rows(f"SELECT {array(waiting)} FROM log_events")  # noqa: S608 - compiled rules
            waiting = []


def _vectorscan(texts: Sequence[str]) -> str:
    patterns = array([literal("".join(map(_exactly, text))) for text in texts])
    return (
        f"SELECT sum(length(multiMatchAllIndices({_VALUES}, {patterns}))) FROM log_events "  # noqa: S608 - literals
        "SETTINGS reject_expensive_hyperscan_regexps = 0"
    )


def _exactly(character: str) -> str:
    return character if character.isalnum() else f"\\x{ord(character):02x}"


def _multi_search(texts: Sequence[str]) -> str:
    return f"SELECT sum(multiSearchAny({_VALUES}, {array(list(map(literal, texts)))})) FROM log_events"  # noqa: S608 - literals


if __name__ == "__main__":
    main()
