import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlp.column_names import name_hints
from dlp.columns import ColumnEvidence
from dlp.documents import field_spans
from dlp.policy import default_policy
from dlp.tables import table_verdicts
from dlp.verdicts import Verdict
from tests.dlp.cases import KEY

ROWS = "insert into p (`xm`, dz) values ('张伟', N'福马路8号'), (NULL, 'it''s')"


def fields(text: str) -> list[tuple[str, str]]:
    return [(label, text[start:end]) for label, start, end in field_spans(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<p><xm>张伟</xm><tel a='1'>138</tel></p>", [("xm", "张伟"), ("a", "1"), ("tel", "138")]),
        ("<ns:xm>张伟</ns:xm>", [("xm", "张伟")]),
        ("<xm><![CDATA[张伟]]></xm>", [("xm", "张伟")]),
        ("<xm>张伟</dz>", []),
        (ROWS, [("xm", "张伟"), ("dz", "福马路8号"), ("dz", "it''s")]),
        ("INSERT INTO p(a,b) VALUES (1)", []),
        ("INSERT INTO p(a) VALUES (now())", []),
        ("INSERT INTO p VALUES ('张伟')", []),
    ],
)
def test_fields_are_named_by_what_stands_around_them(text: str, found: list[tuple[str, str]]) -> None:
    assert fields(text) == found


@given(st.lists(st.sampled_from([*"<>/()',\\", "<a>", "</a>", "insert into p(a,b) values (", "x=1", "1"]), max_size=40))
def test_fields_come_in_order_and_none_within_another(pieces: list[str]) -> None:
    text, done = "".join(pieces), 0
    for _, start, end in field_spans(text):
        assert done <= start < end <= len(text)
        done = end


@pytest.mark.parametrize("form", ["<p><xm>{}</xm><n>{}</n></p>", "INSERT INTO p(xm, n) VALUES ('{}', {})"])
def test_names_in_markup_are_told_by_their_fields(form: str) -> None:
    people = ["张伟", "王芳", "李娜", "刘洋", "陈静", "杨帆", "赵敏", "黄磊", "周杰", "吴倩"]
    told = judged([form.format(name, at) for at, name in enumerate(people)])
    assert told["PERSON"].hits == len(people)


def test_an_account_called_by_the_name_of_a_person_is_a_person() -> None:
    people = ["张伟", "王芳", "李娜", "刘洋", "陈静", "杨帆", "赵敏", "黄磊", "周杰", "吴倩"]
    told = judged([f"userName={name}&seq={at}" for at, name in enumerate(people)])
    assert "PERSON" in told
    assert "ACCOUNT_NAME" not in told


def test_a_masked_account_is_told_as_masked() -> None:
    told = judged([json.dumps({"user_name": f"{name}*", "seq": at}) for at, name in enumerate("张王李刘陈杨赵黄周吴")])
    assert all(verdict.masked for verdict in told.values())


def judged(values: list[str]) -> dict[str, Verdict]:
    column = ColumnEvidence()
    column.observe(pl.DataFrame({"value": values, "rows": [1] * len(values)}), key=KEY, policy=default_policy())
    told = table_verdicts({"c": column}, {"c": name_hints("内容", default_policy())}, default_policy(), key=KEY)
    return {verdict.entity_type: verdict for verdict in told["c"]}
