"""Correlations as one statement each, for `sigma convert`: the matches whose window satisfies the condition.

Detection itself evaluates correlations over the matches it reads (`detectors.correlation`), which also tells episodes
apart; these statements are for people who want to ask the database themselves. They are exact or refused.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise

from sigma.correlations import SigmaCorrelationRule, SigmaRuleReference
from sigma.rule import SigmaRule

from detectors.correlation_compile import condition_of, value_names
from detectors.correlation_condition import read_bounds, read_percentile
from detectors.correlation_expression import Either, Every, Expression, Named, Not, alternatives, read_expression
from detectors.errors import UnsupportedRule
from detectors.sql_text import literal

# How the compiler writes the matches of a rule: (rule, [(field, column name)]) -> SELECT.
Matches = Callable[[SigmaRule, Sequence[tuple[str, str]]], str]

_OPERATORS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">=", "eq": "=", "neq": "!="}
# Type -> aggregate over a window, and its argument.
_AGGREGATES: Mapping[str, tuple[str, str]] = {
    "event_count": ("count", "1"),
    "value_count": ("uniqExact", "tuple({values})"),
    "value_sum": ("groupArray", "{number}"),
    "value_avg": ("groupArray", "{number}"),
    "value_percentile": ("groupArray", "{number}"),
    "value_median": ("groupArray", "{number}"),
    "temporal": ("groupUniqArray", "rule"),
}
# Decimals of 76 digits, 20 of them after the point, add up without rounding; what does not fit into them is refused.
_SCALE = 20
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?$"
_EXACT = r"^[+-]?([0-9]{1,40}\.?[0-9]{0,20}|\.[0-9]{1,20})$"
_MICROS = "toUnixTimestamp64Micro(event_time)"
_MOST_MICROS = 2**31 - 1


def correlation_statement(rule: SigmaCorrelationRule, matches: Matches) -> str:
    """The statement of a correlation; its columns are `event_id`, `event_time`, `key_1`, ... and `counted`.

    Raises:
        UnsupportedRule: a statement cannot say it exactly.
    """
    keys = [f"key_{number}" for number in range(1, len(rule.group_by or ()) + 1)]
    kind = rule.type.name.lower()
    values = [f"value_{number}" for number in range(1, len(value_names(rule)) + 1)]
    parts = [_labelled(rule, position, keys, matches) for position in range(len(_references(rule)))]
    if kind == "temporal_ordered":
        return _ordered(rule, parts, keys)
    present = [f"notEmpty({name})" for name in [*keys, *values]]
    if kind not in ("value_count", "event_count", "temporal"):
        present += _numbers(values[0])
    rows = f"SELECT DISTINCT * FROM ({' UNION ALL '.join(parts)}) WHERE {' AND '.join(present) or '1'}"  # noqa: S608 - the Sigma compiler
    aggregate, argument = _AGGREGATES[kind]
    number = f"toDecimal256({values[0]}, {_SCALE})" if values else ""
    argument = argument.format(values=", ".join(values), number=number)
    window = _window(aggregate, argument, keys, rule.timespan.seconds * 1_000_000)
    condition, shown = _condition(rule, kind)
    columns = ", ".join(["event_id", "event_time", *keys, f"{shown} AS counted"])
    return f"SELECT {columns} FROM (SELECT *, {window} AS seen FROM ({rows})) WHERE {condition}"  # noqa: S608 - the Sigma compiler


def _window(aggregate: str, argument: str, keys: Sequence[str], span: int) -> str:
    """The aggregate over the closed window that ends at each row.

    ClickHouse takes window offsets of 32 bits. A longer window is gathered by milliseconds or seconds, one more than it
    needs, and what lies outside is left out by the microsecond.
    """
    grouped = f"PARTITION BY {', '.join(keys)} " if keys else ""
    unit = next(unit for unit in (1, 1_000, 1_000_000) if span // unit < _MOST_MICROS)
    if unit == 1:
        return (
            f"{aggregate}({argument}) OVER ({grouped}ORDER BY {_MICROS} RANGE BETWEEN {span} PRECEDING AND CURRENT ROW)"
        )
    coarse = f"{grouped}ORDER BY intDiv({_MICROS}, {unit}) RANGE BETWEEN {span // unit + 1} PRECEDING AND CURRENT ROW"
    gathered = f"groupArray(({_MICROS}, {argument})) OVER ({coarse})"
    inside = f"arrayFilter(each -> each.1 BETWEEN {_MICROS} - {span} AND {_MICROS}, {gathered})"
    return f"arrayReduce('{aggregate}', arrayMap(each -> each.2, {inside}))"


def _condition(rule: SigmaCorrelationRule, kind: str) -> tuple[str, str]:
    """The condition over `seen`, and what was measured as a number to look at."""
    written = condition_of(rule)
    if isinstance(written, str):
        return _expression(read_expression(written), _positions(rule)), "length(seen)"
    if kind in ("event_count", "value_count", "temporal"):
        count = "length(seen)" if kind == "temporal" else "seen"
        return _bounded(written, f"toDecimal256({count}, {_SCALE})", "1"), count
    if kind in ("value_sum", "value_avg"):
        below = "length(seen)" if kind == "value_avg" else "1"
        return _bounded(written, "arraySum(seen)", below), f"toFloat64(arraySum(seen)) / {below}"
    percentile = Decimal(50) if kind == "value_median" else read_percentile(written)
    if percentile is None:
        raise UnsupportedRule("value_percentile needs the percentile in its condition", culprit="condition:")
    whole, below_one = percentile.as_integer_ratio()
    below = str(below_one * 100)
    place, ordered = f"({whole} * (length(seen) - 1))", "arraySort(seen)"
    rest = f"({place} % {below})"
    first, second = (
        f"{ordered}[intDiv({place}, {below}) + 1]",
        f"{ordered}[least(intDiv({place}, {below}) + 2, length(seen))]",
    )
    measured = f"({first} * ({below} - {rest}) + {second} * {rest})"
    return _bounded(written, measured, below), f"toFloat64({measured}) / {below}"


def _bounded(condition: Mapping[str, object], numerator: str, denominator: str) -> str:
    return " AND ".join(
        f"{numerator} {_OPERATORS[bound.operator]} {_decimal(bound.value)} * {denominator}"
        for bound in read_bounds(condition)
    )


def _decimal(value: Decimal) -> str:
    if value != round(value, _SCALE):
        raise UnsupportedRule(f"a bound of more than {_SCALE} digits after the point", culprit="condition:")
    return f"toDecimal256('{value:f}', {_SCALE})"


def _numbers(column: str) -> list[str]:
    """Conditions that leave rows whose value is a number, and end the statement where it could not be added exactly."""
    number = f"(match({column}, {literal(_NUMBER)}) AND length({column}) <= 100)"
    refused = (
        f"throwIf({number} AND NOT match({column}, {literal(_EXACT)}), 'a number with too many digits to add exactly')"
    )
    return [number, f"{refused} = 0"]


def _expression(expression: Expression, positions: Mapping[str, int]) -> str:
    match expression:
        case Named(rule=name):
            if name not in positions:
                raise UnsupportedRule(f"the condition names {name}, which is not among its rules", culprit=name)
            return f"has(seen, {positions[name]})"
        case Not(part=part):
            return f"(NOT {_expression(part, positions)})"
        case Every(parts=parts):
            return f"({' AND '.join(_expression(part, positions) for part in parts)})"
        case Either(parts=parts):
            return f"({' OR '.join(_expression(part, positions) for part in parts)})"


def _references(rule: SigmaCorrelationRule) -> list[SigmaRuleReference]:
    return rule.rules or rule.referenced_rules


def _positions(rule: SigmaCorrelationRule) -> dict[str, int]:
    return {str(each.reference): position for position, each in enumerate(_references(rule), start=1)}


def _labelled(rule: SigmaCorrelationRule, position: int, keys: Sequence[str], matches: Matches) -> str:
    """The matches of one referenced rule, under the correlation's own column names."""
    reference = _references(rule)[position]
    columns = [(_field_of(rule, name, reference), key) for name, key in zip(rule.group_by or (), keys, strict=True)]
    columns += [(_field_of(rule, name, reference), f"value_{n}") for n, name in enumerate(value_names(rule), start=1)]
    if isinstance(reference.rule, SigmaCorrelationRule):
        if not rule.type.name.startswith("TEMPORAL"):
            raise UnsupportedRule("a statement cannot count the episodes of a correlation")
        part = _of_correlation(reference.rule, columns, matches)
    else:
        part = matches(reference.rule, columns)
    return f"SELECT *, toUInt16({position + 1}) AS rule FROM ({part})"  # noqa: S608 - the Sigma compiler


