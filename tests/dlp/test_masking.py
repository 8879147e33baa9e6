import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlp.masking import fingerprint, masked
from dlp.registry import ENTITY_TYPES


@pytest.mark.parametrize(
    ("value", "entity_type", "shown"),
    [
        ("11010519491231002X", "CN_RESIDENT_ID", "1****************X"),
        ("13800138000", "PHONE_NUMBER", "138********"),
        ("6222021234567890128", "CREDIT_CARD", "***************0128"),
        ("张小明", "PERSON", "张**"),
        ("zhang.wei@example.org", "EMAIL_ADDRESS", "z***@example.org"),
        ("192.0.2.7", "IP_ADDRESS", "192.*.*.*"),
        ("闽A12345", "CN_VEHICLE_REGISTRATION", "闽A****5"),
    ],
)
def test_a_masked_value_keeps_its_form(value: str, entity_type: str, shown: str) -> None:
    assert masked(value, entity_type) == shown


@given(st.text(), st.sampled_from(ENTITY_TYPES))
def test_masking_never_keeps_more_than_four_digits(value: str, entity_type: str) -> None:
    assert sum(character.isdigit() for character in masked(value, entity_type)) <= 4


@given(st.from_regex(r"\A[0-9A-Za-z]{6,40}\Z"), st.sampled_from(sorted(set(ENTITY_TYPES) - {"EMAIL_ADDRESS"})))
def test_masking_hides_at_least_four_characters_or_all_but_one(value: str, entity_type: str) -> None:
    shown = [character for character in masked(value, entity_type) if character != "*"]
    assert len(shown) <= max(1, len(value) - 4)


@given(st.text(min_size=1), st.binary(min_size=32, max_size=32))
def test_a_fingerprint_depends_on_the_key(value: str, key: bytes) -> None:
    other = bytes([key[0] ^ 1]) + key[1:]
    assert fingerprint(value, key) == fingerprint(value, key)
    assert fingerprint(value, key) != fingerprint(value, other)
    assert len(fingerprint(value, key)) == 32
