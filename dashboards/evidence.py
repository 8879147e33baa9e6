"""The evidence behind a factor of a posture score, in the reader's words."""

from collections.abc import Mapping

from dashboards.harmless import one_line
from dashboards.translation import Words

# What stands behind a key, where it is a stored code: the group of labels that translates it.
_CODES = {"by_level": "level", "worst_grade": "grade", "missing": "layer", "last_assessed_on": "assessed"}


def evidence_text(words: Words, evidence: object) -> str:
    """Every entry of the evidence on one line, labelled; what is empty is left out."""
    if not isinstance(evidence, Mapping):
        return ""
    entries = [(str(key), value) for key, value in evidence.items() if value not in ("", [], {}, None)]
    return " · ".join(f"{words.label('evidence', key)} {_shown(words, key, value)}" for key, value in entries)


def _shown(words: Words, key: str, value: object) -> str:
    group = _CODES.get(key, "")
    if isinstance(value, Mapping):
        return words.listed(f"{words.label(group, str(code))} {one_line(str(count))}" for code, count in value.items())
    if isinstance(value, list):
        return words.listed(words.label(group, str(each)) for each in value)
    return f"{value:.1%}" if key == "share" and isinstance(value, float) else words.label(group, str(value))
