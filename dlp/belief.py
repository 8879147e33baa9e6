"""Which unmasked values of a column are believed: what accident does not explain, or what its name speaks for."""

import re
from dataclasses import dataclass

from dlp.chance import accident, interval
from dlp.column_names import NameHints
from dlp.columns import ColumnEvidence
from dlp.kind_counts import KindCount
from dlp.kinds import Kind
from dlp.registry import KINDS

CONTAMINATION = 0.05  # of the rows: a column that holds less of a type holds it by mistake

_UNLIKELY = 1e-5  # an accident this rare, among thousands of columns, is none
_DOUBTFUL = 2e-3  # enough where hardly a candidate fails
_RARE = 0.1  # for the single value, whose form alone is rare
_LEAST_SHARE = 0.2  # of the candidates must hold, however many there are
_WEAKEST = 0.1  # a form that random values have more often proves nothing by itself
_DOUBTED_SHARE = 0.5  # where most of what has the form fails the check, the rest passed it by accident
_FEW_SHAPES = 50
_LEAST_PREFIXES = 5
_SPREAD_FROM = 20  # distinct values, from which a real population varies
_LEAST_NAMES = 5
_ALMOST_ALL = 0.9
_NEARLY_ALL = 0.95
_POPULATION = 100  # distinct numbers: one in six of random ones begins like none that is in use
_POPULATION_PREFIXES = 20
_MOST_HOLD, _SLIPS = 0.9, 0.08  # of look-alikes hold, of those begin as none in use: where people wrote them
_SORTS = 3  # of beginnings of two digits
_FEW = 5  # numbers, where nothing else in the column could be taken for one
_MADE_UP = 0.01  # forms rarer than that no machine makes by counting, such as a number plate
_NAMES, _SURNAMES = "chinese_name", 20
_LEAST_PEOPLE = 20  # fewer names, each
_OFTEN = 20  # so often, are a list of things to choose from
_CHECKED_LONE = 0.6  # the confidence in a value whose check may hold by accident
_NAMED_BESIDE = 0.01  # of the rows, where a neighbour names the type: one sort of document among several


@dataclass(frozen=True)
class Believed:
    """Unmasked values of one kind that were believed."""

    count: KindCount
    rows: int
    confidence: float
    note: str = ""


def believed(kinds: list[Kind], evidence: ColumnEvidence, hints: NameHints, *, expected: bool) -> list[Believed]:
    """What is believed of each kind of one type; `expected` when the name of the column or a mask speaks for it."""
    raws = (_of_kind(kind, evidence, hints, expected=expected) for kind in kinds)
    return [raw for raw in raws if raw is not None]


def _of_kind(kind: Kind, evidence: ColumnEvidence, hints: NameHints, *, expected: bool) -> Believed | None:
    count = evidence.kinds.get(kind.name)
    if count is None:
        return None
    whole = _whole_rows(kind, count, evidence, hints, expected=expected)
    text = _text_rows(kind, count, hints, expected=expected)
    if whole or text:
        rows = (count.rows if whole else 0) + text
        return Believed(count, rows, _confidence(kind, count, evidence, rows, expected=expected))
    if expected and kind.check is not None and count.candidates > 0.5 * evidence.distinct:
        note = "the form fits but the check digits do not: made-up or damaged numbers"
        return Believed(count, evidence.valued, 0.5, note) if kind.check_chance < 0.5 else None
    return None


def _whole_rows(kind: Kind, count: KindCount, evidence: ColumnEvidence, hints: NameHints, *, expected: bool) -> bool:
    if not count.whole:
        return False
    if _is_strong(kind):
        # Four numbers in a column called version are a version.
        refused = not expected and ((bool(kind.alone) and hints.about) or _is_mistaken(count))
        return not refused and _significant(kind, count.whole, count.candidates, evidence.look_alikes(kind))
    rate = count.rows / evidence.valued
    if expected:
        least = _NAMED_BESIDE if kind.entity_type in hints.beside else kind.named
        return _typed_rows(kind, evidence) >= least * evidence.valued or (
            kind.alone is not None and _significant(kind, count.whole, count.whole, evidence.look_alikes(kind))
        )
    if kind.alone is None or too_uniform(kind, evidence):
        return False
    if hints.machine or hints.about:
        only = count.whole >= _FEW and evidence.look_alikes(kind) <= count.whole
        if (rate >= _ALMOST_ALL or only) and _is_population(kind, count, least=_FEW if only else _POPULATION):
            return True
    if hints.machine and kind.shape_chance > _MADE_UP:
        return False
    if hints.about:
        return _contradicts(kind, count, evidence.look_alikes(kind))
    if _is_counted(kind, count, evidence.look_alikes(kind)):
        return False
    return rate >= max(kind.alone, 1e-9) or _contaminates(kind, count, evidence.look_alikes(kind))


