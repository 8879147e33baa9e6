"""Rule files read: the rules in them as pySigma understands them, and what is wrong with the others."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sigma.collection import SigmaCollection
from sigma.exceptions import SigmaRuleLocation
from sigma.filters import SigmaFilter
from sigma.rule import SigmaRule

from detectors.errors import ContentError
from detectors.pysigma_document import for_pysigma
from detectors.rule import RuleCheck, RuleHead, Status
from detectors.rule_files import Document, RuleFile, deciding_text, read_rule_file
from detectors.rule_head import SigmaDocument, head_of, plain, version_of


@dataclass
class LoadedRule:
    """A rule that was parsed, on its way to being compiled.

    Attributes:
        alerts: whether its matches are alerts of their own, and not only steps of a correlation.
    """

    head: RuleHead
    file: RuleFile
    sigma: SigmaDocument
    alerts: bool = True


@dataclass
class RuleReading:
    """What some files hold.

    Attributes:
        loaded: rules and correlations by id.
        checks: the account of those that were refused, and of filters.
    """

    loaded: dict[str, LoadedRule] = field(default_factory=dict)
    checks: list[RuleCheck] = field(default_factory=list)
    _names: dict[str, str] = field(default_factory=dict)
    _filters: list[tuple[RuleHead, SigmaFilter]] = field(default_factory=list)

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
            reason = f"not a valid rule: {plain(error)}"
            self.checks.append(RuleCheck(name, file.path, title, Status.UNSUPPORTED, reason, line))
            return
        content = deciding_text(documents)
        if not collection.rules and not collection.filters:
            reason = f"not a valid rule: {plain(collection.errors[0]) if collection.errors else 'it holds no rule'}"
            self.checks.append(RuleCheck(name, file.path, title, Status.UNSUPPORTED, reason, line))
        for filtering in collection.filters:
            self._add_filter(filtering, head_of(filtering, file.path, line, content), file)
        for rule in collection.rules:
            self._add(rule, file, line, content)

    def _add(self, rule: SigmaDocument, file: RuleFile, line: int, content: str) -> None:
        head = head_of(rule, file.path, line, content)
        if rule.errors:
            self.refuse(head, file, "; ".join(plain(error) for error in rule.errors))
        elif head.id in self.loaded:
            self.refuse(head, file, f"its id is already used by {self.loaded[head.id].head.path}", culprit=head.id)
        else:
            self.loaded[head.id] = LoadedRule(head, file, rule)
            if rule.name:
                self._names.setdefault(rule.name, head.id)

    def _add_filter(self, filtering: SigmaFilter, head: RuleHead, file: RuleFile) -> None:
        if filtering.errors:
            self.refuse(head, file, "; ".join(plain(error) for error in filtering.errors))
            return
        self._filters.append((head, filtering))
        self.checks.append(RuleCheck(head.id, head.path, head.title, Status.USABLE, line=head.line))

    def apply_filters(self) -> None:
        """Narrow the rules by the filters that were read."""
        for head, filtering in self._filters:
            for rule in self.loaded.values():
                if isinstance(rule.sigma, SigmaRule) and filtering._should_apply_on_rule(rule.sigma):  # noqa: SLF001 - no public question exists
                    filtering.apply_on_rule(rule.sigma)
                    rule.head = replace(rule.head, version=version_of(rule.head.version, head.version))

    def id_of(self, name: str) -> str | None:
        """The id of the rule that goes by this id or name."""
        return name if name in self.loaded else self._names.get(name)

    def refuse(self, head: RuleHead, file: RuleFile, reason: str, *, culprit: str = "") -> None:
        """Note why a rule is not there, at the line of what is to blame."""
        line = file.line_of(culprit, after=head.line)
        self.checks.append(RuleCheck(head.id, head.path, head.title, Status.UNSUPPORTED, reason, line))
