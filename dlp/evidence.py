"""What a decision on a finding rests on: while it stays the same, the decision stands, however often one scans."""

import hashlib

from dlp.belief import CONTAMINATION
from dlp.findings import PiiFinding
from dlp.policy import TextPolicy

_MOST = 0.5


def evidence_of(finding: PiiFinding, text: TextPolicy) -> str:
    """A hash, 16 hex digits, of what matters about a finding; small changes of its counts leave it the same.

    Counts matter by magnitude: whether a column holds a type by mistake, in part or mostly; whether it was seen or
    merely hinted at. The policy matters through the category and the grade that it gave.
    """
    share = finding.hits / finding.rows if finding.rows else 0.0
    parts = (
        finding.entity_type,
        finding.category,
        finding.grade,
        str(finding.masked),
        "mistake" if share < CONTAMINATION else "part" if share < _MOST else "most",
        "hint" if finding.confidence <= text.hint_confidence else "seen",
    )
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:16]
