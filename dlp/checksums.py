"""Check digits and calendars of identifiers, over whole columns at once.

Every function takes values that already have the shape of its identifier, and says for each whether it holds.
"""

from datetime import UTC, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

Verdicts = NDArray[np.bool_]

_RESIDENT_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2, 1])
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = np.array([1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28, 1])
_VIN_WEIGHTS = np.array([8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2])
_VIN_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True))
_HK_WEIGHTS = np.array([9, 8, 7, 6, 5, 4, 3, 2, 1])
_TW_REGIONS = dict(zip("ABCDEFGHJKLMNPQRSTUVXYWZIO", range(10, 36), strict=True))
_TW_WEIGHTS = np.array([1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1])
_CARD_WIDTH = 21  # odd, so that the last digit is not doubled
_ORGANISATION_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2, 1])
_MRZ_WEIGHTS = (7, 3, 1)
# Where the check digits of a machine-readable line stand, by its length, and what each is drawn from.
_MRZ_FIELDS: dict[int, tuple[tuple[int, tuple[tuple[int, int], ...]], ...]] = {
    44: ((9, ((0, 9),)), (19, ((13, 19),)), (27, ((21, 27),)), (43, ((0, 10), (13, 20), (21, 43)))),
    36: ((9, ((0, 9),)), (19, ((13, 19),)), (27, ((21, 27),)), (35, ((0, 10), (13, 20), (21, 35)))),
    30: ((6, ((0, 6),)), (14, ((8, 14),))),
}


def resident_id_holds(values: pl.Series) -> Verdicts:
    """GB 11643-1999: a real date of birth that is past, and the ISO 7064 MOD 11-2 check character."""
    bare = _ungrouped(values)
    digits = _characters(bare, 18)
    numbers = np.where((digits == ord("X")) | (digits == ord("x")), 10, digits.astype(np.int64) - ord("0"))
    return np.asarray(numbers @ _RESIDENT_WEIGHTS % 11 == 1) & _past_dates(bare.str.slice(6, 8))


def old_resident_id_holds(values: pl.Series) -> Verdicts:
    """GB 11643 before 1999: a real date of birth; these numbers have no check digit."""
    return _past_dates("19" + values.str.slice(6, 6))


def resident_date_holds(values: pl.Series) -> Verdicts:
    """Whether the date of birth in an 18-character resident ID is a real one."""
    return _past_dates(values.str.slice(6, 8))


def luhn_holds(values: pl.Series) -> Verdicts:
    """ISO/IEC 7812-1: the Luhn sum, over digits that may be grouped by blanks or hyphens."""
    bare = values.str.replace_all(r"\D", "").str.zfill(_CARD_WIDTH)
    digits = _characters(bare, _CARD_WIDTH).astype(np.int64) - ord("0")
    doubled = digits[:, 1::2] * 2
    total = digits[:, ::2].sum(axis=1) + np.where(doubled > 9, doubled - 9, doubled).sum(axis=1)
    return np.asarray(total % 10 == 0) & np.asarray(digits.any(axis=1))


def social_credit_code_holds(values: pl.Series) -> Verdicts:
    """GB 32100-2015: the MOD 31 check character of a unified social credit code."""
    table = _table({symbol: index for index, symbol in enumerate(_USCC_ALPHABET)})
    return np.asarray(table[_characters(values.str.to_uppercase(), 18)] @ _USCC_WEIGHTS % 31 == 0)


def organisation_code_holds(values: pl.Series) -> Verdicts:
    """GB 11714-1997: eight letters and digits and a check character modulo 11, X for ten, 0 for eleven."""
    worth = {str(digit): digit for digit in range(10)} | {chr(code): code - 55 for code in range(65, 91)}
    characters = _characters(values.str.replace("-", "", literal=True), 9)
    table = _table(worth)[characters]
    table[:, 8] = np.where(characters[:, 8] == ord("X"), 10, table[:, 8])
    return np.asarray(table @ _ORGANISATION_WEIGHTS % 11 == 0)