def _of_correlation(inner: SigmaCorrelationRule, columns: Sequence[tuple[str, str]], matches: Matches) -> str:
    """The moments of a correlation; it is no event, so its id is none of an event's."""
    order = {name: f"key_{number}" for number, name in enumerate(inner.group_by or (), start=1)}
    texts = [f"{order.get(field, literal(''))} AS outer_{name}" for field, name in columns]
    renamed = [f"outer_{name} AS {name}" for _, name in columns]
    inside = ", ".join(["event_id", "event_time", *texts])
    outside = ", ".join(["concat('correlation ', event_id) AS event_id", "event_time", *renamed])
    return f"SELECT {outside} FROM (SELECT {inside} FROM ({correlation_statement(inner, matches)}))"  # noqa: S608 - the Sigma compiler


def _field_of(rule: SigmaCorrelationRule, name: str, reference: SigmaRuleReference) -> str:
    for alias in rule.aliases:
        if alias.alias == name:
            for aliased, field in alias.mapping.items():
                if aliased.reference == reference.reference or getattr(aliased, "rule", None) is reference.rule:
                    return field
    return name


def _ordered(rule: SigmaCorrelationRule, parts: Sequence[str], keys: Sequence[str]) -> str:
    """The last matches of chains: every rule by an event of its own, one after the other within the span."""
    _wants_all(rule)
    present = " AND ".join(f"notEmpty({name})" for name in keys) or "1"
    names = [f"match_{number}" for number in range(1, len(parts) + 1)]
    tables = [
        f"(SELECT DISTINCT * FROM ({part}) WHERE {present}) AS {name}"  # noqa: S608 - the Sigma compiler
        for part, name in zip(parts, names, strict=True)
    ]
    joined = tables[0]
    for number, table in enumerate(tables[1:], start=1):
        equal = " AND ".join(f"{names[0]}.{key} = {names[number]}.{key}" for key in keys)
        joined += f" INNER JOIN {table} ON {equal}" if equal else f" CROSS JOIN {table}"
    last, span = names[-1], rule.timespan.seconds * 1_000_000
    times = [f"toUnixTimestamp64Micro({name}.event_time)" for name in names]
    conditions = [f"{later} - {earlier} BETWEEN 0 AND {span}" for earlier, later in pairwise(times)]
    conditions += [f"{times[-1]} - {times[0]} <= {span}"]
    conditions += [f"{a}.event_id != {b}.event_id" for n, a in enumerate(names) for b in names[n + 1 :]]
    columns = [f"{last}.{name} AS {name}" for name in ("event_id", "event_time", *keys)]
    selected = ", ".join([*columns, f"{len(parts)} AS counted"])
    return f"SELECT DISTINCT {selected} FROM {joined} WHERE {' AND '.join(conditions)}"  # noqa: S608 - the Sigma compiler


def _wants_all(rule: SigmaCorrelationRule) -> None:
    written, size = condition_of(rule), len(_references(rule))
    if isinstance(written, str):
        ways = alternatives(read_expression(written))
        if len(ways) == 1 and len(ways[0].wanted) == size and not ways[0].unwanted:
            return
    else:
        bounds = read_bounds(written)
        if len(bounds) == 1 and bounds[0].operator in ("gte", "eq") and bounds[0].value == size:
            return
    raise UnsupportedRule("a statement follows only chains of all the rules", culprit="condition:")
