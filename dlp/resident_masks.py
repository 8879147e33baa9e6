"""How many resident IDs fit a mask, counted over remainders of the check sum, and which of this city do."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from dlp.policy import Masks

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_HIDDEN = "*"
_FORM = r"[0-9*]{17}[0-9X*]"


@lru_cache(maxsize=4096)
def resident_candidates(mask: str, masks: Masks, *, odd: bool | None = None) -> int:
    """How many resident IDs fit an 18-character mask: divisions x real birth dates x serials with that check digit.

    `odd` says whether the serial is odd (a man's), where the gender is known. What is no such mask fits none.
    """
    mask = mask.upper()
    if re.fullmatch(_FORM, mask) is None:
        return 0
    born = _fitting_dates(mask[6:14], masks.birth_years)
    total = _convolved(_convolved(_divisions(mask[:6], masks), born), _fitting_serials(mask[14:17], odd=odd))
    return sum(count for residue, count in total.items() if mask[17] in (_HIDDEN, _CHECKS[residue]))


def resident_ids(mask: str, masks: Masks, *, stride: int = 1) -> Iterator[str]:
    """Every resident ID of this city that fits an 18-character mask; by `stride`, a prime, in another order."""
    mask = mask.upper()
    if re.fullmatch(_FORM, mask) is None:
        return
    divisions = list(matching(masks.local_divisions, mask[:6])) or ([] if _HIDDEN in mask[:6] else [mask[:6]])
    born = list(matching(_birth_dates(masks.birth_years), mask[6:14]))
    serials = list(matching(_serials(), mask[14:17]))
    total = len(divisions) * len(born) * len(serials)
    at = 0
    for _ in range(total):
        rest, serial = divmod(at, len(serials))
        division, birth = divmod(rest, len(born))
        body = divisions[division] + born[birth] + serials[serial]
        check = _CHECKS[sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True)) % 11]
        if mask[17] in (_HIDDEN, check):
            yield body + check
        at = (at + stride) % total


def matching(texts: Iterable[str], mask: str) -> Iterable[str]:
    """The texts that fit a mask of their length."""
    shown = [(at, character) for at, character in enumerate(mask) if character != _HIDDEN]
    return (text for text in texts if all(text[at] == character for at, character in shown))


@lru_cache(maxsize=4096)
def _fitting_dates(mask: str, years: tuple[int, int]) -> Counter[int]:
    digits, residues = _date_digits(years)
    shown = [at for at, character in enumerate(mask) if character != _HIDDEN]
    wanted = np.frombuffer("".join(mask[at] for at in shown).encode("ascii", "replace"), dtype=np.uint8)
    fitting = (digits[:, shown] == wanted).all(axis=1)
    counts = np.bincount(residues[fitting], minlength=11)
    return Counter({residue: int(count) for residue, count in enumerate(counts) if count})


@lru_cache(maxsize=4096)
def _fitting_serials(mask: str, *, odd: bool | None) -> Counter[int]:
    fitting = matching(_serials(), mask)
    return _residues((serial for serial in fitting if odd is None or int(serial) % 2 == odd), 14)


def _divisions(mask: str, masks: Masks) -> Counter[int]:
    local = list(matching(masks.local_divisions, mask))
    if local:
        return _residues(local, 0)
    # Somewhere else: which divisions exist there is not known here, only about how many.
    hidden = mask.count(_HIDDEN)
    count = max(1, round(masks.divisions_per_hidden_pair ** (hidden / 2)))
    if not hidden:
        return _residues([mask], 0)
    return Counter({residue: max(1, count // 11) for residue in range(min(11, count))})


def _residues(texts: Iterable[str], offset: int) -> Counter[int]:
    return Counter(sum(int(digit) * _WEIGHTS[offset + at] for at, digit in enumerate(text)) % 11 for text in texts)


def _convolved(left: Counter[int], right: Counter[int]) -> Counter[int]:
    total: Counter[int] = Counter()
    for first, count in left.items():
        for second, times in right.items():
            total[(first + second) % 11] += count * times
    return total


@cache
def _birth_dates(years: tuple[int, int]) -> tuple[str, ...]:
    first, last = date(years[0], 1, 1), date(years[1], 12, 31)
    return tuple((first + timedelta(days=day)).strftime("%Y%m%d") for day in range((last - first).days + 1))


@cache
def _date_digits(years: tuple[int, int]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The digits of every date of birth, a row each, and what each adds to the check, modulo 11."""
    dates = _birth_dates(years)
    digits = np.frombuffer("".join(dates).encode(), dtype=np.uint8).reshape(len(dates), 8)
    return digits, (digits.astype(np.int64) - ord("0")) @ np.array(_WEIGHTS[6:14]) % 11


@cache
def _serials() -> tuple[str, ...]:
    return tuple(f"{number:03}" for number in range(1000))
