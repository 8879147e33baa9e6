"""What databases say of statements and logins, under the columns and names that all of them share.

`fields` holds `statement`, `database`, `duration_ms`, `rows` and `error` whatever the database, beside its own names.
"""

import polars as pl

from pipelines.sources.columns import canonical_addresses, complete, fields_of_columns, joined_fields

SHARED = ("statement", "database", "duration_ms", "rows", "error", "client")
_VERB = r"^(?:\s|/\*.*?\*/|--[^\n]*\n|\()*([A-Za-z]+)"


def database_rows(said: pl.DataFrame, service: str, fields: dict[str, str] | pl.Series) -> pl.DataFrame:
    """Rows of `log_events` of what a database said.

    Args:
        said: `offset`, `text`, `event_time`, `decode_error`, and as far as known `said.<name>` (text, null where
            absent) for `SHARED` and `user`, `host`, `address`, `port`, `action`, `failed` (boolean) and
            `severity` (OCSF's).
        service: which database it is.
        fields: the database's own names: field to column, or a map already made.
    """
    known = said.with_columns(
        pl.lit(None, dtype=pl.Boolean if name == "failed" else pl.UInt8 if name == "severity" else pl.String).alias(
            f"said.{name}"
        )
        for name in (*SHARED, "user", "host", "address", "port", "action", "failed", "severity")
        if f"said.{name}" not in said.columns
    )
    verb = pl.col("said.statement").str.extract(_VERB, 1).str.to_lowercase()
    failed = pl.coalesce("said.failed", pl.when(pl.col("said.error").is_not_null()).then(pl.lit(value=True)))
    known = known.with_columns(
        pl.when("decode_error").then(pl.lit("true")).alias("decode_flag"),
        failed.alias("said.failed"),
    )
    shared = fields_of_columns(known, {name: f"said.{name}" for name in SHARED} | {"decode_error": "decode_flag"})
    own = fields if isinstance(fields, pl.Series) else fields_of_columns(known, fields)
    both = joined_fields(shared, own)
    verdict = pl.when("said.failed").then(pl.lit("failure")).when(~pl.col("said.failed")).then(pl.lit("success"))
    return complete(
        known.with_columns(
            pl.col("offset").alias("source_offset"),
            pl.lit(service).alias("product"),
            pl.lit("database").alias("category"),
            pl.lit(service).alias("service"),
            pl.col("said.host").alias("host"),
            canonical_addresses(known["said.address"]).alias("source_ip"),
            pl.col("said.port").alias("source_port"),
            pl.col("said.user").alias("user"),
            pl.coalesce("said.action", verb).alias("action"),
            verdict.otherwise(pl.lit("unknown")).alias("outcome"),
            pl.coalesce("said.severity", pl.when("said.failed").then(pl.lit(2)).otherwise(pl.lit(1))).alias("severity"),
            pl.coalesce("said.statement", "text").alias("message"),
            both,
        ),
        "log_events",
    )
