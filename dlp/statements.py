"""What an SQL statement does with data: which columns of which tables it reads, writes, takes out, and where they go.

Parsed with sqlglot in the dialect of the database. A statement that cannot be parsed is told by the tables named in it.
"""

import re
from collections.abc import Iterator
from functools import lru_cache, reduce

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from dlp.data_uses import ANY_COLUMN, Action, Edge, Statement
from dlp.statement_columns import Resolver
from dlp.statement_forms import explained, loaded_table, plain_form, says_nothing, takes_rows_out
from dlp.statement_sources import Output
from dlp.statement_text import bare_text

_LONGEST = 64 * 1024
_DIALECTS = {"clickhouse": "clickhouse", "mysql": "mysql", "postgresql": "postgres", "postgres": "postgres"}
_DUMP = re.compile(r"/\*!\d+ SQL_NO_CACHE \*/")  # how mysqldump reads
_NAMED = re.compile(
    r"""\b(?:FROM|JOIN|INTO|UPDATE|TABLE|COPY|HANDLER)\s+(?:(?:ONLY|TABLE)\s+)?"""
    r"""((?:(?:[\w$]+|"[^"]+"|`[^`]+`)\.)?(?:[\w$]+|"[^"]+"|`[^`]+`))""",
    re.IGNORECASE,
)
_NO_TABLES = frozenset({"select", "outfile", "dumpfile", "function", "if", "values", "only", "set", "stdin", "stdout"})
_STRENGTH: tuple[Action, ...] = ("other", "define", "read", "write", "export")


def understood(text: str, service: str, database: str = "") -> Statement:
    """What a statement, or several behind each other, does; its literals may be replaced by `?`.

    Args:
        text: the statement.
        service: which database it was put to: clickhouse, mysql, postgresql.
        database: what a table without one belongs to.
    """
    bare = bare_text(text[:_LONGEST], service).text
    found = _of_bare(bare, service, database, len(text) > _LONGEST)
    return _exported(found) if _DUMP.search(text[:_LONGEST]) else found


@lru_cache(maxsize=4096)
def _of_bare(text: str, service: str, database: str, is_cut: bool) -> Statement:
    if (what := explained(text)) is not None:
        ran = _of_bare(what, service, database, is_cut) if what else Statement("other")
        return ran if ran.action == "write" else Statement("other")
    if filled := loaded_table(text):
        return Statement("write", writes=frozenset({_owned(filled, database)}))
    plain = plain_form(text, service)
    parts = [] if is_cut else _parts(plain, service, database)
    found = reduce(_both, parts) if parts else _by_name(plain, database)
    return _exported(found) if takes_rows_out(text) else found


def _exported(found: Statement) -> Statement:
    return Statement("export", found.reads, found.writes, found.edges, found.parsed)


def _parts(text: str, service: str, database: str) -> list[Statement]:
    """What each statement of a text does; none where the parser makes nothing of it."""
    if says_nothing(text):
        return [Statement("other")]
    try:
        trees = sqlglot.parse(text, dialect=_DIALECTS.get(service), error_level=sqlglot.ErrorLevel.RAISE)
        folds = service.startswith("postgres")
        return [_of_tree(tree, database, folds=folds) for tree in trees if tree is not None]
    except (SqlglotError, RecursionError, ValueError, AttributeError, TypeError, LookupError):
        # Not every statement of every version is known, and some trip the parser itself: its tables are looked for by
        # their names instead.
        return []


def _both(one: Statement, other: Statement) -> Statement:
    reads = {
        name: one.reads.get(name, frozenset()) | other.reads.get(name, frozenset())
        for name in (*one.reads, *other.reads)
    }
    return Statement(
        max(one.action, other.action, key=_STRENGTH.index),
        reads,
        one.writes | other.writes,
        one.edges + other.edges,
        one.parsed and other.parsed,
    )


def _of_tree(tree: exp.Expr, database: str, *, folds: bool) -> Statement:
    resolver = Resolver(database, folds=folds)
    if isinstance(tree, exp.Command):
        text = f"{tree.this} {tree.expression or ''}"
        return Statement("other") if says_nothing(text) else _by_name(text, database)
    if isinstance(tree, exp.Copy) and not isinstance(tree.this, exp.Query):
        # COPY t (a, b) TO: the rows leave; FROM: they come in. sqlglot tells by `kind`: True is FROM.
        names = frozenset(_schema_columns(tree.this, resolver)) or frozenset({ANY_COLUMN})
        writes = frozenset({resolver.dataset(target)} if (target := _target(tree)) is not None else ())
        return (
            Statement("write", writes=writes)
            if tree.args.get("kind")
            else Statement("export", dict.fromkeys(writes, names))
        )
    outputs = _outputs(tree, resolver)
    targets = [target for part in _changing(tree) if (target := _target(part)) is not None]
    writes = frozenset(map(resolver.dataset, targets))
    reads: dict[str, set[str]] = {name: set() for name in resolver.datasets}
    for dataset, column in resolver.conditions.union(*(output.origins for output in outputs)):
        reads.setdefault(dataset, set()).add(column)
    edges = tuple(_edges(tree, outputs, resolver)) if targets else ()
    return Statement(
        _action(tree, targets), {name: frozenset(columns) for name, columns in reads.items()}, writes, edges
    )


