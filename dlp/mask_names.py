"""Names spelled beside their masks: given names in a column of their own, and Latin spellings such as pinyin."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import takewhile

from dlp.column_names import is_named
from dlp.mask_columns import ColumnFacts

_GIVEN_NAMES = ("given", "given name", "first name", "forename", "名", "名字")
_GIVEN = re.compile(r"[\u4e00-\u9fff]{1,2}")
_SPELLED = re.compile(r"([A-Za-z][A-Za-z .'_-]{2,40})[0-9]{0,8}(?:@.*)?")
_MOST = 0.9
_FEWEST = 20
_OF_A_SURNAME, _SURNAMES = 3, 5  # rows of a surname, and surnames, by which a spelling is known
_SHORTEST = 2  # letters of a surname, and of what follows it


def named_beside(masks: Sequence[str], texts: Sequence[str | None], other: ColumnFacts) -> bool:
    """Whether a column holds the given names that masks of names hide, or spells the names in Latin letters."""
    rows = [(mask, text) for mask, text in zip(masks, texts, strict=True) if mask and text and mask[0] != "*"]
    if len(rows) < _FEWEST:
        return False
    return _given(rows, other) or _spelled(rows)


def _given(rows: Sequence[tuple[str, str]], other: ColumnFacts) -> bool:
    if not is_named(other.name, _GIVEN_NAMES):
        return False
    given = [text for _, text in rows if _GIVEN.fullmatch(text)]
    return len(given) >= len(rows) * _MOST and len(set(given)) >= _FEWEST


def _spelled(rows: Sequence[tuple[str, str]]) -> bool:
    """Whether the same surname is always spelled the same, other ones otherwise, and more follows.

    So no table of spellings is needed, be it pinyin or what Hong Kong writes.
    """
    spelled = [(mask[0], found[1].lower()) for mask, text in rows if (found := _SPELLED.fullmatch(text))]
    if len(spelled) < len(rows) * _MOST:
        return False
    times = Counter(surname for surname, _ in spelled)
    usual = {
        surname: _usual([text for one, text in spelled if one == surname])
        for surname, many in times.items()
        if many >= _OF_A_SURNAME
    }
    known = [(text, usual[surname]) for surname, text in spelled if surname in usual]
    if len(usual) < _SURNAMES or len(known) < _FEWEST:
        return False
    whole = sum(
        len(text) >= len(begun) + _SHORTEST and len(begun) >= _SHORTEST and text.startswith(begun)
        for text, begun in known
    )
    return whole >= len(known) * _MOST and len(set(usual.values())) >= len(usual) / 2


def _usual(texts: Sequence[str]) -> str:
    """What those of these have in common that begin as most do."""
    begin = Counter(text[:_SHORTEST] for text in texts).most_common(1)[0][0]
    alike = [text for text in texts if text.startswith(begin)]
    return "".join(letters[0] for letters in takewhile(lambda same: len(set(same)) == 1, zip(*alike, strict=False)))
