import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlp.escapes import plain, read, unescaped, written_like
from dlp.mask_policy import Operator
from dlp.mask_spans import spans_replaced
from dlp.profiles import profiles
from tests.dlp.cases import KEY

PIECES = st.sampled_from(["%E5%BC%A0", "%2525", "%ff", "%", r"\n", r"\\n", r"\u5f20", r"\ud83d\ude00", "&#24352;", "&"])


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a%3D1", "a=1"),
        ("%25E5%25BC%25A0", "张"),
        (r"\u5f20\t1", "张\t1"),
        (r"\\u5f20", "张"),
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\ud83d1", r"\ud83d1"),
        ("&#x5f20;&amp;", "张&"),
        ("100%", "100%"),
        (r"C:\data", r"C:\data"),
    ],
)
def test_escapes_are_undone(text: str, meant: str) -> None:
    assert plain(text) == meant


@given(st.lists(PIECES | st.text(max_size=4), max_size=12).map("".join))
def test_a_place_leads_back_to_what_is_written(text: str) -> None:
    found = read(text)
    assert found.text == plain(text)
    assert len(found.starts) == len(found.ends) == len(found.text)
    assert all(0 <= start < end <= len(text) for start, end in zip(found.starts, found.ends, strict=True))
    assert list(found.starts) == sorted(found.starts)


def test_values_without_escapes_stay_and_others_have_new_profiles() -> None:
    values = pl.DataFrame({"value": ["13800138000", "a%3D13800138000", "100% sure"], "rows": [1, 1, 1]})
    meant, made = unescaped(values, profiles(values["value"]))
    assert meant["value"].to_list() == ["13800138000", "a=13800138000", "100% sure"]
    assert made.tolist() == profiles(meant["value"]).tolist()


@pytest.mark.parametrize(
    ("value", "escaped", "written"),
    [("张*", "%E5%BC%A0", "%E5%BC%A0*"), ("张*", r"\u5f20", "张*"), ("138****8000", "%2B138", "138****8000")],
)
def test_a_token_is_written_as_what_it_stands_for(value: str, escaped: str, written: str) -> None:
    assert written_like(value, escaped) == written


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ("ref=%3Fmobile%3D13800138000%26v%3D1", "13800138000"),
        (r'{"m":"手机\n13800138000"}', "13800138000"),
        (r'{"m":"\u95fdA12345 违停"}', "A12345"),
        ("q=%25E9%2597%25BDA12345", "A12345"),
    ],
)
def test_a_masked_copy_hides_what_stands_escaped_and_leaves_the_rest(text: str, raw: str) -> None:
    operators = dict.fromkeys(("PHONE_NUMBER", "CN_VEHICLE_REGISTRATION"), Operator(operator="mask", head=3))
    hidden = spans_replaced(text, operators, frozenset(), KEY, guess_names=False)
    assert raw not in plain(hidden)
    assert hidden[:2] == text[:2]
    assert hidden != text
