"""How many people or numbers a masked value could still stand for, the check digit counted in."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache, lru_cache

from dlp.policy import Masks

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_HIDDEN = "*"

# How a hidden character narrows nothing: an ending that may be any digit, or any letter or digit.
_DIGITS = 10
_ALPHANUMERIC = 34


def residual_candidates(mask: str, entity_type: str, masks: Masks) -> int | None:
    """How many values fit a mask (`*` for a hidden character), or None where that cannot be counted."""
    if _HIDDEN not in mask:
        return 1
    if entity_type == "CN_RESIDENT_ID" and len(mask) == 18:
        return resident_candidates(mask, masks)
    if entity_type == "PHONE_NUMBER":
        return _phone_candidates(mask)
    if entity_type == "CREDIT_CARD":
        return max(1, _ways(_DIGITS, mask) // 10)
    if entity_type in ("US_SSN", "CN_PASSPORT"):
        return _ways(_DIGITS, mask)
    if entity_type in ("VIN", "CN_VEHICLE_REGISTRATION"):
        return _ways(_ALPHANUMERIC, mask)
    return None


@lru_cache(maxsize=4096)
def resident_candidates(mask: str, masks: Masks) -> int:
    """How many resident IDs fit an 18-character mask: divisions x real birth dates x serials with that check digit."""
    born = _fitting_dates(mask[6:14], masks.birth_years)
    total = _convolved(_convolved(_divisions(mask[:6], masks), born), _fitting_serials(mask[14:17]))
    return sum(count for residue, count in total.items() if mask[17] in (_HIDDEN, _CHECKS[residue]))


def _ways(each: int, mask: str) -> int:
    return int(each ** mask.count(_HIDDEN))


@lru_cache(maxsize=4096)
def _fitting_dates(mask: str, years: tuple[int, int]) -> Counter[int]:
    return _residues(_matching(_birth_dates(years), mask), 6)


@lru_cache(maxsize=4096)
def _fitting_serials(mask: str) -> Counter[int]:
    return _residues(_matching(_serials(), mask), 14)


def _divisions(mask: str, masks: Masks) -> Counter[int]:
    local = list(_matching(masks.local_divisions, mask))
    if local:
        return _residues(local, 0)
    # Somewhere else: which divisions exist there is not known here, only about how many.
    hidden = mask.count(_HIDDEN)
    count = max(1, round(masks.divisions_per_hidden_pair ** (hidden / 2)))
    if not hidden:
        return _residues([mask], 0)
    return Counter({residue: max(1, count // 11) for residue in range(min(11, count))})


def _phone_candidates(mask: str) -> int:
    bare = "".join(character for character in mask if character.isdigit() or character == _HIDDEN)
    bare = bare[2:] if len(bare) == 13 and bare.startswith("86") else bare
    hidden = 11 - sum(character.isdigit() for character in bare) if bare.startswith("1") else bare.count(_HIDDEN)
    return int(_DIGITS ** max(0, hidden))


def _residues(texts: Iterable[str], offset: int) -> Counter[int]:
    return Counter(sum(int(digit) * _WEIGHTS[offset + at] for at, digit in enumerate(text)) % 11 for text in texts)


def _convolved(left: Counter[int], right: Counter[int]) -> Counter[int]:
    total: Counter[int] = Counter()
    for first, count in left.items():
        for second, times in right.items():
            total[(first + second) % 11] += count * times
    return total


def _matching(texts: Iterable[str], mask: str) -> Iterable[str]:
    shown = [(at, character) for at, character in enumerate(mask) if character != _HIDDEN]
    return (text for text in texts if all(text[at] == character for at, character in shown))


@cache
def _birth_dates(years: tuple[int, int]) -> tuple[str, ...]:
    first, last = date(years[0], 1, 1), date(years[1], 12, 31)
    return tuple((first + timedelta(days=day)).strftime("%Y%m%d") for day in range((last - first).days + 1))


@cache
def _serials() -> tuple[str, ...]:
    return tuple(f"{number:03}" for number in range(1000))
