"""What every rule costs: its predicate alone over stored events, in ClickHouse's own figures."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from detectors.rule import CompiledRule, RuleHead, RuleSet
from pipelines.spans import WITHIN, Span
from store.client import Store
from store.costs import Cost, Meter
from store.errors import QueryFailed

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class RuleCost:
    """What one rule cost.

    Attributes:
        problem: why the engine did not run it, or ''.
    """

    rule: RuleHead
    matches: int
    cost: Cost
    problem: str = ""


def rule_costs(
    store: Store, ruleset: RuleSet, *, since: datetime, until: datetime, progress: Progress | None = None
) -> list[RuleCost]:
    """The cost of every rule over single events among the events of a span, dearest first.

    A correlation costs what its base rules cost; a rule whose query fails says why and stops no other.
    """
    meter, span = Meter(store), Span(since, until)
    asked: list[tuple[RuleHead, int]] = []
    failed: list[RuleCost] = []
    for number, rule in enumerate(ruleset.rules, start=1):
        try:
            asked.append((rule.head, int(str(meter.rows(_statement(rule), span.parameters)[0]["matches"]))))
        except QueryFailed as error:
            failed.append(RuleCost(rule.head, 0, Cost(), str(error).strip().splitlines()[0][:300]))
        if progress:
            progress(number, len(ruleset.rules))
    costs = [RuleCost(head, matches, cost) for (head, matches), cost in zip(asked, meter.costs(), strict=True)]
    return failed + sorted(costs, key=lambda each: (-_spent(each.cost), each.rule.title))


def _spent(cost: Cost) -> float:
    """Processor time where the server tells it: what else the machine does stretches the clock's."""
    return cost.seconds if cost.processor_seconds is None else cost.processor_seconds


def _statement(rule: CompiledRule) -> str:
    return f"SELECT count() AS matches FROM {rule.table} WHERE {WITHIN} AND ({rule.where}) AND {rule.predicate}"  # noqa: S608 - the Sigma compiler
