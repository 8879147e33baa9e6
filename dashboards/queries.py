"""The questions that the pages ask: `sql/*.sql`, run with server-side parameters, times shown in the city's zone."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import polars as pl

from store.client import Store

ZONE = "Asia/Shanghai"


@cache
def statement(name: str) -> str:
    """The SQL text of a question."""
    return files("dashboards").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


def ask(store: Store, name: str, parameters: Mapping[str, object]) -> pl.DataFrame:
    """The answer to a question; stored times are UTC, answers carry the same instants in Asia/Shanghai.

    Raises:
        QueryFailed: ClickHouse refused it.
        ConnectionFailed: the database went away.
    """
    return in_city_time(store.frame(statement(name), parameters))


def in_city_time(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with every time column in Asia/Shanghai; a column without a zone is UTC."""
    return frame.with_columns(
        (pl.col(name) if kind.time_zone else pl.col(name).dt.replace_time_zone("UTC")).dt.convert_time_zone(ZONE)
        for name, kind in frame.schema.items()
        if isinstance(kind, pl.Datetime)
    )
