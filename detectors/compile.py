"""One parsed rule into SQL, with an account of what it cannot see."""

from collections.abc import Mapping
from dataclasses import dataclass

from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule

from detectors.backend import ClickHouseBackend, condition_trees, log_source_of
from detectors.errors import UnsupportedRule
from detectors.literals import plan_of
from detectors.placeholders import Placeholders
from detectors.routing import Route, routes
from detectors.rule import CompiledRule, RuleHead


@dataclass(frozen=True)
class Compilation:
    """A rule in SQL and its blind spots; `rule` is None when no source supplies its log source."""

    rule: CompiledRule | None
    route: Route | None
    blind: str = ""
    blind_fields: tuple[str, ...] = ()


def compile_rule(rule: SigmaRule, head: RuleHead, placeholders: Placeholders, *, alerts: bool) -> Compilation:
    """The rule in SQL.

    Raises:
        UnsupportedRule: it asks for something that this engine does not do, or is not a valid rule.
    """
    route = routes().get(log_source_of(rule))
    backend = ClickHouseBackend(placeholders=placeholders)
    try:
        trees = condition_trees(rule)
        predicate = backend.predicate_of(trees, route or Route("log_events", "0", {}))
    except SigmaError as error:
        raise UnsupportedRule(_reason(error)) from error
    except RecursionError as error:
        raise UnsupportedRule("the condition is nested too deeply") from error
    if route is None:
        return Compilation(None, None, f"no source supplies {log_source_of(rule)}")
    fields = {name: route.place(name).text for name in backend.fields if name and route.supplies(name)}
    places = {name: route.where_of(name) for name in fields}
    if "" in backend.fields and route.table == "log_events":
        fields["message"], places["message"] = "message", ("s:message",)
    compiled = CompiledRule(
        head, route.table, route.where, predicate, fields, places, plan_of(trees, route, placeholders), alerts
    )
    return Compilation(
        compiled, route, _blindness(backend.blind_fields, backend.empty_placeholders), tuple(backend.blind_fields)
    )


def _blindness(blind_fields: Mapping[str, None], empty: Mapping[str, None]) -> str:
    reasons = []
    if blind_fields:
        reasons.append(f"nothing supplies {', '.join(blind_fields)}")
    if empty:
        reasons.append(f"no value is configured for {', '.join(f'%{name}%' for name in empty)}")
    return "; ".join(reasons)


def _reason(error: SigmaError) -> str:
    return " ".join(str(part) for part in error.args) or type(error).__name__
