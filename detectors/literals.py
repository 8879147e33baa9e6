"""What of a condition can be decided by looking for texts, without asking the database.

A leaf that texts alone cannot decide (a time, a regular expression in keywords) only says what every match of it needs.
The SQL predicate stays the meaning of the rule: whatever a plan leaves undecided is decided there, and where a plan
does decide it must say the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.types import (
    CompareOperators,
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
    SpecialChars,
)

from detectors.necessary import necessary_texts
from detectors.placeholders import Placeholders, filled, has_placeholder
from detectors.plan import ALWAYS, NEVER, AllOf, AnyOf, Leaf, Not, Plan, Test
from detectors.predicates import LARGEST_EXACT, Part, contained_parts, pattern_parts, regex_of
from detectors.regex import exactly
from detectors.routing import Route
from detectors.sql_text import storable

_UNKNOWN = Leaf((), "anywhere")
_COMPARISONS: Mapping[CompareOperators, Test] = {
    CompareOperators.LT: "<",
    CompareOperators.LTE: "<=",
    CompareOperators.GT: ">",
    CompareOperators.GTE: ">=",
}
_WILDCARD = SpecialChars.WILDCARD_MULTI


def plan_of(trees: Sequence[object], route: Route, placeholders: Placeholders) -> Plan:
    """The plan of a rule's parsed conditions over the rows of a route; the rule is one that the backend can express."""
    reader = _Reader(route, placeholders)
    return _any([reader.tree(tree) for tree in trees])


@dataclass(frozen=True)
class _Reader:
    route: Route
    placeholders: Placeholders

    def tree(self, node: object) -> Plan:
        match node:
            case ConditionOR(args=args):
                return _any([self.tree(child) for child in args])
            case ConditionAND(args=args):
                return AllOf(tuple(self.tree(child) for child in args))
            case ConditionNOT(args=[child]):
                return Not(self.tree(child))
            case ConditionFieldEqualsValueExpression(field=name, value=value):
                return self._field(name, value)
            case ConditionValueExpression(value=value):
                return self._keyword(value)
        return _UNKNOWN

    def _field(self, name: str, value: SigmaType) -> Plan:
        if has_placeholder(value):
            return _any([self._field(name, each) for each in filled(value, self.placeholders)])
        if isinstance(value, SigmaExpansion):
            return _any([self._field(name, each) for each in value.values])
        places = self.route.where_of(name) if self.route.supplies(name) else ()
        if isinstance(value, SigmaNull) or (isinstance(value, SigmaExists) and not value.exists):
            return Not(Leaf(places, "present")) if places else ALWAYS
        if not places:
            return NEVER
        if isinstance(value, SigmaFieldReference):
            others = self.route.where_of(value.field) if self.route.supplies(value.field) else ()
            return Leaf(places, _compared(value), others) if others else NEVER
        return Leaf(places, "present") if isinstance(value, SigmaExists) else _test(places, value)

    def _keyword(self, value: SigmaType) -> Plan:
        if has_placeholder(value):
            return _any([self._keyword(each) for each in filled(value, self.placeholders)])
        if isinstance(value, SigmaExpansion):
            return _any([self._keyword(each) for each in value.values])
        if isinstance(value, SigmaNumber):
            return Leaf((), "keyword", (str(value.number).lower(),))
        if isinstance(value, SigmaString) and not isinstance(value, SigmaCasedString):
            return _words(contained_parts(value))
        return _UNKNOWN


def _any(children: Sequence[Plan]) -> Plan:
    """An OR in which the texts that one field is tested for in one way are one leaf."""
    gathered: dict[tuple[tuple[str, ...], Test], dict[str, None]] = {}
    others: list[Plan] = []
    for child in _flat(children):
        if isinstance(child, Leaf) and child.test in {"equals", "contains", "starts", "ends", "numbers"}:
            gathered.setdefault((child.places, child.test), {}).update(dict.fromkeys(child.texts))
        else:
            others.append(child)
    found = [Leaf(places, test, tuple(texts)) for (places, test), texts in gathered.items()] + others
    return found[0] if len(found) == 1 else AnyOf(tuple(found))


