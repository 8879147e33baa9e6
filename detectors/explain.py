"""Why a rule matches an event or does not: its condition as a tree, every leaf judged by the engine's own predicate.

Values in, values out: `question_of` writes the statements, whoever has the database asks them, and `judged` puts the
answers into the tree. Nothing here decides anything that the engine decides.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionIdentifier,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.exceptions import SigmaError
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaRule

from detectors.backend import ClickHouseBackend, Leaf, log_source_of
from detectors.errors import UnsupportedRule
from detectors.explanation import Kind, Node
from detectors.leaf_text import Wanted, wanted_of
from detectors.placeholders import Placeholders
from detectors.routing import FieldPlace, Route, routes
from detectors.sql_text import array

# pySigma puts this, with a random word, before the names of a Sigma filter's detections.
_FILTERED = re.compile(r"^_filt_[A-Za-z0-9]+_")

# What picks the one event that a statement is about.
THE_EVENT = "event_time = {moment:DateTime64(6, 'UTC')} AND event_id = {event:String}"

# ClickHouse parses statements up to 256 KiB unless its settings say otherwise.
_MOST_SQL = 120_000


@dataclass(frozen=True)
class Question:
    """What to ask the engine about one event.

    Every statement takes the event's id and time as `{event:String}` and `{moment:DateTime64(6, 'UTC')}`, and gives one
    row: the time spares the engine the search through all that it holds.

    Attributes:
        leaves: statements whose `truths` are those of the leaves, one after the other.
        values: a statement for the `texts` of the fields, and `presents`: whether the event has them.
        fields: the fields that the rule looks at and its log source supplies; '' for the message.
    """

    leaves: tuple[str, ...]
    values: str
    fields: tuple[str, ...]
    roots: tuple["_Part", ...]


@dataclass(frozen=True)
class _Part:
    """A part of a condition before it is judged; a leaf knows its place among the leaves."""

    kind: Kind
    name: str = ""
    field: str = ""
    wanted: Wanted | None = None
    blind: bool = False
    place: int = 0
    children: tuple["_Part", ...] = ()


def question_of(rule: SigmaRule, placeholders: Placeholders) -> Question:
    """What has to be asked to explain a rule.

    Raises:
        UnsupportedRule: no source supplies its log source, or the engine cannot do what it asks for.
    """
    route = routes().get(log_source_of(rule))
    if route is None:
        raise UnsupportedRule(f"no source supplies {log_source_of(rule)}")
    reading = _Reading(ClickHouseBackend(placeholders=placeholders), route, [], {})
    try:
        roots = tuple(reading.part(condition.parsed) for condition in rule.detection.parsed_condition)
    except SigmaError as error:
        raise UnsupportedRule(f"not a valid rule: {error}") from error
    places = {name: route.place(name) for name in reading.fields if name}
    if "" in reading.fields and route.table == "log_events":
        places[""] = FieldPlace("message", "1")
    texts = array([place.text for place in places.values()])
    presents = array([place.present for place in places.values()])
    return Question(
        leaves=tuple(_statement(route, chunk) for chunk in _chunks(reading.predicates)),
        values=f"SELECT {texts}::Array(String) AS texts, {presents}::Array(UInt8) AS presents "  # noqa: S608 - the Sigma compiler
        f"FROM {route.table} WHERE {THE_EVENT} LIMIT 1",
        fields=tuple(places),
        roots=roots,
    )


def judged(question: Question, truths: Sequence[int], seen: Mapping[str, str]) -> Node:
    """The condition with the engine's answers in it.

    Args:
        question: what was asked.
        truths: 0 or 1 for each leaf, in order.
        seen: the values of the fields that the event has.
    """
    roots = [_judged(part, truths, seen) for part in question.roots]
    return roots[0] if len(roots) == 1 else Node("or", any(root.holds for root in roots), children=tuple(roots))


@dataclass(frozen=True)
class _Reading:
    backend: ClickHouseBackend
    route: Route
    predicates: list[str]
    fields: dict[str, None]

    def part(self, node: object) -> _Part:
        """A part of the condition and all below it, its leaves written down as predicates."""
        match node:
            case ConditionAND(args=args):
                return self._joined("and", node, args)
            case ConditionOR(args=args):
                return self._joined("or", node, args)
            case ConditionNOT(args=[child]):
                return _Part("not", _name(node), children=(self.part(child),))
            case ConditionFieldEqualsValueExpression() | ConditionValueExpression():
                return self._leaf(node)
        raise UnsupportedRule("the condition selects detections that the rule does not define")

    def _joined(self, kind: Literal["and", "or"], node: object, args: Sequence[object]) -> _Part:
        children: list[_Part] = []
        for child in map(self.part, args):
            # `all of selection*` and a list within a list read better as one.
            children += child.children if child.kind == kind and not child.name else [child]
        return _Part(kind, _name(node), children=tuple(children))

    def _leaf(self, node: Leaf) -> _Part:
        field = node.field if isinstance(node, ConditionFieldEqualsValueExpression) else ""
        self.predicates.append(self.backend.leaf(node, self.route))
        blind = field in self.backend.blind_fields
        self.fields.update({name: None for name in self.backend.fields if name not in self.backend.blind_fields})
        wanted = wanted_of(node.value, keyword=not field)
        return _Part("leaf", _name(node), field, wanted, blind, len(self.predicates) - 1)


def _name(node: object) -> str:
    """The detection that begins at a node: nothing but the detection's own parts lies between it and its name."""
    above = getattr(node, "parent", None)
    while isinstance(above, SigmaDetectionItem | SigmaDetection):
        above = above.parent
    return _FILTERED.sub("", above.identifier) if isinstance(above, ConditionIdentifier) else ""


def _judged(part: _Part, truths: Sequence[int], seen: Mapping[str, str]) -> Node:
    if part.kind == "leaf":
        found = seen.get(part.field)
        # A keyword that was not found was looked for in the whole event; there is no one value to show.
        return Node("leaf", bool(truths[part.place]), part.name, part.field, part.wanted, found, part.blind)
    children = tuple(_judged(child, truths, seen) for child in part.children)
    held = [child.holds for child in children]
    holds = {"and": all(held), "or": any(held), "not": not held[0]}[part.kind]
    return Node(part.kind, holds, part.name, children=children)


def _chunks(predicates: Sequence[str]) -> Iterator[list[str]]:
    together: list[str] = []
    size = 0
    for predicate in predicates:
        if together and size + len(predicate) > _MOST_SQL:
            yield together
            together, size = [], 0
        together.append(predicate)
        size += len(predicate)
    if together:
        yield together


def _statement(route: Route, predicates: Sequence[str]) -> str:
    truths = array([f"if({predicate}, 1, 0)" for predicate in predicates])
    return (
        f"SELECT {truths}::Array(UInt8) AS truths FROM {route.table} "  # noqa: S608 - the Sigma compiler
        f"WHERE {THE_EVENT} LIMIT 1"
    )
