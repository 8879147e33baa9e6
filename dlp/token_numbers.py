"""Stand-ins for numbers of things that people have: telephones, cards, equipment, vehicles, accounts, organisations."""

import re

from dlp.token_letters import DIGITS, UPPER, Permuted, classwise, put

_HEX = "0123456789abcdef"
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VIN = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
_PLATE = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_VIN_WORTHS = {
    **{digit: int(digit) for digit in DIGITS},
    **dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", map(int, "12345678123457923456789"), strict=True)),
}
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
# The provinces of number plates, and for each a character that no plate begins with.
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_NO_PROVINCES = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥天地玄黄宇宙洪荒日"
_NO_MOBILE = "2"  # mobiles begin with 1, fixed lines with 0
_NO_COUNTRY = "00"  # of SIM cards (ITU-T E.118): no country's code begins with 0
_TEST_NETWORK = "001"  # ITU-T E.212 keeps this country code for tests
_IBAN_CHECKS = 97  # of them, 02 to 98
_PERMUTED_PLATE = re.compile(rf"([{_PROVINCES}])([A-Z][A-HJ-NP-Z0-9]{{4,5}})([A-HJ-NP-Z0-9挂学警港澳领])")


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
    body = permute(upper[:8], DIGITS + UPPER)
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
        return place + permute(body[:1], UPPER) + permute(body[1:], _PLATE) + last
    return place + permute(body[:1], UPPER) + permute(body[1:] + last, _PLATE)


def iban(bare: str, permute: Permuted) -> str | None:
    """International bank account numbers (ISO 13616): the country stays, the check digits are wrong."""
    upper = bare.upper()
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", upper):
        return None
    body = classwise(upper[4:], permute)
    right = 98 - int("".join(str(int(symbol, 36)) for symbol in f"{body}{upper[:2]}00")) % 97
    made = f"{upper[:2]}{(right - 2 + 1) % _IBAN_CHECKS + 2:02}{body}"
    return made if bare == upper else made.lower()


def numbered(bare: str, permute: Permuted) -> str | None:
    """Numbers without a check and without a series that is free: other digits, letters as they are."""
    places = [at for at, character in enumerate(bare) if character in DIGITS]
    if not places:
        return None
    return put(bare, places, permute("".join(bare[at] for at in places), DIGITS))


def _luhn(body: str) -> str:
    """The body with the digit behind it that is the next after the right one (ISO/IEC 7812-1)."""
    total = sum(_doubled(int(digit)) if at % 2 == 0 else int(digit) for at, digit in enumerate(reversed(body)))
    return body + str((-total + 1) % 10)


def _doubled(digit: int) -> int:
    return digit * 2 - 9 if digit > 4 else digit * 2
