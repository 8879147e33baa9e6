"""Values that a digest may stand for: all that fit a mask, and a spread of all that there are."""

from collections.abc import Iterator
from itertools import product

from dlp.policy import Masks
from dlp.recognizers.person import SURNAMES
from dlp.resident_masks import resident_ids
from dlp.residual import whole_mask

_DIGITS = "0123456789"
_STRIDE = 7_919  # a prime: steps through a space in no order that values have
_GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂文辉玲华红健丹鹏飞建国海燕志波宇欣怡浩然子涵梓"


def fitting_values(mask: str, entity_type: str, masks: Masks) -> Iterator[str]:
    """Every value that fits a mask (`*` for a hidden character): digits for digits, check digits counted in."""
    whole = whole_mask(mask, entity_type)
    if entity_type == "CN_RESIDENT_ID":
        yield from resident_ids(whole, masks)
    elif entity_type == "PERSON":
        yield from _names(mask)
    else:
        for filling in product(_DIGITS, repeat=whole.count("*")):
            digits = iter(filling)
            yield "".join(next(digits) if character == "*" else character for character in whole)


def possible_values(entity_type: str, masks: Masks) -> Iterator[str]:
    """Values that a person of this city may well have, without an end that matters: the caller has a budget."""
    if entity_type == "PHONE_NUMBER":
        yield from _mobiles(masks)
    elif entity_type == "CN_RESIDENT_ID":
        yield from resident_ids("*" * 18, masks, stride=_STRIDE)
    elif entity_type == "PERSON":
        for surname in SURNAMES[:200]:
            yield from (surname + given for given in _GIVEN)
            yield from (surname + first + second for first in _GIVEN for second in _GIVEN)


def _mobiles(masks: Masks) -> Iterator[str]:
    segments = masks.local_mobile_segments or masks.mobile_prefixes
    if not segments:
        return
    each = 10 ** (11 - len(segments[0]))
    width = 11 - len(segments[0])
    total = each * len(segments)
    at = 0
    for _ in range(total):
        yield f"{segments[at // each]}{at % each:0{width}}"
        at = (at + _STRIDE) % total


def _names(mask: str) -> Iterator[str]:
    places = [
        _GIVEN if character == "*" and at else SURNAMES if character == "*" else character
        for at, character in enumerate(mask)
    ]
    yield from map("".join, product(*places))
