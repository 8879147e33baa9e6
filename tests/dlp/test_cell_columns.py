"""Fields inside of cells are judged as columns: masked ones, raw ones beside them, digests and encodings."""

import base64
import json
from collections.abc import Callable, Sequence
from urllib.parse import quote

import polars as pl
import pytest

from dlp.cell_columns import field_columns
from tests.dlp.masking import checked, kinds, md5, people, windowed

PEOPLE = people(120, seed=23)
IDS, PHONES, NAMES = (PEOPLE[name].to_list() for name in ("id_card", "phone", "name"))
OTHERS = people(120, seed=24)["phone"].to_list()
HIDDEN = windowed(PHONES, 3, 4)

Cells = Callable[[Sequence[dict[str, object]]], list[str]]


def in_json(rows: Sequence[dict[str, object]]) -> list[str]:
    return [json.dumps(row, ensure_ascii=False) for row in rows]


def within_strings(rows: Sequence[dict[str, object]]) -> list[str]:
    return [json.dumps({"payload": json.dumps(row)}) for row in rows]


def in_labels(rows: Sequence[dict[str, object]]) -> list[str]:
    return ["；".join(f"{name}：{value}" for name, value in row.items()) for row in rows]


def in_query(rows: Sequence[dict[str, object]]) -> list[str]:
    return ["&".join(f"{name}={quote(str(value), safe='*')}" for name, value in row.items()) for row in rows]


WRITTEN = [in_json, within_strings, in_labels, in_query]


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([{"phone": one, "n": at} for at, one in enumerate(HIDDEN)], set()),
        ([{"id_card": one, "n": at} for at, one in enumerate(windowed(IDS, 14, 0))], {"residual", "coverage"}),
        ([{"phone": one, "mobile": other} for one, other in zip(HIDDEN, PHONES, strict=True)], {"beside"}),
        ([{"phone": one, "contact": other} for one, other in zip(HIDDEN, OTHERS, strict=True)], {"beside"}),
        ([{"phone_md5": one, "n": at} for at, one in enumerate(md5(PHONES))], {"digest"}),
        ([{"phone": one[:7] + "****", "tail": one[7:]} for one in PHONES], {"windows"}),
        ([{"phone": one, "idno": two} for one, two in zip(HIDDEN, IDS, strict=True)], {"beside"}),
        ([{"level": at % 5, "grade": f"{at % 9}**"} for at in range(120)], set()),
    ],
)
def test_fields_are_judged_as_columns_are(
    written: Cells, rows: Sequence[dict[str, object]], expected: set[str]
) -> None:
    found = {check for check, _ in kinds(checked({"cell": written(rows)}))}
    # Of short labelled text the cell itself is partly masked besides.
    assert found - ({"partial", "raw_value"} if "beside" in expected else set()) == expected


def test_what_only_looks_unreadable_is_told_within_cells() -> None:
    rows = [{"phone": base64.b64encode(one.encode()).decode(), "n": 1} for one in PHONES]
    assert ("encoding", "cell.phone") in kinds(checked({"cell": in_json(rows)}))


def test_a_raw_field_is_told_once_beside_a_masked_column_and_by_its_name_within_its_own_cell() -> None:
    table = {"phone": HIDDEN, "cell": in_json([{"tel": one} for one in PHONES])}
    assert [one.columns for one in checked(table) if one.check == "beside"] == [("phone", "cell")]
    own = in_json([{"a": {"phone": one}, "b": {"tel": two}} for one, two in zip(HIDDEN, PHONES, strict=True)])
    assert [one.columns for one in checked({"cell": own})] == [("cell.a.phone", "cell.b.tel")]


def test_keys_that_are_values_are_no_fields_and_items_are_numbered() -> None:
    cells = [
        json.dumps({one: {"n": 1}, "calls": [{"to": two}, {"to": one}]})
        for one, two in zip(PHONES, OTHERS, strict=True)
    ]
    fields = field_columns(pl.Series(cells))
    assert {name: values[0] for name, values in fields.items()} == {"calls.to": OTHERS[0], "calls.to (2)": PHONES[0]}
    assert field_columns(pl.Series([None, "", "no field"])) == {}
