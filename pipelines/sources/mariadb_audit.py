"""The audit log of MariaDB's server_audit plugin, which Percona's and MySQL's servers in clouds write too.

https://mariadb.com/kb/en/mariadb-audit-plugin-log-format/
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch
from pipelines.sources.columns import rejected
from pipelines.sources.database_events import database_rows
from pipelines.sources.lines import lines_tell
from pipelines.sources.multiline import record_blocks
from pipelines.sources.pairs import PAIR, unmarked
from pipelines.sources.times import utc_times

NAME = "mariadb_audit"

# 20260301 10:00:00,db-1,app,192.0.2.7,12,34,QUERY,city,'select \'a\' from people',0
# 1772359200123456,db-1,app,192.0.2.7,12,34,CONNECT,city,,0, as Amazon's servers write the time
_OPERATIONS = (
    "CONNECT|DISCONNECT|FAILED_CONNECT|QUERY|QUERY_DDL|QUERY_DML|QUERY_DML_NO_SELECT|QUERY_DCL|READ|WRITE|CREATE|ALTER"
    "|RENAME|DROP|PROXY_CONNECT"
)
_BEGINS = rf"^(?:\d{{8}} \d\d:\d\d:\d\d|\d{{16}}),[^,]*,[^,]*,[^,]*,\d+,\d*,(?:{_OPERATIONS}),"
_RECORD = (
    r"(?s)^(?:(?P<day>\d{8}) (?P<clock>\d\d:\d\d:\d\d)|(?P<micros>\d{16})),(?P<host>[^,]*),(?P<user>[^,]*),"
    rf"(?P<client>[^,]*),(?P<connection>\d+),(?P<query_id>\d*),(?P<operation>{_OPERATIONS}),(?P<database>[^,]*),"
    r"(?:'(?P<statement>.*)'|(?P<object>[^,]*))?(?:,(?P<code>\d*))?(?:,[^,']*){0,3}$"
)
_ACTIONS = {
    **dict.fromkeys(("CONNECT", "FAILED_CONNECT", "PROXY_CONNECT"), "login"),
    "DISCONNECT": "logout",
    **{verb: verb.lower() for verb in ("READ", "WRITE", "CREATE", "ALTER", "RENAME", "DROP")},
}
_NAMES = {"connection_id": "connection", "query_id": "query_id", "operation": "operation", "object": "object"}


def recognises(head: bytes) -> bool:
    """Whether at least every fourth of the first lines is a record with an operation that the plugin knows."""
    return lines_tell(head, lambda line: re.match(_BEGINS, line))


def read(stream: BinaryIO) -> Iterator[Batch]:
    """The records in batches; a statement may reach over several lines. Times are read as UTC where they are dates."""
    for block in record_blocks(stream, _BEGINS):
        split = block.lines.with_columns(pl.col("text").str.extract_groups(_RECORD).alias("record")).unnest("record")
        dated = pl.col("day").str.replace(r"^(\d{4})(\d\d)(\d\d)$", "${1}-${2}-${3}") + "T" + pl.col("clock")
        times = utc_times(split.select(pl.coalesce(dated, "micros").alias("time"))["time"])
        timed = split.with_columns(times.alias("event_time"))
        shaped = timed["operation"].is_not_null()
        rejects = [
            block.rejects,
            rejected(timed.filter(~shaped), "no record of the audit plugin"),
            rejected(timed.filter(shaped & times.is_null()), "no such time"),
        ]
        rows = database_rows(_said(timed.filter(shaped & times.is_not_null())), "mysql", _NAMES)
        yield Batch("log_events", rows, pl.concat(rejects))


def _said(records: pl.DataFrame) -> pl.DataFrame:
    """The records under the names that all databases share."""
    statement = unmarked(records["statement"]).str.replace_all(r"\\", PAIR, literal=True)
    for written, meant in ((r"\'", "'"), (r"\n", "\n"), (r"\r", "\r"), (r"\t", "\t"), (PAIR, "\\")):
        statement = statement.str.replace_all(written, meant, literal=True)
    code = pl.when(pl.col("code").is_in(["", "0"]).not_()).then("code")
    refused = pl.col("operation").str.starts_with("FAILED")
    absent = [pl.col(name).replace({"": None}) for name in ("host", "user", "client", "database", "object", "query_id")]
    return records.with_columns(*absent).with_columns(
        statement.alias("said.statement"),
        *(pl.col(name).alias(f"said.{name}") for name in ("host", "user", "client", "database")),
        pl.col("client").alias("said.address"),
        pl.col("operation").replace_strict(_ACTIONS, default=None, return_dtype=pl.String).alias("said.action"),
        code.alias("said.error"),
        pl.when((pl.col("code") != "") | refused).then(refused | (pl.col("code") != "0")).alias("said.failed"),
    )
