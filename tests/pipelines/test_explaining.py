"""Why a rule matches a stored event or does not: every leaf as the engine sees it, on the real engine."""

import uuid
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from detectors.explanation import Explanation, Node
from detectors.leaf_text import Asks
from detectors.rule_choice import chosen_rule
from pipelines.content import Content, load_content
from pipelines.errors import EventUnknown
from pipelines.explaining import explain, stored_event
from pipelines.spans import Span
from store.client import Store
from store.migrate import migrate
from tests.rules.cases import START, store_events

WINDOWS = {"product": "windows", "category": "process_creation", "service": "sysmon"}
RULE = r"""title: Tool
id: 5f1c1c0e-0000-4000-8000-000000000001
logsource: {product: windows, category: process_creation}
detection:
  selection_image:
    - Image|endswith: ['\a.exe', '\b.exe']
    - OriginalFileName: A.EXE
  selection_line:
    CommandLine|contains|all: [get, http]
  filter:
    User: [root, backup]
  condition: all of selection_* and not filter
"""
EVENT: dict[str, object] = {
    "table": "log_events",
    **WINDOWS,
    "message": "a tool",
    "fields": {
        "Channel": "Microsoft-Windows-Sysmon/Operational",
        "EventID": "1",
        "Image": r"C:\t\A.EXE",
        "CommandLine": "a.exe GET http://x",
        "User": "lin",
    },
}


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """One database for all: an event is asked for by its id, whatever else is there."""
    with Store.connect("chdb://memory") as db:
        db.execute("CREATE DATABASE explaining")
        db.execute("USE explaining")
        migrate(db)
        yield db
        db.execute("USE default")
        db.execute("DROP DATABASE explaining")


def put(store: Store, event: Mapping[str, object] = EVENT) -> str:
    """The id of an event that is now stored."""
    event_id = uuid.uuid4().hex
    store_events(store, [{**event, "event_id": event_id}])
    return event_id


def content_of(folder: Path, *texts: str) -> Content:
    (folder / "sigma").mkdir(exist_ok=True)
    for number, text in enumerate(texts):
        (folder / "sigma" / f"{number}.yml").write_text(text, encoding="utf-8")
    return load_content(folder)


def told(store: Store, content: Content, event_id: str, asked: str = "Tool") -> Explanation:
    head = chosen_rule(content.ruleset, asked)
    rule = next(rule for rule in content.ruleset.rules if rule.head.id == head.id)
    return explain(store, content, rule, stored_event(store, event_id))


def with_fields(**fields: str) -> dict[str, object]:
    known = EVENT["fields"]
    assert isinstance(known, dict)
    return {**EVENT, "fields": {key: value for key, value in (known | fields).items() if value}}


def outline(node: Node) -> object:
    """The tree as names, signs and truths."""
    sign = "+" if node.holds else "-"
    if node.kind == "leaf":
        assert node.wanted is not None
        return f"{sign} {node.field} {node.wanted.asks} {node.wanted.text}"
    return {f"{sign} {node.kind} {node.name}".strip(): [outline(child) for child in node.children]}


def test_the_tree_is_the_condition_with_every_leaf_judged(store: Store, tmp_path: Path) -> None:
    explanation = told(store, content_of(tmp_path, RULE), put(store))
    assert explanation.matches
    assert explanation.tree is not None
    assert outline(explanation.tree) == {
        "+ and": [
            {
                "+ or selection_image": [
                    r"+ Image ends_with \a.exe",
                    r"- Image ends_with \b.exe",
                    "- OriginalFileName equals A.EXE",
                ]
            },
            {"+ and selection_line": ["+ CommandLine contains get", "+ CommandLine contains http"]},
            {"+ not": [{"- or filter": ["- User equals root", "- User equals backup"]}]},
        ]
    }


def test_a_leaf_tells_the_value_it_saw_and_what_was_not_there(store: Store, tmp_path: Path) -> None:
    tree = told(store, content_of(tmp_path, RULE), put(store)).tree
    assert tree is not None
    seen = {leaf.field: leaf.seen for leaf in tree.leaves()}
    assert seen == {
        "Image": r"C:\t\A.EXE",
        "OriginalFileName": None,
        "CommandLine": "a.exe GET http://x",
        "User": "lin",
    }


@pytest.mark.parametrize(
    ("fields", "matches"),
    [
        ({}, True),
        ({"User": "ROOT"}, False),
        ({"User": ""}, True),
        ({"CommandLine": "a.exe get"}, False),
        ({"Image": r"C:\c.exe"}, False),
        ({"Image": r"C:\c.exe", "OriginalFileName": "a.exe"}, True),
    ],
)
def test_the_tree_and_the_verdict_agree(fields: dict[str, str], matches: bool, store: Store, tmp_path: Path) -> None:
    explanation = told(store, content_of(tmp_path, RULE), put(store, with_fields(**fields)))
    assert explanation.matches is matches
    assert explanation.tree is not None
    assert explanation.tree.holds is matches
    assert explanation.covered


def test_an_event_of_another_log_source_is_not_covered(store: Store, tmp_path: Path) -> None:
    event = {**EVENT, "fields": {**with_fields()["fields"], "EventID": "3"}}  # type: ignore[dict-item]
    explanation = told(store, content_of(tmp_path, RULE), put(store, event))
    assert (explanation.covered, explanation.matches) == (False, False)
    assert "product windows, category process_creation" in explanation.reason
    assert explanation.tree is not None
    assert explanation.tree.holds