def _is_mistaken(count: KindCount) -> bool:
    """Whether the values are something else that is written the same: versions of four numbers, all of them small."""
    return count.whole >= _SPREAD_FROM and count.mistaken >= _NEARLY_ALL * count.whole


def _is_counted(kind: Kind, count: KindCount, look_alikes: int) -> bool:
    """Whether numbers are a machine's: some look like them and are none, and they begin in ways that nobody was given.

    Among people's numbers there are slips, but few; of random numbers that begin with 1 a third and a sixth.
    """
    if not kind.given_out or count.whole < _POPULATION:
        return False
    return count.whole < _MOST_HOLD * look_alikes and count.strange > _SLIPS * count.whole


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
        if share < _DOUBTED_SHARE:
            return False
    # Among many look-alikes the estimate of the chance matters too much: more is asked.
    bound = _RARE if shapes <= _FEW_SHAPES else _UNLIKELY
    return accident(max(shapes, hits), hits, kind.shape_chance) < bound


def _contaminates(kind: Kind, count: KindCount, look_alikes: int) -> bool:
    if not kind.in_text:
        return False
    shapes = max(look_alikes, count.whole)
    if accident(shapes, count.whole, kind.shape_chance) < _UNLIKELY:
        return count.whole / shapes > kind.shape_chance + 0.05
    return shapes == count.whole and kind.shape_chance <= _WEAKEST


def _contradicts(kind: Kind, count: KindCount, look_alikes: int) -> bool:
    """Whether the values themselves say more than the name, which is about something else: telephones in a `status`."""
    shapes = max(look_alikes, count.whole)
    sure = (
        kind.in_text and kind.shape_chance <= _WEAKEST and accident(shapes, count.whole, kind.shape_chance) < _UNLIKELY
    )
    return sure and count.whole > _DOUBTED_SHARE * shapes


def _is_population(kind: Kind, count: KindCount, *, least: int) -> bool:
    """Whether the values are people's, whatever the name of the column says: many, and of many sorts.

    Of numbers only those in use occur: what a machine counts or draws begins like others, too.
    """
    if count.whole < least:
        return False
    if kind.name == _NAMES:
        return len(count.prefixes) >= _SURNAMES
    sorts = {prefix[:2] for prefix in count.prefixes}
    few = len(count.prefixes) < min(_POPULATION_PREFIXES, count.whole // 2) or len(sorts) < _SORTS
    return bool(kind.given_out) and not few and all(re.fullmatch(kind.given_out, prefix) for prefix in count.prefixes)


def too_uniform(kind: Kind, evidence: ColumnEvidence) -> bool:
    """Whether what has the form of a kind varies less than people do: few surnames, or a run of numbers."""
    count = evidence.kinds[kind.name]
    if not kind.spread:
        return False
    if kind.entity_type == "PERSON":
        repeated = count.whole < _LEAST_PEOPLE and count.rows >= _OFTEN * count.whole
        return len(count.prefixes) < _LEAST_NAMES or repeated
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
        if not expected and not _is_proven(kind, count, evidence):
            return _CHECKED_LONE
        alone = 0.9 if low >= CONTAMINATION else 0.8
        return round(min(0.99, alone + 0.05 * expected + 0.04 * low), 3)
    base = 0.75 if expected else 0.55
    contextual = 0.1 if count.with_context else 0.0
    return round(min(0.95, base + contextual + 0.2 * low), 3)


def _is_proven(kind: Kind, count: KindCount, evidence: ColumnEvidence) -> bool:
    hits, candidates = count.whole + count.in_text, count.candidates + count.text_candidates
    shapes = max(hits, evidence.look_alikes(kind) + count.text_shapes)
    least = min(accident(candidates, hits, kind.check_chance), accident(shapes, hits, kind.shape_chance))
    return least < _DOUBTFUL
