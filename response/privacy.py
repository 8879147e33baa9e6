"""Keeps personal data out of what people write on record."""

import re
import unicodedata

_HIDDEN = re.compile("[\u200b-\u200f\u2060\ufeff]")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# Runs of digits, whole and as people group them: 138 0013 8000.
_RUN = re.compile(r"(?<![0-9A-Za-z])(?:\+?86)?(\d{11,19}|\d{17}[Xx])(?![0-9A-Za-z])")
_GROUPED = re.compile(r"(?<![0-9A-Za-z])(?:\+?86[ -]?)?(\d{3,6}(?:[ -]\d{2,8}){1,5}[Xx]?)(?![0-9A-Za-z])")

_MOBILE = re.compile(r"1[3-9]\d{9}")
# GB 11643-1999: area, date of birth, order, check character.
_RESIDENT_ID = re.compile(r"[1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]")
_CARD = re.compile(r"[3-6]\d{13,18}")


def personal_data_in(text: str) -> str:
    """What kind of personal data a text seems to hold, such as `a mobile number`, or ''.

    Full-width digits, zero-width characters and grouping by spaces or dashes hide nothing.
    """
    plain = _HIDDEN.sub("", unicodedata.normalize("NFKC", text))
    if _EMAIL.search(plain):
        return "an e-mail address"
    numbers = _RUN.findall(plain) + [re.sub("[ -]", "", number) for number in _GROUPED.findall(plain)]
    return next(filter(None, map(_kind, numbers)), "")


def _kind(number: str) -> str:
    if _MOBILE.fullmatch(number):
        return "a mobile number"
    if _RESIDENT_ID.fullmatch(number):
        return "a resident id"
    return "a bank card number" if _CARD.fullmatch(number) and _luhn(number) else ""


def _luhn(number: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(number))]
    return sum(digit - 9 if digit > 9 else digit for digit in doubled) % 10 == 0
