"""Stand-ins for documents of people: identity cards, passports, permits."""

import re

from dlp.checksums import mrz_check_digits
from dlp.token_letters import DIGITS, UPPER, Permuted, classwise, put

_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_CHECKS = "10X98765432"
_TW_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"  # in the order of their numbers, from 10
_TW_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 1)
# The series of travel documents on the left are given out, those on the right are not.
_SERIES = str.maketrans("EGDSPHKMCTLW", "QVUXZNYIFOJB")
# What kinds of documents a line of names begins with, and what none does.
_DOCUMENTS, _NO_DOCUMENTS = "PVIAC", "QWJBD"


def resident(bare: str, permute: Permuted) -> str | None:
    """Resident IDs of 18 characters and of 15."""
    if not re.fullmatch(r"\d{17}[\dXx]", bare):
        return permute(bare, DIGITS) if re.fullmatch(r"\d{15}", bare) else None
    return _resident_checked(permute(bare[:17], DIGITS))


def foreign_resident(bare: str, permute: Permuted) -> str | None:
    """Cards of foreigners: the 9 in front stays, and so does the form of the card before."""
    if re.fullmatch(r"9\d{16}[\dXx]", bare):
        return _resident_checked("9" + permute(bare[1:17], DIGITS))
    return classwise(bare, permute) if re.fullmatch(r"[A-Z]{3}\d{12}", bare) else None


def document(bare: str, permute: Permuted) -> str | None:
    """Travel documents: another series than any that is given out, and other digits."""
    found = re.fullmatch(r"([EGDSPHKMCTLW])([A-Z]?)(\d{7,10})", bare.upper())
    if found is None:
        return None
    series = found[1].translate(_SERIES)
    # The second letter stays: it is a block of numbers, and the digits alone are permuted.
    return series + found[2] + permute(found[3], DIGITS)


def taiwan_permit(bare: str, permute: Permuted) -> str | None:
    """Permits across the strait: with a letter in front as other documents, plain digits as digits."""
    return document(bare, permute) or (classwise(bare, permute) if re.fullmatch(r"\d{8,10}[A-Z]?", bare) else None)


def hong_kong(bare: str, permute: Permuted) -> str | None:
    """Hong Kong identity cards: weights 9 to 2, a blank in front counting 36."""
    found = re.fullmatch(r"([A-Z]{1,2})(\d{6})[0-9A]", bare.upper())
    if found is None:
        return None
    body = permute(found[1], UPPER) + permute(found[2], DIGITS)
    worths = [36] * (8 - len(body)) + [int(symbol, 36) for symbol in body]
    right = -sum(worth * weight for worth, weight in zip(worths, range(9, 1, -1), strict=True)) % 11
    return body + "0123456789A"[(right + 1) % 11]


def taiwan(bare: str, permute: Permuted) -> str | None:
    """Taiwan identity cards: the digit behind the letter stays, it says who may have one."""
    upper = bare.upper()
    if not re.fullmatch(r"[A-Z][1289]\d{8}", upper):
        return None
    body = permute(upper[0], UPPER) + upper[1] + permute(upper[2:9], DIGITS)
    region = _TW_LETTERS.index(body[0]) + 10
    digits = sum(int(digit) * weight for digit, weight in zip(body[1:], _TW_WEIGHTS, strict=True))
    return body + str((-(region // 10 + region % 10 * 9 + digits) + 1) % 10)


def machine_readable(line: str, permute: Permuted) -> str | None:
    """Machine-readable lines (ICAO 9303): every check digit is wrong; a line of names has a kind that there is not."""
    if not re.fullmatch(r"[A-Z0-9<]{30,44}", line):
        return None
    if line[0] in _DOCUMENTS and "<<" in line and not re.search(r"\d", line):
        return _NO_DOCUMENTS[_DOCUMENTS.index(line[0])] + classwise(line[1:], permute)
    checks = mrz_check_digits(line)
    if not checks:
        return None
    others = [at for at in range(len(line)) if at not in checks]
    body = put(line, others, classwise("".join(line[at] for at in others), permute))
    # The last check digit is drawn from the others too, and so comes after them.
    for at in checks:
        right = mrz_check_digits(body)[at]
        body = put(body, [at], str((int(right) + 1) % 10))
    return body


def _resident_checked(body: str) -> str:
    right = sum(int(digit) * weight for digit, weight in zip(body, _RESIDENT_WEIGHTS, strict=True)) % 11
    return body + _RESIDENT_CHECKS[(right + 1) % 11]
