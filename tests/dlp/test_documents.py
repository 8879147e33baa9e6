import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlp.documents import fields_of


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ('{"a": 1, "b": {"c": "x"}}', {"a": "1", "b.c": "x"}),
        ('[{"a": "x"}, {"b": null, "d": true}]', {"a": "x"}),
        ('{"a": "x", "b": "cut o', {"a": "x", "b": "cut o"}),
        ("户名:张伟;开户行:某行", {"户名": "张伟", "开户行": "某行"}),
        ("a=1&name=%E5%BC%A0%E4%BC%9F", {"a": "1", "name": "张伟"}),
        ("姓名 张伟 性别 男", {"姓名": "张伟", "性别": "男"}),
        ("12:30:45", {}),
        ("no fields at all", {}),
        ('{"a": {"b": {"c": {"d": {"e": "deep"}}}}}', {"a.b.c.d.e": "deep"}),
        ('{"a": ' * 20 + '"too deep"' + "}" * 20, {}),
        (json.dumps({"a": json.dumps({"b": json.dumps([{"c": "within strings"}])})}), {"a.b.c": "within strings"}),
    ],
)
def test_a_cell_gives_its_fields(text: str, fields: dict[str, str]) -> None:
    assert {name: next(iter(values)) for name, values in fields_of([(text, 1)]).items()} == fields


def test_rows_are_counted_by_value() -> None:
    assert fields_of([('{"a": "x"}', 3), ('{"a": "x", "n": 1}', 2)])["a"] == {"x": 5}


@given(st.lists(st.tuples(st.text('{}[]":：=&; \\name姓名1a\n', max_size=60), st.integers(1, 5)), max_size=5))
def test_any_text_gives_fields_without_an_error_and_no_more_than_a_bound(texts: list[tuple[str, int]]) -> None:
    assert len(fields_of(texts)) <= 64


def test_a_document_of_many_keys_is_read_up_to_a_bound() -> None:
    text = "{" + ",".join(f'"k{at}": {at}' for at in range(1000)) + "}"
    assert len(fields_of([(text, 1)])) == 64