def mrz_holds(values: pl.Series) -> Verdicts:
    """ICAO 9303: every check digit of a machine-readable line of 44, 36 or 30 characters, weights 7, 3, 1."""
    return np.array([_mrz_line_holds(value) for value in values.to_list()], dtype=np.bool_)


def vin_holds(values: pl.Series) -> Verdicts:
    """GB 16735-2019, ISO 3779: the ninth character of a vehicle identification number."""
    worth = {str(digit): digit for digit in range(10)} | {letter: int(v) for letter, v in _VIN_VALUES.items()}
    characters = _characters(values.str.to_uppercase(), 17)
    expected = _table(worth)[characters] @ _VIN_WEIGHTS % 11
    ninth = characters[:, 8]
    return np.asarray(np.where(expected == 10, ninth == ord("X"), ninth == expected + ord("0")))


def hong_kong_id_holds(values: pl.Series) -> Verdicts:
    """The Hong Kong identity card: weights 9 to 2, a blank counting 36, the check 0-9 or A."""
    bare = values.str.replace_all(r"[()]", "").str.pad_start(9, "[")
    worth = {str(digit): digit for digit in range(10)} | {chr(code): code - 55 for code in range(65, 91)} | {"[": 36}
    worths = _table(worth)[_characters(bare, 9)]
    return np.asarray(worths @ _HK_WEIGHTS % 11 == 0)


def taiwan_id_holds(values: pl.Series) -> Verdicts:
    """The Taiwan identity card: the letter as two digits, weights 1 9 8 ... 1 1, a sum divisible by ten."""
    characters = _characters(values, 10)
    region = _table(_TW_REGIONS)[characters[:, 0]]
    digits = np.column_stack([region // 10, region % 10, characters[:, 1:].astype(np.int64) - ord("0")])
    return np.asarray(digits @ _TW_WEIGHTS % 10 == 0)


def iban_holds(values: pl.Series) -> Verdicts:
    """ISO 13616: the country and check digits moved behind, letters as numbers, the remainder by 97 is 1."""
    return np.array([_iban_remainder(value) == 1 for value in values.to_list()], dtype=np.bool_)


def _iban_remainder(value: str) -> int:
    bare = value.replace(" ", "")
    return int("".join(str(int(character, 36)) for character in bare[4:] + bare[:4])) % 97


def _mrz_line_holds(line: str) -> bool:
    checks = mrz_check_digits(line)
    return bool(checks) and all(line[at] == digit for at, digit in checks.items())


def mrz_check_digits(line: str) -> dict[int, str]:
    """The right check digits of a machine-readable line by their place (ICAO 9303); none where it is no such line."""
    return {
        at: _mrz_check("".join(line[start:end] for start, end in parts)) for at, parts in _MRZ_FIELDS.get(len(line), ())
    }


def _mrz_check(text: str) -> str:
    worths = (0 if character == "<" else int(character, 36) for character in text)
    return str(sum(worth * _MRZ_WEIGHTS[at % 3] for at, worth in enumerate(worths)) % 10)


def _characters(values: pl.Series, width: int) -> NDArray[np.uint8]:
    return np.frombuffer("".join(values.to_list()).encode("ascii"), dtype=np.uint8).reshape(-1, width)


def _ungrouped(values: pl.Series) -> pl.Series:
    return values.str.replace_all(r"[ \r\n-]", "")


def _table(worth: dict[str, int]) -> NDArray[np.int64]:
    table = np.zeros(128, dtype=np.int64)
    for symbol, value in worth.items():
        table[ord(symbol)] = value
    return table


def _past_dates(texts: pl.Series) -> Verdicts:
    dates = texts.str.to_date("%Y%m%d", strict=False)
    past = (dates.is_not_null() & (dates <= datetime.now(UTC).date())).fill_null(value=False)
    return past.to_numpy().astype(np.bool_)
