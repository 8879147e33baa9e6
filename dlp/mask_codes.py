"""Checks of what only looks unreadable: digests that a dictionary undoes, and encodings that anyone undoes."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

import polars as pl

from dlp.column_names import name_hints
from dlp.columns import ColumnEvidence
from dlp.digests import Undone, digest_bytes, digest_length, undone, written_ways
from dlp.encodings import decoded_ways, turned_ways
from dlp.mask_columns import ColumnFacts
from dlp.mask_enumeration import fitting_values, possible_values
from dlp.mask_findings import MaskCheck, MaskFinding, Severity, rate
from dlp.mask_marks import is_masked
from dlp.policy import Policy
from dlp.residual import candidates_left, whole_mask
from dlp.verdicts import Verdict, verdicts

_MOSTLY = 0.9
_DECODED = 500  # distinct values of a column
_LOOKS_ENCODED = r"^(?:0x|\\x)?[A-Za-z0-9+/_-]{8,}={0,2}$|%[0-9A-Fa-f]{2}|&#x?[0-9A-Fa-f]+;|\\u[0-9a-fA-F]{4}"
_LOOKS_TURNED = r"^[0-9Kk]{12,19}$|^[0-9A-Za-z]{18}$"
_MOST_TURNED = 0.5
_LEAST_ENCODED = 0.04
_DECODABLE = 0.2  # of the values, before they are decoded
_MOST_FITTING = 20_000  # values that fit a mask beside a digest, for them all to be tried
_ROWS_TRIED = 20
_CHECKED = frozenset({"CN_RESIDENT_ID", "CREDIT_CARD", "CN_SOCIAL_CREDIT_CODE", "IBAN_CODE"})  # by a check digit


def digest_finding(
    column: ColumnFacts,
    others: Sequence[ColumnFacts],
    known: Callable[[], Iterable[str]],
    *,
    budget: int,
    policy: Policy,
) -> MaskFinding | None:
    """The finding on a column of digests: undone by known or possible values, bare, or keyed.

    Args:
        column: the column to judge.
        others: the other columns of the same rows; their values are tried, and what fits their masks.
        known: gives values of other data sets, tried too.
        budget: how many digests may be computed.
        policy: names of types, and what completes a mask.
    """
    values = [value for value in column.sample.drop_nulls().to_list() if value]
    digests = [value for value in values if digest_bytes(value) is not None]
    if len(values) == 0 or len(digests) < len(values) * _MOSTLY or not digest_length(digests):
        return None
    wanted = {raw for value in digests if (raw := digest_bytes(value)) is not None}
    evidence: dict[str, object] = {"rows": column.evidence.rows, "digest_bytes": len(next(iter(wanted)))}
    personal = column.entity_type or next(iter(sorted(column.hints.says)), "")
    left = budget
    for source, tried in _dictionaries(column, others, known, personal, policy):
        hit = undone(wanted, written_ways(tried), budget=left)
        if hit.matches:
            return _proven(column, personal, hit, len(wanted), source, evidence)
        left -= hit.spent
    if not personal:
        return None
    evidence["digests_tried"] = budget - left
    if column.hints.keyed or column.holds == "token":
        return MaskFinding(MaskCheck.digest, (column.name,), "informational", personal, evidence, mend="digest_keyed")
    return MaskFinding(MaskCheck.digest, (column.name,), "medium", personal, evidence, mend="digest_bare")


def encoding_finding(column: ColumnFacts, policy: Policy, *, key: bytes) -> MaskFinding | None:
    """The finding on a column of which many values are an encoding of personal data; None where none is."""
    distinct = column.sample.drop_nulls().unique(maintain_order=True)
    raw = distinct.filter(~is_masked(distinct) & (distinct.str.len_bytes() > 0))
    values = raw.head(_DECODED).to_list()
    if not values:
        return None
    ways: dict[str, list[str]] = {}
    looks = pl.Series(values, dtype=pl.String).str.contains(_LOOKS_ENCODED).mean()
    for value in values if isinstance(looks, float) and looks >= _LEAST_ENCODED else ():
        for text, way in decoded_ways(value):
            ways.setdefault(way, []).append(text)
    counted = {way: texts for way, texts in ways.items() if len(texts) >= max(1, len(values) * _DECODABLE)}
    # The last that is undone shows the most.
    for way, texts in sorted(counted.items(), key=lambda item: (-item[0].count(" in "), item[0])):
        found = [verdict for verdict in _judged(column.name, texts, policy, key=key) if not verdict.masked]
        if found:
            return _encoded(column, max(found, key=lambda verdict: verdict.hits), way, len(values))
    return _turned(column, values, policy, key=key)


def _dictionaries(
    column: ColumnFacts,
    others: Sequence[ColumnFacts],
    known: Callable[[], Iterable[str]],
    personal: str,
    policy: Policy,
) -> Iterator[tuple[str, Iterable[str]]]:
    for other in others:
        if other.name != column.name and other.holds != "hash":
            yield f"column {other.name}", dict.fromkeys(value for value in other.sample.drop_nulls().to_list() if value)
    yield "other data sets", known()
    for other in others:
        if other.masked_type:
            yield f"what fits the masks of {other.name}", _fitting(other, policy)
    if personal:
        yield "possible values", possible_values(personal, policy.masks)


def _fitting(column: ColumnFacts, policy: Policy) -> Iterator[str]:
    entity_type = column.masked_type
    tried = 0
    for mask in column.masks(entity_type):
        whole = whole_mask(mask, entity_type) if mask else ""
        left = candidates_left(whole, entity_type, policy.masks) if whole else None
        if left is None or left > _MOST_FITTING or tried >= _ROWS_TRIED:
            continue
        tried += 1
        yield from islice(fitting_values(whole, entity_type, policy.masks), _MOST_FITTING)


def _proven(
    column: ColumnFacts, personal: str, hit: Undone, digests: int, source: str, evidence: dict[str, object]
) -> MaskFinding:
    told = {
        **evidence,
        "algorithm": hit.algorithm,
        "undone": hit.matches,
        "digests": digests,
        "values_tried": hit.tried,
        "undone_by": source,
        **rate(hit.matches, digests),
    }
    names = (column.name, source.removeprefix("column ")) if source.startswith("column ") else (column.name,)
    return MaskFinding(MaskCheck.digest, names, "critical" if personal else "high", personal, told)


def _judged(name: str, texts: Sequence[str], policy: Policy, *, key: bytes) -> list[Verdict]:
    counted = Counter(texts)
    evidence = ColumnEvidence()
    frame = pl.DataFrame({"value": list(counted), "rows": list(counted.values())})
    evidence.observe(frame, key=key, policy=policy)
    return verdicts(evidence, name_hints(name, policy), policy)


def _encoded(column: ColumnFacts, verdict: Verdict, way: str, values: int) -> MaskFinding:
    evidence = {
        "encoding": way,
        "values_with": verdict.hits,
        "values": values,
        **rate(min(verdict.hits, values), values),
        "sample": verdict.masked_sample,
    }
    return MaskFinding(MaskCheck.encoding, (column.name,), "critical", verdict.entity_type, evidence)


def _turned(column: ColumnFacts, values: Sequence[str], policy: Policy, *, key: bytes) -> MaskFinding | None:
    looks = pl.Series(values, dtype=pl.String).str.contains(_LOOKS_TURNED).mean()
    if any(count.raw for count in column.counts.values()) or not isinstance(looks, float) or looks < _MOST_TURNED:
        return None
    ways: dict[str, list[str]] = {}
    for value in values:
        for text, way in turned_ways(value):
            ways.setdefault(way, []).append(text)
    for way, texts in ways.items():
        found = _judged(column.name, texts, policy, key=key)
        # A form alone proves nothing of turned digits; a check digit that nearly all pass does.
        sure = [one for one in found if one.entity_type in _CHECKED and not one.masked and one.confidence > 0.5]
        for verdict in sure:
            if verdict.hits > len(values) * 0.5:
                severity: Severity = "critical"
                return MaskFinding(
                    MaskCheck.encoding,
                    (column.name,),
                    severity,
                    verdict.entity_type,
                    {"encoding": way, "values_with": verdict.hits, "values": len(values)},
                )
    return None
