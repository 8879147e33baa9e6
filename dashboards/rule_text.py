"""What a rule's author says about it, read from the rule's own file."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from dashboards.translation import Language

_LARGEST = 1_000_000


@dataclass(frozen=True)
class RuleText:
    """A rule's description and its known false positives; empty where the file does not say."""

    description: str = ""
    false_positives: tuple[str, ...] = ()


def rule_text(folder: Path, path: str, rule_id: str, language: Language) -> RuleText:
    """The text of the rule with this id in a file below the folder; empty when there is no such rule to read.

    A rule that has no words of the reader's language shows those of the Sigma attributes.
    """
    for rule in _documents(folder, path):
        if isinstance(rule, dict) and str(rule.get("id", "")) == rule_id:
            own = "_zh" if language == "zh" else ""
            notes = rule.get(f"falsepositives{own}") or rule.get("falsepositives") or []
            return RuleText(
                str(rule.get(f"description{own}") or rule.get("description") or "").strip(),
                tuple(map(str, notes if isinstance(notes, list) else [notes])),
            )
    return RuleText()


def _documents(folder: Path, path: str) -> list[object]:
    for base in (folder, folder / "sigma"):
        found = (base / path).resolve()
        # the path comes from a table: it must not lead out of the rules
        if path and found.is_relative_to(folder.resolve()) and found.is_file() and found.stat().st_size <= _LARGEST:
            try:
                return list(yaml.safe_load_all(found.read_text(encoding="utf-8")))
            except (yaml.YAMLError, UnicodeDecodeError):
                return []
    return []
