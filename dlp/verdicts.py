"""The verdict on a column: which types it holds, how sure, how many rows, and whether they are masked."""

from dataclasses import dataclass

from dlp.chance import accident, interval
from dlp.column_names import NameHints
from dlp.columns import ColumnEvidence, KindCount
from dlp.kinds import Kind
from dlp.masked_values import MaskCount
from dlp.policy import Policy
from dlp.registry import ENTITY_TYPES, KINDS

_UNLIKELY = 1e-5  # an accident this rare, among thousands of columns, is none
_DOUBTFUL = 2e-3  # enough where hardly a candidate fails
_RARE = 0.05  # for the single value, whose form alone is rare
_LEAST_SHARE = 0.2  # of the candidates must hold, however many there are
_WEAKEST = 0.1  # a form that random values have more often proves nothing by itself
_FEW_SHAPES = 50
_LEAST_PREFIXES = 5
_SPREAD_FROM = 20  # distinct values, from which a real population varies
_LEAST_NAMES = 5
_CONTAMINATION = 0.05
_MASK_SHARE = 0.3
_VAGUE_SHARE = 0.5
_MOST = 0.5


@dataclass(frozen=True)
class Verdict:
    """One type found in one column, before it is graded."""

    entity_type: str
    rows: int
    hits: int
    confidence: float
    masked: bool
    masked_sample: str
    fingerprint: str
    review: str


@dataclass(frozen=True)
class _Raw:
    """Unmasked values of one kind that were believed."""

    count: KindCount
    rows: int
    confidence: float
    note: str = ""


def verdicts(evidence: ColumnEvidence, hints: NameHints, policy: Policy) -> list[Verdict]:
    """Every type that the column holds, in the order of the registry."""
    found = [_of_type(name, evidence, hints, policy) for name in ENTITY_TYPES] if evidence.rows else []
    return [verdict for verdict in found if verdict is not None]


def _of_type(name: str, evidence: ColumnEvidence, hints: NameHints, policy: Policy) -> Verdict | None:
    kinds = [kind for kind in KINDS if kind.entity_type == name]
    named = name in hints.says and (name not in hints.vaguely or _speaks_itself(kinds, evidence))
    hidden = _masked_rows(name, evidence, hints)
    believed = _all_believed(kinds, evidence, hints, expected=named or hidden > 0)
    if sum(raw.rows for raw in believed) > evidence.rows * _MOST:
        # What most values are, the others may be too, written in a way that proves less.
        believed = _all_believed(kinds, evidence, hints, expected=True)
    if believed:
        return _raw_verdict(name, evidence, believed, hidden, named=named)
    if hidden:
        return _masked_verdict(name, evidence, hidden, policy)
    return _hash_verdict(name, evidence, hints)


def _speaks_itself(kinds: list[Kind], evidence: ColumnEvidence) -> bool:
    """Whether enough values look like the type without their name: `name` is what things and places have, too."""
    counts = [evidence.kinds[kind.name] for kind in kinds if kind.alone is not None and kind.name in evidence.kinds]
    return sum(count.rows for count in counts) >= _VAGUE_SHARE * evidence.rows


def _masked_rows(name: str, evidence: ColumnEvidence, hints: NameHints) -> int:
    rows = evidence.masks.rows_by_type(hints.says, evidence.rows)[name]
    opaque = evidence.masks.opaque
    if name in hints.says and (rows or opaque > evidence.rows * _MASK_SHARE):
        return rows + opaque
    # A name such as 张* is two characters: alone it proves little.
    least = _MASK_SHARE if name == "PERSON" else 0.001
    return rows if rows >= evidence.rows * least else 0


def _all_believed(kinds: list[Kind], evidence: ColumnEvidence, hints: NameHints, *, expected: bool) -> list[_Raw]:
    raws = (_believed(kind, evidence, hints, expected=expected) for kind in kinds)
    return [raw for raw in raws if raw is not None]


def _believed(kind: Kind, evidence: ColumnEvidence, hints: NameHints, *, expected: bool) -> _Raw | None:
    count = evidence.kinds.get(kind.name)
    if count is None:
        return None
    whole = _whole_rows(kind, count, evidence, hints, expected=expected)
    text = _text_rows(kind, count, hints, expected=expected)
    if whole or text:
        rows = (count.rows if whole else 0) + text
        return _Raw(count, rows, _confidence(kind, count, evidence, rows, expected=expected))
    if expected and kind.check is not None and count.candidates > 0.5 * evidence.distinct:
        note = "the form fits but the check digits do not: made-up or damaged numbers"
        return _Raw(count, evidence.rows, 0.5, note) if kind.check_chance < 0.5 else None
    return None


def _whole_rows(kind: Kind, count: KindCount, evidence: ColumnEvidence, hints: NameHints, *, expected: bool) -> bool:
    if not count.whole:
        return False
    if _is_strong(kind):
        # Four numbers in a column called version are a version.
        refused = bool(kind.alone) and hints.about and not expected
        return not refused and _significant(kind, count.whole, count.candidates, count.shapes)
    rate = count.rows / evidence.rows
    if expected:
        return _typed_rows(kind, evidence) >= kind.named * evidence.rows or (
            kind.alone is not None and _significant(kind, count.whole, count.whole, count.shapes)
        )
    if kind.alone is None or hints.machine or hints.about or _too_uniform(kind, count):
        return False
    return rate >= max(kind.alone, 1e-9) or _contaminates(kind, count)