def _outputs(tree: exp.Expr, resolver: Resolver) -> tuple[Output, ...]:
    """What a statement reads to give it back, or to put it elsewhere."""
    if isinstance(tree, exp.Copy):
        return resolver.outputs(tree.this, {})
    if isinstance(tree, exp.Insert | exp.Create):
        query = tree.expression
        if isinstance(query, exp.Query):
            return resolver.outputs(query, resolver.common_of(tree))
        return ()
    if isinstance(tree, exp.Update | exp.Delete | exp.Merge):
        return resolver.changed(tree, {})
    if isinstance(tree, exp.Set):  # SET @x = (SELECT ...)
        return tuple(each for query in _outermost(tree) for each in resolver.outputs(query, {}))
    return resolver.outputs(tree, {}) if isinstance(tree, exp.Query) else ()


def _outermost(tree: exp.Expr) -> list[exp.Expr]:
    return [node for node in tree.walk(prune=lambda each: isinstance(each, exp.Query)) if isinstance(node, exp.Query)]


def _changing(tree: exp.Expr) -> Iterator[exp.Expr]:
    """The parts of a statement that write: itself, and what its CTEs change on the way."""
    yield tree
    for common in tree.find_all(exp.CTE):
        if isinstance(common.this, exp.Insert | exp.Update | exp.Delete):
            yield common.this


def _action(tree: exp.Expr, targets: list[exp.Table]) -> Action:
    if isinstance(tree, exp.Copy):
        return "export"
    if isinstance(tree, exp.Insert | exp.Update | exp.Delete | exp.Merge):
        return "write"
    if isinstance(tree, exp.Create):
        return "write" if tree.expression is not None and tree.kind == "TABLE" else "define"
    if isinstance(tree, exp.Drop | exp.Alter | exp.TruncateTable):
        return "define"
    if isinstance(tree, exp.Query):
        return "write" if targets else "read"
    return "read" if isinstance(tree, exp.Set) and _outermost(tree) else "other"


def _target(tree: exp.Expr) -> exp.Table | None:
    found: object = None
    if isinstance(
        tree, exp.Insert | exp.Update | exp.Delete | exp.Merge | exp.Create | exp.Drop | exp.Alter | exp.Copy
    ):
        into = next(iter(tree.find_all(exp.ToTableProperty)), None)
        found = into.this if into is not None else tree.this
        found = found if found is not None else tree.find(exp.Table)
    elif isinstance(tree, exp.TruncateTable):
        found = next(iter(tree.expressions), None)
    elif isinstance(tree, exp.Select) and tree.args.get("into"):
        found = tree.args["into"].this
    found = found.this if isinstance(found, exp.Schema) else found
    return found if isinstance(found, exp.Table) and isinstance(found.this, exp.Identifier) else None


def _schema_columns(node: exp.Expr | None, resolver: Resolver) -> list[str]:
    return [resolver.name(each) for each in node.expressions] if isinstance(node, exp.Schema) else []


def _edges(tree: exp.Expr, outputs: tuple[Output, ...], resolver: Resolver) -> Iterator[Edge]:
    """Where columns went, for INSERT ... SELECT, CREATE ... AS and SELECT ... INTO."""
    target = _target(tree)
    if target is None or not isinstance(tree, exp.Insert | exp.Create | exp.Select):
        return
    into, names = resolver.dataset(target), _schema_columns(tree.this, resolver)
    # Behind a `*` nobody knows how many columns came before.
    placed = names if not any(output.name == ANY_COLUMN for output in outputs) else []
    for at, output in enumerate(outputs):
        name = placed[at] if at < len(placed) else output.name
        for dataset, column in sorted(output.origins):
            yield Edge(dataset, column, into, ANY_COLUMN if column == ANY_COLUMN else name or column)


def _by_name(text: str, database: str) -> Statement:
    names = {_owned(name, database) for name in _NAMED.findall(text[:_LONGEST]) if name.lower() not in _NO_TABLES}
    reads = {name: frozenset({ANY_COLUMN}) for name in sorted(names)}
    return Statement("read" if reads else "other", reads, parsed=False)


def _owned(name: str, database: str) -> str:
    """A name as it was written, with the database it belongs to."""
    name = name.replace("`", "").replace('"', "")
    return name if "." in name or not database else f"{database}.{name}"
