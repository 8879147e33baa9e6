"""A Sigma condition over the rows of a route, as an SQL expression.

Every expression is two-valued. A field that nothing supplies makes its leaf false, and is remembered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.types import (
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SigmaTimestampPart,
    SigmaType,
)

from detectors import predicates
from detectors.errors import UnsupportedRule
from detectors.placeholders import Placeholders, filled, has_placeholder, names_in
from detectors.routing import FieldPlace, Route, Table

_NOWHERE = FieldPlace("''", "0")
# What keywords are looked for in.
KEYWORD_VALUES: Mapping[Table, str] = {
    "log_events": "arrayPushFront(mapValues(fields), message)",
    "network_flows": "arrayConcat([application, source_ip, destination_ip], mapValues(fields))",
}


@dataclass
class ConditionSQL:
    """The conditions of one rule over the rows of a route.

    Attributes:
        fields: the Sigma fields that were looked at, in order; '' stands for keywords.
        blind_fields: those of them that the route never supplies.
        empty_placeholders: the placeholders named that have no value; their leaves are false.
    """

    route: Route
    placeholders: Placeholders
    fields: dict[str, None] = field(default_factory=dict)
    blind_fields: dict[str, None] = field(default_factory=dict)
    empty_placeholders: dict[str, None] = field(default_factory=dict)

    def tree(self, node: object) -> str:
        """A condition as an SQL expression that is 0 or 1.

        Raises:
            UnsupportedRule: it asks for something that cannot be expressed.
        """
        match node:
            case ConditionOR(args=args):
                return self._any_of(args)
            case ConditionAND(args=args):
                return f"({' AND '.join(self.tree(child) for child in args)})"
            case ConditionNOT(args=[child]):
                return f"(NOT {self.tree(child)})"
            case ConditionFieldEqualsValueExpression(field=name, value=value):
                return self._field(name, value)
            case ConditionValueExpression(value=value):
                return self._keyword(value)
        raise UnsupportedRule("the condition selects detections that the rule does not define")

    def _filled(self, value: SigmaType) -> list[SigmaType]:
        self.empty_placeholders.update({name: None for name in names_in(value) if not self.placeholders.get(name)})
        return filled(value, self.placeholders)

    def _place(self, name: str) -> FieldPlace:
        self.fields[name] = None
        if self.route.supplies(name):
            return self.route.place(name)
        self.blind_fields[name] = None
        return _NOWHERE

    def _any_of(self, args: Sequence[object]) -> str:
        """An OR, with the plain values of one field gathered into one test."""
        gathered: dict[tuple[str, str], list[Any]] = {}
        others = []
        for child in args:
            kind = _gathers(child)
            if kind is None:
                others.append(self.tree(child))
            else:
                gathered.setdefault(kind[0], []).append(kind[1])
        tests = [self._gathered(kind, name, values) for (kind, name), values in gathered.items()] + others
        if not tests:
            return predicates.FALSE
        return tests[0] if len(tests) == 1 else f"or({', '.join(tests)})"

    def _gathered(self, kind: str, name: str, values: list[Any]) -> str:
        place = self._place(name)
        if place is _NOWHERE:
            return predicates.FALSE
        if kind == "equal":
            return predicates.text_is_one_of(place, values)
        if kind == "contain":
            return predicates.text_contains_any(place, values)
        return predicates.number_equals(place, values)

    def _field(self, name: str, value: SigmaType) -> str:
        if has_placeholder(value):
            return self._any_of([ConditionFieldEqualsValueExpression(name, each) for each in self._filled(value)])
        place = self._place(name)
        match value:
            case SigmaNull():
                return f"(NOT {place.present})"
            case SigmaExists():
                return place.present if value.exists else f"(NOT {place.present})"
            case SigmaExpansion(values=values):
                return self._any_of([ConditionFieldEqualsValueExpression(name, each) for each in values])
        return predicates.FALSE if place is _NOWHERE else self._present_field(place, value)

    def _present_field(self, place: FieldPlace, value: SigmaType) -> str:
        match value:
            case SigmaString():
                return predicates.text_equals(place, value, cased=isinstance(value, SigmaCasedString))
            case SigmaTimestampPart():
                return predicates.timestamp_part_equals(place, value.timestamp_part, value.number)
            case SigmaNumber():
                return predicates.number_equals(place, [value.number])
            case SigmaBool():
                return predicates.boolean_equals(place, value.boolean)
            case SigmaRegularExpression():
                return predicates.matches_regex(place, value)
            case SigmaCIDRExpression():
                return predicates.in_network(place, value.network)
            case SigmaCompareExpression():
                return predicates.compares(place, value)
            case SigmaFieldReference():
                return predicates.equals_field(place, self._place(value.field), value)
        raise UnsupportedRule(f"a value of type {type(value).__name__} cannot be compared with a field")

    def _keyword(self, value: SigmaType) -> str:
        self.fields[""] = None
        if has_placeholder(value):
            return self._any_of([ConditionValueExpression(each) for each in self._filled(value)])
        values = KEYWORD_VALUES[self.route.table]
        match value:
            case SigmaString():
                return predicates.keyword_in(values, value, cased=isinstance(value, SigmaCasedString))
            case SigmaNumber():
                return predicates.keyword_in(values, SigmaString(str(value.number)))
            case SigmaRegularExpression():
                return predicates.regex_in(values, value)
            case SigmaExpansion(values=expanded):
                return self._any_of([ConditionValueExpression(each) for each in expanded])
        raise UnsupportedRule(f"a value of type {type(value).__name__} needs a field")


def _gathers(node: object) -> tuple[tuple[str, str], Any] | None:
    """How a child of an OR can be tested together with its siblings: ((kind, field), value)."""
    if not isinstance(node, ConditionFieldEqualsValueExpression):
        return None
    value = node.value
    if isinstance(value, SigmaNumber) and not isinstance(value, SigmaTimestampPart):
        return ("number", node.field), value.number
    if not isinstance(value, SigmaString) or isinstance(value, SigmaCasedString) or has_placeholder(value):
        return None
    for kind, text in (("equal", predicates.whole_literal(value)), ("contain", predicates.contained_literal(value))):
        if text is not None:
            return (kind, node.field), text
    return None
