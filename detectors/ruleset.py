"""A folder of rules into a rule set: what can run, and an account of every rule that was read."""

import gc
import hashlib
import json
import logging
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from sigma.collection import SigmaCollection
from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaError, SigmaRuleLocation
from sigma.filters import SigmaFilter
from sigma.rule import SigmaLevel, SigmaRule
from sigma.rule.attributes import SigmaRelatedType, SigmaStatus

from detectors.backend import log_source_of
from detectors.compile import Compilation, compile_rule
from detectors.correlation_compile import compile_correlation
from detectors.errors import ContentError, UnsupportedRule
from detectors.event_class import event_class_of
from detectors.placeholders import Placeholders
from detectors.pysigma_document import for_pysigma
from detectors.routing import LogSource, Route, mapping_texts
from detectors.rule import (
    SEVERITIES,
    CompiledCorrelation,
    CompiledRule,
    Level,
    RuleCheck,
    RuleHead,
    RuleSet,
    Status,
)
from detectors.rule_files import Document, RuleFile, deciding_text, read_rule_file, rule_paths
from detectors.ruleset_cache import cached_ruleset, keep_ruleset, ruleset_key

_LOG = logging.getLogger(__name__)

# Raised when the same rule text comes to mean something else, so that everything is judged anew.
_ENGINE_VERSION = "2"

SigmaDocument = SigmaRule | SigmaCorrelationRule


def load_ruleset(*roots: Path, placeholders: Placeholders | None = None, cache: Path | None = None) -> RuleSet:
    """The rules of these folders or files, compiled; whatever is wrong with one is in its check and stops no other.

    Args:
        roots: folders of rules, or single files.
        placeholders: what the site's placeholders stand for.
        cache: a folder of compiled rule sets, where this one is looked for first and kept, if it can be.

    Raises:
        ContentError: one of the roots does not exist.
        MappingError: a field mapping file is wrong.
    """
    paths = [path for root in roots for path in rule_paths(root)]
    if cache is None:
        return _compiled(paths, placeholders or {})
    key = ruleset_key(paths, placeholders or {})
    found = cached_ruleset(cache, key)
    if found is None:
        found = _compiled(paths, placeholders or {})
        _kept(cache, key, found)
    return found


def _kept(cache: Path, key: str, ruleset: RuleSet) -> None:
    """Without a cache every start compiles anew, which is slow but not wrong."""
    try:
        keep_ruleset(cache, key, ruleset)
    except OSError as error:
        _LOG.warning("compiled rules cannot be kept in %s (%s): every run compiles them anew", cache, error)


def _compiled(paths: Sequence[Path], placeholders: Placeholders) -> RuleSet:
    loading = _Loading(placeholders)
    with _collector_at_rest(), warnings.catch_warnings():
        # Python warns of `[[` in expressions, whose meaning it may change one day; RE2's is spelled out.
        warnings.simplefilter("ignore", FutureWarning)
        for path in paths:
            loading.read(path)
        return loading.finished()


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Nearly all that loading makes is kept: looking for garbage in it again and again costs a fifth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def parsed_rules(*paths: Path) -> dict[str, SigmaDocument]:
    """The rules of these files by id, as pySigma reads them, narrowed by the Sigma filters among them."""
    loading = _Loading({})
    for path in paths:
        loading.read(path)
    loading.apply_filters()
    return {key: rule.sigma for key, rule in loading.loaded.items()}


@dataclass
class _Loaded:
    """A rule that was parsed, on its way to being compiled."""

    head: RuleHead
    file: RuleFile
    sigma: SigmaDocument
    alerts: bool = True


