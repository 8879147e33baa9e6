"""Which rules of a set run: by the status and the level that they give themselves, and who takes over from whom."""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from detectors.rule import SEVERITIES, CompiledCorrelation, Level, RuleCheck, RuleHead, RuleSet, Status


class RuleStatus(StrEnum):
    """How far a rule can be trusted, in Sigma's words (specification 2.1, "status")."""

    stable = "stable"
    test = "test"
    experimental = "experimental"
    deprecated = "deprecated"
    unsupported = "unsupported"


# Withdrawn by their own authors: such a rule runs only where it is asked for.
WITHDRAWN = frozenset({RuleStatus.deprecated, RuleStatus.unsupported})
IN_FORCE = tuple(status for status in RuleStatus if status not in WITHDRAWN)


@dataclass(frozen=True)
class Selection:
    """What a rule must say of itself to run; one that names no status is not held to any.

    Attributes:
        statuses: the statuses that run.
        minimum_level: rules less urgent than this do not run on their own.
    """

    statuses: tuple[RuleStatus, ...] = IN_FORCE
    minimum_level: Level = "informational"

    def takes(self, head: RuleHead) -> bool:
        """Whether a rule that says this of itself runs."""
        return self.takes_status(head) and head.severity >= SEVERITIES[self.minimum_level]

    def takes_status(self, head: RuleHead) -> bool:
        """Whether the rule's own status lets it run."""
        return not head.status or head.status in self.statuses


def selected(ruleset: RuleSet, selection: Selection) -> RuleSet:
    """The rule set without the rules that are not to run, each of which its check tells of.

    A rule that a selected correlation rests on goes on serving it, without alerts of its own.
    """
    taken = {head.id for head in ruleset.heads if selection.takes(head)}
    correlations = _needed(ruleset.correlations, taken)
    serving = {reference for rule in correlations for reference in rule.references}
    # A rule that only serves correlations is not there for its own sake.
    rules = tuple(
        replace(rule, alerts=rule.alerts and rule.head.id in taken)
        for rule in ruleset.rules
        if rule.head.id in serving or (rule.alerts and rule.head.id in taken)
    )
    kept = tuple(replace(rule, alerts=rule.alerts and rule.head.id in taken) for rule in correlations)
    running = {rule.head.id for rule in rules} | {rule.head.id for rule in kept}
    narrowed = rules != ruleset.rules or kept != ruleset.correlations
    return RuleSet(
        ruleset_id=_narrowed_id(ruleset.ruleset_id, running, taken) if narrowed else ruleset.ruleset_id,
        rules=rules,
        correlations=kept,
        checks=tuple(_checks(ruleset, selection, running)),
        places={key: places for key, places in ruleset.places.items() if key in running},
    )


def left_out(ruleset: RuleSet, chosen: RuleSet) -> tuple[RuleHead, ...]:
    """The rules that could raise alerts and were not chosen to."""
    alerting = ruleset.alerting_ids - chosen.alerting_ids
    return tuple(head for head in ruleset.heads if head.id in alerting)


def _needed(correlations: Collection[CompiledCorrelation], taken: set[str]) -> tuple[CompiledCorrelation, ...]:
    """The correlations that are to run, and those that they rest on, in their order."""
    wanted: set[str] = set()
    for rule in reversed(list(correlations)):  # a correlation comes after those it refers to
        if (rule.alerts and rule.head.id in taken) or rule.head.id in wanted:
            wanted |= {rule.head.id, *rule.references}
    return tuple(rule for rule in correlations if rule.head.id in wanted)


def _checks(ruleset: RuleSet, selection: Selection, running: set[str]) -> Iterator[RuleCheck]:
    heads = {head.id: head for head in ruleset.heads}
    for check in ruleset.checks:
        head = check.head
        if head is None:
            yield check
        elif check.id not in running and head.status in WITHDRAWN and not selection.takes_status(head):
            reason = f"its own status is {head.status}: it runs only where --status {head.status} asks for it"
            yield replace(check, status=Status.WITHDRAWN, reason=reason)
        else:
            yield _warned(check, head, heads, running)


def _warned(check: RuleCheck, head: RuleHead, heads: dict[str, RuleHead], running: Collection[str]) -> RuleCheck:
    """The check, with the rules that this one replaces and that run all the same."""
    if head.id not in running:
        return check
    both = [heads[each] for each in head.obsoletes if each in running and each != head.id]
    if not both:
        return check
    told = "; ".join(f"it replaces {each.title!r} ({each.id}), and both run" for each in both)
    return replace(check, reason=f"{check.reason}; {told}" if check.reason else told)


def _narrowed_id(ruleset_id: str, running: set[str], taken: set[str]) -> str:
    """Another set of rules is another rule set: what it has not judged, it judges."""
    names = "\0".join([ruleset_id, *sorted(running), "", *sorted(running & taken)])
    return hashlib.sha256(names.encode()).hexdigest()[:32]
