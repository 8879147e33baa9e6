"""What rules need and nothing has supplied: log sources without events, fields without a value, idle rules."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from detectors.routing import Table
from detectors.rule import CompiledRule, RuleHead, RuleSet


@dataclass(frozen=True)
class Needed:
    """The events that rules of one kind look at.

    Attributes:
        log_sources: as the rules name them; several may mean the same events.
        where: SQL condition that picks the events.
        fields: Sigma field to the SQL expression of its text, for all fields that the rules look at.
        rules: the rules, by field; '' stands for the log source itself.
    """

    table: Table
    where: str
    log_sources: tuple[str, ...]
    fields: Mapping[str, str]
    rules: Mapping[str, tuple[RuleHead, ...]]

    @property
    def statement(self) -> str:
        """SQL for the `events` that arrived since `{since:…}`, and in how many of them each field is `supplied`."""
        counts = ", ".join(f"countIf(notEmpty({text}))" for text in self.fields.values())
        return (
            f"SELECT count() AS events, [{counts}]::Array(UInt64) AS supplied FROM {self.table} "  # noqa: S608 - the Sigma compiler
            f"WHERE ingested_at >= {{since:DateTime64(3, 'UTC')}} AND ({self.where})"
        )


@dataclass(frozen=True)
class Absent:
    """Something that rules need and that nothing has supplied.

    Attributes:
        field: the field; '' when no event of the log source came at all.
        rules: those that need it.
    """

    log_sources: tuple[str, ...]
    field: str
    rules: tuple[RuleHead, ...]


def needs(ruleset: RuleSet) -> list[Needed]:
    """The events that the rules look at, each kind once, those of most rules first."""
    groups: dict[tuple[Table, str], list[CompiledRule]] = defaultdict(list)
    for rule in ruleset.rules:
        groups[rule.table, rule.where].append(rule)
    found = [_needed(table, where, rules, ruleset) for (table, where), rules in groups.items()]
    return sorted(found, key=lambda each: (-len(each.rules[""]), each.log_sources))


def absences(needed: Needed, events: int, supplied: Sequence[int]) -> list[Absent]:
    """What is missing: the log source when no event came, else the fields that none of them had."""
    if not events:
        return [Absent(needed.log_sources, "", needed.rules[""])]
    return [
        Absent(needed.log_sources, name, needed.rules[name])
        for name, count in zip(needed.fields, supplied, strict=True)
        if not count
    ]


def never_matched(ruleset: RuleSet, matched: Iterable[str]) -> list[RuleHead]:
    """The rules that could raise alerts and never did, most urgent first."""
    quiet = ruleset.alerting_ids - set(matched)
    return sorted((head for head in ruleset.heads if head.id in quiet), key=lambda head: (-head.severity, head.title))


def _needed(table: Table, where: str, rules: Sequence[CompiledRule], ruleset: RuleSet) -> Needed:
    fields: dict[str, str] = {}
    needing: dict[str, list[RuleHead]] = defaultdict(list)
    for rule in rules:
        needing[""].append(rule.head)
        # What correlations group by counts as much as what the rule itself looks at.
        for name, text in {**ruleset.places.get(rule.head.id, {}), **rule.fields}.items():
            if text != "''":
                fields[name] = text
                needing[name].append(rule.head)
    sources = tuple(sorted({str(rule.head.log_source) for rule in rules}))
    return Needed(table, where, sources, fields, {name: tuple(heads) for name, heads in needing.items()})