@dataclass
class _Loading:
    placeholders: Placeholders
    loaded: dict[str, _Loaded] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    filters: list[tuple[RuleHead, SigmaFilter]] = field(default_factory=list)
    checks: list[RuleCheck] = field(default_factory=list)
    compiled: dict[str, Compilation] = field(default_factory=dict)
    correlations: dict[str, CompiledCorrelation] = field(default_factory=dict)

    def read(self, path: Path) -> None:
        """Take in one file."""
        try:
            file = read_rule_file(path)
        except ContentError as error:
            line = max(error.line, 1)
            self.checks.append(RuleCheck("", path, "", Status.UNSUPPORTED, error.problem, line))
            return
        if any("action" in document for _, document in file.documents):
            self._read_documents(file, file.documents[0][0], [document for _, document in file.documents])
            return
        for line, document in file.documents:
            self._read_documents(file, line, [document])

    def finished(self) -> RuleSet:
        """The rule set, once every file was read."""
        self.apply_filters()
        references = {key: self._references(key, rule) for key, rule in self.loaded.items()}
        for key, rule in self.loaded.items():
            if isinstance(rule.sigma, SigmaRule):
                self._compile_rule(key, rule)
        for key in self._in_order(references):
            self._compile_correlation(key, references)
        rules = tuple(each.rule for each in self.compiled.values() if each.rule is not None)
        self.checks.sort(key=lambda check: (str(check.path), check.line))
        return RuleSet(
            ruleset_id=self._identity(rules),
            rules=rules,
            correlations=tuple(self.correlations.values()),
            checks=tuple(self._told(check) for check in self.checks),
            places=self._places(),
        )

    def _told(self, check: RuleCheck) -> RuleCheck:
        rule = self.loaded.get(check.id)
        return replace(check, head=rule.head) if rule is not None and rule.head.path == check.path else check

    def _read_documents(self, file: RuleFile, line: int, documents: Sequence[Document]) -> None:
        first = documents[0]
        name = str(first.get("id") or first.get("name") or file.path)
        title = str(first.get("title") or "")
        if not any({"detection", "correlation", "filter", "action"} & document.keys() for document in documents):
            reason = "not a Sigma rule: it has no detection"
            self.checks.append(RuleCheck(name, file.path, title, Status.UNSUPPORTED, reason, line))
            return
        try:
            collection = SigmaCollection.from_dicts(
                [for_pysigma(document) for document in documents],  # type: ignore[misc]  # pySigma's alias is narrower
                collect_errors=True,
                source=SigmaRuleLocation(file.path),
                collect_filters=True,
                resolve_references=False,
            )
        except Exception as error:  # noqa: BLE001 - a hostile document can break the parser anywhere: its rule's problem
            reason = f"not a valid rule: {_plain(error)}"
            self.checks.append(RuleCheck(name, file.path, title, Status.UNSUPPORTED, reason, line))
            return
        content = deciding_text(documents)
        if not collection.rules and not collection.filters:
            reason = f"not a valid rule: {_plain(collection.errors[0]) if collection.errors else 'it holds no rule'}"
            self.checks.append(RuleCheck(name, file.path, title, Status.UNSUPPORTED, reason, line))
        for filtering in collection.filters:
            self._add_filter(filtering, _head(filtering, file.path, line, content), file)
        for rule in collection.rules:
            self._add(rule, file, line, content)

    def _add(self, rule: SigmaDocument, file: RuleFile, line: int, content: str) -> None:
        head = _head(rule, file.path, line, content)
        if rule.errors:
            self._refuse(head, file, "; ".join(_plain(error) for error in rule.errors))
        elif head.id in self.loaded:
            self._refuse(head, file, f"its id is already used by {self.loaded[head.id].head.path}", culprit=head.id)
        else:
            self.loaded[head.id] = _Loaded(head, file, rule)
            if rule.name:
                self.names.setdefault(rule.name, head.id)

    def _add_filter(self, filtering: SigmaFilter, head: RuleHead, file: RuleFile) -> None:
        if filtering.errors:
            self._refuse(head, file, "; ".join(_plain(error) for error in filtering.errors))
            return
        self.filters.append((head, filtering))
        self.checks.append(RuleCheck(head.id, head.path, head.title, Status.USABLE, line=head.line))

    def _refuse(self, head: RuleHead, file: RuleFile, reason: str, *, culprit: str = "") -> None:
        line = file.line_of(culprit, after=head.line)
        self.checks.append(RuleCheck(head.id, head.path, head.title, Status.UNSUPPORTED, reason, line))

    def apply_filters(self) -> None:
        """Narrow the rules by the filters that were read."""
        for head, filtering in self.filters:
            for rule in self.loaded.values():
                if isinstance(rule.sigma, SigmaRule) and filtering._should_apply_on_rule(rule.sigma):  # noqa: SLF001 - no public question exists
                    filtering.apply_on_rule(rule.sigma)
                    rule.head = replace(rule.head, version=_hash(rule.head.version, head.version))

    def _references(self, key: str, rule: _Loaded) -> Mapping[str, str] | None:
        """How a correlation names its rules -> their ids; None when one of them is not there."""
        if not isinstance(rule.sigma, SigmaCorrelationRule):
            return {}
        found = {}
        for reference in rule.sigma.rules or ():
            name = str(reference.reference)
            target = self._id_of(name)
            if target is None or target == key:
                self._refuse(rule.head, rule.file, f"it refers to {name}, which is no usable rule", culprit=name)
                return None
            found[name] = target
            if not rule.sigma.generate:
                self.loaded[target].alerts = False
        return found

    def _id_of(self, name: str) -> str | None:
        """The id of the rule that goes by this id or name."""
        return name if name in self.loaded else self.names.get(name)

    def _compile_rule(self, key: str, rule: _Loaded) -> None:
        try:
            compilation = compile_rule(cast("SigmaRule", rule.sigma), rule.head, self.placeholders, alerts=rule.alerts)
        except UnsupportedRule as error:
            self._refuse(rule.head, rule.file, error.reason, culprit=error.culprit)
            return
        except Exception as error:  # noqa: BLE001 - conditions are parsed only now, and a hostile one can break anywhere
            self._refuse(rule.head, rule.file, f"not a valid rule: {_plain(error)}", culprit="condition:")
            return
        self.compiled[key] = compilation
        status = Status.BLIND if compilation.blind else Status.USABLE
        line = rule.file.line_of(compilation.blind_fields[0] if compilation.blind_fields else "", after=rule.head.line)
        fields = compilation.blind_fields
        head = rule.head
        self.checks.append(RuleCheck(head.id, head.path, head.title, status, compilation.blind, line, fields))

    def _in_order(self, references: Mapping[str, Mapping[str, str] | None]) -> list[str]:
        """The correlations, each after those it refers to; those that refer to each other in a circle are refused."""
        waiting = {key: set(named.values()) for key, named in references.items() if named}
        ordered: list[str] = []
        while ready := [key for key, needs in waiting.items() if not needs & waiting.keys()]:
            ordered += ready
            for key in ready:
                del waiting[key]
        for key in waiting:
            rule = self.loaded[key]
            self._refuse(rule.head, rule.file, "correlations refer to each other in a circle", culprit="rules:")
        return ordered

    def _compile_correlation(self, key: str, references: Mapping[str, Mapping[str, str] | None]) -> None:
        rule, named = self.loaded[key], references[key]
        sigma = cast("SigmaCorrelationRule", rule.sigma)
        missing = [each for each in (named or {}).values() if not self._runs(each)]
        if missing:
            title = self.loaded[missing[0]].head.title
            reason = f"it needs the rule {title!r}, which cannot run"
            blind = any(each in self.compiled for each in missing)
            status = Status.BLIND if blind else Status.UNSUPPORTED
            head = rule.head
            self.checks.append(RuleCheck(head.id, head.path, head.title, status, reason, head.line))
            return
        version = _hash(rule.head.version, *(self.loaded[each].head.version for each in (named or {}).values()))
        rule.head = replace(rule.head, version=version)
        try:
            compiled = compile_correlation(sigma, rule.head, named or {}, resolve=self._id_of, alerts=rule.alerts)
        except UnsupportedRule as error:
            self._refuse(rule.head, rule.file, error.reason, culprit=error.culprit)
            return
        except Exception as error:  # noqa: BLE001 - as for rules: a hostile one can break anywhere
            self._refuse(rule.head, rule.file, f"not a valid correlation: {_plain(error)}", culprit="correlation:")
            return
        self.correlations[key] = compiled
        self.checks.append(self._correlation_check(compiled))

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
        return _hash(_ENGINE_VERSION, values, *(text for _, text in mapping_texts()), *versions)


