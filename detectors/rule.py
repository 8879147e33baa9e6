"""What a loaded rule is, and what was found wrong with the others."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from detectors.block import Fold
from detectors.correlation_condition import Bound
from detectors.correlation_expression import Expression
from detectors.plan import Plan
from detectors.routing import LogSource, Table
from detectors.screening import Screen

Level = Literal["informational", "low", "medium", "high", "critical"]
CorrelationType = Literal[
    "event_count",
    "value_count",
    "value_sum",
    "value_avg",
    "value_percentile",
    "value_median",
    "temporal",
    "temporal_ordered",
]

SEVERITIES: Mapping[Level, int] = MappingProxyType(
    {"informational": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
)


class Status(StrEnum):
    """Whether a rule can find what it is meant to find; a withdrawn one, by its own authors, is not asked."""

    USABLE = "usable"
    UNSUPPORTED = "unsupported"
    BLIND = "blind"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class RuleHead:
    """What every rule says about itself.

    Attributes:
        id: the rule's own id, else its name, else its path.
        version: hash of everything that decides what it matches.
        title_zh: the title in Chinese, from the custom attribute of that name, or ''.
        path: file, as given.
        event_class: GB/T 20986-2023 code, or ''.
        line: where the rule starts in its file, from 1.
        status: Sigma's word for how far it can be trusted (stable, test, ...), or ''.
        log_source: what it names; nothing for a correlation.
        obsoletes: ids of the rules that it says it replaces.
    """

    id: str
    version: str
    title: str
    path: Path
    level: Level = "medium"
    tags: tuple[str, ...] = ()
    event_class: str = ""
    line: int = 1
    title_zh: str = ""
    status: str = ""
    log_source: LogSource = field(default_factory=LogSource)
    obsoletes: tuple[str, ...] = ()

    @property
    def severity(self) -> int:
        """1 informational .. 5 critical."""
        return SEVERITIES[self.level]


@dataclass(frozen=True)
class CompiledRule:
    """A rule over single events, in SQL.

    Attributes:
        where: condition that picks the log source's rows.
        predicate: the rule over one such row, 0 or 1.
        fields: Sigma field to the SQL expression of its text, for the fields that the rule looks at.
        places: the same fields to the places that may hold them, best first (see `Route.where_of`).
        plan: what of the predicate can be decided by looking for texts.
        alerts: whether a match is an alert; false for a rule that only serves correlations.
    """

    head: RuleHead
    table: Table
    where: str
    predicate: str
    fields: Mapping[str, str]
    places: Mapping[str, tuple[str, ...]]
    plan: Plan
    alerts: bool = True


@dataclass(frozen=True, eq=False)
class TableRules:
    """The rules over one table; what judging needs of them is made once, however often they judge.

    Attributes:
        rules: in the order by which a screen knows them.
    """

    table: Table
    rules: tuple[CompiledRule, ...]

    @cached_property
    def routes(self) -> Mapping[str, int]:
        """The conditions of their log sources, each with its number."""
        return {where: number for number, where in enumerate(dict.fromkeys(rule.where for rule in self.rules))}

    def screen(self, fold: Fold) -> Screen:
        """Their plans as a screen; `fold` lower-cases texts as the database does, whichever it is."""
        if not self._screens:
            self._screens.append(Screen([(rule.plan, self.routes[rule.where]) for rule in self.rules], fold))
        return self._screens[0]

    @cached_property
    def _screens(self) -> list[Screen]:
        return []


@dataclass(frozen=True)
class CompiledCorrelation:
    """A rule over several matches.

    Attributes:
        references: the rules whose matches count, by id, in the order the rule names them.
        group_by: names by which matches are told apart; none: all belong together.
        group_fields: for each reference, the field that holds each name of `group_by`.
        measured: names whose values are counted, added or ranked; none for other types.
        value_fields: for each reference, the field that holds each name of `measured`.
        bounds: what the measure must meet; none when there is an expression.
        expression: for temporal types, a condition over the ids of `references`.
        percentile: for value_percentile, which one, 0 to 100.
        span_seconds: matches at most this far apart belong together.
    """

    head: RuleHead
    type: CorrelationType
    references: tuple[str, ...]
    group_by: tuple[str, ...]
    group_fields: Mapping[str, tuple[str, ...]]
    value_fields: Mapping[str, tuple[str, ...]]
    span_seconds: int
    bounds: tuple[Bound, ...] = ()
    expression: Expression | None = None
    percentile: Decimal | None = None
    measured: tuple[str, ...] = ()
    alerts: bool = True


@dataclass(frozen=True)
class RuleCheck:
    """What became of one rule, or of one file that holds none.

    Attributes:
        line: where the trouble is, or where the rule starts, from 1.
        fields: the fields that nothing supplies.
        head: what the rule says about itself; None for a file that holds none.
    """

    id: str
    path: Path
    title: str
    status: Status
    reason: str = ""
    line: int = 1
    fields: tuple[str, ...] = ()
    head: RuleHead | None = None


@dataclass(frozen=True)
class RuleSet:
    """Rules that can run, and an account of every rule that was read.

    Attributes:
        ruleset_id: hash of everything that decides what the rules match.
        places: for every base rule of a correlation, the SQL text of each field that correlations ask of it.
    """

    ruleset_id: str
    rules: tuple[CompiledRule, ...] = ()
    correlations: tuple[CompiledCorrelation, ...] = ()
    checks: tuple[RuleCheck, ...] = ()
    places: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def heads(self) -> tuple[RuleHead, ...]:
        """What every rule that can run says about itself."""
        return (*(rule.head for rule in self.rules), *(rule.head for rule in self.correlations))

    @property
    def alerting_ids(self) -> frozenset[str]:
        """The rules that raise alerts; the others only serve correlations."""
        single = {rule.head.id for rule in self.rules if rule.alerts}
        return frozenset(single | {rule.head.id for rule in self.correlations if rule.alerts})

    @cached_property
    def by_table(self) -> tuple[TableRules, ...]:
        """The rules over single events, table by table."""
        tables = dict.fromkeys(rule.table for rule in self.rules)
        return tuple(TableRules(table, tuple(rule for rule in self.rules if rule.table == table)) for table in tables)

    def only(self, rule_id: str) -> "RuleSet":
        """The rule set in which this rule alone raises alerts."""
        alone = tuple(rule for rule in self.rules if rule.head.id == rule_id)
        if alone:
            return replace(self, rules=alone, correlations=())
        return replace(
            self,
            rules=tuple(replace(rule, alerts=False) for rule in self.rules),
            correlations=tuple(replace(rule, alerts=rule.head.id == rule_id) for rule in self.correlations),
        )

    @property
    def problems(self) -> tuple[RuleCheck, ...]:
        """Every rule that is not usable, with the reason."""
        return tuple(check for check in self.checks if check.status is not Status.USABLE)
