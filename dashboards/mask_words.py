"""The evidence of a mask that fails, in words."""

import json

from dashboards.translation import Words


def evidence_text(evidence: str, words: Words) -> str:
    """The evidence of a finding, canonical JSON, in words; text that is no JSON stays as it is."""
    try:
        content = json.loads(evidence)
    except ValueError:
        return evidence
    if not isinstance(content, dict):
        return evidence
    return words.listed(f"{words.label('mask_evidence', name)} {_plain(value)}" for name, value in content.items())


def _plain(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