def _text(route: Route, name: str) -> str:
    return route.place(name).text if route.supplies(name) else "''"


def _head(rule: SigmaDocument | SigmaFilter, path: Path, line: int, content: str) -> RuleHead:
    identity = str(rule.id) if rule.id else rule.name or str(path)
    level = rule.level.name.lower() if isinstance(rule.level, SigmaLevel) else "medium"
    tags = tuple(str(tag) for tag in rule.tags)
    return RuleHead(
        id=identity,
        version=_hash(content),
        title=str(rule.title or ""),
        path=path,
        level=cast("Level", level) if level in SEVERITIES else "medium",
        tags=tags,
        event_class=event_class_of(tags, named=rule.custom_attributes.get("event_class")),
        line=line,
        title_zh=str(rule.custom_attributes.get("title_zh") or ""),
        status=rule.status.name.lower() if isinstance(rule.status, SigmaStatus) else "",
        log_source=log_source_of(rule) if isinstance(rule, SigmaRule) else LogSource(),
        obsoletes=_obsoleted(rule),
    )


def _obsoleted(rule: SigmaDocument | SigmaFilter) -> tuple[str, ...]:
    related = rule.related.related if rule.related is not None else []
    return tuple(str(each.id) for each in related if each.type is SigmaRelatedType.OBSOLETE)


def _plain(error: BaseException) -> str:
    """An error's own words; pySigma adds the file, which the check already names."""
    words = " ".join(str(part) for part in error.args) if isinstance(error, SigmaError) else str(error)
    return words or type(error).__name__


def _hash(*texts: str) -> str:
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass"))
        digest.update(b"\0")
    return digest.hexdigest()[:32]
