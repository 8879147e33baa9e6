"""Masked copies of cells that hold fields: nothing is left in the clear inside of them, or there is no copy."""

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlp.mask_policy import ColumnOperator, Purpose
from tests.dlp.masking import md5, people
from tests.pipelines.test_mask_copy import FREE, PURPOSES, copied

PEOPLE = people(60, seed=41)
VALUES = {
    "name": PEOPLE["name"].to_list(),
    "联系人": people(60, seed=42)["name"].to_list(),
    "phone": PEOPLE["phone"].to_list(),
    "idCard": PEOPLE["id_card"].to_list(),
    "email": [f"user{at:04}@example.org" for at in range(60)],
    "address": [f"福建省福州市鼓楼区湖东路{at + 1}号{at % 9 + 1}栋{at % 30 + 101}室" for at in range(60)],
    "diagnosis": ["高血压", "糖尿病", "胃炎", "骨折"] * 15,
    "qq": [str(1_234_567 + at * 7_919) for at in range(60)],
}
Cell = Mapping[str, str]


def in_labels(cell: Cell) -> str:
    return "；".join(f"{name}：{value}" for name, value in cell.items()) + "；批次：7"


def in_query(cell: Cell) -> str:
    return "https://example.org/q?" + "&".join(f"{name}={quote(value)}" for name, value in cell.items()) + "&v=1"


def wrapped(shape: tuple[str, ...]) -> Callable[[Cell], str]:
    """JSON of some shape around the fields: objects, lists, and JSON within a string."""

    def written(cell: Cell) -> str:
        node: object = dict(cell)
        for part in shape:
            if part == "list":
                node = {"items": [node, {"n": 1}]}
            elif part == "values":
                node = {"groups": [{name: [value, value] for name, value in cell.items()}, node]}
            else:
                node = {"body": json.dumps(node)} if part == "string" else {"inner": node, "ok": True}
        return json.dumps(node, ensure_ascii=False)

    return written


SHAPES = st.lists(st.sampled_from(["object", "list", "values", "string"]), max_size=4).map(tuple).map(wrapped)


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=4, unique=True),
    written=SHAPES | st.sampled_from([in_labels, in_query]),
    purpose=st.sampled_from(PURPOSES),
)
def test_a_copy_holds_no_value_of_its_cells_or_there_is_none(
    names: list[str], written: Callable[[Cell], str], purpose: Purpose
) -> None:
    cells = [written({name: VALUES[name][at] for name in names}) for at in range(60)]
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "cells.csv", Path(folder) / "copy.csv"
        pl.DataFrame({"cell": cells, "n": [str(at) for at in range(60)]}).write_csv(source)
        told = copied(source, out, purpose=purpose)
        left = [path.name for path in Path(folder).iterdir()]
        assert sorted(left) == (["cells.csv", "copy.csv"] if told.holds else ["cells.csv"])
        assert told.holds, (cells[0], told.findings)
        text = out.read_text(encoding="utf-8")
    assert not [value for name in names for value in VALUES[name] if value in text or quote(value) in text]


@pytest.mark.parametrize(
    ("cell", "field", "entity_type"),
    [
        (
            [json.dumps({"diagnosis": one}, ensure_ascii=False) for one in VALUES["diagnosis"]],
            "cell.diagnosis",
            "HEALTH",
        ),
        ([json.dumps({"a": {"name": one}}, ensure_ascii=False) for one in VALUES["name"]], "cell.a.name", "PERSON"),
        ([f"姓名：{one}；批次：7" for one in VALUES["name"]], "cell.姓名", "PERSON"),
        ([json.dumps({"phone_md5": one, "n": 1}) for one in md5(VALUES["phone"])], "cell.phone_md5", "PHONE_NUMBER"),
    ],
)
def test_what_the_house_leaves_as_it_is_inside_of_cells_is_told_and_not_written(
    tmp_path: Path, cell: list[str], field: str, entity_type: str
) -> None:
    kept = FREE.masking.model_copy(update={"columns": (ColumnOperator(column="cell", operator="keep"),)})
    pl.DataFrame({"cell": cell, "n": [str(at) for at in range(60)]}).write_csv(tmp_path / "cells.csv")
    told = copied(tmp_path / "cells.csv", tmp_path / "copy.csv", policy=FREE.model_copy(update={"masking": kept}))
    assert not told.holds
    assert (field, entity_type) in {(one.columns[0], one.entity_type) for one in told.findings}
    assert [path.name for path in tmp_path.iterdir()] == ["cells.csv"]