def test_an_event_of_another_table_has_no_tree(store: Store, tmp_path: Path) -> None:
    flow = {"table": "network_flows", "destination_port": 23}
    explanation = told(store, content_of(tmp_path, RULE), put(store, flow))
    assert (explanation.covered, explanation.tree) == (False, None)
    assert "network_flows" in explanation.reason


@pytest.mark.parametrize(("seconds", "there"), [(0, True), (1, False)])
def test_an_event_is_looked_for_where_it_is_said_to_be(seconds: int, there: bool, store: Store) -> None:
    since = START + timedelta(seconds=seconds)
    event_id = put(store)
    if there:
        assert stored_event(store, event_id, within=Span(since, since)).time == START
    else:
        with pytest.raises(EventUnknown):
            stored_event(store, event_id, within=Span(since, since))


def test_an_event_is_known_to_the_microsecond(store: Store, tmp_path: Path) -> None:
    event = {**EVENT, "event_time": START + timedelta(microseconds=123_457)}
    assert told(store, content_of(tmp_path, RULE), put(store, event)).matches


def test_an_unknown_event_is_an_error(store: Store, tmp_path: Path) -> None:
    with pytest.raises(EventUnknown, match="no event has the id 'e9'"):
        told(store, content_of(tmp_path, RULE), "e9")


@pytest.mark.parametrize(
    ("detection", "leaf", "asks", "text"),
    [
        ("{User: lin}", True, Asks.EQUALS, "lin"),
        ("{User|cased: LIN}", False, Asks.EQUALS, "LIN"),
        ("{Image|startswith: 'c:'}", True, Asks.STARTS_WITH, "c:"),
        ("{Image: 'C:*\\\\a.???'}", True, Asks.LIKE, r"C:*\a.???"),
        ("{User: '*'}", True, Asks.PRESENT, ""),
        ("{User: ''}", False, Asks.EMPTY, ""),
        ("{ParentUser: null}", True, Asks.ABSENT, ""),
        ("{User|exists: true}", True, Asks.PRESENT, ""),
        ("{EventID: 1}", True, Asks.EQUALS, "1"),
        ("{EventID|gte: 2}", False, Asks.AT_LEAST, "2"),
        ("{EventID|lt: 2}", True, Asks.LESS, "2"),
        ("{CommandLine|re|i: 'get\\s+http'}", True, Asks.EXPRESSION, r"/get\s+http/i"),
        ("{SourceIp|cidr: 10.0.0.0/8}", False, Asks.NETWORK, "10.0.0.0/8"),
        ("{User|fieldref: Image}", False, Asks.FIELD, "Image"),
        ("{CommandLine|windash|contains: ' -x'}", False, Asks.ONE_OF, "* -x*, * /x*, * –x*, * —x*, * ―x*"),
        ("['a tool']", True, Asks.KEYWORD, "a tool"),
        ("['no such word']", False, Asks.KEYWORD, "no such word"),
        ("{User|expand: '%admins%'}", True, Asks.ONE_OF, "%admins%"),
    ],
)
def test_every_kind_of_leaf_says_what_it_asks(
    detection: str, leaf: bool, asks: Asks, text: str, store: Store, tmp_path: Path
) -> None:
    (tmp_path / "placeholders.yml").write_text("admins: [lin, wang]\n", encoding="utf-8")
    rule = yaml.safe_load(RULE)
    rule["detection"] = {"s": yaml.safe_load(detection), "condition": "s"}
    tree = told(store, content_of(tmp_path, yaml.safe_dump(rule)), put(store)).tree
    assert tree is not None
    assert tree.wanted is not None
    assert (tree.holds, tree.wanted.asks, tree.wanted.text) == (leaf, asks, text)


def test_a_field_that_nothing_supplies_is_told_as_blind(store: Store, tmp_path: Path) -> None:
    tree = told(store, content_of(tmp_path, RULE.replace("OriginalFileName", "Aura")), put(store)).tree
    assert tree is not None
    assert {leaf.field: leaf.blind for leaf in tree.leaves()} == {
        "Image": False, "Aura": True, "CommandLine": False, "User": False,
    }  # fmt: skip


def test_a_sigma_filter_is_part_of_the_tree(store: Store, tmp_path: Path) -> None:
    narrowing = """title: Not Lin
id: 5f1c1c0e-0000-4000-8000-000000000007
logsource: {product: windows, category: process_creation}
filter:
  rules: [5f1c1c0e-0000-4000-8000-000000000001]
  somebody: {User: lin}
  condition: not somebody
"""
    explanation = told(store, content_of(tmp_path, RULE, narrowing), put(store))
    assert not explanation.matches
    assert explanation.tree is not None
    assert not explanation.tree.holds
    assert [leaf.name for leaf in explanation.tree.leaves() if leaf.name] == ["somebody"]


def test_thousands_of_values_are_asked_in_statements_of_bearable_size(store: Store, tmp_path: Path) -> None:
    values = ", ".join(f"value-{number:05}-{'x' * 60}" for number in range(3000))
    rule = RULE.replace("[root, backup]", f"[{values}, lin]")
    explanation = told(store, content_of(tmp_path, rule), put(store))
    assert not explanation.matches
    assert explanation.tree is not None
    assert [leaf.wanted.text for leaf in explanation.tree.leaves() if leaf.wanted and leaf.holds][-1] == "lin"
