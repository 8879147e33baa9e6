"""Sigma conditions in ClickHouse: pySigma's backend for the telemetry tables, and `sigma convert -t clickhouse`.

What a field or a log source means comes from `detectors.routing`, what a condition means from
`detectors.condition_sql`.
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from sigma.conditions import (
    ConditionFieldEqualsValueExpression,
    ConditionValueExpression,
)
from sigma.conversion.base import TextQueryBackend
from sigma.conversion.state import ConversionState
from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaConversionError, SigmaValueError
from sigma.processing.pipeline import ProcessingPipeline
from sigma.rule import SigmaRule

from detectors.condition_sql import ConditionSQL
from detectors.correlation_sql import correlation_statement
from detectors.errors import UnsupportedRule
from detectors.placeholders import Placeholders, default_placeholders
from detectors.routing import LogSource, Route, routes

Leaf = ConditionFieldEqualsValueExpression | ConditionValueExpression


class ClickHouseBackend(TextQueryBackend):
    """SQL over `log_events` and `network_flows` for Sigma rules."""

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
        self._conditions: ConditionSQL | None = None

    @property
    def fields(self) -> dict[str, None]:
        """The Sigma fields that the last converted rule looked at, in order; '' stands for keywords."""
        return self._begun().fields

    @property
    def blind_fields(self) -> dict[str, None]:
        """Those of them that its log source never supplies."""
        return self._begun().blind_fields

    @property
    def empty_placeholders(self) -> dict[str, None]:
        """The placeholders it names that have no value; their leaves are false."""
        return self._begun().empty_placeholders

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
        begun = self._begin(route)
        conditions = [begun.tree(tree) for tree in trees]
        return conditions[0] if len(conditions) == 1 else f"({' OR '.join(conditions)})"

    def leaf(self, node: Leaf, route: Route) -> str:
        """One leaf of a condition over the rows of a route, as an SQL expression that is 0 or 1.

        Raises:
            UnsupportedRule: it asks for something that cannot be expressed.
        """
        return self._begin(route).tree(node)

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
            return self._begun().tree(cond)
        except UnsupportedRule as error:
            raise SigmaValueError(error.reason) from error

    def finalize_query_default(self, rule: SigmaRule, query: Any, index: int, state: ConversionState) -> str:  # noqa: ARG002
        """A whole statement that gives the matching rows."""
        route = self._begun().route
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

    def _begin(self, route: Route) -> ConditionSQL:
        if self._placeholders is None:
            self._placeholders = default_placeholders()
        self._conditions = ConditionSQL(route, self._placeholders)
        return self._conditions

    def _begun(self) -> ConditionSQL:
        if self._conditions is None:
            raise UnsupportedRule("no log source was chosen before the condition was converted")
        return self._conditions


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
