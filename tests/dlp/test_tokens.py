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
from dlp.mask_spans import spans_replaced
from dlp.registry import KINDS
from dlp.token_forms import FORMS
from dlp.tokens import keyed_hash, permuted, pseudonym, token
from tests.dlp.made_up import made_up
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


@pytest.mark.parametrize("entity_type", sorted(FORMS))
def test_stand_ins_keep_the_form_are_all_different_and_pass_no_check(entity_type: str) -> None:
    # Fixed lines, and plates of embassies, have no stand-in of their form.
    values = [value for value in dict.fromkeys(made_up(entity_type, 200)) if token(value, entity_type, KEY)]
    assert len(values) > 5
    made = [token(value, entity_type, KEY) for value in values]
    assert len(set(made)) == len(values)
    for value, stand_in in zip(values, made, strict=True):
        assert stand_in is not None
        assert stand_in != value
        assert len(stand_in) == len(value)
    # Of telephones only the form tells; that no mobile begins so is held to above.
    checks = [
        kind for kind in KINDS if kind.entity_type == entity_type and kind.check and entity_type != "PHONE_NUMBER"
    ]
    for kind in checks:
        texts = pl.Series([one for one in made if one and re.fullmatch(kind.pattern, one)], dtype=pl.String)
        assert not kind.holds(texts).any()


@pytest.mark.parametrize(
    ("entity_type", "value", "form"),
    [
        ("IMEI", "490154203237518", r"\d{15}"),
        ("IMSI", "460001234567890", r"001\d{12}"),
        ("ICCID", "89860001234567890129", r"8900\d{16}"),
        ("MAC_ADDRESS", "02:00:5e:00:53:01", r"[0-9a-f][13579bdf](?::[0-9a-f]{2}){5}"),
        ("MAC_ADDRESS", "0200.5E00.5301", r"[0-9A-F][13579BDF][0-9A-F]{2}(?:\.[0-9A-F]{4}){2}"),
        ("CN_VEHICLE_REGISTRATION", "闽A12345", r"地[A-Z][0-9A-HJ-NP-Z]{5}"),
        ("CN_VEHICLE_REGISTRATION", "闽A·D12345", r"地[A-Z]·[0-9A-HJ-NP-Z]{6}"),
        ("IBAN_CODE", "GB82 WEST 1234 5698 7654 32", r"GB\d\d [A-Z]{4} \d{4} \d{4} \d{4} \d\d"),
        ("HK_IDENTITY_CARD", "G123456(A)", r"[A-Z]\d{6}\([0-9A]\)"),
        ("TW_IDENTITY_CARD", "A123456789", r"[A-Z]1\d{8}"),
        ("PASSPORT_MRZ", "L898902C36UTO7408122F1204159ZE184226B<<<<<10", r"[A-Z0-9<]{44}"),
        ("PASSPORT_MRZ", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", r"Q<[A-Z<]{42}"),
        ("MEDICAL_RECORD_NUMBER", "MZ-000123-01", r"MZ-\d{6}-\d\d"),
    ],
)
def test_the_form_that_software_checks_stays(entity_type: str, value: str, form: str) -> None:
    made = token(value, entity_type, KEY)
    assert made is not None
    assert re.fullmatch(form, made), made


@pytest.mark.parametrize(
    ("value", "entity_type", "operator", "made"),
    [
        ("12,345.67元", "INCOME", Operator(operator="band", width=10_000), "10000-19999"),
        ("¥ 800", "INCOME", Operator(operator="band", width=10_000), "0-9999"),
        ("not told", "INCOME", Operator(operator="band", width=10_000), ""),
        ("119.306239,26.075302", "PRECISE_POSITION", Operator(operator="round", decimals=1), "119.3,26.1"),
        ("119.306239 no position", "PRECISE_POSITION", Operator(operator="round", decimals=1), ""),
    ],
)
def test_less_precise_values(value: str, entity_type: str, operator: Operator, made: str) -> None:
    assert replaced(value, entity_type, operator, KEY) == made


@pytest.mark.parametrize("ending", ["\n-----END RSA PRIVATE KEY-----", ""])
def test_of_a_private_key_in_a_text_nothing_is_left(ending: str) -> None:
    text = f"key is -----BEGIN RSA PRIVATE KEY-----\nbm90aGluZw==\nYXQgYWxs{ending}"
    made = spans_replaced(text, {"PRIVATE_KEY": Operator(operator="redact")}, frozenset(), KEY, guess_names=False)
    assert made == "key is "
