"""Structured data of RFC 5424 (section 6.3) as fields: `<id>.<name>`."""

import re

import polars as pl

from pipelines.batch import FIELDS
from pipelines.field_maps import fields_of_rows

# A `]` in a value should be escaped; where it is not, the quotes still say where the value ends.
_ELEMENT = re.compile(r'\[([^\s=\]"]+)((?: [^\s=\]"]+="(?:[^"\\]|\\.)*")*)\]', re.DOTALL)
_PARAMETER = re.compile(r' ([^\s=\]"]+)="((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r'\\(["\\\]])')


def structured_data(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with the parameters of their column `structured` as `fields`; without that column where none has any."""
    given = rows["structured"].is_not_null() & (rows["structured"] != "-")
    if not given.any():
        return rows
    distinct = rows["structured"].filter(given).unique().to_list()
    read = pl.DataFrame({"structured": distinct, "more": fields_of_rows([parameters(text) for text in distinct])})
    joined = rows.join(read, on="structured", how="left", maintain_order="left")
    none = pl.lit(pl.Series([{}], dtype=FIELDS)).first()
    return joined.with_columns(pl.col("more").fill_null(none).alias("fields"))


def parameters(text: str) -> dict[str, str]:
    r"""The parameters of some structured data; `\"`, `\\` and `\]` lose their backslash, others keep it."""
    found = {}
    for identifier, body in _ELEMENT.findall(text):
        for name, value in _PARAMETER.findall(body):
            found[f"{identifier}.{name}"] = _ESCAPE.sub(r"\1", value)
    return found
