"""Why a correlation matched, as detection recorded it, and its conditions in the reader's words."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    """

    type: str
    conditions: Sequence[str]
    group: Mapping[str, str]
    count: int
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
        count=told["count"],
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
    kind = condition["type"] if f"correlation.condition.{condition['type']}" in words.entries else "other"
    return words(
        f"correlation.condition.{kind}",
        compared=words(f"correlation.compared.{condition['operator']}", number=condition["threshold"]),
        rules=words.listed(quoted),
        chain=words("correlation.then").join(quoted),
        grouped=_grouped(words, condition["group_by"]),
        values=words.listed(map(one_line, condition["values"])),
        span=span_text(words, int(condition["span_seconds"])),
        type=words.label("correlation_type", str(condition["type"])),
    )


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
