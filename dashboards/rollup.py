"""Posture of a sector, an organisation or the city: the arithmetic of `assets.rollup`, on a frame."""

from dataclasses import dataclass

import polars as pl

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
    mean = _mean(scored)
    score = None if mean is None else round(mean + (worst["score"].item() - mean) * weights.roll_up.worst_share, 1)
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


def _mean(scored: pl.DataFrame) -> float | None:
    if scored.is_empty():
        return None
    criticality = 1 + pl.col("mlps_level").cast(pl.Int64) + 2 * pl.col("is_cii").cast(pl.Int64)
    criticality += pl.col("data_grade").is_in(["core", "important"]).cast(pl.Int64)
    return float(scored.select((pl.col("score") * criticality).sum() / criticality.sum()).item())