def _flat(children: Sequence[Plan]) -> list[Plan]:
    return [each for child in children for each in (child.children if isinstance(child, AnyOf) else (child,))]


def _test(places: tuple[str, ...], value: SigmaType) -> Plan:
    match value:
        case SigmaCasedString():
            parts = pattern_parts(value)
            return Leaf(places, "regex", (_expression(parts, str), *_texts(parts)))
        case SigmaString():
            return _pattern(places, pattern_parts(value))
        case SigmaTimestampPart():
            return Leaf(places, "perhaps")
        case SigmaNumber():
            return _number(places, value.number)
        case SigmaBool():
            return Leaf(places, "equals", ("true" if value.boolean else "false",))
        case SigmaRegularExpression():
            return Leaf(places, "regex", (regex_of(value), *necessary_texts(str(value.regexp))))
        case SigmaCIDRExpression():
            return Leaf(places, "network", (str(value.network),))
        case SigmaCompareExpression(op=op) if op in _COMPARISONS:
            return Leaf(places, _COMPARISONS[op], (repr(float(value.number.number)),))
    return Leaf(places, "perhaps")


def _compared(value: SigmaFieldReference) -> Test:
    """How a field is compared with another one."""
    if value.starts_with:
        return "field*" if value.ends_with else "field^"
    return "field$" if value.ends_with else "field="


def _pattern(places: tuple[str, ...], parts: Sequence[Part]) -> Leaf:
    match parts:
        case []:
            return Leaf(places, "equals", ("",))
        case [first] if first is _WILDCARD:
            return Leaf(places, "present")
        case [str() as whole]:
            return Leaf(places, "equals", (_folded(whole),))
        case [first, str() as middle, last] if first is _WILDCARD and last is _WILDCARD:
            return Leaf(places, "contains", (_folded(middle),))
        case [str() as start, last] if last is _WILDCARD:
            return Leaf(places, "starts", (_folded(start),))
        case [first, str() as end] if first is _WILDCARD:
            return Leaf(places, "ends", (_folded(end),))
    if all(text.isascii() for text in _texts(parts)):
        return Leaf(places, "like", (_expression(parts, _folded), *_texts(parts)))
    # The database folds U+212A to `k`: what a letter beyond ASCII matches is for it to say.
    return Leaf(places, "holds_all", tuple(_texts(parts)))


def _texts(parts: Sequence[Part]) -> list[str]:
    return [_folded(part) for part in parts if isinstance(part, str)]


def _expression(parts: Sequence[Part], spelled: Callable[[str], str]) -> str:
    """The expression that matches a whole value as a pattern with wildcards does."""
    wildcards = {_WILDCARD: ".*", SpecialChars.WILDCARD_SINGLE: "."}
    written = (exactly(spelled(part)) if isinstance(part, str) else wildcards[part] for part in parts)
    return rf"(?s)\A{''.join(written)}\z"


def _words(parts: Sequence[Part]) -> Plan:
    """A pattern that any value may contain; all values are searched at once, joined by newlines."""
    texts = [_folded(part) for part in parts if isinstance(part, str) and "\n" not in part]
    if not texts:
        return _UNKNOWN if parts else ALWAYS
    return Leaf((), "keyword" if len(parts) == 1 else "anywhere", (max(texts, key=len),))


def _number(places: tuple[str, ...], number: float) -> Leaf:
    if abs(number) > LARGEST_EXACT:
        return Leaf(places, "holds_all", (str(number).lower(),))
    return Leaf(places, "numbers", (repr(float(number)),))


def _folded(text: str) -> str:
    """The text as it is stored, lower-cased if that needs no table."""
    stored = storable(text)
    return stored.lower() if stored.isascii() else stored
