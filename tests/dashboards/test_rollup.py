"""The desk's roll-up says what the scoring's roll-up says."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.weights import load_weights
from dashboards.rollup import by_organisation, by_sector, standing

WEIGHTS = load_weights(Path(__file__).parents[2] / "rules" / "thresholds.yml")
SCHEMA = {
    "asset_id": pl.String,
    "name": pl.String,
    "sector": pl.String,
    "organisation": pl.String,
    "score": pl.Float64,
    "mlps_level": pl.UInt8,
    "is_cii": pl.Boolean,
    "data_grade": pl.String,
    "open_alerts": pl.UInt64,
}


def _assets(*rows: tuple[str, float | None, int, bool, str]) -> pl.DataFrame:
    return pl.DataFrame(
        [(name, name, "water", name, score, mlps, cii, grade, 1) for name, score, mlps, cii, grade in rows],
        schema=SCHEMA,
        orient="row",
    )


@pytest.mark.parametrize(
    ("rows", "score"),
    [
        pytest.param([("a", 80.0, 0, False, "")], 80.0, id="one asset is its own standing"),
        pytest.param([("a", 100.0, 0, False, ""), ("b", 0.0, 0, False, "")], 35.0, id="the worst one pulls"),
        pytest.param(
            [("a", 100.0, 0, False, ""), ("b", 50.0, 0, True, "core")], 57.0, id="the critical one weighs more"
        ),
        pytest.param(
            [("a", 80.0, 0, False, ""), ("b", None, 4, True, "core")], 80.0, id="an unscored one weighs nothing"
        ),
        pytest.param([("a", None, 0, False, "")], None, id="nothing scored"),
        pytest.param([], None, id="no assets"),
    ],
)
def test_a_group_stands_by_its_weighted_mean_pulled_to_the_worst(
    rows: list[tuple[str, float | None, int, bool, str]], score: float | None
) -> None:
    assert standing(_assets(*rows), WEIGHTS).score == score


@given(st.lists(st.floats(0, 100), min_size=1, max_size=8))
def test_a_group_never_stands_above_its_best_nor_below_its_worst(scores: list[float]) -> None:
    found = standing(_assets(*((str(n), score, 0, False, "") for n, score in enumerate(scores))), WEIGHTS).score
    assert found is not None
    assert min(scores) - 0.1 <= found <= max(scores) + 0.1


def test_organisations_come_worst_first() -> None:
    found = by_organisation(
        _assets(("good", 90.0, 0, False, ""), ("bad", 10.0, 0, False, ""), ("new", None, 0, False, "")), WEIGHTS
    )
    assert list(found) == ["bad", "good", "new"]


def test_a_sector_counts_its_assets_and_open_alerts() -> None:
    found = by_sector(_assets(("a", 90.0, 0, False, ""), ("b", None, 0, False, "")), WEIGHTS)["water"]
    assert (found.assets, found.open_alerts, found.worst_name) == (2, 2, "a")
