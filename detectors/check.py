"""The account of a rule set that `rongdun rules check` prints: every rule with its status, none left out."""

from collections import Counter
from typing import TypedDict

from detectors.rule import RuleSet, Status


class CheckRow(TypedDict):
    """One rule's line in the account."""

    id: str
    path: str
    title: str
    status: str
    reason: str
    line: int
    fields: list[str]


def check_rows(ruleset: RuleSet) -> list[CheckRow]:
    """One row per rule, and one per file that holds none, by path and line."""
    return [
        {
            "id": check.id,
            "path": str(check.path),
            "title": check.title,
            "status": check.status.value,
            "reason": check.reason,
            "line": check.line,
            "fields": list(check.fields),
        }
        for check in ruleset.checks
    ]


def status_counts(ruleset: RuleSet) -> dict[str, int]:
    """How many rules are usable, unsupported, blind and withdrawn."""
    counts = Counter(check.status for check in ruleset.checks)
    return {status.value: counts[status] for status in Status}
