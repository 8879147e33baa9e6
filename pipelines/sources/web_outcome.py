"""Whether a web request worked, by its status."""

import polars as pl


def outcome_of_status(status: pl.Expr) -> pl.Expr:
    """`success` below 400 (RFC 9110, section 15), `failure` from there, `unknown` where there is no status."""
    worked = status.cast(pl.Int64, strict=False) < 400
    return pl.when(worked).then(pl.lit("success")).when(~worked).then(pl.lit("failure")).otherwise(pl.lit("unknown"))
