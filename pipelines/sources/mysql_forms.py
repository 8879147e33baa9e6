"""What the logs of MySQL and MariaDB have in common: times of old servers, the lines at a start, refused logins."""

from typing import Final

import polars as pl

# What a server writes at the head of a log, and again when it has restarted.
SERVER_HEAD: Final = r"^(?:Time\s+Id\s+Command|Tcp port:|.*, Version: .* started with:)"
# Access denied for user 'eve'@'192.0.2.7' (using password: YES) | ... to database 'shop'
ACCESS_DENIED: Final = (
    r"Access denied for user '(?P<user>[^']*)'@'(?P<client>[^']*)'(?: to database '(?P<database>[^']*)')?"
)


def iso_times(texts: pl.Expr) -> pl.Expr:
    """The times in ISO 8601, also where a server wrote `260301  9:00:00` or `2026-03-01  9:00:00`."""
    dated = texts.str.replace(r"^(\d\d)(\d\d)(\d\d) ", "20${1}-${2}-${3} ")
    return dated.str.replace(r" +(\d:)", " 0${1}").str.replace(r" {2,}", " ")
