"""A screen may leave open whatever it likes, but what it decides is what the predicate says."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from polars._typing import SchemaDict
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule

from detectors.backend import ClickHouseBackend, condition_trees, log_source_of
from detectors.block import EventBlock, columns_of
from detectors.errors import UnsupportedRule
from detectors.literals import plan_of
from detectors.necessary import necessary_texts
from detectors.routing import Route, routes
from detectors.screening import Screen, Screened
from pipelines.event_blocks import folded_by
from store.client import Store
from tests.detectors.test_conformance import CASES, ConformanceCase

# Python warns of `[[` in expressions, which the engine spells out anew.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")

# Names with one place, and names that may be in several: the first that an event has counts.
ROUTE = Route("log_events", "1", {"C": ("A", "B"), "D": ("B", "x.y", "A")})

ALPHABET = "aAbBzZkK019%_\\'*?.^$()[]{}|+-~& \n\0éÉß中İſ\u212aΣ"
TEXTS = st.text(alphabet=ALPHABET, max_size=6)
ODD = ["5", "-5", "05", "5.0", "1e3", "192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1"]
VALUES = st.one_of(TEXTS, st.sampled_from(ODD))
NAMES = st.sampled_from(["A", "B", "C", "D", "x.y"])
EVENTS = st.dictionaries(st.sampled_from(["A", "B", "x.y"]), VALUES, max_size=3)
PLAIN = st.one_of(VALUES, st.integers(-5, 1000), st.booleans(), st.none())
LETTERS = [
    "a",
    "B",
    "k",
    "K",
    "\u212a",
    "5",
    "z",
    "é",
    "中",
    "~~",
    "&&",
    "--",
    " ",
    ".",
    ".*",
    "a+",
    "(ab|b)",
    "(?:zz)?",
]
CLASSES = ["[a-c]", "[^a]", "[~~&]", "[[a]", r"[\w-]", r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", "a{2,3}"]
PIECES = [*LETTERS, *CLASSES, r"\b", "^", "$", r"\.", r"\\"]
REGEXES = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)
NETWORKS = st.sampled_from(["192.0.2.0/24", "2001:db8::/32", "::/0", "0.0.0.0/0", "::ffff:192.0.2.0/120"])


def fields(*modifiers: str) -> st.SearchStrategy[str]:
    return st.builds(str.__add__, NAMES, st.sampled_from(modifiers))


TEXTUAL = fields("", "|contains", "|startswith", "|endswith", "|contains|all", "|cased", "|windash", "|neq")
ONE = st.one_of(
    st.tuples(TEXTUAL, st.lists(PLAIN, min_size=1, max_size=4)),
    st.tuples(fields("|re", "|re|i", "|re|m", "|re|s"), REGEXES),
    st.tuples(fields("|cidr"), NETWORKS),
    st.tuples(fields("|lt", "|lte", "|gt", "|gte"), st.integers(-5, 1000)),
    st.tuples(fields("|exists"), st.booleans()),
    st.tuples(fields("|fieldref"), NAMES),
)
DETECTIONS = st.lists(ONE, min_size=1, max_size=3).map(dict)
CONDITIONS = st.sampled_from(["a", "not a", "a and b", "a or b", "a and not b", "not (a or b)", "1 of them"])


@pytest.fixture(scope="module")
def engine() -> Iterator[Store]:
    with Store.connect("chdb://memory") as store:
        store.execute("CREATE DATABASE screening")
        store.execute("USE screening")
        store.execute(
            "CREATE TABLE events (number UInt32, message String, fields Map(LowCardinality(String), String)) "
            "ENGINE = Memory"
        )
        yield store
        store.execute("USE default")
        store.execute("DROP DATABASE screening")


def put(store: Store, events: Sequence[Mapping[str, str]]) -> None:
    store.execute("TRUNCATE TABLE events")
    rows = [{"number": number, "message": "", "fields": dict(event)} for number, event in enumerate(events)]
    schema: SchemaDict = {"number": pl.UInt32, "message": pl.String, "fields": pl.Map(pl.String, pl.String)}
    store.insert("events", pl.DataFrame(rows, schema=schema, orient="row"))


def block_of(store: Store, events: Sequence[Mapping[str, str]]) -> EventBlock:
    pairs = [(f"k:{name}", value, row) for row, event in enumerate(events) for name, value in event.items()]
    frame = pl.DataFrame(pairs, schema={"place": pl.String, "value": pl.String, "row": pl.UInt32}, orient="row")
    columns = columns_of(frame, lambda texts: folded_by(store, texts))
    return EventBlock(len(events), columns, [np.arange(len(events), dtype=np.uint32)])


def screened(store: Store, rule: SigmaRule, events: Sequence[Mapping[str, str]], route: Route = ROUTE) -> Screened:
    screen = Screen([(plan_of(condition_trees(rule), route, {}), 0)], lambda texts: folded_by(store, texts))
    nothing = np.empty(0, np.uint32)
    return dict(screen.held_against(block_of(store, events))).get(0, Screened(nothing, nothing))


def matching(store: Store, rule: SigmaRule) -> set[int]:
    predicate = ClickHouseBackend(placeholders={}).predicate(rule, ROUTE)
    return {int(str(row["number"])) for row in store.rows(f"SELECT number FROM events WHERE {predicate}")}


def parsed(detection: Mapping[str, object]) -> SigmaRule | None:
    document = {"title": "t", "logsource": {"product": "x"}, "detection": dict(detection)}
    try:
        rule = SigmaRule.from_dict(document)
        ClickHouseBackend(placeholders={}).predicate(rule, ROUTE)
    except (SigmaError, UnsupportedRule):
        return None
    return rule


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@example(a={"A": ["Σ"]}, b={"B": [None]}, condition="a", events=[{"A": "ας"}, {"A": "Σ"}, {"A": "aΣ"}])
@example(a={"A|re|i": "k"}, b={"B": [None]}, condition="a", events=[{"A": "K"}, {"A": "\u212a"}])
@example(a={"A|re": "[~~&]"}, b={"B": [None]}, condition="a", events=[{"A": "~"}, {"A": "a"}, {"A": "&"}])
@example(a={"A": [r"*\\a*\\a*\\*"]}, b={"B": [None]}, condition="a", events=[{"A": r"\a\a\b"}, {"A": r"\a"}])
@example(a={"A": ["\u212a?"]}, b={"B": [None]}, condition="a", events=[{"A": "kx"}, {"A": "\u212ax"}])
@example(a={"C": ["a"]}, b={"D": [None]}, condition="a and not b", events=[{"A": "x", "B": "a"}, {"B": "a"}, {}])
@given(a=DETECTIONS, b=DETECTIONS, condition=CONDITIONS, events=st.lists(EVENTS, min_size=1, max_size=8))
def test_what_a_screen_decides_is_what_the_predicate_says(
    engine: Store, a: dict[str, object], b: dict[str, object], condition: str, events: list[Mapping[str, str]]
) -> None:
    rule = parsed({"a": a, "b": b, "condition": condition})
    if rule is None:
        return
    put(engine, events)
    said, found = screened(engine, rule, events), matching(engine, rule)
    assert set(said.sure.tolist()) <= found <= set(said.possible.tolist())
    assert np.all(np.diff(said.possible.astype(np.int64)) > 0)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(pattern=REGEXES, flags=st.sampled_from(["", "|i", "|m", "|s"]), texts=st.lists(TEXTS, min_size=20, max_size=60))
def test_both_engines_of_regular_expressions_agree_about_ascii(
    engine: Store, pattern: str, flags: str, texts: list[str]
) -> None:
    rule = parsed({"s": {f"A|re{flags}": pattern}, "condition": "s"})
    if rule is None:
        return
    events = [{"A": text} for text in texts]
    put(engine, events)
    said, found = screened(engine, rule, events), matching(engine, rule)
    assert set(said.sure.tolist()) <= found <= set(said.possible.tolist())
    assert [texts[row] for row in said.open.tolist() if texts[row].isascii()] == []


@pytest.mark.parametrize("case", CASES, ids=[f"{case.file}: {case.why}" for case in CASES])
def test_no_case_is_decided_wrongly(engine: Store, case: ConformanceCase) -> None:
    events = [{key: value for key, value in event.items() if key != "_message"} for event in case.events]
    rule = case.rule()
    said = screened(engine, rule, events, routes()[log_source_of(rule)])
    assert set(said.sure.tolist()) <= set(case.matches) <= set(said.possible.tolist())


@pytest.mark.parametrize(
    ("detection", "sure"),
    [
        ({"A": "ab"}, [0]),
        ({"A": "AB"}, [0]),
        ({"A|contains": "b"}, [0, 1, 2]),
        ({"A|contains": "bcd"}, [1]),
        ({"A|startswith": "abc"}, [1]),
        ({"A|endswith": "bcd"}, [1]),
        ({"A|endswith": ["cd", "AB"]}, [0, 1]),
        ({"A": "*"}, [0, 1, 2, 4]),
        ({"A": ""}, [4]),
        ({"A": None}, [3]),
        ({"A|exists": False}, [3]),
        ({"B": 5}, [1]),
        ({"B|gt": 4}, [1]),
        ({"B|cidr": "192.0.2.0/24"}, [2]),
        ({"B|cidr": "198.51.100.0/24"}, []),
    ],
)
def test_texts_plain_numbers_and_plain_addresses_are_decided(
    engine: Store, detection: dict[str, object], sure: list[int]
) -> None:
    events = [{"A": "Ab"}, {"A": "aBcD", "B": "5"}, {"A": "中B", "B": "192.0.2.200"}, {"B": "-"}, {"A": ""}]
    rule = parsed({"s": detection, "condition": "s"})
    assert rule is not None
    said = screened(engine, rule, events)
    assert (said.sure.tolist(), said.open.tolist()) == (sure, [])


@pytest.mark.parametrize(
    ("detection", "sure", "left_open"),
    [
        ({"A": "a?"}, [0], [2]),
        ({"A": "a*c*"}, [1], [2]),
        ({"A|re": "^A.$"}, [0], [2]),
        ({"A|re": "B"}, [1], [2]),
        ({"A|cased": "aB*"}, [1], [2]),
        ({"A|cased": "*b"}, [0], [2]),
        ({"A|fieldref": "B"}, [], [0, 1, 2]),
    ],
)
def test_expressions_are_decided_where_the_value_is_ascii(
    engine: Store, detection: dict[str, object], sure: list[int], left_open: list[int]
) -> None:
    events = [{"A": "Ab"}, {"A": "aBcD"}, {"A": "中B"}, {"B": "x"}]
    rule = parsed({"s": detection, "condition": "s"})
    assert rule is not None
    said = screened(engine, rule, events)
    assert (said.sure.tolist(), said.open.tolist()) == (sure, left_open)


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        (r"\\cmd\.exe\s+/c", ("\\cmd.exe",)),
        ("Invoke-(Expression|Command)", ("invoke-",)),
        ("(?:abc)+x?defg", ("defg", "abc")),
        ("(abc)?", ()),
        ("abc|def", ()),
        ("ab中cd", ()),
        ("a.{3}bcd[ef]ghij", ("ghij", "bcd")),
        ("(", ()),
    ],
)
def test_a_regular_expression_names_what_it_cannot_match_without(pattern: str, texts: tuple[str, ...]) -> None:
    assert necessary_texts(pattern) == texts
