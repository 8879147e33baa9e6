"""How many numbers with a check digit fit a mask: counted over remainders, position by position."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

HIDDEN = "*"

Worth = Callable[[int, str], int]  # what a symbol at a position adds to the checked sum

_DIGITS = "0123456789"
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28, 1)
_VIN = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
_VIN_WORTHS = {
    **dict(zip(_DIGITS, range(10), strict=True)),
    **dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", map(int, "12345678123457923456789"), strict=True)),
}
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_TW_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
_TW_WEIGHTS = (0, 8, 7, 6, 5, 4, 3, 2, 1, 1)
_HK_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@lru_cache(maxsize=4096)
def card_candidates(mask: str, prefixes: tuple[str, ...]) -> int:
    """How many card numbers of that length fit: prefixes where the mask allows one, Luhn sum (ISO/IEC 7812-1)."""
    beginnings = _beginnings(mask, prefixes)

    def luhn(at: int, digit: str) -> int:
        worth = int(digit)
        if (len(mask) - at) % 2:
            return worth
        return worth * 2 - 9 if worth > 4 else worth * 2

    return sum(_summing(begun, [_DIGITS] * len(begun), luhn, 10).get(0, 0) for begun in beginnings)


@lru_cache(maxsize=4096)
def social_credit_candidates(mask: str, divisions: tuple[str, ...]) -> int:
    """How many unified social credit codes fit (GB 32100-2015), of these divisions where the mask allows one."""
    places = [_filled(mask, 2, division) for division in divisions if _allows(mask[2:8], division)] or [mask]
    allowed = ["123456789AHNY", _USCC, *[_DIGITS] * 6, *[_USCC] * 10]

    def worth(at: int, symbol: str) -> int:
        return _USCC.index(symbol) * _USCC_WEIGHTS[at]

    return sum(_summing(place, allowed, worth, 31).get(0, 0) for place in places)


@lru_cache(maxsize=4096)
def vin_candidates(mask: str) -> int:
    """How many vehicle identification numbers fit, the check character at the ninth place counted in (ISO 3779)."""
    ninth = "0123456789X"
    wanted = ninth if mask[8] == HIDDEN else mask[8]
    sums = _summing(_filled(mask, 8, "0"), [_VIN] * 17, lambda at, symbol: _VIN_WORTHS[symbol] * _VIN_WEIGHTS[at], 11)
    return sum(count for remainder, count in sums.items() if ninth[remainder] in wanted)


@lru_cache(maxsize=4096)
def taiwan_candidates(mask: str) -> int:
    """How many Taiwan identity cards fit, by their sum."""

    def worth(at: int, symbol: str) -> int:
        if at:
            return int(symbol) * _TW_WEIGHTS[at]
        region = _TW_LETTERS.index(symbol) + 10
        return region // 10 + region % 10 * 9

    return _summing(mask, [_TW_LETTERS, "1289", *[_DIGITS] * 8], worth, 10).get(0, 0)


@lru_cache(maxsize=4096)
def hong_kong_candidates(mask: str) -> int:
    """How many Hong Kong identity cards fit, the check digit (0 to 9 or A) counted in; brackets are left out before."""
    letters = len(mask) - 7

    def worth(at: int, symbol: str) -> int:
        weight = len(mask) - at
        return int(symbol, 36) * weight if at < letters else int(symbol, 11) * weight

    # With one letter the place before it holds a blank, which counts 36 nine times.
    total = _summing(mask, [*[_HK_LETTERS] * letters, *[_DIGITS] * 6, _DIGITS + "A"], worth, 11)
    return total.get(-36 * 9 % 11 if letters == 1 else 0, 0)


def _summing(mask: str, allowed: Sequence[str], worth: Worth, modulus: int) -> Counter[int]:
    """How many ways there are to fill the mask, by the remainder of the checked sum."""
    sums = Counter({0: 1})
    for at, shown in enumerate(mask):
        symbols = allowed[at] if shown == HIDDEN else shown if shown in allowed[at] else ""
        added = Counter(worth(at, symbol) % modulus for symbol in symbols)
        following: Counter[int] = Counter()
        for remainder, ways in sums.items():
            for more, times in added.items():
                following[(remainder + more) % modulus] += ways * times
        sums = following
    return sums


def _beginnings(mask: str, prefixes: tuple[str, ...]) -> list[str]:
    """The mask under each prefix that it allows; the mask itself where it allows none, or shows one already."""
    fitting = [prefix for prefix in prefixes if len(prefix) < len(mask) and _allows(mask, prefix)]
    # A prefix inside another one would count its numbers twice.
    outer = [prefix for prefix in fitting if not any(prefix != short and prefix.startswith(short) for short in fitting)]
    return [_filled(mask, 0, prefix) for prefix in outer] or [mask]


def _allows(mask: str, text: str) -> bool:
    return all(shown in (HIDDEN, wanted) for shown, wanted in zip(mask, text, strict=False))


def _filled(mask: str, at: int, text: str) -> str:
    return mask[:at] + text + mask[at + len(text) :]
