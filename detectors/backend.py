"""Sigma conditions in ClickHouse: pySigma's backend for the telemetry tables, and `sigma convert -t clickhouse`.

Every predicate is two-valued. What a field or a log source means comes from `detectors.routing`; a field that nothing
supplies makes its leaf false and is remembered in `blind_fields`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.conversion.base import TextQueryBackend
from sigma.conversion.state import ConversionState
from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaConversionError, SigmaValueError
from sigma.processing.pipeline import ProcessingPipeline
from sigma.rule import SigmaRule
from sigma.types import (
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SigmaTimestampPart,
    SigmaType,
)

from detectors import predicates
from detectors.correlation_sql import correlation_statement
from detectors.errors import UnsupportedRule
from detectors.placeholders import Placeholders, default_placeholders, filled, has_placeholder, names_in
from detectors.routing import FieldPlace, LogSource, Route, Table, routes

_NOWHERE = FieldPlace("''", "0")
# What keywords are looked for in.
KEYWORD_VALUES: Mapping[Table, str] = {
    "log_events": "arrayPushFront(mapValues(fields), message)",
    "network_flows": "arrayConcat([application, source_ip, destination_ip], mapValues(fields))",
}

Leaf = ConditionFieldEqualsValueExpression | ConditionValueExpression


class ClickHouseBackend(TextQueryBackend):
    """SQL over `log_events` and `network_flows` for Sigma rules.

    Attributes:
        fields: the Sigma fields that the last converted rule looked at, in order; '' stands for keywords.
        blind_fields: those of them that its log source never supplies.
        empty_placeholders: the placeholders it names that have no value; their leaves are false.
    """

    name: ClassVar[str] = "ClickHouse (Rongdun's telemetry tables)"
    identifier: ClassVar[str] = "clickhouse"
    formats: ClassVar[dict[str, str]] = {"default": "One SELECT a rule", "predicate": "The condition alone"}
    requires_pipeline: ClassVar[bool] = False

    def __init__(
        self,
        processing_pipeline: ProcessingPipeline | None = None,
        collect_errors: bool = False,
        placeholders: Placeholders | None = None,
        **backend_options: Any,
    ) -> None:
        super().__init__(processing_pipeline, collect_errors, **backend_options)
        self._placeholders = placeholders
        self._route: Route | None = None
        self.fields: dict[str, None] = {}
        self.blind_fields: dict[str, None] = {}
        self.empty_placeholders: dict[str, None] = {}

    def predicate(self, rule: SigmaRule, route: Route) -> str:
        """The condition of a rule over the rows of a route, as an SQL expression that is 0 or 1.

        Raises:
            UnsupportedRule: the rule asks for something that cannot be expressed.
            SigmaError: the rule's condition is not valid.
        """
        return self.predicate_of(condition_trees(rule), route)

    def predicate_of(self, trees: Sequence[object], route: Route) -> str:
        """The same for conditions that were parsed, any of which may hold.

        Raises:
            UnsupportedRule: the rule asks for something that cannot be expressed.
        """
        self._begin(route)
        conditions = [self._tree(tree) for tree in trees]
        return conditions[0] if len(conditions) == 1 else f"({' OR '.join(conditions)})"

    def leaf(self, node: Leaf, route: Route) -> str:
        """One leaf of a condition over the rows of a route, as an SQL expression that is 0 or 1.

        Raises:
            UnsupportedRule: it asks for something that cannot be expressed.
        """
        self._begin(route)
        return self._tree(node)

    def convert_rule(
        self,
        rule: SigmaRule,
        output_format: str | None = None,
        callback: Callable[..., Any] | None = None,
    ) -> list[Any]:
        """The statements for a rule.

        Raises:
            SigmaConversionError: nothing supplies its log source, or it asks for something unsupported.
        """
        route = routes().get(log_source_of(rule))
        if route is None:
            problem = SigmaConversionError(rule, rule.source, f"no source supplies {log_source_of(rule)}")
            if not self.collect_errors:
                raise problem
            self.errors.append((rule, problem))
            return []
        self._begin(route)
        return super().convert_rule(rule, output_format, callback)

    def convert_condition(self, cond: Any, state: ConversionState) -> Any:  # noqa: ARG002 - pySigma's signature
        """The predicate of a whole condition tree.

        Raises:
            SigmaValueError: it asks for something that cannot be expressed.
        """
        try:
            return self._tree(cond)
        except UnsupportedRule as error:
            raise SigmaValueError(error.reason) from error

    def finalize_query_default(self, rule: SigmaRule, query: Any, index: int, state: ConversionState) -> str:  # noqa: ARG002
        """A whole statement that gives the matching rows."""
        route = self._current()
        return f"SELECT * FROM {route.table} WHERE ({route.where}) AND {query}"  # noqa: S608 - the Sigma compiler

    def finalize_query_predicate(self, rule: SigmaRule, query: Any, index: int, state: ConversionState) -> str:  # noqa: ARG002
        """The predicate as it is."""
        return str(query)

    def finalize_output_predicate(self, queries: list[Any]) -> list[Any]:
        """The predicates as they are."""
        return queries

    def convert_correlation_rule(
        self,
        rule: SigmaCorrelationRule,
        output_format: str | None = None,  # noqa: ARG002 - pySigma's signature
        method: str | None = None,  # noqa: ARG002
        callback: Callable[..., Any] | None = None,  # noqa: ARG002
    ) -> list[Any]:
        """The statement that gives the matches whose window satisfies the correlation.

        Raises:
            SigmaValueError: its type, or a rule it names, is not supported.
        """
        try:
            return [correlation_statement(rule, self._matches)] if rule._output else []  # noqa: SLF001 - as pySigma does
        except UnsupportedRule as error:
            raise SigmaValueError(error.reason) from error

    def _matches(self, rule: SigmaRule, columns: Sequence[tuple[str, str]]) -> str:
        """A statement for a rule's matches with these fields, each under a name of its own."""
        route = routes().get(log_source_of(rule))
        if route is None:
            raise UnsupportedRule(f"no source supplies {log_source_of(rule)}")
        predicate = self.predicate(rule, route)
        texts = [f"{route.place(field).text} AS {name}" for field, name in columns if route.supplies(field)]
        texts += [f"'' AS {name}" for field, name in columns if not route.supplies(field)]
        selected = ", ".join(["event_id", "event_time", *texts])
        return f"SELECT {selected} FROM {route.table} WHERE ({route.where}) AND {predicate}"  # noqa: S608 - the Sigma compiler

    def _begin(self, route: Route) -> None:
        self._route, self.fields, self.blind_fields, self.empty_placeholders = route, {}, {}, {}

    def _filled(self, value: SigmaType) -> list[SigmaType]:
        if self._placeholders is None:
            self._placeholders = default_placeholders()
        self.empty_placeholders.update({name: None for name in names_in(value) if not self._placeholders.get(name)})
        return filled(value, self._placeholders)

    def _current(self) -> Route:
        if self._route is None:
            raise UnsupportedRule("no log source was chosen before the condition was converted")
        return self._route

    def _place(self, name: str) -> FieldPlace:
        self.fields[name] = None
        if self._current().supplies(name):
            return self._current().place(name)
        self.blind_fields[name] = None
        return _NOWHERE

    def _tree(self, node: object) -> str:
        match node:
            case ConditionOR(args=args):
                return self._any_of(args)
            case ConditionAND(args=args):
                return f"({' AND '.join(self._tree(child) for child in args)})"
            case ConditionNOT(args=[child]):
                return f"(NOT {self._tree(child)})"
            case ConditionFieldEqualsValueExpression(field=name, value=value):
                return self._field(name, value)
            case ConditionValueExpression(value=value):
                return self._keyword(value)
        raise UnsupportedRule("the condition selects detections that the rule does not define")

    def _any_of(self, args: Sequence[object]) -> str:
        """An OR, with the plain values of one field gathered into one test."""
        gathered: dict[tuple[str, str], list[Any]] = {}
        others = []
        for child in args:
            kind = _gathers(child)
            if kind is None:
                others.append(self._tree(child))
            else:
                gathered.setdefault(kind[0], []).append(kind[1])
        tests = [self._gathered(kind, name, values) for (kind, name), values in gathered.items()] + others
        if not tests:
            return predicates.FALSE
        return tests[0] if len(tests) == 1 else f"or({', '.join(tests)})"

    def _gathered(self, kind: str, name: str, values: list[Any]) -> str:
        place = self._place(name)
        if place is _NOWHERE:
            return predicates.FALSE
        if kind == "equal":
            return predicates.text_is_one_of(place, values)
        if kind == "contain":
            return predicates.text_contains_any(place, values)
        return predicates.number_equals(place, values)

    def _field(self, name: str, value: SigmaType) -> str:
        if has_placeholder(value):
            return self._any_of([ConditionFieldEqualsValueExpression(name, each) for each in self._filled(value)])
        place = self._place(name)
        match value:
            case SigmaNull():
                return f"(NOT {place.present})"
            case SigmaExists():
                return place.present if value.exists else f"(NOT {place.present})"
            case SigmaExpansion(values=values):
                return self._any_of([ConditionFieldEqualsValueExpression(name, each) for each in values])
        return predicates.FALSE if place is _NOWHERE else self._present_field(place, value)

    def _present_field(self, place: FieldPlace, value: SigmaType) -> str:
        match value:
            case SigmaString():
                return predicates.text_equals(place, value, cased=isinstance(value, SigmaCasedString))
            case SigmaTimestampPart():
                return predicates.timestamp_part_equals(place, value.timestamp_part, value.number)
            case SigmaNumber():
                return predicates.number_equals(place, [value.number])
            case SigmaBool():
                return predicates.boolean_equals(place, value.boolean)
            case SigmaRegularExpression():
                return predicates.matches_regex(place, value)
            case SigmaCIDRExpression():
                return predicates.in_network(place, value.network)
            case SigmaCompareExpression():
                return predicates.compares(place, value)
            case SigmaFieldReference():
                return predicates.equals_field(place, self._place(value.field), value)
        raise UnsupportedRule(f"a value of type {type(value).__name__} cannot be compared with a field")

    def _keyword(self, value: SigmaType) -> str:
        self.fields[""] = None
        if has_placeholder(value):
            return self._any_of([ConditionValueExpression(each) for each in self._filled(value)])
        values = KEYWORD_VALUES[self._current().table]
        match value:
            case SigmaString():
                return predicates.keyword_in(values, value, cased=isinstance(value, SigmaCasedString))
            case SigmaNumber():
                return predicates.keyword_in(values, SigmaString(str(value.number)))
            case SigmaRegularExpression():
                return predicates.regex_in(values, value)
            case SigmaExpansion(values=expanded):
                return self._any_of([ConditionValueExpression(each) for each in expanded])
        raise UnsupportedRule(f"a value of type {type(value).__name__} needs a field")


def condition_trees(rule: SigmaRule) -> list[object]:
    """The parsed conditions of a rule; pySigma parses anew each time it is asked.

    Raises:
        SigmaError: a condition is not valid.
    """
    return [condition.parsed for condition in rule.detection.parsed_condition]


def log_source_of(rule: SigmaRule) -> LogSource:
    """The log source that a rule names."""
    source = rule.logsource
    return LogSource(source.product or "", source.category or "", source.service or "")


def _gathers(node: object) -> tuple[tuple[str, str], Any] | None:
    """How a child of an OR can be tested together with its siblings: ((kind, field), value)."""
    if not isinstance(node, ConditionFieldEqualsValueExpression):
        return None
    value = node.value
    if isinstance(value, SigmaNumber) and not isinstance(value, SigmaTimestampPart):
        return ("number", node.field), value.number
    if not isinstance(value, SigmaString) or isinstance(value, SigmaCasedString) or has_placeholder(value):
        return None
    for kind, text in (("equal", predicates.whole_literal(value)), ("contain", predicates.contained_literal(value))):
        if text is not None:
            return (kind, node.field), text
    return None
