"""Conditions over the names of rules: `first and not (second or third)`, in words of any case."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Literal

from detectors.errors import UnsupportedRule

_TOKEN = re.compile(r"\s*([()]|[^\s()]+)")
_MOST_TOKENS = 500
_DEEPEST = 20
_MOST_ALTERNATIVES = 64


@dataclass(frozen=True)
class Named:
    """A match of this rule is in the window."""

    rule: str
    kind: Literal["named"] = "named"


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: "Expression"
    kind: Literal["not"] = "not"


@dataclass(frozen=True)
class Every:
    """All parts hold."""

    parts: tuple["Expression", ...]
    kind: Literal["every"] = "every"


@dataclass(frozen=True)
class Either:
    """One of the parts holds."""

    parts: tuple["Expression", ...]
    kind: Literal["either"] = "either"


Expression = Named | Not | Every | Either


@dataclass(frozen=True)
class Alternative:
    """One way to meet an expression: these rules are there and those are not."""

    wanted: frozenset[str]
    unwanted: frozenset[str]


def read_expression(text: str) -> Expression:
    """The expression over rule names: `not` binds closer than `and`, and `and` closer than `or`.

    Raises:
        UnsupportedRule: it is not one.
    """
    reading = _Reading(list(words(text)))
    if len(reading.words) > _MOST_TOKENS:
        raise UnsupportedRule(f"the condition has more than {_MOST_TOKENS} words", culprit="condition:")
    expression = reading.either(0)
    if reading.words:
        raise UnsupportedRule(f"the condition has {reading.words[0]!r} where 'and' or 'or' may stand", culprit=text)
    return expression


def words(text: str) -> Iterator[str]:
    """The names, words and brackets of an expression."""
    return (found.group(1) for found in _TOKEN.finditer(text))


def names_in(expression: Expression) -> tuple[str, ...]:
    """The rules that an expression names, in order, each once."""
    match expression:
        case Named(rule=name):
            return (name,)
        case Not(part=part):
            return names_in(part)
        case Every(parts=parts) | Either(parts=parts):
            return tuple(dict.fromkeys(name for part in parts for name in names_in(part)))


def renamed(expression: Expression, rename: Callable[[str], str]) -> Expression:
    """The expression with other names for its rules."""
    match expression:
        case Named(rule=name):
            return Named(rename(name))
        case Not(part=part):
            return Not(renamed(part, rename))
        case Every(parts=parts):
            return Every(tuple(renamed(part, rename) for part in parts))
        case Either(parts=parts):
            return Either(tuple(renamed(part, rename) for part in parts))


def holds(expression: Expression, is_there: Callable[[str], bool]) -> bool:
    """Whether the expression holds where these rules are there."""
    match expression:
        case Named(rule=name):
            return is_there(name)
        case Not(part=part):
            return not holds(part, is_there)
        case Every(parts=parts):
            return all(holds(part, is_there) for part in parts)
        case Either(parts=parts):
            return any(holds(part, is_there) for part in parts)


def alternatives(expression: Expression) -> tuple[Alternative, ...]:
    """Every way to meet the expression that needs no more than it must, those first that want most.

    Raises:
        UnsupportedRule: there are too many, or none.
    """
    found = {each for each in _alternatives(expression, wanted=True) if not each.wanted & each.unwanted}
    if not found:
        raise UnsupportedRule("the condition contradicts itself", culprit="condition:")
    found = {each for each in found if not any(_needs_less(other, each) for other in found)}
    return tuple(sorted(found, key=lambda each: (-len(each.wanted), sorted(each.wanted), sorted(each.unwanted))))


def _alternatives(expression: Expression, *, wanted: bool) -> set[Alternative]:
    match expression:
        case Named(rule=name):
            there, nothing = frozenset({name}), frozenset[str]()
            return {Alternative(there, nothing) if wanted else Alternative(nothing, there)}
        case Not(part=part):
            return _alternatives(part, wanted=not wanted)
        case Every(parts=parts) | Either(parts=parts):
            each = [_alternatives(part, wanted=wanted) for part in parts]
            if isinstance(expression, Either) is wanted:
                return _limited(set().union(*each))
            joined = {Alternative(frozenset(), frozenset())}
            for some in each:
                joined = _limited(
                    {Alternative(a.wanted | b.wanted, a.unwanted | b.unwanted) for a, b in product(joined, some)}
                )
            return joined


def _needs_less(one: Alternative, other: Alternative) -> bool:
    return one != other and one.wanted <= other.wanted and one.unwanted <= other.unwanted


def _limited(found: set[Alternative]) -> set[Alternative]:
    if len(found) > _MOST_ALTERNATIVES:
        raise UnsupportedRule(f"the condition has more than {_MOST_ALTERNATIVES} alternatives", culprit="condition:")
    return found


@dataclass
class _Reading:
    """What of an expression is still to be read."""

    words: list[str]

    def either(self, depth: int) -> Expression:
        return self._joined("or", Either, self.every, depth)

    def every(self, depth: int) -> Expression:
        return self._joined("and", Every, self.negated, depth)

    def negated(self, depth: int) -> Expression:
        if depth > _DEEPEST:
            raise UnsupportedRule("the condition is nested too deeply", culprit="condition:")
        if not self.words:
            raise UnsupportedRule("the condition ends where a rule's name should stand", culprit="condition:")
        word = self.words.pop(0)
        if word.lower() == "not":
            return Not(self.negated(depth + 1))
        if word == "(":
            inner = self.either(depth + 1)
            if not self.words or self.words.pop(0) != ")":
                raise UnsupportedRule("a bracket of the condition is not closed", culprit="condition:")
            return inner
        if is_operator(word):
            raise UnsupportedRule(f"the condition has {word!r} where a rule's name should stand", culprit="condition:")
        return Named(word)

    def _joined(
        self,
        word: str,
        kind: Callable[[tuple[Expression, ...]], Expression],
        part: Callable[[int], Expression],
        depth: int,
    ) -> Expression:
        parts = [part(depth)]
        while self.words and self.words[0].lower() == word:
            del self.words[0]
            parts.append(part(depth))
        return parts[0] if len(parts) == 1 else kind(tuple(parts))


def is_operator(word: str) -> bool:
    """Whether a word of an expression is no name."""
    return word in "()" or word.lower() in {"and", "or", "not"}
