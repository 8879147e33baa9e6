"""The nodes of a parsed statement: which are a query's own, and which of them rows come from."""

from collections.abc import Iterator

from sqlglot import exp


def own(node: exp.Expr) -> Iterator[exp.Expr]:
    """The nodes of one query; the queries within it are met and not entered."""
    return node.walk(
        prune=lambda each: (
            each is not node and (isinstance(each, exp.With) or (isinstance(each, exp.Query) and not is_joined(each)))
        )
    )


def is_joined(query: exp.Expr) -> bool:
    """Whether parentheses hold joined tables and no query."""
    return isinstance(query, exp.Subquery) and isinstance(query.this, exp.Table)


def is_source(node: exp.Expr) -> bool:
    """Whether a table or a query stands where rows come from."""
    if is_joined(node):
        return False
    parent = node.parent
    while isinstance(parent, exp.Final | exp.TableSample | exp.Subquery | exp.Lateral) and not isinstance(
        node, exp.With
    ):
        if isinstance(parent, exp.Subquery) and not is_joined(parent):
            return False
        parent = parent.parent
    if isinstance(parent, exp.Update | exp.Delete | exp.Merge):
        return node.arg_key in ("this", "using", "from_")
    return isinstance(parent, exp.From | exp.Join)


def is_excluded(column: exp.Column) -> bool:
    """Whether a column is named to be left out: `* EXCEPT (a)`."""
    return isinstance(column.parent, exp.Star)
