"""EVE records as columns: a table for each event type, under the names that flattening and the sensors' share give."""

import polars as pl

from pipelines.sources.json_shape_columns import shaped_tables
from pipelines.sources.json_shapes import FEWEST, Shape
from pipelines.sources.suricata_names import shared_columns, shared_places


def eve_columns(lines: pl.DataFrame, fewest: int = FEWEST) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """The records that are read as columns, by event type, and the lines that have to be read one by one.

    Args:
        lines: `offset`, `text`, `decode_error`.
        fewest: how many lines of one shape are read as columns.

    Returns:
        `offset`, `text` and `@<name>` for each name: text, null where it is absent; and the other lines.
    """
    tables, others = shaped_tables(lines, "event_type", _kind, fewest)
    return {kind: _shared(kind, frame) for kind, frame in tables.items()}, others


def _kind(shape: Shape) -> tuple[str, dict[str, str]] | None:
    """The event type of a shape, and its columns: `@` before a record's own names, `=` before the shared ones."""
    single = [place for place, kind in shape.kinds.items() if kind != "list"]
    shared = shared_places(shape.told or "", shape.content, single)
    if not shape.told or shared is None:
        return None
    own = {f"@{name}": places for name, places in shape.flat.items()}
    return shape.told, own | {f"={name}": places for name, places in shared.items()}


def _shared(kind: str, columns: pl.DataFrame) -> pl.DataFrame:
    """The columns with the shared names among the record's own, where they hold anything."""
    shared = [name for name in columns.columns if name.startswith("=")]
    if not shared:
        return columns
    given = columns.select(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name[1:]) for name in shared)
    given = given.with_columns(each.alias(name) for name, each in shared_columns(kind, given.columns).items())
    own = set(columns.columns)
    named = [pl.coalesce(name, f"@{name}") if f"@{name}" in own else pl.col(name) for name in given.columns]
    together = pl.concat([columns.drop(shared), given], how="horizontal")
    return together.with_columns(each.alias(f"@{name}") for name, each in zip(given.columns, named, strict=True)).drop(
        given.columns
    )
