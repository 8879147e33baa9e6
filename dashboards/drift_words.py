"""Drift of the catalogue in the reader's language."""

from dashboards.harmless import one_line
from dashboards.translation import Words
from dlp.freshness import ColumnChange, Drift, Standing


def drift_words(words: Words, drift: Drift, standing: Standing) -> str:
    """One drift with what it is about, as `Scan overdue (31 days)`."""
    about = drift_about(words, drift, standing)
    name = words.label("drift", drift.kind)
    return words.explained(name, about) if about else name


def drift_about(words: Words, drift: Drift, standing: Standing) -> str:
    """What a drift is about: days, columns, grades, numbers."""
    if drift.kind in ("scan_overdue", "entry_overdue"):
        return words("freshness.days", days=drift.about)
    if drift.kind == "columns_changed":
        return words.listed(_change(words, change) for change in standing.columns_changed)
    if drift.kind == "regraded":
        was, now = (words.label("grade", grade) for grade in (standing.grade_then, standing.grade_found))
        return f"{was} → {now}"
    return one_line(drift.about)


def _change(words: Words, change: ColumnChange) -> str:
    if change.change == "number":
        return words("freshness.number", before=change.before, after=change.after)
    before, after = (words.label("grade", grade) for grade in (change.before, change.after))
    told = words(f"scan_change.{change.change}", before=before, after=after)
    return f"{one_line(change.column)} · {words.label('entity', change.entity_type)}: {told}"
