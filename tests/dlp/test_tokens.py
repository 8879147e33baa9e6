"""Stand-ins: the same for the same value, different for different ones, of the same form, and never valid."""

import re
from itertools import product

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlp.checksums import luhn_holds, resident_id_holds, social_credit_code_holds, vin_holds
from dlp.mask_operators import replaced
from dlp.mask_policy import Operator
from dlp.registry import KINDS
from dlp.tokens import keyed_hash, permuted, pseudonym, token
from tests.dlp.masking import KEY, identity

OTHER = b"another key for tests, 32 bytes!"
DIGITS = "0123456789"
USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text(DIGITS, min_size=count, max_size=count)


@given(st.text(DIGITS, max_size=19), st.binary(max_size=8))
def test_a_permutation_is_undone_by_the_same_key(text: str, tweak: bytes) -> None:
    made = permuted(text, DIGITS, key=KEY, tweak=tweak)
    assert len(made) == len(text)
    assert permuted(made, DIGITS, key=KEY, tweak=tweak, back=True) == text


@pytest.mark.parametrize(("length", "alphabet"), [(1, DIGITS), (2, DIGITS), (3, DIGITS), (4, DIGITS), (2, USCC)])
def test_every_text_of_a_length_has_a_token_of_its_own(length: int, alphabet: str) -> None:
    texts = ["".join(letters) for letters in product(alphabet, repeat=length)]
    assert {permuted(text, alphabet, key=KEY) for text in texts} == set(texts)


@given(digits(17))
def test_no_resident_token_passes_the_check(body: str) -> None:
    made = token(identity(body), "CN_RESIDENT_ID", KEY)
    assert made is not None
    assert re.fullmatch(r"\d{17}[\dX]", made)
    assert not resident_id_holds(pl.Series([made]))[0]


@given(st.integers(12, 19).flatmap(digits))
def test_no_card_token_passes_the_check(card: str) -> None:
    made = token(card, "CREDIT_CARD", KEY)
    assert made is not None
    assert (len(made), made.isdigit()) == (len(card), True)
    assert not luhn_holds(pl.Series([made]))[0]


@given(st.text(USCC, min_size=18, max_size=18))
def test_no_credit_code_token_passes_the_check(code: str) -> None:
    made = token(code, "CN_SOCIAL_CREDIT_CODE", KEY)
    assert made is not None
    assert not social_credit_code_holds(pl.Series([made]))[0]


@given(st.text("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", min_size=17, max_size=17))
def test_no_vin_token_passes_the_check(vin: str) -> None:
    made = token(vin, "VIN", KEY)
    assert made is not None
    assert not vin_holds(pl.Series([made]))[0]


@given(st.sampled_from(["E", "G", "D", "H", "K", "C", "M"]), digits(8))
def test_no_document_token_is_of_a_series_that_is_given_out(series: str, number: str) -> None:
    made = token(series + number, "CN_PASSPORT", KEY)
    assert made is not None
    forms = [kind.whole for kind in KINDS if kind.entity_type.startswith(("CN_PASSPORT", "CN_HK", "CN_HOME"))]
    assert not [form for form in forms if re.fullmatch(form, made)]


@given(st.sampled_from("3456789"), digits(9))
def test_no_mobile_begins_like_a_token(second: str, rest: str) -> None:
    made = token(f"1{second}{rest}", "PHONE_NUMBER", KEY)
    assert made is not None
    assert re.fullmatch(r"2\d{10}", made)


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("138-0013-8000", r"2\d{2}-\d{4}-\d{4}"),
        ("+86 138 0013 8000", r"\+86 2\d{2} \d{4} \d{4}"),
        ("6222 0212 3456 7890 128", r"\d{4} \d{4} \d{4} \d{4} \d{3}"),
    ],
)
def test_separators_stay(value: str, form: str) -> None:
    made = token(value, "PHONE_NUMBER" if len(value) < 20 else "CREDIT_CARD", KEY)
    assert made is not None
    assert re.fullmatch(form, made)


