"""What is known of a rule whatever it matches: who it is, how severe, and the version by which it is judged anew."""

import hashlib
from pathlib import Path
from typing import cast

from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaError
from sigma.filters import SigmaFilter
from sigma.rule import SigmaLevel, SigmaRule
from sigma.rule.attributes import SigmaRelatedType, SigmaStatus

from detectors.backend import log_source_of
from detectors.event_class import event_class_of
from detectors.routing import LogSource
from detectors.rule import SEVERITIES, Level, RuleHead

SigmaDocument = SigmaRule | SigmaCorrelationRule


def head_of(rule: SigmaDocument | SigmaFilter, path: Path, line: int, content: str) -> RuleHead:
    """The head of a rule that begins at a line of a file; `content` is the text that decides what it means."""
    identity = str(rule.id) if rule.id else rule.name or str(path)
    level = rule.level.name.lower() if isinstance(rule.level, SigmaLevel) else "medium"
    tags = tuple(str(tag) for tag in rule.tags)
    return RuleHead(
        id=identity,
        version=version_of(content),
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


def plain(error: BaseException) -> str:
    """An error's own words; pySigma adds the file, which the check already names."""
    words = " ".join(str(part) for part in error.args) if isinstance(error, SigmaError) else str(error)
    return words or type(error).__name__


def version_of(*texts: str) -> str:
    """A hash of some texts, the same for the same ones in the same order."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass"))
        digest.update(b"\0")
    return digest.hexdigest()[:32]
