"""How many people or numbers a masked value could still stand for, the check digit counted in."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from dlp.checked_masks import (
    card_candidates,
    hong_kong_candidates,
    social_credit_candidates,
    taiwan_candidates,
    vin_candidates,
)
from dlp.policy import Masks

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_HIDDEN = "*"

_DIGITS = 10
_PASSPORT_LETTERS = "EGDSPHKM"
_PLATE_PROVINCES, _PLATE_LETTERS, _PLATE_SYMBOLS = 31, 24, 34
_LOCAL_PART = 36  # letters and digits; the few other signs of an address hardly widen it
_PERMITS = ("CN_HK_MACAO_PERMIT", "CN_HOME_RETURN_PERMIT", "CN_TAIWAN_PERMIT")
_RESIDENT_FORM = r"[0-9*]{17}[0-9X*]"
_MOBILE = 11
_RESIDENT = 18


def residual_candidates(mask: str, entity_type: str, masks: Masks) -> int | None:
    """How many identifiers fit a mask (`*` for a hidden character), or None where that cannot be counted.

    Names and e-mail addresses are left to `candidates_left`: many people share a name, so their number is another
    measure.
    """
    if _HIDDEN not in mask:
        return 1
    count = _COUNTED.get(entity_type)
    return None if count is None else count(mask, masks)


def candidates_left(mask: str, entity_type: str, masks: Masks) -> int | None:
    """How many values fit a mask, of any type that can be counted; None where it cannot."""
    if _HIDDEN in mask and entity_type == "PERSON":
        return _names(mask, masks)
    if _HIDDEN in mask and entity_type == "EMAIL_ADDRESS":
        return _addresses(mask, masks)
    return residual_candidates(mask, entity_type, masks)


def whole_mask(mask: str, entity_type: str) -> str:
    """The mask as long as the value was: `138***8000`, whose stars stand for four digits, as `138****8000`.

    Separators and a leading +86 are left out. Where the length is not known, the mask as it is.
    """
    bare = re.sub(r"[ ()·.•-]", "", mask) if entity_type not in ("EMAIL_ADDRESS", "PERSON", "LOCATION") else mask
    if entity_type == "PHONE_NUMBER":
        bare = re.sub(r"^(?:\+|00)?86(?=1)", "", bare)
    length = {"CN_RESIDENT_ID": _RESIDENT, "CN_SOCIAL_CREDIT_CODE": 18, "VIN": 17}.get(entity_type)
    if entity_type == "PHONE_NUMBER" and bare[:1] in ("1", _HIDDEN):
        length = _MOBILE
    runs = re.findall(r"\*+", bare)
    if length is None or len(bare) == length or len(runs) != 1:
        return bare
    stars = len(runs[0]) + length - len(bare)
    return bare.replace(runs[0], _HIDDEN * stars) if stars > 0 else bare


@lru_cache(maxsize=4096)
def resident_candidates(mask: str, masks: Masks, *, odd: bool | None = None) -> int:
    """How many resident IDs fit an 18-character mask: divisions x real birth dates x serials with that check digit.

    `odd` says whether the serial is odd (a man's), where the gender is known. What is no such mask fits none.
    """
    mask = mask.upper()
    if re.fullmatch(_RESIDENT_FORM, mask) is None:
        return 0
    born = _fitting_dates(mask[6:14], masks.birth_years)
    total = _convolved(_convolved(_divisions(mask[:6], masks), born), _fitting_serials(mask[14:17], odd=odd))
    return sum(count for residue, count in total.items() if mask[17] in (_HIDDEN, _CHECKS[residue]))


def resident_ids(mask: str, masks: Masks, *, stride: int = 1) -> Iterator[str]:
    """Every resident ID of this city that fits an 18-character mask; by `stride`, a prime, in another order."""
    mask = mask.upper()
    if re.fullmatch(_RESIDENT_FORM, mask) is None:
        return
    divisions = list(_matching(masks.local_divisions, mask[:6])) or ([] if _HIDDEN in mask[:6] else [mask[:6]])
    born = list(_matching(_birth_dates(masks.birth_years), mask[6:14]))
    serials = list(_matching(_serials(), mask[14:17]))
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


def _resident(mask: str, masks: Masks) -> int | None:
    return resident_candidates(mask, masks) if re.fullmatch(_RESIDENT_FORM, mask.upper()) else None


def _ways(each: int, mask: str) -> int:
    return int(each ** mask.count(_HIDDEN))


def _phone(mask: str, masks: Masks) -> int:
    whole = whole_mask(mask, "PHONE_NUMBER")
    if len(whole) != _MOBILE or whole[0] not in ("1", _HIDDEN):
        bare = "".join(character for character in whole if character.isdigit() or character == _HIDDEN)
        return _ways(_DIGITS, bare)
    segments = masks.local_mobile_segments or masks.mobile_prefixes
    length = len(segments[0]) if segments else 0
    fitting = sum(1 for _ in _matching(segments, whole[:length]))
    # A number that no list knows is a number all the same.
    return fitting * _ways(_DIGITS, whole[length:]) if fitting else _ways(_DIGITS, whole)


def _card(mask: str, masks: Masks) -> int | None:
    bare = "".join(character for character in mask if character.isdigit() or character == _HIDDEN)
    return max(1, card_candidates(bare, masks.card_prefixes)) if bare else None


def _social_credit(mask: str, masks: Masks) -> int | None:
    return social_credit_candidates(mask.upper(), masks.local_divisions) if len(mask) == _RESIDENT else None


def _passport(mask: str, _masks: Masks) -> int:
    letters = len(_PASSPORT_LETTERS) if mask[:1] == _HIDDEN else 1
    # The second place holds a letter or a digit since the digits of E ran out.
    second = _PLATE_SYMBOLS if mask[1:2] == _HIDDEN and mask[0] in "E*" else 1
    return letters * second * _ways(_DIGITS, mask[2:] if second > 1 else mask[1:])


def _plate(mask: str, _masks: Masks) -> int:
    bare = re.sub(r"[·.• -]", "", mask)
    province = _PLATE_PROVINCES if bare[:1] == _HIDDEN else 1
    letter = _PLATE_LETTERS if bare[1:2] == _HIDDEN else 1
    return province * letter * _ways(_PLATE_SYMBOLS, bare[2:])


def _vin(mask: str, _masks: Masks) -> int:
    return vin_candidates(mask.upper()) if len(mask) == 17 else _ways(_PLATE_SYMBOLS, mask)


def _taiwan(mask: str, _masks: Masks) -> int | None:
    return taiwan_candidates(mask) if len(mask) == 10 else None


def _hong_kong(mask: str, _masks: Masks) -> int | None:
    bare = re.sub(r"[()]", "", mask)
    return hong_kong_candidates(bare) if len(bare) in (8, 9) else None


def _digits_only(mask: str, _masks: Masks) -> int:
    return _ways(_DIGITS, mask)


def _names(mask: str, masks: Masks) -> int | None:
    if not re.fullmatch(r"[\u4e00-\u9fff*]{2,4}", mask):
        return None
    surname = masks.surnames if mask[0] == _HIDDEN else 1
    return surname * _ways(masks.name_characters, mask[1:])


def _addresses(mask: str, masks: Masks) -> int | None:
    local, at, domain = mask.rpartition("@")
    if not at:
        return None
    host = masks.mail_providers if _HIDDEN in domain else 1
    return int(min(10**12, host * _ways(_LOCAL_PART, local)))


_COUNTED: dict[str, Callable[[str, Masks], int | None]] = {
    "CN_RESIDENT_ID": _resident,
    "PHONE_NUMBER": _phone,
    "CREDIT_CARD": _card,
    "CN_SOCIAL_CREDIT_CODE": _social_credit,
    "CN_PASSPORT": _passport,
    "CN_VEHICLE_REGISTRATION": _plate,
    "VIN": _vin,
    "TW_IDENTITY_CARD": _taiwan,
    "HK_IDENTITY_CARD": _hong_kong,
    "US_SSN": _digits_only,
    **dict.fromkeys(_PERMITS, _digits_only),
}


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
    fitting = _matching(_serials(), mask)
    return _residues((serial for serial in fitting if odd is None or int(serial) % 2 == odd), 14)


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
def _date_digits(years: tuple[int, int]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The digits of every date of birth, a row each, and what each adds to the check, modulo 11."""
    dates = _birth_dates(years)
    digits = np.frombuffer("".join(dates).encode(), dtype=np.uint8).reshape(len(dates), 8)
    return digits, (digits.astype(np.int64) - ord("0")) @ np.array(_WEIGHTS[6:14]) % 11


@cache
def _serials() -> tuple[str, ...]:
    return tuple(f"{number:03}" for number in range(1000))
