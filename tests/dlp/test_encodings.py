"""Encodings are undone, digests are recognised, and any text at all goes through both."""

import base64
import hashlib
from functools import partial
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlp.digests import digest_hex, digest_length, undone, written_ways
from dlp.encodings import decoded_ways, turned_ways
from dlp.mask_enumeration import fitting_values, possible_values
from dlp.policy import default_policy

MASKS = default_policy().masks
MD5 = partial(hashlib.md5, usedforsecurity=False)
SHA1 = partial(hashlib.sha1, usedforsecurity=False)


def b64(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


@pytest.mark.parametrize(
    ("value", "text", "way"),
    [
        (b64("13800138000"), "13800138000", "base64"),
        (b64("13800138000").rstrip("="), "13800138000", "base64"),
        (base64.urlsafe_b64encode("张三???>>>".encode()).decode(), "张三???>>>", "base64"),
        (b64(b64("13800138000")), "13800138000", "base64 in base64"),
        (b"13800138000".hex(), "13800138000", "hex"),
        ("0x" + "张小明".encode().hex(), "张小明", "hex"),
        ("张小明".encode("gb18030").hex(), "张小明", "hex"),
        (quote("张小明"), "张小明", "URL encoding"),
        (quote(b64("13800138000")), "13800138000", "base64 in URL encoding"),
        ("&#24352;&#x660e;", "张明", "HTML entities"),
        ("\\u5f20\\u660e", "张明", "Unicode escapes"),
        ("\\ud83d", "\ufffd", "Unicode escapes"),
    ],
)
def test_encodings_are_undone(value: str, text: str, way: str) -> None:
    assert (text, way) in list(decoded_ways(value))


@pytest.mark.parametrize("value", ["张小明", "13800138000", "order-17", "", "a", "5d41402abc4b2a76b9719d911017c592"])
def test_what_is_no_encoding_has_no_other_text(value: str) -> None:
    assert list(decoded_ways(value)) == []


@given(st.text(max_size=200))
def test_any_text_goes_through(value: str) -> None:
    for text, _ in [*decoded_ways(value), *turned_ways(value)]:
        text.encode()
    assert len(digest_hex(value) or "8 digits") >= 8


@given(st.binary(max_size=64))
def test_any_bytes_go_through(raw: bytes) -> None:
    found = [text for text, _ in decoded_ways(base64.b64encode(raw).decode())]
    assert [text.encode().decode() for text in found] == found


@pytest.mark.parametrize(
    ("value", "length"),
    [
        (MD5(b"x").hexdigest(), 32),
        (MD5(b"x").hexdigest().upper(), 32),
        (f"md5:{MD5(b'x').hexdigest()}", 32),
        ("{SHA}" + base64.b64encode(SHA1(b"x").digest()).decode(), 40),
        (MD5(b"x").hexdigest()[8:24], 16),
        (MD5(b"x").hexdigest()[:9], 9),
        (SHA1(b"x").hexdigest(), 40),
        (hashlib.sha256(b"x").hexdigest(), 64),
        (base64.b64encode(hashlib.sha256(b"x").digest()).decode(), 64),
        (base64.b64encode(MD5(b"x").digest()).decode().rstrip("="), 32),
        (b64(MD5(b"x").hexdigest()), 32),
        ("1234567890123456", 0),
        ("12345678901234567890123456789012", 0),
        (b64("a text of 32 bytes, no digest!!!"), 0),
        (f"hmac:{MD5(b'x').hexdigest()}", 0),
        ("not a digest", 0),
    ],
)
def test_digests_are_known_by_length_and_look(value: str, length: int) -> None:
    assert digest_length([digest_hex(value) or ""]) == length


def test_columns_of_several_lengths_are_no_digests() -> None:
    assert digest_length([MD5(b"x").hexdigest(), SHA1(b"x").hexdigest()]) == 0
    assert digest_length([]) == 0


@pytest.mark.parametrize(
    ("digest", "value", "algorithm"),
    [
        (MD5(b"+8613800138000").hexdigest(), "13800138000", "md5"),
        (SHA1(b"13800138000").hexdigest(), "138-0013-8000", "sha1"),
        (MD5(b"11010519491231002x").hexdigest(), "11010519491231002X", "md5"),
        (MD5(MD5(b"13800138000").hexdigest().encode()).hexdigest(), "13800138000", "md5 of md5"),
        (MD5(b"13800138000").hexdigest()[8:24], "13800138000", "md5, its middle 16 digits"),
        (MD5(b"13800138000").hexdigest()[:17], "13800138000", "md5, its first 17 digits"),
        (hashlib.sha256(b"13800138000").hexdigest()[-32:], "13800138000", "sha256, its last 32 digits"),
    ],
)
def test_values_are_tried_as_they_may_have_been_written(digest: str, value: str, algorithm: str) -> None:
    found = undone({digest}, written_ways([value]), budget=1000, parts="its first" in algorithm or "last" in algorithm)
    assert (found.algorithm, found.matches) == (algorithm, 1)


def test_few_digits_that_agree_prove_nothing_many_do() -> None:
    digests = {MD5(str(at).encode()).hexdigest()[:8] for at in range(20)}
    assert undone(digests, ["7"], budget=1000, parts=True).matches == 0
    assert undone(digests, ["7", "8"], budget=1000, parts=True).matches == 2


def test_a_budget_is_kept() -> None:
    found = undone({"0" * 32}, possible_values("PHONE_NUMBER", MASKS), budget=1001)
    assert found.matches == 0
    assert 0 < found.spent <= 1001


@pytest.mark.parametrize(
    ("mask", "entity_type", "count", "value"),
    [
        ("138****8000", "PHONE_NUMBER", 10_000, "13800138000"),
        ("11010519491231****", "CN_RESIDENT_ID", 1_000, "11010519491231002X"),
        ("张*", "PERSON", 46, "张明"),
    ],
)
def test_what_fits_a_mask_is_enumerated(mask: str, entity_type: str, count: int, value: str) -> None:
    found = list(fitting_values(mask, entity_type, MASKS))
    assert value in found
    assert len(found) == len(set(found)) == count
