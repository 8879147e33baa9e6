"""The form of a stand-in by type: what is permuted, which check character is put wrong, which series nobody gives out.

Every form maps different values to different stand-ins. Where a type has a check character, the stand-in's is the next
after the right one; where it has none, a prefix that is not given out says so, where there is one.
"""

import re
from collections.abc import Callable

from dlp.checksums import mrz_check_digits

Permuted = Callable[[str, str], str]  # the text under a keyed permutation of all texts of its length over an alphabet
# What is to be permuted of a value, mostly its letters and digits without separators; None where it is not of the form.
Form = Callable[[str, Permuted], str | None]

DIGITS = "0123456789"
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOWER = "abcdefghijklmnopqrstuvwxyz"
_HEX = "0123456789abcdef"
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VIN = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
_PLATE = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_CHECKS = "10X98765432"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_VIN_WORTHS = {
    **{digit: int(digit) for digit in DIGITS},
    **dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", map(int, "12345678123457923456789"), strict=True)),
}
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_TW_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"  # in the order of their numbers, from 10
_TW_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 1)
# The series of travel documents on the left are given out, those on the right are not.
_SERIES = str.maketrans("EGDSPHKMCTLW", "QVUXZNYIFOJB")
# The provinces of number plates, and for each a character that no plate begins with.
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_NO_PROVINCES = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥天地玄黄宇宙洪荒日"
# What kinds of documents a line of names begins with, and what none does.
_DOCUMENTS, _NO_DOCUMENTS = "PVIAC", "QWJBD"
_NO_MOBILE = "2"  # mobiles begin with 1, fixed lines with 0
_NO_COUNTRY = "00"  # of SIM cards (ITU-T E.118): no country's code begins with 0
_TEST_NETWORK = "001"  # ITU-T E.212 keeps this country code for tests
_IBAN_CHECKS = 97  # of them, 02 to 98
_PERMUTED_PLATE = re.compile(rf"([{_PROVINCES}])([A-Z][A-HJ-NP-Z0-9]{{4,5}})([A-HJ-NP-Z0-9挂学警港澳领])")


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


def phone(bare: str, permute: Permuted) -> str | None:
    """Mobiles."""
    if not bare.isdigit():
        return None
    country = "86" if len(bare) == 13 and bare.startswith("861") else ""
    if len(bare) - len(country) == 11 and bare[len(country)] == "1":
        return country + _NO_MOBILE + permute(bare[len(country) + 1 :], DIGITS)
    return None


def card(bare: str, permute: Permuted) -> str | None:
    """Payment cards: the Luhn digit (ISO/IEC 7812-1) is wrong."""
    return _luhn(permute(bare[:-1], DIGITS)) if re.fullmatch(r"\d{12,19}", bare) else None


def equipment(bare: str, permute: Permuted) -> str | None:
    """IMEI (3GPP TS 23.003): the Luhn digit is wrong."""
    return _luhn(permute(bare[:-1], DIGITS)) if re.fullmatch(r"\d{15}", bare) else None


def subscriber(bare: str, permute: Permuted) -> str | None:
    """IMSI of China: in the country of test networks."""
    return _TEST_NETWORK + permute(bare[3:], DIGITS) if re.fullmatch(r"460\d{12}", bare) else None


def sim_card(bare: str, permute: Permuted) -> str | None:
    """ICCID of China: in a country that there is not. The last digit of some is no check, so all of them count."""
    return f"89{_NO_COUNTRY}{permute(bare[4:], DIGITS)}" if re.fullmatch(r"8986\d{15,16}", bare) else None


def hardware_address(bare: str, permute: Permuted) -> str | None:
    """Hardware addresses of stations (IEEE 802): the bit of groups is set, so that no station has it."""
    lower = bare.lower()
    if not re.fullmatch(r"[0-9a-f][02468ace][0-9a-f]{10}", lower):
        return None
    # Eight second digits are stations' own and eight are groups': each of the one stands for one of the other.
    rest = permute(lower[0] + lower[2:], _HEX)
    made = rest[0] + _HEX[_HEX.index(lower[1]) + 1] + rest[1:]
    return made.upper() if bare != lower else made


def social_credit(bare: str, permute: Permuted) -> str | None:
    """Unified social credit codes (GB 32100-2015)."""
    upper = bare.upper()
    if len(upper) != 18 or any(character not in _USCC for character in upper):
        return None
    body = permute(upper[:17], _USCC)
    total = sum(_USCC.index(symbol) * weight for symbol, weight in zip(body, _USCC_WEIGHTS, strict=True))
    return body + _USCC[(-total + 1) % 31]


def organisation(bare: str, permute: Permuted) -> str | None:
    """Organisation codes (GB 11714-1997)."""
    upper = bare.upper()
    if not re.fullmatch(r"[0-9A-Z]{8}[0-9X]", upper):
        return None
    body = permute(upper[:8], DIGITS + _UPPER)
    total = sum(int(symbol, 36) * weight for symbol, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True))
    return body + "0123456789X"[(-total + 1) % 11]


def vehicle(bare: str, permute: Permuted) -> str | None:
    """Vehicle identification numbers (ISO 3779)."""
    upper = bare.upper()
    if len(upper) != 17 or any(character not in _VIN for character in upper):
        return None
    body = permute(upper[:8] + upper[9:], _VIN)
    whole = f"{body[:8]}0{body[8:]}"
    right = sum(_VIN_WORTHS[symbol] * weight for symbol, weight in zip(whole, _VIN_WEIGHTS, strict=True)) % 11
    return whole[:8] + "0123456789X"[(right + 1) % 11] + whole[9:]


