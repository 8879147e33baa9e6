"""Classes of equal quasi-identifiers, against counting them by hand, in files and in ClickHouse alike."""

from collections import Counter, defaultdict
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlp.equivalence import Classes, effect, equivalence_finding
from dlp.mask_policy import Sharing, default_mask_policy
from pipelines.equivalence_classes import classes_of_frames, classes_of_table, whole_frames
from pipelines.errors import SourceBroken
from store.client import Store

SHARING = default_mask_policy().sharing
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["男", "女", None]), st.sampled_from(["30-39", "40-49"]), st.sampled_from(["flu", "none", None])
    ),
    min_size=1,
    max_size=40,
)


def by_hand(rows: list[tuple[str | None, str | None, str | None]], threshold: float) -> Classes:
    sizes = Counter(row[:2] for row in rows)
    values = defaultdict(set)
    for row in rows:
        values[row[:2]].add(row[2])
    return Classes(
        rows=len(rows),
        classes=len(sizes),
        k=min(sizes.values()),
        unique_rows=sum(size == 1 for size in sizes.values()),
        risky=sum(1 / size > threshold for size in sizes.values()),
        mean_risk=sum(1 / size for size in sizes.values()) / len(sizes),
        diversity=min(len(found) for found in values.values()),
    )


def frame(rows: list[tuple[str | None, str | None, str | None]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["gender", "age", "illness"], orient="row").cast(pl.String)


def same(first: Classes, second: Classes) -> bool:
    return first.mean_risk == pytest.approx(second.mean_risk) and (
        {**vars(first), "mean_risk": 0} == {**vars(second), "mean_risk": 0}
    )


@settings(max_examples=60, deadline=None)
@given(ROWS, st.sampled_from([0.05, 0.2, 1 / 3]), st.integers(1, 7))
def test_pieces_are_counted_as_by_hand(
    rows: list[tuple[str | None, str | None, str | None]], threshold: float, piece: int
) -> None:
    whole = frame(rows)
    pieces = [whole.slice(at, piece) for at in range(0, whole.height, piece)]
    counted = classes_of_frames(pieces, ["gender", "age"], "illness", threshold=threshold)
    assert same(counted, by_hand(rows, threshold))


def test_a_table_is_counted_as_by_hand(store: Store) -> None:
    rows: list[tuple[str | None, str | None, str | None]] = [
        *[("男", "30-39", "flu")] * 5,
        *[("男", "30-39", "none")] * 3,
        *[("女", "30-39", "flu")] * 2,
        ("女", "40-49", None),
        *[(None, "40-49", "none")] * 20,
    ]
    store.execute("CREATE TABLE people (gender Nullable(String), age String, illness Nullable(String)) ENGINE = Memory")
    try:
        store.insert("people", frame(rows))
        counted = classes_of_table(store, "people", ["gender", "age"], "illness", threshold=0.2)
        assert same(counted, by_hand(rows, 0.2))
        assert (counted.k, counted.unique_rows, counted.risky, counted.diversity) == (1, 1, 2, 1)
        assert classes_of_table(store, "people", ["age"], "", threshold=0.2).diversity is None
        with pytest.raises(SourceBroken, match="no column is called nothing"):
            classes_of_table(store, "people", ["nothing"], "", threshold=0.2)
    finally:
        store.execute("DROP TABLE people")


def test_columns_of_any_type_are_read_from_parquet(tmp_path: Path) -> None:
    table = pl.DataFrame({"age": pl.Series([30, 30, 41], dtype=pl.Int8), "born": ["1990-01-01"] * 3})
    table.with_columns(pl.col("born").str.to_date()).write_parquet(tmp_path / "people.parquet")
    frames = list(whole_frames(tmp_path / "people.parquet", ["age", "born"]))
    counted = classes_of_frames(frames, ["age", "born"], "", threshold=0.2)
    assert (counted.rows, counted.classes, counted.k, counted.unique_rows) == (3, 2, 1, 1)


def test_a_column_that_is_not_there_is_told() -> None:
    with pytest.raises(SourceBroken, match="no column is called job"):
        classes_of_frames([pl.DataFrame({"age": ["1"]})], ["age", "job"], "", threshold=0.2)


def test_no_rows_have_no_classes() -> None:
    assert classes_of_frames([], ["age"], "job", threshold=0.2) == Classes(0, 0, 0, 0, 0, 0.0, 0)


def classes(sizes: list[int], threshold: float, diversity: int | None = None) -> Classes:
    return Classes(
        rows=sum(sizes),
        classes=len(sizes),
        k=min(sizes),
        unique_rows=sizes.count(1),
        risky=sum(1 / size > threshold for size in sizes),
        mean_risk=sum(1 / size for size in sizes) / len(sizes),
        diversity=diversity,
    )


@pytest.mark.parametrize(
    ("sizes", "sharing", "direct", "overall", "level"),
    [
        ([25, 50], "public", False, 0.04, 3),
        ([20, 50], "public", False, 0.05, 2),  # at the threshold is not below it
        ([19, 50], "public", False, 1.0, 2),
        ([10, 10], "controlled", False, 0.1, 2),
        ([25, 100], "controlled", False, 0.025, 3),
        ([4, 100], "controlled", False, 1.0, 2),
        ([5, 400, 400, 400, 400], "controlled", False, 0.042, 3),
        ([3, 600, 600, 600, 600, 600, 600], "enclave", False, (1 / 3 + 6 / 600) / 7, 3),
        ([2, 600], "enclave", False, 1.0, 2),
        ([100, 100], "public", True, 0.01, 1),
    ],
)
def test_the_effect_level(sizes: list[int], sharing: Sharing, direct: bool, overall: float, level: int) -> None:
    counted = classes(sizes, SHARING.thresholds[sharing])
    told = effect(counted, sharing, SHARING, direct_identifiers=direct, quasi=True)
    assert told.overall == pytest.approx(overall)
    assert told.level == level


def test_without_identifiers_the_level_is_four() -> None:
    counted = classes([100], 0.05)
    assert effect(counted, "public", SHARING, direct_identifiers=False, quasi=False).level == 4


def test_one_sensitive_value_in_a_class_is_told_however_large_it_is() -> None:
    counted = classes([100, 100], 0.05, diversity=1)
    told = effect(counted, "public", SHARING, direct_identifiers=False, quasi=True)
    finding = equivalence_finding(("age",), "illness", counted, told, "public", [])
    assert (told.level, finding.severity, finding.evidence["l"]) == (3, "medium", 1)
