"""The check of encodings: what anyone undoes, such as base64, reversed digits or letters in the place of digits."""

from collections import Counter
from collections.abc import Sequence

import polars as pl

from dlp.chance import accident
from dlp.column_names import name_hints
from dlp.columns import ColumnEvidence
from dlp.encodings import decoded_ways, numbers_behind, turned_ways, xored_ways
from dlp.mask_columns import ColumnFacts, passing
from dlp.mask_findings import MaskCheck, MaskFinding, rate
from dlp.mask_marks import is_masked
from dlp.policy import Policy
from dlp.registry import KINDS
from dlp.verdicts import Verdict, verdicts

_DECODED = 500  # distinct values of a column
_LOOKS_ENCODED = (
    r"^(?:0x|\\x)?[A-Za-z0-9+/_-]{8,}={0,6}$|%[0-9A-Fa-f]{2}|&#x?[0-9A-Fa-f]+;|\\u[0-9a-fA-F]{4}|^[!-~]{10,}$"
)
_LOOKS_TURNED = r"^[0-9Kk]{11,19}$|^[0-9A-Za-z]{6,18}$|^[零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖Xx]{11,19}$"
_MOST_TURNED = 0.5
_LEAST_ENCODED = 0.04
_DECODABLE = 0.2  # of the values, before they are decoded
_CHECKED = ("CN_RESIDENT_ID", "CREDIT_CARD", "CN_SOCIAL_CREDIT_CODE", "IBAN_CODE")  # by a check digit
_UNLIKELY = 1e-4  # that a column of anything else is taken for one
_MOBILE = "PHONE_NUMBER"
_ALMOST_ALL = 0.95  # of turned values that are mobiles: seven in a hundred numbers look like one
_SHORTEST = 11  # characters of a mobile; all else that turned digits are taken for is longer
_LEAST_MOBILES, _LEAST_PREFIXES = 20, 8


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
    for texts, way in xored_ways(values) if isinstance(looks, float) and looks >= _MOST_TURNED else ():
        found = [verdict for verdict in _judged(column.name, texts, policy, key=key) if not verdict.masked]
        if found and _proves_form(found, len(values)):
            return _encoded(column, max(found, key=lambda verdict: verdict.hits), way, len(values))
    return _turned(column, values)


def _proves_form(found: Sequence[Verdict], values: int) -> bool:
    """Whether nearly all of the texts are of one type: of 255 bytes one may make some of anything."""
    return max(verdict.hits for verdict in found) >= values * _ALMOST_ALL


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


def _turned(column: ColumnFacts, values: Sequence[str]) -> MaskFinding | None:
    looks = pl.Series(values, dtype=pl.String).str.contains(_LOOKS_TURNED).mean()
    if _is_raw(column) or not isinstance(looks, float) or looks < _MOST_TURNED:
        return None
    ways: dict[str, list[str]] = {}
    for value in values:
        for text, way in (*turned_ways(value), *numbers_behind(value)):
            ways.setdefault(way, []).append(text)
    long = {way: texts for way, texts in ways.items() if sum(map(_is_long, texts)) > len(values) * _MOST_TURNED}
    for way, texts in long.items():
        # A form alone proves nothing of turned digits; a check digit that nearly all pass does.
        sure = [name for name in _CHECKED if _proves(texts, name, values=len(values), ways=len(ways))]
        for entity_type in (*sure, *_mobiles(column, texts)):
            evidence = {"encoding": way, "values_with": len(texts), "values": len(values)}
            return MaskFinding(MaskCheck.encoding, (column.name,), "critical", entity_type, evidence)
    return None


def _is_long(text: str) -> bool:
    return len(text) >= _SHORTEST


def _is_raw(column: ColumnFacts) -> bool:
    """Whether the values have the form of a type as they are, and not by the column's name alone."""
    telling = [
        kind
        for kind in KINDS
        if kind.alone is not None and kind.name in column.evidence.kinds and column.evidence.kinds[kind.name].rows
    ]
    return any(count.raw and name in {kind.entity_type for kind in telling} for name, count in column.counts.items())


def _proves(texts: Sequence[str], entity_type: str, *, values: int, ways: int) -> bool:
    """Whether so many texts pass the check of a type that no accident explains it, however many ways were tried."""
    passed = passing(texts, entity_type)
    # Forms without a check digit, such as the old resident ID, are rarer still by their dates.
    chance = max(kind.check_chance for kind in KINDS if kind.entity_type == entity_type and kind.check_chance < 1)
    return passed > values * _MOST_TURNED and accident(len(texts), passed, chance) * ways < _UNLIKELY


def _mobiles(column: ColumnFacts, texts: Sequence[str]) -> tuple[str, ...]:
    """Mobiles, where nearly all texts are ones, of many prefixes, in a column of which name or mask says so.

    Numbers of a sequence turned by a few digits have the form of mobiles too, but few prefixes.
    """
    if _MOBILE not in column.hints.says and column.holds is None:
        return ()
    frame = pl.Series(texts, dtype=pl.String)
    fits = frame.filter(frame.str.contains(r"^1[3-9][0-9]{9}$"))
    many = len(fits) >= max(_LEAST_MOBILES, len(texts) * _ALMOST_ALL)
    return (_MOBILE,) if many and fits.str.head(3).n_unique() >= _LEAST_PREFIXES else ()
