"""What forms of stand-ins are made of: alphabets, and letters put in their places."""

from collections.abc import Callable

DIGITS = "0123456789"
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LOWER = "abcdefghijklmnopqrstuvwxyz"

Permuted = Callable[[str, str], str]  # the text under a keyed permutation of all texts of its length over an alphabet
# What is to be permuted of a value, mostly its letters and digits without separators; None where it is not of the form.
Form = Callable[[str, Permuted], str | None]


def classwise(bare: str, permute: Permuted) -> str:
    """Digits for digits, capitals for capitals, small letters for small letters."""
    for alphabet in (DIGITS, UPPER, LOWER):
        places = [at for at, character in enumerate(bare) if character in alphabet]
        if places:
            bare = put(bare, places, permute("".join(bare[at] for at in places), alphabet))
    return bare


def put(text: str, places: list[int], characters: str) -> str:
    """The text with other characters at some places."""
    letters = list(text)
    for at, character in zip(places, characters, strict=True):
        letters[at] = character
    return "".join(letters)
