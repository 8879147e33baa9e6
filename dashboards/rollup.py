"""Posture of a sector, an organisation or the city, from a frame of assets; `assets.rollup` does the arithmetic."""

from dataclasses import dataclass

import polars as pl

from assets.rollup import group_score, weight_of
from assets.weights import PostureWeights


@dataclass(frozen=True)
class Standing:
    """How a group of assets stands: its score, its band, and its worst asset, which no average hides.

    Attributes:
        score: the mean weighted by criticality, pulled towards the worst asset; None where nothing is scored.
    """

    score: float | None
    band: str
    assets: int
    open_alerts: int
    worst_name: str


def standing(assets: pl.DataFrame, weights: PostureWeights) -> Standing:
    """The standing of all assets of a frame (`assets.sql`); unscored ones count, but weigh nothing."""
    scored = assets.filter(pl.col("score").is_not_null())
    worst = scored.sort("score", "asset_id").head(1)
    rows = scored.select("score", "mlps_level", "is_cii", "data_grade").iter_rows()
    weighed = [(score, weight_of(level, is_cii, grade)) for score, level, is_cii, grade in rows]
    score = group_score(weighed, weights) if weighed else None
    return Standing(
        score,
        "" if score is None else weights.bands.of(score),
        assets.height,
        int(assets["open_alerts"].sum()),
        worst["name"].item() if worst.height else "",
    )


def by_sector(assets: pl.DataFrame, weights: PostureWeights) -> dict[str, Standing]:
    """The standing of every sector that has an asset."""
    return _by(assets, "sector", weights)


def by_organisation(assets: pl.DataFrame, weights: PostureWeights) -> dict[str, Standing]:
    """The standing of every organisation that has an asset, worst first, those without a score last."""
    found = _by(assets, "organisation", weights)
    return dict(sorted(found.items(), key=lambda each: (each[1].score is None, each[1].score or 0.0, each[0])))


def _by(assets: pl.DataFrame, column: str, weights: PostureWeights) -> dict[str, Standing]:
    groups = assets.group_by(column, maintain_order=True)
    return {str(key[0]): standing(group, weights) for key, group in groups}
