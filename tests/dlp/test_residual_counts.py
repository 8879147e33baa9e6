"""What a mask leaves, against enumeration: every value of a small space is tried and checked."""

from itertools import product

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlp.checksums import (
    hong_kong_id_holds,
    luhn_holds,
    resident_id_holds,
    social_credit_code_holds,
    taiwan_id_holds,
    vin_holds,
)
from dlp.mask_derived import birth_digits, division_digits, with_known
from dlp.policy import default_policy
from dlp.resident_masks import resident_candidates, resident_ids
from dlp.residual import candidates_left, residual_candidates, whole_mask
from tests.dlp.masking import DIVISIONS, identity

MASKS = default_policy().masks
DIGITS = "0123456789"
USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
VIN = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"

ANY_ID = st.builds(
    lambda division, year, month, day, serial: identity(f"{division}{year}{month:02}{day:02}{serial:03}"),
    st.sampled_from(DIVISIONS),
    st.integers(1930, 2020),
    st.integers(1, 12),
    st.integers(1, 28),
    st.integers(0, 999),
)


def filled(mask: str, symbols: dict[int, str]) -> pl.Series:
    """Every text that fits a mask, the symbols of each place given, or digits."""
    choices = [symbols.get(at, DIGITS) if shown == "*" else shown for at, shown in enumerate(mask)]
    return pl.Series(["".join(letters) for letters in product(*choices)], dtype=pl.String)


def hidden(value: str, places: list[int]) -> str:
    return "".join("*" if at in places else character for at, character in enumerate(value))


@settings(max_examples=25, deadline=None)
@given(ANY_ID, st.lists(st.integers(6, 17), min_size=1, max_size=4, unique=True))
def test_resident_ids(value: str, places: list[int]) -> None:
    mask = hidden(value, places)
    tried = filled(mask, {17: DIGITS + "X"})
    born = tried.str.slice(6, 4).cast(pl.Int64).is_between(*MASKS.birth_years)
    valid = tried.filter(born & pl.Series(resident_id_holds(tried)))
    assert residual_candidates(mask, "CN_RESIDENT_ID", MASKS) == len(valid)
    assert sorted(resident_ids(mask, MASKS)) == sorted(valid.to_list())


@settings(max_examples=25, deadline=None)
@given(ANY_ID, st.booleans())
def test_a_known_gender_halves(value: str, odd: bool) -> None:
    mask = hidden(value, [14, 15, 16, 17])
    fitting = [one for one in resident_ids(mask, MASKS) if int(one[16]) % 2 == odd]
    assert resident_candidates(mask, MASKS, odd=odd) == len(fitting) == 500


@settings(max_examples=25, deadline=None)
@given(st.text(DIGITS, min_size=10, max_size=13), st.lists(st.integers(2, 15), min_size=1, max_size=4, unique=True))
def test_cards(rest: str, places: list[int]) -> None:
    mask = hidden(f"62{rest}", places)
    assert residual_candidates(mask, "CREDIT_CARD", MASKS) == max(1, int(luhn_holds(filled(mask, {})).sum()))


def test_cards_hidden_at_the_front_begin_as_issuers_let_them() -> None:
    tried = filled("****021234567894", {})
    known = tried.str.contains(r"^(?:62|4|5[1-5]|3[457]|9558)")
    valid = int((pl.Series(luhn_holds(tried)) & known).sum())
    assert residual_candidates("****021234567894", "CREDIT_CARD", MASKS) == valid


@settings(max_examples=20, deadline=None)
@given(st.text(USCC, min_size=9, max_size=9), st.lists(st.integers(8, 17), min_size=1, max_size=3, unique=True))
def test_credit_codes(body: str, places: list[int]) -> None:
    mask = hidden(f"91350102{body}0", places)
    valid = int(social_credit_code_holds(filled(mask, dict.fromkeys(range(8, 18), USCC))).sum())
    assert residual_candidates(mask, "CN_SOCIAL_CREDIT_CODE", MASKS) == valid


@settings(max_examples=20, deadline=None)
@given(st.text(VIN, min_size=17, max_size=17), st.lists(st.integers(0, 16), min_size=1, max_size=3, unique=True))
def test_vehicle_numbers(value: str, places: list[int]) -> None:
    mask = hidden(f"{value[:8]}X{value[9:]}", places)
    symbols = {**dict.fromkeys(range(17), VIN), 8: DIGITS + "X"}
    assert residual_candidates(mask, "VIN", MASKS) == int(vin_holds(filled(mask, symbols)).sum())


