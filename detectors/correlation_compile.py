"""One parsed correlation into what the engine evaluates, or the reason why it cannot."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import combinations
from typing import cast, get_args

from sigma.correlations import SigmaCorrelationCondition, SigmaCorrelationRule

from detectors.correlation_condition import CONDITION_ATTRIBUTE, Bound, read_bounds, read_percentile
from detectors.correlation_expression import Expression, alternatives, holds, names_in, read_expression, renamed
from detectors.errors import UnsupportedRule
from detectors.rule import CompiledCorrelation, CorrelationType, RuleHead

# A rule's name or id -> its id; None where there is no such rule.
Resolve = Callable[[str], str | None]

_TYPES: tuple[CorrelationType, ...] = get_args(CorrelationType)
# The longest chain is found by trying every choice of rules, when not all of them need to match.
_MOST_CHOSEN = 8
# So many names have few enough combinations to try them all.
_MOST_TRIED = 10
_LONGEST_SECONDS = 100 * 31_556_952


def compile_correlation(
    rule: SigmaCorrelationRule, head: RuleHead, references: Mapping[str, str], *, resolve: Resolve, alerts: bool
) -> CompiledCorrelation:
    """The correlation over the rules it names: `references` maps its names for them to their ids, in order.

    Aliases may call a rule otherwise than the correlation's list does, so `resolve` gives the id for any name.

    Raises:
        UnsupportedRule: its type, or a form of its condition, is not supported.
    """
    kind = _type(rule)
    targets = tuple(references[str(reference.reference)] for reference in rule.rules or ())
    twice = [target for target, count in Counter(targets).items() if count > 1]
    if twice:
        raise UnsupportedRule("it names the same rule more than once", culprit="rules:")
    if rule.timespan.seconds > _LONGEST_SECONDS:
        raise UnsupportedRule("its time span is longer than 100 years", culprit="timespan:")
    written = condition_of(rule)
    names = {target: name for name, target in references.items()}
    expression = _expression(written, kind, names, references)
    group_by = tuple(rule.group_by or ())
    measured = value_names(rule)
    fields = {target: _aliased(rule, target, resolve) for target in targets}
    return CompiledCorrelation(
        head=head,
        type=kind,
        references=targets,
        group_by=group_by,
        measured=measured,
        group_fields={each: tuple(fields[each].get(name, name) for name in group_by) for each in targets},
        value_fields={each: tuple(fields[each].get(name, name) for name in measured) for each in targets},
        bounds=() if expression else _bounds(written, kind, len(targets)),
        expression=expression,
        percentile=_percentile(written, kind),
        span_seconds=rule.timespan.seconds,
        alerts=alerts,
    )


def condition_of(rule: SigmaCorrelationRule) -> Mapping[str, object] | str:
    """The condition as it was written, or as pySigma read it where only that is known."""
    written = rule.custom_attributes.get(CONDITION_ATTRIBUTE)
    if isinstance(written, dict | str):
        return written
    if isinstance(rule.condition, SigmaCorrelationCondition):
        return rule.condition.to_dict()
    return rule.condition.expression


def value_names(rule: SigmaCorrelationRule) -> tuple[str, ...]:
    """The fields that the condition of a value correlation names.

    Raises:
        UnsupportedRule: a type that measures numbers names more or less than one.
    """
    kind = _type(rule)
    if not kind.startswith("value_") or not isinstance(rule.condition, SigmaCorrelationCondition):
        return ()
    named: object = rule.condition.fieldref
    names = tuple(str(name) for name in (named if isinstance(named, list) else [named]))
    if kind != "value_count" and len(names) != 1:
        raise UnsupportedRule(f"{kind} measures one field, not {len(names)}", culprit="field:")
    return names


def _type(rule: SigmaCorrelationRule) -> CorrelationType:
    kind = cast("CorrelationType", rule.type.name.lower())
    if kind not in _TYPES:
        raise UnsupportedRule(f"correlations of type {kind} are not supported", culprit="type:")
    return kind


def _expression(
    written: Mapping[str, object] | str, kind: CorrelationType, names: Mapping[str, str], references: Mapping[str, str]
) -> Expression | None:
    if not isinstance(written, str):
        return None
    expression = read_expression(written)
    named = names_in(expression)
    unknown = [name for name in named if name not in references]
    if unknown:
        raise UnsupportedRule(f"the condition names {unknown[0]}, which is not among its rules", culprit=unknown[0])
    unused = [name for name in names.values() if name not in named]
    if unused:
        raise UnsupportedRule(f"the condition does not name {unused[0]}, which is among its rules", culprit=unused[0])
    compiled = renamed(expression, lambda name: references[name])
    if kind == "temporal_ordered":
        alternatives(compiled)
    elif len(named) <= _MOST_TRIED and not _can_be_met(compiled):
        raise UnsupportedRule("the condition contradicts itself", culprit="condition:")
    return compiled


def _can_be_met(expression: Expression) -> bool:
    """Whether any rules, and at least one, can be there so that the expression holds."""
    names = names_in(expression)
    choices = (chosen for size in range(1, len(names) + 1) for chosen in combinations(names, size))
    return any(holds(expression, chosen.__contains__) for chosen in choices)


def _bounds(written: Mapping[str, object] | str, kind: CorrelationType, size: int) -> tuple[Bound, ...]:
    bounds = read_bounds(cast("Mapping[str, object]", written))
    if kind == "temporal_ordered" and size > _MOST_CHOSEN and not _asks_for_all(bounds, size):
        raise UnsupportedRule(f"a condition that lets some of more than {_MOST_CHOSEN} ordered rules be missing")
    return bounds


def _asks_for_all(bounds: Sequence[Bound], size: int) -> bool:
    return len(bounds) == 1 and bounds[0].operator in ("gte", "eq") and bounds[0].value == size


def _percentile(written: Mapping[str, object] | str, kind: CorrelationType) -> Decimal | None:
    if kind != "value_percentile" or isinstance(written, str):
        return None
    percentile = read_percentile(written)
    if percentile is None:
        raise UnsupportedRule("value_percentile needs the percentile in its condition", culprit="condition:")
    return percentile


def _aliased(rule: SigmaCorrelationRule, target: str, resolve: Resolve) -> dict[str, str]:
    """The correlation's names for fields -> what the events of a referenced rule call them."""
    fields = {}
    for alias in rule.aliases:
        for reference, name in alias.mapping.items():
            aliased = resolve(str(reference.reference))
            if aliased is None:
                reason = f"the alias {alias.alias} names {reference.reference}, which is no usable rule"
                raise UnsupportedRule(reason, culprit=str(reference.reference))
            if aliased == target:
                fields[str(alias.alias)] = str(name)
    return fields
