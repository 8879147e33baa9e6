"""Why a correlation is met around a stored event or is not: the matches of its rules within its reach."""

from datetime import datetime, timedelta

from detectors.correlation import Match
from detectors.errors import RuleUnknown
from detectors.explain import Explanation
from detectors.explain_correlation import CorrelationExplanation, bases_of, correlation_explained, reach_around
from detectors.rule import CompiledCorrelation
from pipelines.base_matches import Span, base_matches
from pipelines.content import Content
from pipelines.explaining import explain
from pipelines.judging import utc
from store.client import Store

_TIME = {
    "log_events": "SELECT event_time FROM log_events WHERE event_id = {event:String} LIMIT 1",
    "network_flows": "SELECT event_time FROM network_flows WHERE event_id = {event:String} LIMIT 1",
}


def explain_rule(store: Store, content: Content, rule_id: str, event_id: str) -> Explanation | CorrelationExplanation:
    """What a rule of either kind says of a stored event, for a terminal or a page to show.

    A page that knows the file of an alert's rule needs no more content than that:
    `load_content(settings.rules_folder, rules=[path])`.

    Raises:
        RuleUnknown: the content has no such rule that can run.
        EventUnknown: there is no such event.
        QueryFailed: the engine refuses a rule's own query.
    """
    single = {rule.head.id: rule for rule in content.ruleset.rules}
    if rule_id in single:
        return explain(store, content, single[rule_id], event_id)
    correlations = {rule.head.id: rule for rule in content.ruleset.correlations}
    if rule_id not in correlations:
        raise RuleUnknown(f"no rule that can run has the id {rule_id!r}")
    return _correlation(store, content, correlations[rule_id], event_id)


def _correlation(store: Store, content: Content, rule: CompiledCorrelation, event_id: str) -> CorrelationExplanation:
    bases = bases_of(content.ruleset, rule)
    said = [explain(store, content, base, event_id) for base in bases]
    matches: dict[str, list[Match]] = {}
    if any(each.matches for each in said):
        moment = utc(store.value(_TIME[said[0].event_table], {"event": event_id}))
        span = _around(moment, reach_around(content.ruleset, rule))
        for base in bases:
            found = base_matches(store, base, content.ruleset.places.get(base.head.id, {}), span)
            matches[base.head.id] = [match for match, _ in found]
    return correlation_explained(content.ruleset, rule, event_id, said, matches)


def _around(moment: datetime, reach: timedelta) -> Span:
    """As far as the reach, but not beyond the calendar."""
    try:
        return Span(moment - reach, moment + reach)
    except OverflowError:
        return Span(moment, moment)