@settings(max_examples=20, deadline=None)
@given(st.text(DIGITS, min_size=8, max_size=8), st.lists(st.integers(2, 9), min_size=1, max_size=4, unique=True))
def test_taiwan_cards(rest: str, places: list[int]) -> None:
    mask = hidden(f"A1{rest}", places)
    assert residual_candidates(mask, "TW_IDENTITY_CARD", MASKS) == int(taiwan_id_holds(filled(mask, {})).sum())


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from(["G", "AB"]),
    st.text(DIGITS, min_size=7, max_size=7),
    st.lists(st.integers(2, 7), min_size=1, max_size=3, unique=True),
)
def test_hong_kong_cards(letters: str, rest: str, places: list[int]) -> None:
    mask = hidden(letters + rest, places)
    last = len(mask) - 1
    valid = int(hong_kong_id_holds(filled(mask, {last: DIGITS + "A"})).sum())
    assert residual_candidates(mask, "HK_IDENTITY_CARD", MASKS) == valid


@pytest.mark.parametrize(
    ("mask", "entity_type", "left"),
    [
        ("***00138000", "PHONE_NUMBER", len(MASKS.mobile_prefixes)),
        ("1**00138000", "PHONE_NUMBER", len(MASKS.mobile_prefixes)),
        ("13*00138000", "PHONE_NUMBER", 10),
        ("16*00138000", "PHONE_NUMBER", 4),
        ("138***8000", "PHONE_NUMBER", 10_000),
        ("+86 138 **** 8000", "PHONE_NUMBER", 10_000),
        ("0591-8***1234", "PHONE_NUMBER", 1_000),
        ("E1******8", "CN_PASSPORT", 10**6),
        ("E*1234567", "CN_PASSPORT", 34),
        ("*12345678", "CN_PASSPORT", 8),
        ("闽A·*2345", "CN_VEHICLE_REGISTRATION", 34),
        ("*A12345", "CN_VEHICLE_REGISTRATION", 31),
        ("闽*12345", "CN_VEHICLE_REGISTRATION", 24),
        ("张*", "PERSON", 3_000),
        ("*明", "PERSON", 400),
        ("张*明", "PERSON", 3_000),
        ("z*@example.org", "EMAIL_ADDRESS", 36),
        ("zhang@***", "EMAIL_ADDRESS", 20),
        ("z***@example.org", "EMAIL_ADDRESS", 36**3),
        ("福建省福州市****", "LOCATION", None),
    ],
)
def test_other_identifiers(mask: str, entity_type: str, left: int | None) -> None:
    assert candidates_left(mask, entity_type, MASKS) == left


def test_a_list_of_local_segments_leaves_fewer_mobiles() -> None:
    local = MASKS.model_copy(update={"local_mobile_segments": ("1380591", "1390591")})
    assert candidates_left("1**0591**34", "PHONE_NUMBER", local) == 2 * 100
    assert candidates_left("138****8000", "PHONE_NUMBER", local) == 1


@given(
    st.text("0123456789X*.-x ", max_size=24), st.sampled_from(["CN_RESIDENT_ID", "CREDIT_CARD", "PHONE_NUMBER", "VIN"])
)
def test_any_mask_gives_a_count_or_none(mask: str, entity_type: str) -> None:
    left = candidates_left(whole_mask(mask, entity_type), entity_type, MASKS)
    assert left is None or left >= 0


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("1990-03-07", "19900307"),
        ("1990/3/7", "19900307"),
        ("19900307", "19900307"),
        ("1990年3月7日", "19900307"),
        ("1990-03-07 12:00:00", "19900307"),
        ("1990-03", "199003**"),
        ("1990", "1990****"),
        ("1990-13-07", ""),
        ("1990-02-30", ""),
        ("yesterday", ""),
        (None, ""),
    ],
)
def test_dates_of_birth(text: str | None, digits: str) -> None:
    assert birth_digits(text) == digits


def test_divisions_by_code_and_by_name() -> None:
    names = {"鼓楼": "350102"}
    assert [division_digits(text, names) for text in ("350104", "3501", "福州市鼓楼区", "nowhere", None)] == [
        "350104",
        "3501",
        "350102",
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("mask", "birth", "division", "known"),
    [
        ("3****************X", "19900307", "", "3*****19900307***X"),
        ("3****************X", "1990****", "3501", "3501**1990*******X"),
        ("3****************X", "", "44", None),
        ("350102199003****2X", "19910307", "", None),
    ],
)
def test_what_is_known_is_put_in_where_it_does_not_contradict(
    mask: str, birth: str, division: str, known: str | None
) -> None:
    assert with_known(mask, birth=birth, division=division) == known
