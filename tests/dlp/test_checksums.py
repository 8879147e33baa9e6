from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlp import checksums
from dlp.checksums import Verdicts

Check = Callable[[pl.Series], Verdicts]

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@pytest.mark.parametrize(
    ("check", "value", "holds"),
    [
        pytest.param(checksums.resident_id_holds, "11010519491231002X", True, id="the standard's first example"),
        pytest.param(checksums.resident_id_holds, "440524188001010014", True, id="the standard's second example"),
        pytest.param(checksums.resident_id_holds, "11010519491231002x", True, id="a small x"),
        pytest.param(checksums.resident_id_holds, "110105194912310021", False, id="another check digit"),
        pytest.param(checksums.resident_id_holds, "110105209912310024", False, id="born in the future"),
        pytest.param(checksums.luhn_holds, "4111111111111111", True, id="a card"),
        pytest.param(checksums.luhn_holds, "4111 1111 1111 1111", True, id="a grouped card"),
        pytest.param(checksums.luhn_holds, "4111111111111112", False, id="a card with another last digit"),
        pytest.param(checksums.luhn_holds, "0000000000000000", False, id="nothing but zeros"),
        pytest.param(checksums.social_credit_code_holds, "91350100M000100Y43", True, id="the standard's code"),
        pytest.param(checksums.social_credit_code_holds, "91110108MA01YBNX62", True, id="a company's code"),
        pytest.param(checksums.social_credit_code_holds, "91110108MA01YBNX63", False, id="another last character"),
        pytest.param(checksums.organisation_code_holds, "D2143569-X", True, id="an organisation"),
        pytest.param(checksums.organisation_code_holds, "M000100Y4", True, id="an organisation inside a credit code"),
        pytest.param(checksums.organisation_code_holds, "D2143569-1", False, id="an organisation with another check"),
        pytest.param(checksums.luhn_holds, "490154203237518", True, id="equipment"),
        pytest.param(checksums.luhn_holds, "89860001234567890129", True, id="a SIM card of twenty digits"),
        pytest.param(
            checksums.mrz_holds, "L898902C36UTO7408122F1204159ZE184226B<<<<<10", True, id="a passport's second line"
        ),
        pytest.param(
            checksums.mrz_holds, "L898902C36UTO7408122F1204159ZE184226B<<<<<11", False, id="another check over all"
        ),
        pytest.param(checksums.vin_holds, "1M8GDM9AXKP042788", True, id="a vehicle"),
        pytest.param(checksums.vin_holds, "1M8GDM9A1KP042788", False, id="a vehicle with another ninth character"),
        pytest.param(checksums.hong_kong_id_holds, "G123456(A)", True, id="a Hong Kong card"),
        pytest.param(checksums.hong_kong_id_holds, "AB987654(3)", True, id="a Hong Kong card with two letters"),
        pytest.param(checksums.hong_kong_id_holds, "AB987654(4)", False, id="a Hong Kong card with another check"),
        pytest.param(checksums.taiwan_id_holds, "A123456789", True, id="a Taiwan card"),
        pytest.param(checksums.taiwan_id_holds, "A123456788", False, id="a Taiwan card with another last digit"),
        pytest.param(checksums.iban_holds, "GB82 WEST 1234 5698 7654 32", True, id="an IBAN"),
        pytest.param(checksums.iban_holds, "GB82WEST12345698765433", False, id="an IBAN with another last digit"),
    ],
)
def test_a_check_accepts_published_examples_and_refuses_a_changed_digit(check: Check, value: str, holds: bool) -> None:
    assert list(check(pl.Series([value]))) == [holds]


@given(st.lists(st.from_regex(r"\A3501021990030[1-9][0-9]{3}[0-9X]\Z"), min_size=1))
@settings(deadline=None)
def test_the_whole_column_agrees_with_the_standards_formula_value_by_value(values: list[str]) -> None:
    expected = [
        "10X98765432"[sum(int(digit) * weight for digit, weight in zip(value, _WEIGHTS, strict=False)) % 11]
        == value[17]
        for value in values
    ]
    assert list(checksums.resident_id_holds(pl.Series(values))) == expected


@given(st.text(alphabet="0123456789", min_size=12, max_size=18))
@settings(deadline=None)
def test_exactly_one_last_digit_completes_a_card(stem: str) -> None:
    held = checksums.luhn_holds(pl.Series([stem + str(last) for last in range(10)]))
    assert sum(held) == (0 if set(stem) == {"0"} else 1)
