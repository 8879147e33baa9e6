"""The verdict on a column: which types it holds, how sure, how many rows, and whether they are masked."""

from dataclasses import dataclass

from dlp.belief import CONTAMINATION, Believed, believed, too_uniform
from dlp.chance import interval
from dlp.column_names import NameHints
from dlp.columns import ColumnEvidence
from dlp.kinds import Kind
from dlp.masked_values import MaskCount
from dlp.policy import Policy
from dlp.profiles import DIGIT, SEPARATOR
from dlp.registry import ENTITY_TYPES, KINDS

_MASK_SHARE = 0.3
_VAGUE_SHARE = 0.5
_MOST = 0.5
_KINDS_OF = {name: [kind for kind in KINDS if kind.entity_type == name] for name in ENTITY_TYPES}
_WEAK = 1 / 10  # the chance of a Luhn digit
# Types of digits alone whose check says little: their masks have the look of any long number with stars in it.
_LIKE_NUMBERS = frozenset(
    kind.entity_type
    for kind in KINDS
    if kind.check_chance == _WEAK and not kind.of & ~(DIGIT | SEPARATOR) and kind.masked_forms
)


@dataclass(frozen=True)
class Verdict:
    """One type found in one column, before it is graded; `distinct` counts different unmasked values."""

    entity_type: str
    rows: int
    hits: int
    confidence: float
    masked: bool
    masked_sample: str
    fingerprint: str
    review: str
    distinct: int = 0


def verdicts(evidence: ColumnEvidence, hints: NameHints, policy: Policy) -> list[Verdict]:
    """Every type that the column holds, in the order of the registry."""
    found = [_of_type(name, evidence, hints, policy) for name in ENTITY_TYPES] if evidence.valued else []
    return [verdict for verdict in found if verdict is not None and not _is_random(verdict, hints)]


def _is_random(verdict: Verdict, hints: NameHints) -> bool:
    # Among thousands of random passwords some have a sign and a dot in the right places.
    few = verdict.hits < CONTAMINATION * verdict.rows
    return few and verdict.entity_type == "EMAIL_ADDRESS" and "PASSWORD" in hints.says


def masked_rows(name: str, evidence: ColumnEvidence, hints: NameHints) -> int:
    """How many rows of a column hold masked values of a type."""
    if not evidence.masks.claims and not evidence.masks.opaque:
        return 0
    if hints.machine and name in _LIKE_NUMBERS - hints.beside:
        return 0  # of an order number with stars, too, one in ten would pass
    rows = evidence.masks.rows_by_type(hints.says | hints.beside, evidence.valued)[name]
    opaque = evidence.masks.opaque
    if name in hints.says and (rows or opaque > evidence.valued * _MASK_SHARE):
        return rows + opaque
    # A name such as 张* is two characters: alone it proves little.
    least = _MASK_SHARE if name == "PERSON" else 0.001
    return rows if rows >= evidence.valued * least else 0


def _of_type(name: str, evidence: ColumnEvidence, hints: NameHints, policy: Policy) -> Verdict | None:
    kinds = _KINDS_OF[name]
    hidden = masked_rows(name, evidence, hints)
    if not hidden and not any(kind.name in evidence.kinds for kind in kinds):
        return _hash_verdict(name, evidence, hints)
    named = name in hints.says and (
        name not in hints.vaguely or _speaks_itself(kinds, evidence, repeated=name in hints.roles)
    )
    sure = believed(kinds, evidence, hints, expected=named or hidden > 0 or name in hints.beside)
    if sum(raw.rows for raw in sure) > evidence.valued * _MOST:
        # What most values are, the others may be too, written in a way that proves less.
        sure = believed(kinds, evidence, hints, expected=True)
    if sure:
        return _raw_verdict(name, evidence, sure, hidden, named=named)
    if hidden:
        return _masked_verdict(name, evidence, hidden, policy)
    return _hash_verdict(name, evidence, hints)


def _speaks_itself(kinds: list[Kind], evidence: ColumnEvidence, *, repeated: bool) -> bool:
    """Whether enough values look like the type without their name: `name` is what things and places have, too.

    Where the name is what somebody is, such as a driver, a few people may stand in it many times (`repeated`).
    """
    able = [kind for kind in kinds if kind.alone is not None and kind.name in evidence.kinds]
    counts = [evidence.kinds[kind.name] for kind in able if repeated or not too_uniform(kind, evidence)]
    return sum(count.rows for count in counts) >= _VAGUE_SHARE * evidence.valued


def _raw_verdict(name: str, evidence: ColumnEvidence, raws: list[Believed], hidden: int, *, named: bool) -> Verdict:
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
        distinct=min(rows, sum(raw.count.whole + raw.count.in_text for raw in raws)),
    )


def _raw_review(rows: int, hidden: int, total: int, best: Believed, *, named: bool) -> str:
    if hidden:
        low, high = interval(rows, rows + hidden)
        share = rows / (rows + hidden)
        return f"partly masked: {share:.2%} of the values are not masked (95 % interval {low:.2%} to {high:.2%})"
    if best.note:
        return best.note
    low, high = interval(rows, total)
    if rows / total < CONTAMINATION and not named:
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
    if name not in hints.says - hints.vaguely or evidence.hashes < 0.5 * evidence.valued:
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