def _typed_rows(kind: Kind, evidence: ColumnEvidence) -> int:
    """Rows of any kind of the same type: in a column of names, the Chinese and the English ones speak together."""
    same = (other.name for other in KINDS if other.entity_type == kind.entity_type)
    return sum(evidence.kinds[name].rows for name in same if name in evidence.kinds)


def _is_strong(kind: Kind) -> bool:
    return kind.check is not None and kind.check_chance < 1


def _significant(kind: Kind, hits: int, candidates: int, shapes: int) -> bool:
    if _is_strong(kind):
        share, unlikely = hits / max(1, candidates), accident(candidates, hits, kind.check_chance)
        if (share >= _LEAST_SHARE and unlikely < _UNLIKELY) or (share >= 0.5 and unlikely < _DOUBTFUL):
            return True
    # Among many look-alikes the estimate of the chance matters too much: more is asked.
    bound = _RARE if shapes <= _FEW_SHAPES else _UNLIKELY
    return accident(max(shapes, hits), hits, kind.shape_chance) < bound


def _contaminates(kind: Kind, count: KindCount) -> bool:
    if not kind.in_text:
        return False
    shapes = max(count.shapes, count.whole)
    if accident(shapes, count.whole, kind.shape_chance) < _UNLIKELY:
        return count.whole / shapes > kind.shape_chance + 0.05
    return shapes == count.whole and kind.shape_chance <= _WEAKEST


def _too_uniform(kind: Kind, count: KindCount) -> bool:
    if not kind.spread:
        return False
    if kind.entity_type == "PERSON":
        return len(count.prefixes) < _LEAST_NAMES
    return count.whole >= _SPREAD_FROM and len(count.prefixes) < _LEAST_PREFIXES


def _text_rows(kind: Kind, count: KindCount, hints: NameHints, *, expected: bool) -> int:
    if not count.text_rows:
        return 0
    if expected or count.with_context:
        return count.text_rows
    if _is_strong(kind):
        sure = _significant(kind, count.in_text, count.text_candidates, count.text_shapes)
    else:
        shapes = max(count.text_shapes, count.in_text)
        unlikely = accident(shapes, count.in_text, kind.shape_chance)
        sure = unlikely < _UNLIKELY or (unlikely <= 0.1 and shapes == count.in_text)
        sure = sure and not hints.about
    return count.text_rows if sure else 0


def _confidence(kind: Kind, count: KindCount, evidence: ColumnEvidence, rows: int, *, expected: bool) -> float:
    low, _ = interval(rows, evidence.rows)
    if _is_strong(kind):
        alone = 0.9 if low >= _CONTAMINATION else 0.8
        return round(min(0.99, alone + 0.05 * expected + 0.04 * low), 3)
    base = 0.75 if expected else 0.55
    contextual = 0.1 if count.with_context else 0.0
    return round(min(0.95, base + contextual + 0.2 * low), 3)


def _raw_verdict(name: str, evidence: ColumnEvidence, raws: list[_Raw], hidden: int, *, named: bool) -> Verdict:
    rows = min(evidence.rows, sum(raw.rows for raw in raws))
    best = max(raws, key=lambda raw: raw.rows)
    return Verdict(
        entity_type=name,
        rows=evidence.rows,
        hits=min(evidence.rows, rows + hidden),
        confidence=max(raw.confidence for raw in raws),
        masked=False,
        masked_sample=best.count.sample,
        fingerprint=best.count.sample_fingerprint,
        review=_raw_review(rows, hidden, evidence.rows, best, named=named),
    )


def _raw_review(rows: int, hidden: int, total: int, best: _Raw, *, named: bool) -> str:
    if hidden:
        low, high = interval(rows, rows + hidden)
        share = rows / (rows + hidden)
        return f"partly masked: {share:.2%} of the values are not masked (95 % interval {low:.2%} to {high:.2%})"
    if best.note:
        return best.note
    low, high = interval(rows, total)
    if rows / total < _CONTAMINATION and not named:
        return f"contamination: {rows} of {total} rows hold it (95 % interval {low:.4%} to {high:.4%})"
    return ""


def _masked_verdict(name: str, evidence: ColumnEvidence, hidden: int, policy: Policy) -> Verdict:
    shown = evidence.masks.shown.get(name, MaskCount())
    return Verdict(
        entity_type=name,
        rows=evidence.rows,
        hits=min(evidence.rows, hidden),
        confidence=0.9 if shown.sample else 0.7,
        masked=shown.weakest is None or shown.weakest > policy.masks.broken_at_most,
        masked_sample=shown.sample,
        fingerprint=shown.fingerprint,
        review=_mask_review(shown.weakest, policy),
    )


def _mask_review(left: int | None, policy: Policy) -> str:
    if left is None or left >= policy.masks.weak_below:
        return ""
    if left > policy.masks.broken_at_most:
        return f"weak mask: a masked value could be one of only {left} (policy: at least {policy.masks.weak_below})"
    return f"the mask does not hold: a masked value could be one of only {left}, so it counts as not masked"


def _hash_verdict(name: str, evidence: ColumnEvidence, hints: NameHints) -> Verdict | None:
    if name not in hints.says - hints.vaguely or evidence.hashes < 0.5 * evidence.rows:
        return None
    review = (
        "a keyed hash: see that the key is kept elsewhere"
        if hints.keyed
        else "an unsalted hash of so few possible values is undone by trying them all, so it counts as not masked"
    )
    return Verdict(
        entity_type=name,
        rows=evidence.rows,
        hits=evidence.hashes,
        confidence=0.6,
        masked=hints.keyed,
        masked_sample="<hash>",
        fingerprint="",
        review=review,
    )
