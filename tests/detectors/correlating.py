"""Correlations given as YAML and hits given as plain data, judged by the engine in memory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

from sigma.correlations import SigmaCorrelationRule

from detectors.correlation import Episode, episodes, in_groups, matches_upward
from detectors.correlation_compile import compile_correlation
from detectors.correlation_match import Match
from detectors.pysigma_document import for_pysigma
from detectors.rule import CompiledCorrelation, RuleHead
from tests.detectors.correlation_oracle import Correlation, Hit

START = datetime(2026, 3, 2, tzinfo=UTC)


def compiled(name: str, correlation: Correlation) -> CompiledCorrelation:
    """The correlation as the engine evaluates it; the names of rules are their ids."""
    rule = SigmaCorrelationRule.from_dict(for_pysigma({"title": name, "name": name, "correlation": dict(correlation)}))
    references = {str(each.reference): str(each.reference) for each in rule.rules or ()}
    return compile_correlation(rule, RuleHead(name, "1", name, Path("c.yml")), references, resolve=str, alerts=True)


def engine_episodes(name: str, correlations: Mapping[str, Correlation], hits: Sequence[Hit]) -> list[Episode]:
    """Every episode that the engine finds among hits of single-event rules."""
    rules = {each: compiled(each, correlation) for each, correlation in correlations.items()}
    return episodes(rules[name], _matches(name, rules, hits))


def seconds(moment: datetime) -> Fraction:
    """A moment as seconds after the start."""
    return Fraction((moment - START) // timedelta(microseconds=1), 1_000_000)


def _matches(name: str, rules: Mapping[str, CompiledCorrelation], hits: Sequence[Hit]) -> Iterator[Match]:
    rule = rules[name]
    for reference in rule.references:
        if reference in rules:
            for key, group in in_groups(_matches(reference, rules, hits)).items():
                yield from matches_upward(rules[reference], key, group, rule)
        else:
            yield from _base(rule, reference, (hit for hit in hits if hit.rule == reference))


def _base(rule: CompiledCorrelation, reference: str, hits: Iterable[Hit]) -> Iterator[Match]:
    for hit in hits:
        yield Match(
            reference,
            START + timedelta(microseconds=int(hit.at * 1_000_000)),
            tuple(sorted(hit.events)),
            key=tuple(hit.fields.get(name, "") for name in rule.group_fields[reference]),
            values=tuple(hit.fields.get(name, "") for name in rule.value_fields[reference]),
        )
