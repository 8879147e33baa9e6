"""What a correlation rests on, through the correlations that it refers to."""

from datetime import timedelta

from detectors.correlation import reach
from detectors.rule import CompiledCorrelation, CompiledRule, RuleSet


def bases_of(ruleset: RuleSet, rule: CompiledCorrelation) -> tuple[CompiledRule, ...]:
    """The rules over single events that a correlation rests on, through other correlations too, each once."""
    single = {each.head.id: each for each in ruleset.rules}
    inner = {each.head.id: each for each in ruleset.correlations}
    found: dict[str, CompiledRule] = {}
    for reference in rule.references:
        bases = (single[reference],) if reference in single else bases_of(ruleset, inner[reference])
        found |= {base.head.id: base for base in bases}
    return tuple(found.values())


def reach_around(ruleset: RuleSet, rule: CompiledCorrelation) -> timedelta:
    """How far from an event others can decide whether it belongs to an episode."""
    inner = {each.head.id: each for each in ruleset.correlations}
    deeper = [reach_around(ruleset, inner[each]) for each in rule.references if each in inner]
    return reach(rule) + max(deeper, default=timedelta())
