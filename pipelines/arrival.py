"""What a row gains on arrival: its identity, where it came from, and whose it is."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import polars as pl

from pipelines.batch import FIELDS, SCHEMAS, Batch, Table
from pipelines.event_classes import CLASSES
from pipelines.sources.columns import CONTENT_LIMIT

# The database's five-minute roll-ups are 32-bit; outside of it a time would be silently bent.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2106, 1, 1, tzinfo=UTC)

_FLOW, _EVENT = "f", "e"


class Assets(Protocol):
    """The asset that each address or host name belongs to ('' where none does), and the scope of each asset."""

    def asset_of_addresses(self, addresses: pl.Series) -> pl.Series:
        """The asset of each address."""

    def asset_of_hosts(self, hosts: pl.Series) -> pl.Series:
        """The asset of each host name."""

    def scope_of(self, asset_ids: pl.Series, default: str) -> pl.Series:
        """The scope of each asset, `default` where there is none."""


@dataclass(frozen=True)
class Origin:
    """Where a batch comes from.

    Attributes:
        batch_id: names the batch in the ledger and begins the id of each of its events.
        scope: of rows that belong to no asset.
        identity: names the file whatever it grows by, and begins the ids of rows that are numbered by their place.
    """

    source: str
    source_type: str
    batch_id: str
    scope: str
    identity: str = ""


def settled(batch: Batch) -> Batch:
    """The batch with rows whose time the tables cannot hold moved to the rejects."""
    inside = batch.rows["event_time"].is_between(EARLIEST, LATEST, closed="left").fill_null(value=False)
    if inside.all():
        return batch
    outside = batch.rows.filter(~inside)
    content = (
        pl.col("message") if "message" in outside.columns else pl.col("source_ip") + " > " + pl.col("destination_ip")
    )
    rejects = outside.select(
        pl.col("source_offset").alias("offset"),
        pl.lit("time out of range: before 1970 or after 2105").alias("reason"),
        content.str.slice(0, CONTENT_LIMIT).alias("content"),
    )
    return Batch(batch.table, batch.rows.filter(inside), pl.concat([batch.rejects, rejects]), batch.source_type)


def arrived_rows(batch: Batch, origin: Origin, assets: Assets | None) -> pl.DataFrame:
    """The rows with every column that the table wants from the ingestion."""
    by_place = batch.numbered and origin.identity
    kind = _FLOW if batch.table == "network_flows" else _EVENT
    prefix = f"{origin.identity if by_place else origin.batch_id}{kind}"
    number = pl.col("source_offset") if by_place else pl.col("row")
    rows = batch.rows.with_row_index("row").with_columns(
        pl.format("{}{}", pl.lit(prefix), number).alias("event_id"), *_constants(origin)
    )
    return _placed(rows.drop("row"), batch.table, origin.scope, assets)


def arrived_rejects(batch: Batch, origin: Origin) -> pl.DataFrame:
    """The rejects with where they came from."""
    return batch.rejects.with_columns(*_constants(origin))


def stored(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The rows as they lie: a class has columns for its fields, and `extra` for what is left.

    Columns without a value in any row are left out: the table gives the same for them, and what is not sent costs
    nothing on either side.
    """
    told = rows.select(name for name in rows.columns if name not in SCHEMAS[table] or not _is_empty(rows[name]))
    return told.rename({"fields": "extra"}, strict=False) if table in CLASSES else told


def _constants(origin: Origin) -> list[pl.Expr]:
    values = {"source": origin.source, "source_type": origin.source_type, "batch_id": origin.batch_id}
    return [pl.lit(value).alias(name) for name, value in values.items()]


def _placed(rows: pl.DataFrame, table: Table, scope: str, assets: Assets | None) -> pl.DataFrame:
    if assets is None:
        return rows.with_columns(pl.lit(scope).alias("scope"))
    source = assets.asset_of_addresses(rows["source_ip"])
    destination = assets.asset_of_addresses(rows["destination_ip"])
    if table == "network_flows":
        rows = rows.with_columns(source.alias("source_asset_id"), destination.alias("destination_asset_id"))
        owner = _first_named(destination, source)
    else:
        owner = _first_named(assets.asset_of_hosts(rows["host"]), destination, source)
    return rows.with_columns(owner.alias("asset_id"), assets.scope_of(owner, scope).alias("scope"))


def _first_named(*candidates: pl.Series) -> pl.Series:
    chosen = candidates[0]
    for candidate in candidates[1:]:
        chosen = candidate.zip_with(chosen == "", chosen)
    return chosen


def _is_empty(column: pl.Series) -> bool:
    # The first row often tells that it is not, which spares a look at all of them.
    return not _tells(column.head(1)) and not _tells(column)


def _tells(column: pl.Series) -> bool:
    """Whether any value of a column is another than the table's default."""
    if column.dtype == pl.String:
        return not (column == "").all()
    if column.dtype.is_numeric():
        return not (column == 0).all()
    return column.dtype != FIELDS or not (column.map.len() == 0).all()
