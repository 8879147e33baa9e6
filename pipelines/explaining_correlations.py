"""Why a correlation is met around a stored event or is not: the matches of its rules within its reach."""

from collections.abc import Iterator
from itertools import islice

from detectors.correlation_bases import bases_of, reach_around
from detectors.correlation_match import Match
from detectors.errors import RuleUnknown
from detectors.explain import THE_EVENT
from detectors.explain_correlation import CorrelationExplanation, correlation_explained
from detectors.explanation import Explanation
from detectors.rule import CompiledCorrelation
from pipelines.base_matches import Key, Touched
from pipelines.content import Content
from pipelines.correlation_groups import counted_groups
from pipelines.errors import TooMuch
from pipelines.explaining import StoredEvent, explain, stored_event
from pipelines.spans import Span
from store.client import Store

# So many of one group are held in memory at once; more would be an answer that nobody reads.
_MOST_MATCHES = 1_000_000


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
        TooMuch: the event's group has more matches around it than can be held at once.
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
    said = [explain(store, content, base, event) for base in bases_of(content.ruleset, rule)]
    matched = any(each.matches for each in said)
    groups = dict(_groups_of(store, content, rule, event)) if matched else {}
    return correlation_explained(content.ruleset, rule, event.event_id, said, groups)


def _groups_of(
    store: Store, content: Content, rule: CompiledCorrelation, event: StoredEvent
) -> Iterator[tuple[Key, list[Match]]]:
    """The groups of the event; aliases may put one event into several."""
    around = Span(event.time, event.time).widened(reach_around(content.ruleset, rule))
    touched = Touched(THE_EVENT, event.parameters)
    # Who explains may only read, and then sets nothing.
    for key, group in counted_groups(store, content.ruleset, rule, around, touched=touched, settings={}):
        matches = list(islice(group, _MOST_MATCHES + 1))
        if len(matches) > _MOST_MATCHES:
            raise TooMuch(f"{rule.head.title!r} counts more than {_MOST_MATCHES:,} matches around the event")
        if any(event.event_id in leaf.event_ids for match in matches for leaf in match.leaves):
            yield key, matches
