"""What PostgreSQL's messages say: statements with their time, logins, refusals, and pgaudit's records."""

import polars as pl

from pipelines.sources.database_events import database_rows

# duration: 12.345 ms  statement: SELECT 1 | execute <unnamed>: SELECT 1 | duration: 0.1 ms
_STATEMENT = (
    r"(?s)^(?:duration: (?P<duration>[\d.]+) ms\s*)?"
    r"(?:(?:statement|execute [^:]*|parse [^:]*|bind [^:]*): (?P<statement>.*))?$"
)
# AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.citizens,"SELECT * FROM citizens",<none>,250
# The last number, the rows, is there with pgaudit.log_rows only (pgAudit 1.6.1, 1.7, 16).
_AUDIT = (
    r"(?s)^AUDIT: (?P<kind>SESSION|OBJECT),(?P<number>\d*),(?P<part>\d*),(?P<class>\w*),(?P<command>[^,]*),"
    r'(?P<object_type>[^,]*),(?P<object>"(?:[^"]|"")*"|[^,]*),(?P<audited>"(?:[^"]|"")*"|[^,]*)'
    r'(?:,(?P<parameter>"(?:[^"]|"")*"|[^,]*))?'
    r"(?:,(?P<audited_rows>\d+))?"
)
_CLIENT = r'(?:host[= ]"?(?P<host>[^\s",]+)"?)'
_PORT = r"\bport=(?P<port>\d+)"
_USER = r"""(?:\buser[= ]"?(?P<user>[^\s",]+)"?|\bidentity="(?P<identity>[^"]*)")"""
_DATABASE = r"""\bdatabase[= ]"?(?P<database>[^\s",]+)"?"""
_APPLICATION = r"\bapplication_name=(?P<application>\S+)"
_LOGIN = r"^(?:connection (?:received|authorized|authenticated)|disconnection|replication connection authorized): "
_REFUSED = (
    r"authentication failed for user|no pg_hba\.conf entry|role \"[^\"]*\" does not exist|is not permitted to log in"
)
_ACTIONS = (
    ("login", r"^(?:replication )?connection (?:authorized|authenticated): "),
    ("connect", r"^connection received: "),
    ("logout", r"^disconnection: "),
)
_SEVERITIES = {
    "PANIC": 6,
    "FATAL": 4,
    "ERROR": 3,
    "WARNING": 2,
    "NOTICE": 1,
    "LOG": 1,
    "INFO": 1,
    "DEBUG": 1,
    **{f"DEBUG{number}": 1 for number in range(1, 6)},
}
_FAILURES = ("ERROR", "FATAL", "PANIC")
_AUDITED = {
    "audit_type": "kind",
    "statement_id": "number",
    "substatement_id": "part",
    "class": "class",
    "command": "command",
    "object_type": "object_type",
    "object_name": "object",
    "parameter": "parameter",
}


def postgres_rows(lines: pl.DataFrame, fields: dict[str, str]) -> pl.DataFrame:
    """Rows of `log_events` of PostgreSQL's messages.

    Args:
        lines: `offset`, `text`, `decode_error`, `event_time`, `message` and `level` (LOG, ERROR, ...), and `user`,
            `database`, `client`, `client_port`, `application` and `statement` (of an error), null where the line does
            not name them.
        fields: what else becomes fields: name to column.
    """
    login = pl.col("message").str.contains(_LOGIN)
    refused = pl.col("message").str.contains(_REFUSED)
    speaks = pl.when(login | refused).then("message")
    is_failure = pl.col("level").is_in(_FAILURES)
    action = pl.when(refused).then(pl.lit("login")).otherwise(None)
    for word, pattern in _ACTIONS:
        action = pl.when(pl.col("message").str.contains(pattern)).then(pl.lit(word)).otherwise(action)
    told = lines.with_columns(
        pl.when(pl.col("message").str.contains("^(?:duration|statement|execute|parse|bind)"))
        .then("message")
        .str.extract_groups(_STATEMENT)
        .alias("ran"),
        pl.when(pl.col("message").str.starts_with("AUDIT: ")).then("message").str.extract_groups(_AUDIT).alias("audit"),
    ).unnest("ran", "audit", separator=".")
    told = told.with_columns(
        *(_unquoted(f"audit.{name}") for name in _AUDITED.values()), _unquoted("audit.audited"), login.alias("login")
    )
    told = told.with_columns(
        pl.coalesce("ran.statement", "audit.audited", "statement").alias("said.statement"),
        pl.coalesce("database", speaks.str.extract(_DATABASE, 1)).alias("said.database"),
        pl.coalesce("user", speaks.str.extract(_USER, 1), speaks.str.extract(_USER, 2)).alias("said.user"),
        pl.coalesce("client", speaks.str.extract(_CLIENT, 1)).alias("said.client"),
        pl.coalesce("client_port", speaks.str.extract(_PORT, 1)).alias("said.port"),
        pl.col("ran.duration").alias("said.duration_ms"),
        pl.col("audit.audited_rows").alias("said.rows"),
        pl.when(is_failure).then("message").alias("said.error"),
        pl.coalesce(action, pl.col("audit.command").str.to_lowercase()).alias("said.action"),
        pl.when(is_failure)
        .then(pl.lit(value=True))
        .when(login | pl.col("ran.duration").is_not_null() | pl.col("audit.kind").is_not_null())
        .then(pl.lit(value=False))
        .alias("said.failed"),
        pl.col("level").replace_strict(_SEVERITIES, default=0, return_dtype=pl.UInt8).alias("said.severity"),
        pl.coalesce("application", speaks.str.extract(_APPLICATION, 1)).alias("application"),
        pl.col("message").alias("whole"),
    )
    told = told.with_columns(pl.col("said.client").alias("said.address"), pl.col("message").alias("text"))
    named = {"level": "level", "message": "whole", "application_name": "application"}
    return database_rows(told, "postgresql", fields | named | {name: f"audit.{of}" for name, of in _AUDITED.items()})


def _unquoted(name: str) -> pl.Expr:
    value = pl.col(name)
    inner = value.str.strip_prefix('"').str.strip_suffix('"').str.replace_all('""', '"', literal=True)
    read = pl.when(value.str.starts_with('"')).then(inner).otherwise(value)
    return pl.when(~read.is_in(["", "<none>", "<not logged>", "<previously logged>"])).then(read).alias(name)