def plate(bare: str, permute: Permuted) -> str | None:
    """Number plates of cars, in a province that there is not; a last 挂, 学, 警, 港, 澳 or 领 stays."""
    found = _PERMUTED_PLATE.fullmatch(bare)
    if found is None:
        return None
    province, body, last = found.groups()
    place = _NO_PROVINCES[_PROVINCES.index(province)]
    if not last.isascii():
        return place + permute(body[:1], _UPPER) + permute(body[1:], _PLATE) + last
    return place + permute(body[:1], _UPPER) + permute(body[1:] + last, _PLATE)


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
    body = permute(found[1], _UPPER) + permute(found[2], DIGITS)
    worths = [36] * (8 - len(body)) + [int(symbol, 36) for symbol in body]
    right = -sum(worth * weight for worth, weight in zip(worths, range(9, 1, -1), strict=True)) % 11
    return body + "0123456789A"[(right + 1) % 11]


def taiwan(bare: str, permute: Permuted) -> str | None:
    """Taiwan identity cards: the digit behind the letter stays, it says who may have one."""
    upper = bare.upper()
    if not re.fullmatch(r"[A-Z][1289]\d{8}", upper):
        return None
    body = permute(upper[0], _UPPER) + upper[1] + permute(upper[2:9], DIGITS)
    region = _TW_LETTERS.index(body[0]) + 10
    digits = sum(int(digit) * weight for digit, weight in zip(body[1:], _TW_WEIGHTS, strict=True))
    return body + str((-(region // 10 + region % 10 * 9 + digits) + 1) % 10)


def iban(bare: str, permute: Permuted) -> str | None:
    """International bank account numbers (ISO 13616): the country stays, the check digits are wrong."""
    upper = bare.upper()
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", upper):
        return None
    body = classwise(upper[4:], permute)
    right = 98 - int("".join(str(int(symbol, 36)) for symbol in f"{body}{upper[:2]}00")) % 97
    made = f"{upper[:2]}{(right - 2 + 1) % _IBAN_CHECKS + 2:02}{body}"
    return made if bare == upper else made.lower()


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
    body = _put(line, others, classwise("".join(line[at] for at in others), permute))
    # The last check digit is drawn from the others too, and so comes after them.
    for at in checks:
        right = mrz_check_digits(body)[at]
        body = _put(body, [at], str((int(right) + 1) % 10))
    return body


def numbered(bare: str, permute: Permuted) -> str | None:
    """Numbers without a check and without a series that is free: other digits, letters as they are."""
    places = [at for at, character in enumerate(bare) if character in DIGITS]
    if not places:
        return None
    return _put(bare, places, permute("".join(bare[at] for at in places), DIGITS))


def classwise(bare: str, permute: Permuted) -> str:
    """Digits for digits, capitals for capitals, small letters for small letters."""
    for alphabet in (DIGITS, _UPPER, _LOWER):
        places = [at for at, character in enumerate(bare) if character in alphabet]
        if places:
            bare = _put(bare, places, permute("".join(bare[at] for at in places), alphabet))
    return bare


FORMS: dict[str, Form] = {
    "CN_RESIDENT_ID": resident,
    "CN_FOREIGN_RESIDENT_ID": foreign_resident,
    "PHONE_NUMBER": phone,
    "CREDIT_CARD": card,
    "CN_SOCIAL_CREDIT_CODE": social_credit,
    "CN_ORGANISATION_CODE": organisation,
    "VIN": vehicle,
    "CN_VEHICLE_REGISTRATION": plate,
    "CN_PASSPORT": document,
    "CN_HK_MACAO_PERMIT": document,
    "CN_HOME_RETURN_PERMIT": document,
    "CN_TAIWAN_PERMIT": taiwan_permit,
    "HK_IDENTITY_CARD": hong_kong,
    "TW_IDENTITY_CARD": taiwan,
    "PASSPORT_MRZ": machine_readable,
    "IBAN_CODE": iban,
    "IMEI": equipment,
    "IMSI": subscriber,
    "ICCID": sim_card,
    "MAC_ADDRESS": hardware_address,
    "CN_DRIVING_LICENCE_FILE": numbered,
    "CN_SOCIAL_SECURITY_CARD": numbered,
    "MEDICAL_RECORD_NUMBER": numbered,
    "CN_INVOICE": numbered,
    "QQ_NUMBER": numbered,
}


def permuted_places(value: str, entity_type: str) -> list[int]:
    """Which characters of a value a form of its type is given; the others are separators and stay."""
    if entity_type == "PASSPORT_MRZ":
        return list(range(len(value)))
    chinese = entity_type == "CN_VEHICLE_REGISTRATION"
    return [at for at, character in enumerate(value) if character.isalnum() and (chinese or character.isascii())]


def _resident_checked(body: str) -> str:
    right = sum(int(digit) * weight for digit, weight in zip(body, _RESIDENT_WEIGHTS, strict=True)) % 11
    return body + _RESIDENT_CHECKS[(right + 1) % 11]


def _luhn(body: str) -> str:
    """The body with the digit behind it that is the next after the right one (ISO/IEC 7812-1)."""
    total = sum(_doubled(int(digit)) if at % 2 == 0 else int(digit) for at, digit in enumerate(reversed(body)))
    return body + str((-total + 1) % 10)


def _doubled(digit: int) -> int:
    return digit * 2 - 9 if digit > 4 else digit * 2


def _put(text: str, places: list[int], characters: str) -> str:
    letters = list(text)
    for at, character in zip(places, characters, strict=True):
        letters[at] = character
    return "".join(letters)
