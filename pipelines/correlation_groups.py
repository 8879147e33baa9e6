"""What a correlation counts, group by group: matches of single events, and episodes of correlations it refers to."""

from collections.abc import Iterator
from heapq import merge
from operator import attrgetter

from detectors.correlation import in_groups, matches_upward
from detectors.correlation_match import Match
from detectors.rule import CompiledCorrelation, RuleSet
from pipelines.base_matches import SORTING, Asked, Key, Touched, base_groups
from pipelines.spans import Span
from store.client import Parameters


def counted_groups(
    asked: Asked,
    ruleset: RuleSet,
    rule: CompiledCorrelation,
    span: Span,
    *,
    touched: Touched | None = None,
    settings: Parameters = SORTING,
) -> Iterator[tuple[Key, Iterator[Match]]]:
    """Every group of a correlation, its matches by time; those of correlations that it refers to are held in memory.

    A group must be read to its end before the next; meanwhile the store does nothing else.

    Args:
        asked: answers the questions.
        ruleset: the rules that the correlation is one of.
        rule: the correlation.
        span: where to look.
        touched: other groups than these may be left out.
        settings: of the queries; a user who only reads may set none.

    Raises:
        QueryFailed: ClickHouse refused a query, or it failed on the way.
    """
    correlations = {each.head.id: each for each in ruleset.correlations}
    single = {each.head.id: each for each in ruleset.rules}
    bases = [single[each] for each in rule.references if each in single]
    inner = in_groups(
        match
        for each in rule.references
        if each in correlations
        for key, group in counted_groups(asked, ruleset, correlations[each], span, settings=settings)
        for match in matches_upward(correlations[each], key, group, rule)
    )
    if bases:
        # What an inner correlation finds may concern groups in which no base rule has a match of these events.
        alone = touched if len(bases) == len(rule.references) else None
        read = base_groups(asked, rule, bases, ruleset.places, span, touched=alone, settings=settings)
        for key, group in read:
            others = inner.pop(key, None)
            yield key, group if others is None else merge(group, others, key=attrgetter("time"))
    yield from ((key, iter(group)) for key, group in inner.items())
