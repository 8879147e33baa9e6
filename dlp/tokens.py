"""Keyed stand-ins that keep the form of an identifier and can never be a real one.

A balanced Feistel network over digits or letters, as FF1 of NIST SP 800-38G has it: each half is added to a keyed
function of the other, modulo the number of texts of its length, ten times. The function is HMAC-SHA-256 (RFC 2104)
instead of AES. Where a type has a check character, the token's is wrong on purpose; a mobile's first digit is one that
no mobile has.
"""

import hmac
import re
from collections.abc import Callable
from functools import partial

_ROUNDS = 10
_DIGITS = "0123456789"
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VIN = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_CHECKS = "10X98765432"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_VIN_WORTHS = {
    **{digit: int(digit) for digit in _DIGITS},
    **dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", map(int, "12345678123457923456789"), strict=True)),
}
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
# The series of travel documents on the left are given out, those on the right are not.
_SERIES = str.maketrans("EGDSPHKMCTLW", "QVUXZNYIFOJB")
_READABLE = "abcdefghjkmnpqrstuvwxyz2345679"  # no two that look alike
_NO_MOBILE = "2"  # mobiles begin with 1, fixed lines with 0

Permuted = Callable[[str, str], str]


def token(value: str, entity_type: str, key: bytes) -> str | None:
    """A stand-in of the same length, alphabet and separators, the same for the same value; None where there is none.

    Different values of one form have different tokens.
    """
    make = _TOKENS.get(entity_type)
    characters = [at for at, character in enumerate(value) if character.isascii() and character.isalnum()]
    if make is None or not characters:
        return None
    bare = "".join(value[at] for at in characters)
    made = make(bare, partial(permuted, key=_subkey(key, entity_type)))
    if made is None:
        return None
    letters = list(value)
    for at, character in zip(characters, made, strict=True):
        letters[at] = character
    return "".join(letters)


def permuted(text: str, alphabet: str, *, key: bytes, tweak: bytes = b"", back: bool = False) -> str:
    """The text under a keyed permutation of all texts of its length over an alphabet; `back` undoes it.

    Raises:
        ValueError: a character is none of the alphabet.
    """
    radix, cut = len(alphabet), len(text) // 2
    sizes = (radix**cut, radix ** (len(text) - cut))
    halves = [_number(text[:cut], alphabet), _number(text[cut:], alphabet)]
    rounds = range(_ROUNDS)
    for turn in reversed(rounds) if back else rounds:
        changed = turn % 2
        step = _round(key, tweak, turn, halves[1 - changed], len(text), radix)
        halves[changed] = (halves[changed] + (-step if back else step)) % sizes[changed]
    return _text(halves[0], cut, alphabet) + _text(halves[1], len(text) - cut, alphabet)


def pseudonym(value: str, entity_type: str, key: bytes) -> str:
    """A keyed name for a value: its type and 16 characters of HMAC-SHA-256, 79 bits of it."""
    digest = hmac.digest(_subkey(key, f"pseudonym {entity_type}"), value.encode("utf-8", "surrogatepass"), "sha256")
    number = int.from_bytes(digest[:10], "big")
    return f"{entity_type.lower().replace('_', '-')}:{_text(number, 16, _READABLE)}"


def keyed_hash(value: str, entity_type: str, key: bytes) -> str:
    """HMAC-SHA-256 of a value as `hmac:` and 64 hex digits: it says of itself that it is keyed."""
    raw = value.encode("utf-8", "surrogatepass")
    return "hmac:" + hmac.digest(_subkey(key, f"hash {entity_type}"), raw, "sha256").hex()


def _subkey(key: bytes, purpose: str) -> bytes:
    return hmac.digest(key, f"rongdun stand-in 1: {purpose}".encode(), "sha256")


def _round(key: bytes, tweak: bytes, turn: int, half: int, length: int, radix: int) -> int:
    body = half.to_bytes(32, "big")
    return int.from_bytes(hmac.digest(key, bytes((turn, length, radix)) + body + tweak, "sha256"), "big")


def _number(text: str, alphabet: str) -> int:
    number = 0
    for character in text:
        number = number * len(alphabet) + alphabet.index(character)
    return number


def _text(number: int, length: int, alphabet: str) -> str:
    characters = []
    for _ in range(length):
        number, rest = divmod(number, len(alphabet))
        characters.append(alphabet[rest])
    return "".join(reversed(characters))


def _resident(bare: str, permute: Permuted) -> str | None:
    if not re.fullmatch(r"\d{17}[\dXx]", bare):
        return permute(bare, _DIGITS) if re.fullmatch(r"\d{15}", bare) else None
    body = permute(bare[:17], _DIGITS)
    right = sum(int(digit) * weight for digit, weight in zip(body, _RESIDENT_WEIGHTS, strict=True)) % 11
    return body + _RESIDENT_CHECKS[(right + 1) % 11]


def _phone(bare: str, permute: Permuted) -> str | None:
    if not bare.isdigit():
        return None
    country = "86" if len(bare) == 13 and bare.startswith("861") else ""
    if len(bare) - len(country) == 11 and bare[len(country)] == "1":
        return country + _NO_MOBILE + permute(bare[len(country) + 1 :], _DIGITS)
    return None


def _card(bare: str, permute: Permuted) -> str | None:
    if not re.fullmatch(r"\d{12,19}", bare):
        return None
    body = permute(bare[:-1], _DIGITS)
    total = sum(_doubled(int(digit)) if at % 2 == 0 else int(digit) for at, digit in enumerate(reversed(body)))
    return body + str((-total + 1) % 10)


def _doubled(digit: int) -> int:
    return digit * 2 - 9 if digit > 4 else digit * 2


def _social_credit(bare: str, permute: Permuted) -> str | None:
    upper = bare.upper()
    if len(upper) != 18 or any(character not in _USCC for character in upper):
        return None
    body = permute(upper[:17], _USCC)
    total = sum(_USCC.index(symbol) * weight for symbol, weight in zip(body, _USCC_WEIGHTS, strict=True))
    return body + _USCC[(-total + 1) % 31]


def _vin(bare: str, permute: Permuted) -> str | None:
    upper = bare.upper()
    if len(upper) != 17 or any(character not in _VIN for character in upper):
        return None
    body = permute(upper[:8] + upper[9:], _VIN)
    whole = f"{body[:8]}0{body[8:]}"
    right = sum(_VIN_WORTHS[symbol] * weight for symbol, weight in zip(whole, _VIN_WEIGHTS, strict=True)) % 11
    return whole[:8] + "0123456789X"[(right + 1) % 11] + whole[9:]


def _document(bare: str, permute: Permuted) -> str | None:
    """Travel documents: another series than any that is given out, and other digits."""
    found = re.fullmatch(r"([EGDSPHKMCTLW])([A-Z]?)(\d{7,10})", bare.upper())
    if found is None:
        return None
    series = found[1].translate(_SERIES)
    # The second letter stays: it is a block of numbers, and the digits alone are permuted.
    return series + found[2] + permute(found[3], _DIGITS)


_TOKENS: dict[str, Callable[[str, Permuted], str | None]] = {
    "CN_RESIDENT_ID": _resident,
    "PHONE_NUMBER": _phone,
    "CREDIT_CARD": _card,
    "CN_SOCIAL_CREDIT_CODE": _social_credit,
    "VIN": _vin,
    "CN_PASSPORT": _document,
    "CN_HK_MACAO_PERMIT": _document,
    "CN_HOME_RETURN_PERMIT": _document,
}
