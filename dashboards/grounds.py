"""Why a correlation matched, as detection recorded it, and its conditions in the reader's words."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dashboards.harmless import one_line
from dashboards.translation import Words

_UNITS = ((86400, "unit.d"), (3600, "unit.h"), (60, "unit.min"))


@dataclass(frozen=True)
class Seen:
    """The values of one field over several events, most frequent first, and how many more different ones there were."""

    field: str
    values: Sequence[tuple[str, int]]
    others: int


@dataclass(frozen=True)
class BaseRule:
    """A rule over single events: which of the alert's events it matches, by position, and what it saw in them."""

    title: str
    positions: Sequence[int]
    seen: Sequence[Seen]


@dataclass(frozen=True)
class Grounds:
    """Why a correlation matched.

    Attributes:
        conditions: a sentence each, the correlation's own first, then those of the correlations that it counts.
        group: value of each field by which events belong together.
        count: what was counted or measured when the condition was met, as a number to read.
    """

    type: str
    conditions: Sequence[str]
    group: Mapping[str, str]
    count: str
    rules: Sequence[BaseRule]

    def titles_at(self, position: int) -> list[str]:
        """The base rules that match the event at this position."""
        return [rule.title for rule in self.rules if position in rule.positions]


def read_grounds(text: str, words: Words) -> Grounds | None:
    """What `alert_grounds.grounds` holds, in the reader's words; None where nothing is recorded."""
    if not text:
        return None
    told = json.loads(text)
    return Grounds(
        type=str(told["conditions"][0]["type"]),
        conditions=[condition_text(words, each) for each in told["conditions"]],
        group=told["group"],
        count=f"{Decimal(told['count']):,}",
        rules=[
            BaseRule(
                _title(words, rule),
                rule["events"],
                [
                    Seen(name, [(str(value), int(times)) for value, times in found["values"]], found["others"])
                    for name, found in rule["seen"].items()
                ],
            )
            for rule in told["rules"]
        ],
    )


def condition_text(words: Words, condition: Mapping[str, Any]) -> str:
    """A correlation's condition as a sentence, such as "10 or more events of 'A' by user within 5 min"."""
    quoted = [words.quoted(_title(words, rule)) for rule in condition["rules"]]
    expression = condition["expression"]
    return words(
        f"correlation.condition.{_form(words, condition)}",
        compared=_bounds(words, "compared", condition["bounds"]),
        measured=_bounds(words, "measured", condition["bounds"]).strip(),
        expression="" if expression is None else _expression(words, expression, nested=False),
        percentile=condition["percentile"] or "",
        rules=words.listed(quoted),
        chain=words("correlation.then").join(quoted),
        grouped=_grouped(words, condition["group_by"]),
        values=words.listed(map(one_line, condition["values"])),
        span=span_text(words, int(condition["span_seconds"])),
        type=words.label("correlation_type", str(condition["type"])),
    )


def _form(words: Words, condition: Mapping[str, Any]) -> str:
    """Which sentence tells the condition."""
    kind = str(condition["type"])
    if condition["expression"] is not None:
        kind = f"{kind}_expression"
    elif kind == "temporal_ordered" and not _asks_for_all(condition):
        kind = "temporal_ordered_some"
    return kind if f"correlation.condition.{kind}" in words.entries else "other"


def _asks_for_all(condition: Mapping[str, Any]) -> bool:
    (first, *others) = condition["bounds"]
    return not others and first["operator"] in {"gte", "eq"} and Decimal(first["value"]) == len(condition["rules"])


def _bounds(words: Words, kind: str, bounds: Sequence[Mapping[str, str]]) -> str:
    """The bounds on a number of things (`compared`) or on any number (`measured`)."""
    told = [words(f"correlation.{kind}.{each['operator']}", number=f"{Decimal(each['value']):,}") for each in bounds]
    return words("correlation.and").join(text if place == 0 else text.lower() for place, text in enumerate(told))


def _expression(words: Words, expression: Mapping[str, Any], *, nested: bool = True) -> str:
    ((kind, part),) = expression.items()
    if kind == "rule":
        return words.quoted(_title(words, part))
    if kind == "not":
        return words("correlation.not", part=_expression(words, part))
    joined = words(f"correlation.{kind}").join(_expression(words, each) for each in part)
    return words.bracketed(joined) if nested else joined


def span_text(words: Words, seconds: int) -> str:
    """A time span in the largest unit that holds it without a remainder."""
    for size, unit in _UNITS:
        if seconds and seconds % size == 0:
            return f"{seconds // size} {words(unit)}"
    return f"{seconds} {words('unit.s')}"


def _grouped(words: Words, names: Sequence[str]) -> str:
    return words("correlation.grouped", names=words.listed(map(one_line, names))) if names else ""


def _title(words: Words, rule: Mapping[str, str]) -> str:
    return one_line((rule["title_zh"] if words.language == "zh" else "") or rule["title"])
