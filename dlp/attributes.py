"""Sensitive facts that have no form of their own, such as a diagnosis: told by the column's name and its few values."""

from dlp.column_names import NameHints
from dlp.columns import ColumnEvidence
from dlp.policy import EntityPolicy, Policy
from dlp.registry import ENTITY_TYPES
from dlp.verdicts import Verdict

_MOST = 0.5
_ALL_BUT_FEW = 0.95
_LEAST_DISTINCT = 2
_SHOWN = "****"

_BY_BOTH, _BY_VALUES, _BY_NAME, _DOUBTFUL = 0.95, 0.7, 0.8, 0.5


def attribute_verdicts(evidence: ColumnEvidence, hints: NameHints, policy: Policy) -> list[Verdict]:
    """Every type without a form that the column holds."""
    if not evidence.valued:
        return []
    types = [name for name in policy.entities if name not in ENTITY_TYPES]
    found = [_of_type(name, policy.entities[name], evidence, hints) for name in types]
    return [verdict for verdict in found if verdict is not None]


def _of_type(name: str, entity: EntityPolicy, evidence: ColumnEvidence, hints: NameHints) -> Verdict | None:
    known, hidden = evidence.words[name], evidence.masks.hidden
    fits = known > _MOST * evidence.valued
    if name in hints.attributes:
        if name in hints.vaguely and entity.values and not fits:
            return None
        hits, sure = evidence.valued, _confidence(entity, fits=fits, vague=name in hints.vaguely)
    elif entity.values_alone and not hints.says and not hints.attributes and _tells(known, evidence):
        hits, sure = known, _BY_VALUES
    else:
        return None
    masked = hidden > _MOST * evidence.valued
    return Verdict(
        entity_type=name,
        rows=evidence.rows,
        hits=hits,
        confidence=sure,
        masked=masked and hidden == evidence.valued,
        masked_sample=_SHOWN,
        fingerprint="",
        review="the column's name may mean something else" if sure == _DOUBTFUL else "",
    )


def _tells(known: int, evidence: ColumnEvidence) -> bool:
    return known >= _ALL_BUT_FEW * evidence.valued and evidence.distinct >= _LEAST_DISTINCT


def _confidence(entity: EntityPolicy, *, fits: bool, vague: bool) -> float:
    if fits:
        return _BY_BOTH
    return _DOUBTFUL if vague or entity.values else _BY_NAME
