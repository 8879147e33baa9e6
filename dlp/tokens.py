"""Keyed stand-ins that keep the form of an identifier and can never be a real one.

A balanced Feistel network over digits or letters, as FF1 of NIST SP 800-38G has it: each half is added to a keyed
function of the other, modulo the number of texts of its length, ten times. The function is HMAC-SHA-256 (RFC 2104)
instead of AES. `dlp.token_forms` says what of a value is permuted.
"""

import hmac
from functools import partial

from dlp.token_forms import FORMS, permuted_places

_ROUNDS = 10
_READABLE = "abcdefghjkmnpqrstuvwxyz2345679"  # no two that look alike


def token(value: str, entity_type: str, key: bytes) -> str | None:
    """A stand-in of the same length, alphabet and separators, the same for the same value; None where there is none.

    Different values of one form have different tokens.
    """
    make = FORMS.get(entity_type)
    places = permuted_places(value, entity_type)
    if make is None or not places:
        return None
    made = make("".join(value[at] for at in places), partial(permuted, key=_subkey(key, entity_type)))
    if made is None:
        return None
    letters = list(value)
    for at, character in zip(places, made, strict=True):
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
