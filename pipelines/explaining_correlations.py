"""Why a correlation is met around a stored event or is not: the matches of its rules within its reach."""

from datetime import datetime, timedelta

from detectors.correlation import Match
from detectors.errors import RuleUnknown
from detectors.explain import Explanation
from detectors.explain_correlation import CorrelationExplanation, bases_of, correlation_explained, reach_around
from detectors.rule import CompiledCorrelation
from pipelines.base_matches import Span, base_matches
from pipelines.content import Content
from pipelines.explaining import StoredEvent, explain, stored_event
from store.client import Store


def explain_rule(
    store: Store, content: Content, rule_id: str, event_id: str, *, within: Span | None = None
) -> Explanation | CorrelationExplanation:
    """What a rule of either kind says of a stored event, for a terminal or a page to show.

    A page that knows the file of an alert's rule needs no more content than that:
    `load_content(settings.rules_folder, rules=[path])`.

    Args:
        store: where the event is; one that only reads will do.
        content: where the rule is, and what it rests on.
        rule_id: the rule.
        event_id: the event.
        within: where to look for the event, if that is known: from an alert's first to its last event.

    Raises:
        RuleUnknown: the content has no such rule that can run.
        EventUnknown: there is no such event.
        QueryFailed: the engine refuses a rule's own query.
    """
    single = {rule.head.id: rule for rule in content.ruleset.rules}
    if rule_id in single:
        return explain(store, content, single[rule_id], stored_event(store, event_id, within=within))
    correlations = {rule.head.id: rule for rule in content.ruleset.correlations}
    if rule_id not in correlations:
        raise RuleUnknown(f"no rule that can run has the id {rule_id!r}")
    return _correlation(store, content, correlations[rule_id], stored_event(store, event_id, within=within))


def _correlation(
    store: Store, content: Content, rule: CompiledCorrelation, event: StoredEvent
) -> CorrelationExplanation:
    bases = bases_of(content.ruleset, rule)
    said = [explain(store, content, base, event) for base in bases]
    matches: dict[str, list[Match]] = {}
    if any(each.matches for each in said):
        span = _around(event.time, reach_around(content.ruleset, rule))
        for base in bases:
            found = base_matches(store, base, content.ruleset.places.get(base.head.id, {}), span)
            matches[base.head.id] = [match for match, _ in found]
    return correlation_explained(content.ruleset, rule, event.event_id, said, matches)


def _around(moment: datetime, reach: timedelta) -> Span:
    """As far as the reach, but not beyond the calendar."""
    try:
        return Span(moment - reach, moment + reach)
    except OverflowError:
        return Span(moment, moment)
