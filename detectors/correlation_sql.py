"""Correlations as one statement each, for `sigma convert`: the matches whose window satisfies the condition.

Detection itself evaluates correlations over the matches it reads (`detectors.correlation`), which also tells episodes
apart; these statements are for people who want to ask the database themselves.
"""

from collections.abc import Callable, Sequence

from sigma.correlations import SigmaCorrelationCondition, SigmaCorrelationRule
from sigma.rule import SigmaRule

from detectors.errors import UnsupportedRule
from detectors.sql_text import literal

# How the compiler writes the matches of a rule: (rule, [(field, column name)]) -> SELECT.
Matches = Callable[[SigmaRule, Sequence[tuple[str, str]]], str]

_OPERATORS = {"LT": "<", "LTE": "<=", "GT": ">", "GTE": ">=", "EQ": "=", "NEQ": "!="}
_COUNTS = {"event_count": "count()", "value_count": "uniqExact(tuple({values}))", "temporal": "uniqExact(rule)"}


def correlation_statement(rule: SigmaCorrelationRule, matches: Matches) -> str:
    """The statement of a correlation; its columns are `event_id`, `event_time`, `key_1`, ... and `counted`.

    Raises:
        UnsupportedRule: its type or the form of its condition is not supported.
    """
    if not isinstance(rule.condition, SigmaCorrelationCondition):
        raise UnsupportedRule("conditions over rule names are not supported")
    keys = [f"key_{number}" for number in range(1, len(rule.group_by or ()) + 1)]
    named = rule.condition.fieldref
    wanted = [] if named is None else [named] if isinstance(named, str) else list(named)
    values = [f"value_{number}" for number in range(1, len(wanted) + 1)]
    union = " UNION ALL ".join(_labelled(rule, position, keys, wanted, matches) for position in range(_size(rule)))
    present = " AND ".join(f"notEmpty({name})" for name in [*keys, *values]) or "1"
    rows = f"SELECT * FROM ({union}) WHERE {present}"  # noqa: S608 - the Sigma compiler
    if rule.type.name == "TEMPORAL_ORDERED":
        return _ordered(rule, rows, keys)
    count = _COUNTS.get(rule.type.name.lower())
    if count is None:
        raise UnsupportedRule(f"correlations of type {rule.type.name.lower()} are not supported")
    grouped = f"PARTITION BY {', '.join(keys)} " if keys else ""
    window = f"{grouped}ORDER BY {_range(rule.timespan.seconds)} PRECEDING AND CURRENT ROW"
    counted = f"{count.format(values=', '.join(values))} OVER ({window}) AS counted"
    condition = f"counted {_OPERATORS[rule.condition.op.name]} {rule.condition.count}"
    return f"SELECT * FROM (SELECT *, {counted} FROM ({rows})) WHERE {condition}"  # noqa: S608 - the Sigma compiler


def _range(seconds: int) -> str:
    """Order and start of a window; ClickHouse takes frame offsets of 32 bits, so long spans are told more coarsely."""
    for unit, scale in (("Micro", 1_000_000), ("Milli", 1_000)):
        if seconds * scale < 2**31:
            return f"toUnixTimestamp64{unit}(event_time) RANGE BETWEEN {seconds * scale}"
    return f"toUnixTimestamp64Second(event_time) RANGE BETWEEN {seconds}"


def _size(rule: SigmaCorrelationRule) -> int:
    return len(rule.rules or ())


def _labelled(
    rule: SigmaCorrelationRule, position: int, keys: Sequence[str], wanted: Sequence[str], matches: Matches
) -> str:
    """The matches of one referenced rule, under the correlation's own column names."""
    reference = (rule.rules or [])[position]
    fields = [_field_of(rule, name, reference.reference) for name in rule.group_by or ()]
    columns = list(zip(fields, keys, strict=True))
    columns += [(field, f"value_{number}") for number, field in enumerate(wanted, start=1)]
    if isinstance(reference.rule, SigmaCorrelationRule):
        inner = reference.rule
        order = {name: f"key_{number}" for number, name in enumerate(inner.group_by or (), start=1)}
        texts = ", ".join(f"{order.get(field, literal(''))} AS outer_{name}" for field, name in columns)
        renamed = ", ".join(f"outer_{name} AS {name}" for _, name in columns)
        part = f"SELECT event_id, event_time, {texts} FROM ({correlation_statement(inner, matches)})"  # noqa: S608
        part = f"SELECT event_id, event_time, {renamed} FROM ({part})"  # noqa: S608 - the Sigma compiler
    else:
        part = matches(reference.rule, columns)
    return f"SELECT *, {position + 1} AS rule FROM ({part})"  # noqa: S608 - the Sigma compiler


def _field_of(rule: SigmaCorrelationRule, name: str, reference: str) -> str:
    for alias in rule.aliases:
        if alias.alias == name:
            for aliased, field in alias.mapping.items():
                if aliased.reference == reference:
                    return field
    return name


def _ordered(rule: SigmaCorrelationRule, rows: str, keys: Sequence[str]) -> str:
    """The groups in which the rules match one after the other within the span."""
    steps = ", ".join(f"rule = {position + 1}" for position in range(_size(rule)))
    level = f"windowFunnel({rule.timespan.seconds * 1_000_000})(toUInt64(toUnixTimestamp64Micro(event_time)), {steps})"
    selected = ", ".join(
        [*keys, "min(event_time) AS first_time", "max(event_time) AS last_time", f"{level} AS counted"]
    )
    grouped = f"GROUP BY {', '.join(keys)} " if keys else ""
    return f"SELECT {selected} FROM ({rows}) {grouped}HAVING counted = {_size(rule)}"  # noqa: S608 - the Sigma compiler