@settings(max_examples=30)
@given(digits(17), digits(17))
def test_tokens_are_the_same_for_the_same_value_only(first: str, second: str) -> None:
    one, two = (token(identity(body), "CN_RESIDENT_ID", KEY) for body in (first, second))
    assert (one == two) == (first == second)
    assert token(identity(first), "CN_RESIDENT_ID", OTHER) != one


@pytest.mark.parametrize("value", ["", "no number", "12345", "350102********002X", "号码"])
def test_what_has_no_form_has_no_token(value: str) -> None:
    assert token(value, "CN_RESIDENT_ID", KEY) is None


@given(st.text(max_size=40))
def test_keyed_names_depend_on_type_and_key(value: str) -> None:
    assert pseudonym(value, "PERSON", KEY) == pseudonym(value, "PERSON", KEY)
    assert pseudonym(value, "PERSON", KEY) != pseudonym(value, "PERSON", OTHER)
    assert keyed_hash(value, "PERSON", KEY) != keyed_hash(value, "PHONE_NUMBER", KEY)


@pytest.mark.parametrize(
    ("value", "entity_type", "operator", "made"),
    [
        ("13800138000", "PHONE_NUMBER", Operator(operator="mask", head=3, tail=2), "138******00"),
        ("+86 138-0013-8000", "PHONE_NUMBER", Operator(operator="mask", head=3, tail=0), "+86 138-****-****"),
        ("张小明", "PERSON", Operator(operator="mask", head=1), "张**"),
        ("张三", "PERSON", Operator(operator="mask", head=1), "张*"),
        ("王", "PERSON", Operator(operator="mask", head=1), "*"),
        ("zhang.san@example.org", "EMAIL_ADDRESS", Operator(operator="mask", head=1), "z********@example.org"),
        ("a@example.org", "EMAIL_ADDRESS", Operator(operator="mask", head=1), "a***@example.org"),
        ("192.0.2.77", "IP_ADDRESS", Operator(operator="mask", head=1), "192.*.*.*"),
        ("13800138000", "PHONE_NUMBER", Operator(operator="redact"), ""),
        ("13800138000", "PHONE_NUMBER", Operator(operator="replace", value="<phone>"), "<phone>"),
        ("13800138000", "PHONE_NUMBER", Operator(operator="keep"), "13800138000"),
        ("1990年3月7日", "", Operator(operator="year"), "1990"),
        ("1990-03-07 00:00:00", "", Operator(operator="month"), "1990-03"),
        ("nobody knows", "", Operator(operator="year"), ""),
        ("37", "", Operator(operator="age_band", width=5), "35-39"),
        ("26.0812345", "", Operator(operator="round", decimals=2), "26.08"),
        ("福建省福州市鼓楼区东街1号2单元301", "LOCATION", Operator(operator="district"), "福建省福州市鼓楼区"),
        ("福州市东街花园小区3号楼", "LOCATION", Operator(operator="district"), "福州市"),
        ("José", "PERSON", Operator(operator="mask", head=1), "J***"),
        ("13800138***", "PHONE_NUMBER", Operator(operator="mask", head=3, tail=2), "138********"),
        ("福清市某某路2号", "LOCATION", Operator(operator="district"), "福清市"),
        ("  ", "PERSON", Operator(operator="redact"), "  "),
    ],
)
def test_operators(value: str, entity_type: str, operator: Operator, made: str) -> None:
    assert replaced(value, entity_type, operator, KEY) == made


def test_encrypted_values_differ_every_time() -> None:
    operator = Operator(operator="encrypt")
    first, second = (replaced("13800138000", "PHONE_NUMBER", operator, KEY) for _ in range(2))
    assert first != second
    assert "138" not in (first, second)


@given(st.text(max_size=30), st.integers(0, 4), st.integers(0, 4))
def test_a_mask_never_shows_more_than_its_windows(value: str, head: int, tail: int) -> None:
    made = replaced(value, "", Operator(operator="mask", head=head, tail=tail), KEY)
    assert sum(character.isalnum() and character != "某" for character in made) <= head + tail
