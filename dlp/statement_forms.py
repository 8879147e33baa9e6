"""Statements brought into a form that the parser knows, and what is told by their form alone."""

import re

_TEXT = r"(?:'\?'|\?)"
# Where rows leave the database by what stands in a query: SELECT ... INTO OUTFILE 'x' FIELDS TERMINATED BY ','
_OUTFILE = re.compile(
    rf"""\bINTO\s+(?:OUTFILE|DUMPFILE)\s+{_TEXT}
    (?:\s+(?:AND\s+STDOUT|APPEND|TRUNCATE|CHARACTER\s+SET\s+\w+|COMPRESSION\s+{_TEXT}|LEVEL\s+\d+|FIELDS|COLUMNS|LINES
    |(?:TERMINATED|(?:OPTIONALLY\s+)?ENCLOSED|ESCAPED|STARTING)\s+BY\s+{_TEXT}))*""",
    re.IGNORECASE | re.VERBOSE,
)
_FORMAT = re.compile(r"\b(?:FORMAT\s+\w+|SETTINGS\s+[\w\s=,'?.]+)\s*;?\s*$", re.IGNORECASE)
_REMOTE = re.compile(
    r"\bINSERT\s+INTO\s+(?:TABLE\s+)?FUNCTION\s+(?:url|s3|s3Cluster|file|hdfs|remote|remoteSecure|mysql|postgresql)\s*\(",
    re.IGNORECASE,
)
# What says no data: it describes, sets, locks, or goes on with what another statement began.
_SAYS_NOTHING = re.compile(
    r"""^\s*(?:SHOW|DESC|DESCRIBE|SET|RESET|USE|GRANT|REVOKE|LOCK|UNLOCK|VACUUM|ANALYZE|REINDEX|OPTIMIZE|CHECK|FLUSH|KILL
    |FETCH|MOVE|CLOSE|EXECUTE|DEALLOCATE|CALL|BEGIN|START|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|DISCARD|LISTEN|NOTIFY
    |COMMENT|SYSTEM|EXISTS)\b""",
    re.IGNORECASE | re.VERBOSE,
)
# EXPLAIN (ANALYZE, BUFFERS) INSERT ...: shows no row, but ANALYZE runs what it explains.
_EXPLAIN = re.compile(
    r"^\s*EXPLAIN\b(?P<how>(?:\s*\([^)]*\)|\s+(?:ANALYZE|ANALYSE|VERBOSE|EXTENDED|PLAN|AST|SYNTAX|PIPELINE|ESTIMATE"
    r"|FORMAT\s*=\s*\S+|\w+\s*=\s*\d+,?))*)\s*(?P<what>.*)$",
    re.IGNORECASE | re.DOTALL,
)
# What stands before a query that is run later, or in parts.
_PREPARED = re.compile(
    r"^\s*(?:PREPARE\s+[^\s(]+\s*(?:\([^)]*\))?\s+AS\s+|DECLARE\s+\S+\s+(?:\w+\s+)*?CURSOR\s+(?:WITH(?:OUT)?\s+HOLD\s+)?FOR\s+)",
    re.IGNORECASE,
)
_COPY_BINARY = re.compile(r"^\s*COPY\s+BINARY\s+", re.IGNORECASE)  # as PostgreSQL took it before version 9
_INTO_VARIABLES = re.compile(r"\bINTO\s+@\w+(?:\s*,\s*@\w+)*", re.IGNORECASE)
_REPLACE = re.compile(r"^\s*REPLACE\s+(?:LOW_PRIORITY\s+|DELAYED\s+)?(?=INTO\b)", re.IGNORECASE)
# How ClickHouse changes rows.
_MUTATION = re.compile(
    r"^\s*ALTER\s+TABLE\s+(?P<table>\S+)(?:\s+ON\s+CLUSTER\s+\S+)?\s+(?P<verb>UPDATE|DELETE)\s+(?P<rest>.*)$",
    re.IGNORECASE | re.DOTALL,
)
_LOAD = re.compile(r"^\s*LOAD\s+(?:DATA|XML)\b.*?\bINTO\s+TABLE\s+((?:[\w$`]+\.)?[\w$`]+)", re.IGNORECASE | re.DOTALL)


def explained(text: str) -> str | None:
    """What an EXPLAIN runs, '' where it only shows a plan; None for another statement."""
    found = _EXPLAIN.match(text)
    if found is None:
        return None
    return str(found["what"]) if re.search(r"ANALY[SZ]E", found["how"], re.IGNORECASE) else ""


def loaded_table(text: str) -> str:
    """The table that a LOAD DATA fills, '' for another statement."""
    found = _LOAD.match(text)
    return found[1] if found else ""


def takes_rows_out(text: str) -> bool:
    """Whether rows leave the database, by a file or another server that is named."""
    return bool(_OUTFILE.search(text) or _REMOTE.search(text))


def plain_form(text: str, service: str) -> str:
    """The statement that the parser is to read: without where its rows go, as what it stands for."""
    plain = _COPY_BINARY.sub("COPY ", _PREPARED.sub("", _OUTFILE.sub(" ", text)))
    plain = _REPLACE.sub("INSERT ", _INTO_VARIABLES.sub(" ", plain)) if service == "mysql" else plain
    return _MUTATION.sub(_as_change, _FORMAT.sub("", plain).replace("?..", "?"))


def says_nothing(text: str) -> bool:
    """Whether one statement says no data: it describes, sets, locks, or goes on with what another began."""
    return bool(_SAYS_NOTHING.match(text)) and ";" not in text.rstrip("; ") and not _asks(text)


def _as_change(found: re.Match[str]) -> str:
    if found["verb"].upper() == "UPDATE":
        return f"UPDATE {found['table']} SET {found['rest']}"  # noqa: S608 - parsed, never run
    return f"DELETE FROM {found['table']} {found['rest']}"  # noqa: S608 - parsed, never run


def _asks(text: str) -> bool:
    """Whether a statement that only sets something asks for rows on the way: `SET @x = (SELECT ...)`."""
    words = text.upper()
    return "SELECT" in words and "FROM" in words
