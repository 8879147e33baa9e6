"""Fields inside of cells: what only their names tell is replaced, and all else stays as it was."""

import json
from itertools import pairwise
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlp.documents import field_spans, fields_of
from dlp.mask_fields import field_types, fields_replaced
from dlp.mask_policy import Operator

KEY = b"a key for tests only, 32 bytes.."
OPERATORS = {"PERSON": Operator(operator="mask", head=1), "HEALTH": Operator(operator="redact")}
PLAIN = {"name": "王小明", "tel": "13800138000", "n": [1, {"联系人": "李四"}], "product": "华为"}
HIDDEN = {"name": "王**", "tel": "13800138000", "n": [1, {"联系人": "李*"}], "product": "华为"}


def hidden(text: str) -> str:
    return fields_replaced(text, field_types(fields_of([(text, 1)])), OPERATORS, KEY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name=王小明&tel=13800138000", "name=王**&tel=13800138000"),
        (f"name={quote('王小明')}&tel=1", f"name={quote('王**', safe='*')}&tel=1"),
        ("客户：李四；电话：13800138000", "客户：李*；电话：13800138000"),
        ("姓名   王小明   电话 13800138000", "姓名   王**   电话 13800138000"),
        (json.dumps(PLAIN, ensure_ascii=False), json.dumps(HIDDEN, ensure_ascii=False)),
        (json.dumps(PLAIN, ensure_ascii=False, indent=1), json.dumps(HIDDEN, ensure_ascii=False, indent=1)),
        ('{"name": "财务系统", "status": "ok"}', '{"name": "财务系统", "status": "ok"}'),
        ("no field at all", "no field at all"),
        ("", ""),
    ],
)
def test_the_values_of_named_fields_are_replaced(text: str, expected: str) -> None:
    assert hidden(text) == expected


def test_escapes_of_json_are_read_as_what_they_stand_for() -> None:
    types = {"name": "PERSON", "联系人": "PERSON"}
    text = json.dumps({**PLAIN, "quote": '"\\u5f20\u2028', "smile": "😀"})
    assert "\\u738b" in text
    told = json.loads(fields_replaced(text, types, OPERATORS, KEY))
    assert told == {**HIDDEN, "quote": '"\\u5f20\u2028', "smile": "😀"}
    cut = fields_replaced(text[: text.index("tel")], types, OPERATORS, KEY)
    assert cut == '{"name": "王**", "'


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("name=王小明&tel=13800138000", {"name": "PERSON"}),
        ('{"a": {"联系人": "王小明"}}', {"联系人": "PERSON"}),
        ('{"product": "华为", "cpu": 3}', {}),
        ("https://example.org/?page=2&sort=asc", {}),
    ],
)
def test_fields_tell_which_types_their_names_speak_for(text: str, types: dict[str, str]) -> None:
    assert field_types(fields_of([(text, 1)])) == types


def test_many_names_tell_without_the_name_of_their_field() -> None:
    names = [first + second for first in "王李张刘陈杨" for second in ("小明", "伟", "丽", "强")]
    many = [(json.dumps({"u": name}, ensure_ascii=False), 1) for name in names]
    assert field_types(fields_of(many)) == {"u": "PERSON"}
    assert field_types(fields_of(many[:5])) == {}


def test_a_field_of_names_hides_what_looks_like_none_too() -> None:
    texts = [f"name={name}&n=1" for name in ("王小明", "李四", "黄洋", "x7")]
    types = field_types(fields_of([(text, 1) for text in texts]))
    assert [fields_replaced(text, types, OPERATORS, KEY) for text in texts][2:] == ["name=黄*&n=1", "name=x*&n=1"]


@given(text=st.text(alphabet=" \"'{}[]:：=&;；，,姓名电话王明name\\u5f20%E7 \n\t", max_size=80))
def test_any_text_keeps_all_but_the_values_of_its_fields(text: str) -> None:
    spans = list(field_spans(text))
    assert all(0 <= start < end <= len(text) for _, start, end in spans)
    assert all(end <= later for (_, _, end), (_, later, _) in pairwise(spans))
    assert fields_replaced(text, {}, OPERATORS, KEY) == text
