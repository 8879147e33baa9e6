"""Many small columns counted together say what they say one by one."""

from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dlp.column_names import name_hints
from dlp.columns import ColumnEvidence
from dlp.counting import counted, observe_table
from dlp.policy import default_policy
from dlp.tables import table_verdicts
from tests.dlp.masking import KEY, people

POLICY = default_policy()
MANY, VARIED = 100, 12  # columns, from which they are counted together; and those that are made up anew
SAMPLES = [
    "",
    "x",
    "NULL",
    "无",
    "男",
    "13800138000",
    "１３８００１３８０００",
    "11010519491231002X",
    "44052418800101001４",
]
SAMPLES += [
    "6222021234567890128",
    "490154203237518",
    "闽A12345",
    "d41d8cd98f00b204e9800998ecf8427e",
    "1990-03-07",
    "张*",
]
SAMPLES += ["138****8000", "张伟", "119.3062", "1.38001380E+10", "12---9"]
TEXTS = ["回电13800138000，谢谢您", '{"tel": "13800138000"}']
VALUES = st.one_of(st.none(), st.sampled_from([*SAMPLES, *TEXTS]), st.text(alphabet="0123456789aX.", max_size=19))
COLUMN = st.lists(VALUES, min_size=4, max_size=4)


def told(evidence: ColumnEvidence) -> tuple[object, ...]:
    kept = (evidence.values, evidence.texts.sentences, evidence.documents.kept)
    counts = (evidence.rows, evidence.valued, evidence.distinct, evidence.hashes, evidence.words, evidence.profiles)
    rows = (evidence.texts.rows, evidence.documents.rows)
    return (*counts, *rows, evidence.masks, evidence.kinds, *(sample.kept.rows() for sample in kept))


def both_ways(
    pieces: Sequence[pl.DataFrame], most: int = VARIED
) -> tuple[dict[str, ColumnEvidence], dict[str, ColumnEvidence]]:
    together = {name: ColumnEvidence() for name in pieces[0].columns}
    alone = {name: ColumnEvidence() for name in pieces[0].columns[:most]}
    for piece in pieces:
        observe_table(piece, together, key=KEY, policy=POLICY)
        for name, evidence in alone.items():
            evidence.observe(counted(piece[name]), key=KEY, policy=POLICY)
    return together, alone


def wide(columns: Sequence[Sequence[str | None]]) -> pl.DataFrame:
    more = [["x", "7", None, "x"]] * (MANY - VARIED)
    varied = [columns[at % len(columns)] for at in range(VARIED)]
    return pl.DataFrame({f"c{at}": values for at, values in enumerate([*varied, *more])}).cast(pl.String)


@settings(max_examples=8, deadline=None)
@given(first=st.lists(COLUMN, min_size=1, max_size=VARIED), second=st.lists(COLUMN, min_size=1, max_size=VARIED))
@example(first=[["13800138000", "13800138000", "x", None]], second=[["13800138000", "y", "无", "x"]])
def test_columns_counted_together_hold_what_they_hold_one_by_one(
    first: list[list[str | None]], second: list[list[str | None]]
) -> None:
    together, alone = both_ways([wide(first), wide(second)])
    for name in alone:
        assert told(together[name]) == told(alone[name]), name


@pytest.mark.parametrize("rows", [1, 60])
def test_a_wide_table_of_people_is_told_as_a_narrow_one(rows: int) -> None:
    made = people(rows, seed=11)
    columns = {f"{name}_{at}": made[name] for at in range(MANY // made.width + 1) for name in made.columns}
    together, alone = both_ways([pl.DataFrame(columns)])
    together = {name: together[name] for name in alone}
    hints = {name: name_hints(name, POLICY) for name in alone}
    assert table_verdicts(together, hints, POLICY, key=KEY) == table_verdicts(alone, hints, POLICY, key=KEY)
    assert any(table_verdicts(together, hints, POLICY).values())


def test_a_column_comes_in_many_small_pieces() -> None:
    pieces = [pl.DataFrame({f"c{at}": [f"{piece}{at}", "7"] for at in range(MANY)}) for piece in range(10)]
    together, alone = both_ways(pieces)
    assert [told(together[name]) for name in alone] == [told(evidence) for evidence in alone.values()]
