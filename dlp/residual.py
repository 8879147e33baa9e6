"""How many people or numbers a masked value could still stand for, the check digit counted in."""

import re
from collections.abc import Callable

from dlp.checked_masks import (
    card_candidates,
    hong_kong_candidates,
    social_credit_candidates,
    taiwan_candidates,
    vin_candidates,
)
from dlp.policy import Masks
from dlp.resident_masks import matching, resident_candidates

_HIDDEN = "*"

_DIGITS, _HEX_DIGITS = 10, 16
_PASSPORT_LETTERS = "EGDSPHKM"
_PLATE_PROVINCES, _PLATE_LETTERS, _PLATE_SYMBOLS = 31, 24, 34
_LOCAL_PART = 36  # letters and digits; the few other signs of an address hardly widen it
_PERMITS = ("CN_HK_MACAO_PERMIT", "CN_HOME_RETURN_PERMIT", "CN_TAIWAN_PERMIT")
_MOBILE = 11
# ****-87654321: the number of a subscriber is whole, and there are as many as there are area codes of China. [K]
_ONLY_AREA_HIDDEN = re.compile(r"\(?0?\*{2,4}\)?[- ]?[2-8][0-9]{6,7}")
_AREA_CODES = 340
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


def _resident(mask: str, masks: Masks) -> int | None:
    return resident_candidates(mask, masks) if re.fullmatch(r"[0-9*]{17}[0-9X*]", mask.upper()) else None


def _ways(each: int, mask: str) -> int:
    return int(each ** mask.count(_HIDDEN))


def _phone(mask: str, masks: Masks) -> int:
    whole = whole_mask(mask, "PHONE_NUMBER")
    if _ONLY_AREA_HIDDEN.fullmatch(mask):
        return _AREA_CODES
    if len(whole) != _MOBILE or whole[0] not in ("1", _HIDDEN):
        bare = "".join(character for character in whole if character.isdigit() or character == _HIDDEN)
        return _ways(_DIGITS, bare)
    segments = masks.local_mobile_segments or masks.mobile_prefixes
    length = len(segments[0]) if segments else 0
    fitting = sum(1 for _ in matching(segments, whole[:length]))
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


def _luhn_digits(mask: str, _masks: Masks) -> int:
    # Whatever the other digits are, one of ten makes the sum right.
    return max(1, _ways(_DIGITS, mask) // _DIGITS)


def _hex_digits(mask: str, _masks: Masks) -> int:
    return _ways(_HEX_DIGITS, mask)


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
    "IMEI": _luhn_digits,
    "ICCID": _digits_only,
    "IMSI": _digits_only,
    "QQ_NUMBER": _digits_only,
    "CN_DRIVING_LICENCE_FILE": _digits_only,
    "CN_SOCIAL_SECURITY_CARD": _digits_only,
    "MAC_ADDRESS": _hex_digits,
    **dict.fromkeys(_PERMITS, _digits_only),
}
