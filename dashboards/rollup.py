"""Posture rolled up from assets to a sector, an organisation or the city, for the screen."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Standing:
    """How a group of assets stands: weighted score and band, and its worst asset, which no average hides."""

    score: float | None
    band: str
    assets: int
    open_alerts: int
    worst_name: str


def standing(assets: pl.DataFrame) -> Standing:
    """The standing of all assets of a frame (`assets.sql`); critical infrastructure weighs more."""
    scored = assets.filter(pl.col("score").is_not_null())
    weight = 1 + scored["mlps_level"].cast(pl.Float64) + 2 * scored["is_cii"].cast(pl.Float64)
    mean = float((scored["score"] * weight).sum() / weight.sum()) if scored.height else None
    worst = scored.sort("score").head(1)
    return Standing(
        mean,
        "" if mean is None else _band(mean),
        assets.height,
        int(assets["open_alerts"].sum()),
        worst["name"].item() if worst.height else "",
    )


def by_sector(assets: pl.DataFrame) -> dict[str, Standing]:
    """The standing of every sector that has an asset."""
    return _by(assets, "sector")


def by_organisation(assets: pl.DataFrame) -> dict[str, Standing]:
    """The standing of every organisation that has an asset, worst first."""
    found = _by(assets, "organisation")
    return dict(sorted(found.items(), key=lambda each: (each[1].score is None, each[1].score or 0.0)))


def _by(assets: pl.DataFrame, column: str) -> dict[str, Standing]:
    return {str(key[0]): standing(group) for key, group in assets.group_by(column, maintain_order=True)}


def _band(score: float) -> str:
    for band, least in (("good", 80), ("fair", 65), ("poor", 50)):
        if score >= least:
            return band
    return "critical"
