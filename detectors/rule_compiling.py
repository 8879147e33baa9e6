"""Rules that were read become a rule set: each compiled, correlations after the rules they refer to."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from sigma.correlations import SigmaCorrelationRule
from sigma.rule import SigmaRule

from detectors.compile import Compilation, compile_rule
from detectors.correlation_compile import compile_correlation
from detectors.errors import UnsupportedRule
from detectors.placeholders import Placeholders
from detectors.routing import Route, mapping_texts
from detectors.rule import CompiledCorrelation, CompiledRule, RuleCheck, RuleSet, Status
from detectors.rule_head import plain, version_of
from detectors.rule_reading import LoadedRule, RuleReading

# Raised when the same rule text comes to mean something else, so that everything is judged anew.
_ENGINE_VERSION = "2"


@dataclass
class RuleCompiling:
    """The rules of some files on their way to a rule set.

    Attributes:
        placeholders: what the site's placeholders stand for.
        compiled, correlations: what came of rules and of correlations, by id.
    """

    reading: RuleReading
    placeholders: Placeholders
    compiled: dict[str, Compilation] = field(default_factory=dict)
    correlations: dict[str, CompiledCorrelation] = field(default_factory=dict)

    def ruleset(self) -> RuleSet:
        """The rule set of what was read."""
        self.reading.apply_filters()
        references = {key: self._references(key, rule) for key, rule in self.reading.loaded.items()}
        for key, rule in self.reading.loaded.items():
            if isinstance(rule.sigma, SigmaRule):
                self._compile_rule(key, rule)
        for key in self._in_order(references):
            self._compile_correlation(key, references)
        rules = tuple(each.rule for each in self.compiled.values() if each.rule is not None)
        self.reading.checks.sort(key=lambda check: (str(check.path), check.line))
        return RuleSet(
            ruleset_id=self._identity(rules),
            rules=rules,
            correlations=tuple(self.correlations.values()),
            checks=tuple(self._told(check) for check in self.reading.checks),
            places=self._places(),
        )

    def _told(self, check: RuleCheck) -> RuleCheck:
        rule = self.reading.loaded.get(check.id)
        return replace(check, head=rule.head) if rule is not None and rule.head.path == check.path else check

    def _references(self, key: str, rule: LoadedRule) -> Mapping[str, str] | None:
        """How a correlation names its rules -> their ids; None when one of them is not there."""
        if not isinstance(rule.sigma, SigmaCorrelationRule):
            return {}
        found = {}
        for reference in rule.sigma.rules or ():
            name = str(reference.reference)
            target = self.reading.id_of(name)
            if target is None or target == key:
                self.reading.refuse(rule.head, rule.file, f"it refers to {name}, which is no usable rule", culprit=name)
                return None
            found[name] = target
            if not rule.sigma.generate:
                self.reading.loaded[target].alerts = False
        return found

    def _compile_rule(self, key: str, rule: LoadedRule) -> None:
        try:
            compilation = compile_rule(cast("SigmaRule", rule.sigma), rule.head, self.placeholders, alerts=rule.alerts)
        except UnsupportedRule as error:
            self.reading.refuse(rule.head, rule.file, error.reason, culprit=error.culprit)
            return
        except Exception as error:  # noqa: BLE001 - conditions are parsed only now, and a hostile one can break anywhere
            self.reading.refuse(rule.head, rule.file, f"not a valid rule: {plain(error)}", culprit="condition:")
            return
        self.compiled[key] = compilation
        status = Status.BLIND if compilation.blind else Status.USABLE
        line = rule.file.line_of(compilation.blind_fields[0] if compilation.blind_fields else "", after=rule.head.line)
        fields = compilation.blind_fields
        head = rule.head
        self.reading.checks.append(RuleCheck(head.id, head.path, head.title, status, compilation.blind, line, fields))

    def _in_order(self, references: Mapping[str, Mapping[str, str] | None]) -> list[str]:
        """The correlations, each after those it refers to; those that refer to each other in a circle are refused."""
        waiting = {key: set(named.values()) for key, named in references.items() if named}
        ordered: list[str] = []
        while ready := [key for key, needs in waiting.items() if not needs & waiting.keys()]:
            ordered += ready
            for key in ready:
                del waiting[key]
        for key in waiting:
            rule = self.reading.loaded[key]
            self.reading.refuse(rule.head, rule.file, "correlations refer to each other in a circle", culprit="rules:")
        return ordered

    def _compile_correlation(self, key: str, references: Mapping[str, Mapping[str, str] | None]) -> None:
        rule, named = self.reading.loaded[key], references[key]
        sigma = cast("SigmaCorrelationRule", rule.sigma)
        missing = [each for each in (named or {}).values() if not self._runs(each)]
        if missing:
            title = self.reading.loaded[missing[0]].head.title
            reason = f"it needs the rule {title!r}, which cannot run"
            blind = any(each in self.compiled for each in missing)
            status = Status.BLIND if blind else Status.UNSUPPORTED
            head = rule.head
            self.reading.checks.append(RuleCheck(head.id, head.path, head.title, status, reason, head.line))
            return
        version = version_of(
            rule.head.version, *(self.reading.loaded[each].head.version for each in (named or {}).values())
        )
        rule.head = replace(rule.head, version=version)
        try:
            compiled = compile_correlation(
                sigma, rule.head, named or {}, resolve=self.reading.id_of, alerts=rule.alerts
            )
        except UnsupportedRule as error:
            self.reading.refuse(rule.head, rule.file, error.reason, culprit=error.culprit)
            return
        except Exception as error:  # noqa: BLE001 - as for rules: a hostile one can break anywhere
            self.reading.refuse(
                rule.head, rule.file, f"not a valid correlation: {plain(error)}", culprit="correlation:"
            )
            return
        self.correlations[key] = compiled
        self.reading.checks.append(self._correlation_check(compiled))

    def _runs(self, key: str) -> bool:
        return key in self.correlations or (key in self.compiled and self.compiled[key].rule is not None)

    def _correlation_check(self, rule: CompiledCorrelation) -> RuleCheck:
        blind: dict[str, None] = {}
        for reference in rule.references:
            for name in (*rule.group_fields[reference], *rule.value_fields[reference]):
                if not self._tells(reference, name):
                    blind[name] = None
        head, status = rule.head, Status.BLIND if blind else Status.USABLE
        reason = f"nothing supplies {', '.join(blind)}" if blind else ""
        return RuleCheck(head.id, head.path, head.title, status, reason, head.line, tuple(blind))

    def _tells(self, reference: str, name: str) -> bool:
        """Whether a match of a rule can have this field; a correlation's has those it groups by."""
        if reference in self.correlations:
            return name in self.correlations[reference].group_by
        route = self.compiled[reference].route
        return route is None or route.supplies(name)

    def _places(self) -> dict[str, dict[str, str]]:
        """For every base rule of a correlation: the SQL text of the fields that are asked of its events."""
        places: dict[str, dict[str, str]] = {}
        for correlation in self.correlations.values():
            for reference in correlation.references:
                compilation = self.compiled.get(reference)
                if compilation is None or compilation.route is None:
                    continue
                wanted = (*correlation.group_fields[reference], *correlation.value_fields[reference])
                places.setdefault(reference, {}).update({name: _text(compilation.route, name) for name in wanted})
        return places

    def _identity(self, rules: Iterable[CompiledRule]) -> str:
        versions = sorted(rule.head.version for rule in rules)
        versions += sorted(rule.head.version for rule in self.correlations.values())
        values = json.dumps({name: list(each) for name, each in self.placeholders.items()}, sort_keys=True)
        return version_of(_ENGINE_VERSION, values, *(text for _, text in mapping_texts()), *versions)


def _text(route: Route, name: str) -> str:
    return route.place(name).text if route.supplies(name) else "''"
