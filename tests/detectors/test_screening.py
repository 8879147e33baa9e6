"""A screen may leave open whatever it likes, but what it decides is what the predicate says."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_address, ip_network
from pathlib import Path
from types import MappingProxyType

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
from detectors.compile import compile_rule
from detectors.errors import UnsupportedRule
from detectors.literals import plan_of
from detectors.necessary import necessary_texts
from detectors.pysigma_document import for_pysigma
from detectors.routing import Route, routes
from detectors.rule import RuleHead, RuleSet
from detectors.screening import Screen, Screened
from pipelines.event_blocks import folded_by
from pipelines.judging import Judge, together
from store.client import Store
from store.scratch import scratch_store
from tests.detectors.test_conformance import ANSWERED, CASES, name
from tests.rules.cases import store_events

# Python warns of `[[` in expressions, which the engine spells out anew.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")

# Names with one place, and names that may be in several: the first that an event has counts.
ROUTE = Route("log_events", "1", {"C": ("A", "B"), "D": ("B", "x.y", "A")})

NO_PLACEHOLDERS: Mapping[str, Sequence[str]] = MappingProxyType({})

ALPHABET = "aAbBzZkK019%_\\'*?.^$()[]{}|+-~& \n\0éÉß中İſ\u212aΣ"
TEXTS = st.text(alphabet=ALPHABET, max_size=6)
ODD = ["5", "-5", "-0", "0", "05", "5.0", "1e3", "192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1"]
VALUES = st.one_of(TEXTS, st.sampled_from(ODD))
NAMES = st.sampled_from(["A", "B", "C", "D", "x.y"])
EVENTS = st.dictionaries(st.sampled_from(["A", "B", "x.y"]), VALUES, max_size=3)
PLAIN = st.one_of(VALUES, st.integers(-5, 1000), st.just(-0.0), st.booleans(), st.none())
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
ENCODED = fields("|utf16le|base64offset|contains", "|wide|base64", "|base64", "|base64offset|contains", "|utf16|base64")
ONE = st.one_of(
    st.tuples(TEXTUAL, st.lists(PLAIN, min_size=1, max_size=4)),
    st.tuples(ENCODED, st.text(alphabet="aB5 é", min_size=1, max_size=6)),
    st.tuples(fields("|re", "|re|i", "|re|m", "|re|s"), REGEXES),
    st.tuples(fields("|cidr"), NETWORKS),
    st.tuples(fields("|lt", "|lte", "|gt", "|gte"), st.integers(-5, 1000)),
    st.tuples(fields("|exists"), st.booleans()),
    st.tuples(fields("|fieldref"), NAMES),
)
KEYWORDS = st.one_of(
    st.lists(PLAIN, min_size=1, max_size=3), st.fixed_dictionaries({"|all": st.lists(TEXTS, max_size=3)})
)
DETECTIONS = st.one_of(st.lists(ONE, min_size=1, max_size=3).map(dict), KEYWORDS)
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


def block_of(store: Store, events: Sequence[Mapping[str, str]], keywords: Iterable[str] = ()) -> EventBlock:
    names = sorted({name for event in events for name in event})
    texts = sorted({value for event in events for value in event.values()})
    held = [
        (names.index(name), texts.index(value), row)
        for row, event in enumerate(events)
        for name, value in event.items()
    ]
    columns = columns_of(
        pl.DataFrame(held, schema=dict.fromkeys(["place", "value", "row"], pl.UInt32), orient="row"),
        [f"k:{name}" for name in names],
        pl.Series(texts, dtype=pl.String),
        lambda wide: folded_by(store, wide),
    )
    values = [folded_by(store, list(event.values())) for event in events]
    heard = {
        word: np.array([row for row, texts in enumerate(values) if any(word in text for text in texts)], np.uint32)
        for word in keywords
    }
    return EventBlock(len(events), columns, [np.arange(len(events), dtype=np.uint32)], heard)


def screened(
    store: Store,
    rule: SigmaRule,
    events: Sequence[Mapping[str, str]],
    route: Route = ROUTE,
    placeholders: Mapping[str, Sequence[str]] = NO_PLACEHOLDERS,
) -> Screened:
    screen = Screen([(plan_of(condition_trees(rule), route, placeholders), 0)], lambda texts: folded_by(store, texts))
    nothing = np.empty(0, np.uint32)
    return dict(screen.held_against(block_of(store, events, screen.keywords))).get(0, Screened(nothing, nothing))


def matching(store: Store, rule: SigmaRule) -> set[int]:
    predicate = ClickHouseBackend(placeholders={}).predicate(rule, ROUTE)
    return {int(str(row["number"])) for row in store.rows(f"SELECT number FROM events WHERE {predicate}")}


def parsed(detection: Mapping[str, object]) -> SigmaRule | None:
    document: dict[str, object] = {"title": "t", "logsource": {"product": "x"}, "detection": dict(detection)}
    try:
        rule = SigmaRule.from_dict(for_pysigma(document))
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
    engine: Store, a: object, b: object, condition: str, events: list[Mapping[str, str]]
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


@pytest.mark.parametrize("number", ANSWERED, ids=[name(CASES[number]) for number in ANSWERED])
def test_no_case_is_decided_wrongly(engine: Store, number: int) -> None:
    case = CASES[number]
    rule = case.rule()
    # A message counts among the values in which keywords are looked for; no field goes by this name.
    said = screened(engine, rule, case.events, routes()[log_source_of(rule)], case.placeholders)
    assert set(said.sure.tolist()) <= set(case.matches) <= set(said.possible.tolist())


@pytest.fixture(scope="module")
def arrived() -> Iterator[Store]:
    """The events of the conformance cases, each case a batch of its own."""
    with scratch_store() as store:
        for number, case in enumerate(CASES):
            rows = [
                {
                    "product": "windows",
                    "event_id": f"{number}/{position}",
                    "message": event.get("_message", ""),
                    "fields": {key: value for key, value in event.items() if key != "_message"},
                }
                for position, event in enumerate(case.events)
            ]
            store_events(store, rows, batch_id=f"case-{number}")
        yield store


@pytest.mark.parametrize("number", ANSWERED, ids=[name(CASES[number]) for number in ANSWERED])
def test_screen_and_questions_together_raise_the_alerts_of_the_case(arrived: Store, number: int) -> None:
    case = CASES[number]
    head = RuleHead("it", "1", case.why, Path("it.yml"))
    compiled = compile_rule(case.rule(), head, case.placeholders, alerts=True).rule
    judge = Judge(RuleSet("it", () if compiled is None else (compiled,)), reading=arrived, asking=arrived)
    said = together([piece.judged(piece.read()) for piece in judge.pieces(arrived, [f"case-{number}"])])
    assert said.failures == {}
    found = sorted(int(event_id.split("/")[1]) for (event_id,) in said.alerts["event_ids"].to_list())
    assert tuple(found) == case.matches


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
        ({"A": None}, [3, 5]),
        ({"A|exists": False}, [3, 5]),
        ({"B": 5}, [1]),
        ({"B": -0.0}, [5]),
        ({"B|gt": 4}, [1]),
        ({"B|cidr": "192.0.2.0/24"}, [2]),
        ({"B|cidr": "198.51.100.0/24"}, []),
    ],
)
def test_texts_plain_numbers_and_plain_addresses_are_decided(
    engine: Store, detection: dict[str, object], sure: list[int]
) -> None:
    events = [{"A": "Ab"}, {"A": "aBcD", "B": "5"}, {"A": "中B", "B": "192.0.2.200"}, {"B": "-"}, {"A": ""}, {"B": "0"}]
    rule = parsed({"s": detection, "condition": "s"})
    assert rule is not None
    said = screened(engine, rule, events)
    assert (said.sure.tolist(), said.open.tolist()) == (sure, [])


@pytest.mark.parametrize(
    ("detection", "sure", "left_open"),
    [
        ({"A": "a?"}, [0], [4]),
        ({"A": "a*c*"}, [1], [4]),
        ({"A": "中?"}, [], [2, 4]),
        ({"A|re": "^A.$"}, [0], [4]),
        ({"A|re": "B"}, [1, 2], [4]),
        ({"A|re": "^.B$"}, [2], [4]),
        ({"A|re|i": "[k-s]"}, [], [4]),
        ({"A|re": r"\bB"}, [], [2, 4]),
        ({"A|re": r"\\bB"}, [], [4]),
        ({"A|re": "^\\\\W"}, [], [4]),
        ({"A|re": r"^\W"}, [], [2, 4]),
        ({"A|re": "^[^a]B"}, [2], [4]),
        ({"A|re": "中"}, [], [2, 4]),
        ({"A|cased": "aB*"}, [1], [4]),
        ({"A|cased": "*B"}, [2], [4]),
    ],
)
def test_expressions_are_decided_but_where_the_engines_may_differ(
    engine: Store, detection: dict[str, object], sure: list[int], left_open: list[int]
) -> None:
    events = [{"A": "Ab"}, {"A": "aBcD"}, {"A": "中B"}, {"B": "x"}, {"A": "\u017fB"}]
    rule = parsed({"s": detection, "condition": "s"})
    assert rule is not None
    said = screened(engine, rule, events)
    assert (said.sure.tolist(), said.open.tolist()) == (sure, left_open)


@pytest.mark.parametrize(
    ("modifiers", "rows"),
    [
        ("", [0, 5]),
        ("|startswith", [0, 1, 4, 5]),
        ("|endswith", [0, 2, 4, 5]),
        ("|contains", [0, 1, 2, 3, 4, 5]),
    ],
)
def test_two_fields_of_an_event_are_compared_lower_cased(engine: Store, modifiers: str, rows: list[int]) -> None:
    pairs = [
        ("Ab", "aB"),
        ("abc", "AB"),
        ("cab", "AB"),
        ("cabc", "ab"),
        ("x", ""),
        ("\u212a\u00c9", "k\u00e9"),
        ("a", "b"),
    ]
    events = [*({"A": left, "B": right} for left, right in pairs), {"A": "x"}, {"B": ""}]
    rule = parsed({"s": {f"A|fieldref{modifiers}": "B"}, "condition": "s"})
    assert rule is not None
    put(engine, events)
    said = screened(engine, rule, events)
    assert (set(said.sure.tolist()), said.open.tolist()) == (matching(engine, rule), [])
    assert said.sure.tolist() == rows


ADDRESSES = st.one_of(
    st.ip_addresses(v=6).map(str),
    st.ip_addresses(v=6).map(lambda address: address.exploded),
    st.ip_addresses(v=6).map(lambda address: str(address).upper()),
    st.ip_addresses(v=4).map(lambda address: f"::ffff:{int(address) >> 16:x}:{int(address) & 0xFFFF:x}"),
    st.ip_addresses(v=4).map(str),
    st.text(alphabet="0123456789abcdefF:.%", max_size=30),
    st.sampled_from(
        ["::", "::1", "1::", ":::", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "fe80::1%eth0", "1:2:3:4:5:6:7:8:9"]
    ),
)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(values=st.lists(ADDRESSES, min_size=5, max_size=40), bits=st.integers(0, 128), four=st.booleans())
def test_addresses_are_placed_in_networks_as_the_database_places_them(
    engine: Store, values: list[str], bits: int, four: bool
) -> None:
    try:
        address = ip_address(values[0])
    except ValueError:
        address = ip_address("2001:db8::1")
    if four:
        address = ip_address("192.0.2.1")
    network = ip_network(f"{address}/{bits % (address.max_prefixlen + 1)}", strict=False)
    rule = parsed({"s": {"A|cidr": str(network)}, "condition": "s"})
    assert rule is not None
    events = [{"A": value} for value in values]
    put(engine, events)
    said, found = screened(engine, rule, events), matching(engine, rule)
    assert set(said.sure.tolist()) <= found <= set(said.possible.tolist())


@pytest.mark.parametrize("zone", ["eth0", "x') OR 1 --", "x'", "\\", "`", "1/2"])
def test_the_zone_of_a_network_is_no_part_of_it(engine: Store, zone: str) -> None:
    rule = parsed({"s": {"A|cidr": f"fe80::1%{zone}/128"}, "condition": "s"})
    events = [{"A": "fe80::1"}, {"A": "fe80::1%eth7"}, {"A": "fe80::2"}, {"A": "192.0.2.1"}]
    put(engine, events)
    assert rule is None or matching(engine, rule) == {0, 1}
    assert (rule is None) == ("/" in zone)


def test_an_ipv6_address_in_groups_is_decided(engine: Store) -> None:
    events = [{"A": "2001:db8::1"}, {"A": "2001:DB8:0:0:0:0:0:2"}, {"A": "2001:db9::1"}, {"A": "::ffff:c000:207"}]
    for network, sure in (("2001:db8::/32", [0, 1]), ("192.0.2.0/24", [3]), ("::/0", [0, 1, 2, 3])):
        rule = parsed({"s": {"A|cidr": network}, "condition": "s"})
        assert rule is not None
        said = screened(engine, rule, events)
        assert (said.sure.tolist(), said.open.tolist()) == (sure, [])


def test_equal_parts_of_rules_are_one_object_and_answer_for_each(engine: Store) -> None:
    detections = [
        {"a": {"A|contains": "abc"}, "b": {"B": "x"}, "condition": condition}
        for condition in ("a and not b", "b or a", "not (a and not b)", "a and not b")
    ]
    rules = [rule for rule in map(parsed, detections) if rule is not None]
    events = [{"A": "xabcx"}, {"A": "abc", "B": "x"}, {"B": "x"}, {"A": "ab"}]
    put(engine, events)
    plans = [(plan_of(condition_trees(rule), ROUTE, {}), 0) for rule in rules]
    screen = Screen(plans, lambda texts: folded_by(engine, texts))
    said = dict(screen.held_against(block_of(engine, events)))
    assert [set(said[number].sure.tolist()) for number in range(4)] == [matching(engine, rule) for rule in rules]


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
