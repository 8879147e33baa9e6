from hypothesis import given
from hypothesis import strategies as st

from rongdun.demo.dice import dice_for
from rongdun.demo.identifiers import DISTRICTS, bank_card, credit_code, mobile, resident_id

_SEEDS = st.integers(min_value=0, max_value=2**32)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CREDIT_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@given(_SEEDS)
def test_a_resident_id_is_of_fuzhou_and_its_check_character_holds(seed: int) -> None:
    made = resident_id(dice_for(seed, "identifiers"))
    total = sum(int(digit) * weight for digit, weight in zip(made[:17], _WEIGHTS, strict=True))
    assert made[:6] in DISTRICTS
    assert made[17] == "10X98765432"[total % 11]


@given(_SEEDS)
def test_a_bank_card_starts_with_62_and_passes_the_luhn_check(seed: int) -> None:
    made = bank_card(dice_for(seed, "identifiers"))
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(made))]
    assert len(made) == 19
    assert made.startswith("62")
    assert sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


@given(_SEEDS)
def test_a_credit_code_passes_the_mod_31_check(seed: int) -> None:
    made = credit_code(dice_for(seed, "identifiers"))
    weights = [pow(3, place, 31) for place in range(17)]
    total = sum(_CREDIT_LETTERS.index(letter) * weight for letter, weight in zip(made[:17], weights, strict=True))
    assert len(made) == 18
    assert _CREDIT_LETTERS.index(made[17]) == (31 - total % 31) % 31


@given(_SEEDS)
def test_a_mobile_number_has_eleven_digits(seed: int) -> None:
    made = mobile(dice_for(seed, "identifiers"))
    assert len(made) == 11
    assert made.isdigit()
    assert made.startswith("1")
