"""The sections of a report: their columns, and their cells in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboards.figures import moment
from dashboards.harmless import one_line
from dashboards.mask_words import evidence_text
from dashboards.review_words import review_words
from dashboards.translation import Words

Row = Mapping[str, object]

# The sections in their order: what is asked, and the columns with the group that labels their codes.
SECTIONS: dict[str, dict[str, str]] = {
    "inventory": {
        "organisation": "",
        "grade": "grade",
        "datasets": "",
        "persons": "",
        "findings": "",
        "exposed": "",
    },
    "changes": {
        "change": "change",
        "dataset": "",
        "column": "",
        "entity_type": "entity",
        "before": "grade",
        "grade": "grade",
    },
    "exposed": {
        "dataset": "",
        "column": "",
        "entity_type": "entity",
        "grade": "grade",
        "hits": "",
        "rows": "",
        "masked_sample": "",
        "review": "",
        "review_state": "review_state",
    },
    "masks": {
        "severity": "level",
        "check": "mask_check",
        "dataset": "",
        "columns": "",
        "entity_type": "entity",
        "evidence": "",
        "mend": "mask_mend",
    },
    "breaches": {
        "first_seen": "",
        "rule_title": "",
        "level": "level",
        "account": "",
        "dataset": "",
        "columns": "",
        "rows": "",
        "grant_id": "",
        "state": "state",
        "verdict": "verdict",
    },
    "flows": {
        "direction": "exchange_way",
        "sender_level": "exchange_level",
        "sender": "",
        "receiver_level": "exchange_level",
        "receiver": "",
        "grade": "grade",
        "datasets": "",
        "exchanges": "",
        "declared": "",
        "rows": "",
        "failing": "",
    },
    "exchanges": {
        "event_time": "",
        "direction": "exchange_way",
        "sender": "",
        "receiver": "",
        "dataset": "",
        "columns": "",
        "rows": "",
        "grade": "grade",
        "masked": "",
        "basis": "",
        "ticket": "",
        "breaches": "",
    },
    "protections": {
        "dataset": "",
        "grade": "grade",
        **dict.fromkeys(("tampering", "theft", "leakage", "masking", "backup", "encryption"), "protection_state"),
    },
    "freshness": {
        "severity": "level",
        "drift": "drift",
        "about": "",
        "dataset": "",
        "organisation": "",
        "owner": "",
        "grade": "grade",
        "confirmed_at": "",
        "looked_at": "",
    },
    "reviews": {"reviewed": "reviewed", "review_state": "review_state", "number": ""},
    "datasets": {
        "dataset": "",
        "title": "",
        "organisation": "",
        "owner": "",
        "grade": "grade",
        "jrt_level": "",
        "review_state": "review_state",
        "decided_by": "",
        "persons": "",
        "rows": "",
        "purpose": "",
        "assessment": "",
        "scanned_at": "",
    },
}


@dataclass(frozen=True)
class Section:
    """One table of the report.

    Attributes:
        key: its name, a key of the words.
        columns: the names of its columns, as they are stored.
        headings: the same in the reader's language.
        rows: the values as they are stored.
        cells: the values as a reader sees them, all text.
    """

    key: str
    title: str
    lead: str
    columns: tuple[str, ...]
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    cells: tuple[tuple[str, ...], ...]


def section(words: Words, key: str, told: Sequence[Row]) -> Section:
    """A section from the rows that were asked for it; a row may bring words along, as `NAME_told`."""
    groups = SECTIONS[key]
    rows = tuple({name: row[name] for name in groups} for row in told)
    return Section(
        key=key,
        title=words(f"report.section.{key}"),
        lead=words(f"report.lead.{key}"),
        columns=tuple(groups),
        headings=tuple(words(f"report.column.{name}") for name in groups),
        rows=rows,
        cells=tuple(
            tuple(_cell(words, row.get(f"{name}_told", row[name]), name, group) for name, group in groups.items())
            for row in told
        ),
    )


def _cell(words: Words, value: object, name: str, group: str) -> str:
    if name == "jrt_level" and not value:  # no financial data
        return ""
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, bool):
        return words(f"answer.{str(value).lower()}")
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return words.listed(words.label("exchange_check", str(each)) for each in value)
    text = _in_words(words, str(value or ""), name)
    if group:
        return words.label(group, text) if text else ""
    return one_line(text)


def _in_words(words: Words, text: str, name: str) -> str:
    """What scans and checks wrote with their numbers in it, in the reader's language."""
    if name == "review":
        return review_words(words, text)
    return evidence_text(text, words) if name == "evidence" else text
