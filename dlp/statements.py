"""What an SQL statement does with data: which columns of which tables it reads, writes, takes out, and where they go.

Parsed with sqlglot in the dialect of the database. A statement that cannot be parsed is told by the tables named in it.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import zip_longest

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from dlp.data_uses import ANY_COLUMN, Action, Edge, Statement

_LONGEST = 64 * 1024
_DIALECTS = {"clickhouse": "clickhouse", "mysql": "mysql", "postgresql": "postgres", "postgres": "postgres"}
# Where rows leave the database by what follows a query: SELECT ... INTO OUTFILE 'x' FORMAT CSV
_OUTFILE = re.compile(r"\bINTO\s+(?:OUTFILE|DUMPFILE)\b.*", re.IGNORECASE | re.DOTALL)
_FORMAT = re.compile(r"\b(?:FORMAT\s+\w+|SETTINGS\s+[\w\s=,'?.]+)\s*;?\s*$", re.IGNORECASE)
_DUMP = re.compile(r"/\*!\d+ SQL_NO_CACHE \*/")  # how mysqldump reads
_REMOTE = re.compile(
    r"\bINSERT\s+INTO\s+(?:TABLE\s+)?FUNCTION\s+(?:url|s3|s3Cluster|file|hdfs|remote|remoteSecure|mysql|postgresql)\s*\(",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE|TABLE|COPY)\s+((?:[\w$]+\.)?[\w$]+)", re.IGNORECASE)
_NO_TABLES = frozenset({"select", "outfile", "dumpfile", "function", "if", "values", "only", "set"})


@lru_cache(maxsize=4096)
def understood(text: str, service: str, database: str = "") -> Statement:
    """What a statement does, its literals replaced by `?` or not.

    Args:
        text: the statement.
        service: which database it was put to: clickhouse, mysql, postgresql.
        database: what a table without one belongs to.
    """
    exports = bool(_OUTFILE.search(text) or _DUMP.search(text) or _REMOTE.search(text))
    bare = _FORMAT.sub("", _OUTFILE.sub("", text)).replace("?..", "?")
    tree = _tree(bare, _DIALECTS.get(service))
    if tree is None:
        return _by_name(text, database, exports=exports)
    found = _of_tree(tree, database)
    return Statement("export", found.reads, found.writes, found.edges) if exports else found


def _tree(text: str, dialect: str | None) -> exp.Expr | None:
    if len(text) > _LONGEST:
        return None
    try:
        tree = sqlglot.parse_one(text, dialect=dialect, error_level=sqlglot.ErrorLevel.RAISE)
    except (SqlglotError, RecursionError, ValueError, AttributeError, TypeError, LookupError):
        # Not every statement of every version is known, and some trip the parser itself: its tables are looked for by
        # their names instead.
        return None
    return None if isinstance(tree, exp.Command) else tree


def _of_tree(tree: exp.Expr, database: str) -> Statement:
    common = {each.alias_or_name for each in tree.find_all(exp.CTE)}
    target = _target(tree)
    writes = frozenset({_dataset(target, database)}) if target is not None else frozenset[str]()
    if isinstance(tree, exp.Copy):
        # COPY t (a, b) TO: the rows leave; FROM: they come in. sqlglot tells by `kind`: True is FROM.
        columns = frozenset(_schema_columns(tree.this)) or frozenset({ANY_COLUMN})
        into = bool(tree.args.get("kind"))
        return Statement("write", writes=writes) if into else Statement("export", dict.fromkeys(writes, columns))
    reads = _reads(tree, target, common, database)
    edges = tuple(_edges(tree, target, common, database)) if target is not None else ()
    return Statement(_action(tree), reads, writes, edges)


def _action(tree: exp.Expr) -> Action:
    if isinstance(tree, exp.Insert | exp.Update | exp.Delete | exp.Merge):
        return "write"
    if isinstance(tree, exp.Create):
        return "write" if tree.expression is not None and tree.kind == "TABLE" else "define"
    if isinstance(tree, exp.Drop | exp.Alter | exp.TruncateTable):
        return "define"
    return "read" if isinstance(tree, exp.Query) else "other"


def _target(tree: exp.Expr) -> exp.Table | None:
    written = isinstance(
        tree, exp.Insert | exp.Update | exp.Delete | exp.Merge | exp.Create | exp.Drop | exp.Alter | exp.Copy
    )
    found = tree.this if written else None
    found = found.this if isinstance(found, exp.Schema) else found
    return found if isinstance(found, exp.Table) else None


def _dataset(table: exp.Table, database: str) -> str:
    name, owner = table.name, table.db or database
    return f"{owner}.{name}" if owner else name


def _tables(tree: exp.Expr, target: exp.Table | None, common: set[str], database: str) -> dict[str, str]:
    """The tables that are read, by the name or alias that columns use for them."""
    return {
        table.alias_or_name: _dataset(table, database)
        for table in tree.find_all(exp.Table)
        if table is not target and table.name and not (table.name in common and not table.db)
    }


def _reads(tree: exp.Expr, target: exp.Table | None, common: set[str], database: str) -> dict[str, frozenset[str]]:
    tables = _tables(tree, target, common, database)
    if isinstance(tree, exp.Update | exp.Delete) and target is not None and tree.args.get("where"):
        tables.setdefault(target.alias_or_name, _dataset(target, database))
    reads: dict[str, set[str]] = {name: set() for name in tables.values()}
    for column in tree.find_all(exp.Column):
        for name in _owners(column.table, tables):
            reads[name].add(ANY_COLUMN if isinstance(column.this, exp.Star) else column.name)
    for star in tree.find_all(exp.Star):
        if not isinstance(star.parent, exp.Column | exp.Count):
            for name in tables.values():
                reads[name].add(ANY_COLUMN)
    return {name: frozenset(columns) for name, columns in reads.items()}


def _owners(qualifier: str, tables: dict[str, str]) -> list[str]:
    """The data sets that a column may belong to: its own, or each of those that are read where it does not say."""
    if qualifier:
        return [tables[qualifier]] if qualifier in tables else []
    return list(tables.values())


def _schema_columns(node: exp.Expr | None) -> list[str]:
    return [each.name for each in node.expressions] if isinstance(node, exp.Schema) else []


def _edges(tree: exp.Expr, target: exp.Table, common: set[str], database: str) -> Iterator[Edge]:
    """Where columns went, for INSERT ... SELECT and CREATE ... AS."""
    query = tree.expression if isinstance(tree, exp.Insert | exp.Create) else None
    if not isinstance(query, exp.Query):
        return
    into, tables = _dataset(target, database), _tables(tree, target, common, database)
    names = _schema_columns(tree.this)
    for output, name in zip_longest(query.selects, names):
        if output is None:
            continue
        sources = list(output.find_all(exp.Column))
        if isinstance(output, exp.Star) or any(isinstance(each.this, exp.Star) for each in sources):
            qualifier = sources[0].table if sources else ""
            yield from (Edge(owner, ANY_COLUMN, into, ANY_COLUMN) for owner in _owners(qualifier, tables))
            continue
        for source in sources:
            for owner in _owners(source.table, tables):
                yield Edge(owner, source.name, into, name or output.alias_or_name or source.name)


def _by_name(text: str, database: str, *, exports: bool) -> Statement:
    names = {
        name if "." in name or not database else f"{database}.{name}"
        for name in _NAMED.findall(text[:_LONGEST])
        if name.lower() not in _NO_TABLES
    }
    reads = {name: frozenset({ANY_COLUMN}) for name in sorted(names)}
    return Statement("export" if exports else "read" if reads else "other", reads, parsed=False)
