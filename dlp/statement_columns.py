"""Which columns of which tables the outputs and conditions of a query come from, through aliases, CTEs and subqueries.

Names are resolved as SQL does, without a schema: where a column may belong to several tables, it counts for each.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sqlglot import exp

from dlp.data_uses import ANY_COLUMN

Origin = tuple[str, str]  # a data set and its column
Origins = frozenset[Origin]
NONE: Origins = frozenset()
_MANY = 500  # from here on equal outputs are told once: `SELECT * FROM x a, x b` doubles them with every step


@dataclass(frozen=True)
class Output:
    """One column of a result: its name, `*` for all of a table, and what it is made of."""

    name: str
    origins: Origins


@dataclass
class Source:
    """What a query draws on under one name: a table, or a query with its outputs."""

    dataset: str = ""
    outputs: tuple[Output, ...] = ()

    def column(self, name: str) -> Origins:
        """What a column of it is made of."""
        if self.dataset:
            return frozenset({(self.dataset, name)})
        named = [output.origins for output in self.outputs if output.name.lower() == name.lower()]
        if named or name == ANY_COLUMN:
            return NONE.union(*(named if name != ANY_COLUMN else (output.origins for output in self.outputs)))
        stars = NONE.union(*(output.origins for output in self.outputs if output.name == ANY_COLUMN))
        return frozenset((dataset, name if column == ANY_COLUMN else column) for dataset, column in stars)

    def all(self) -> tuple[Output, ...]:
        """Its columns, as `*` gives them."""
        return (Output(ANY_COLUMN, self.column(ANY_COLUMN)),) if self.dataset else self.outputs


@dataclass
class Scope:
    """Where names are looked up: the sources of one query, then those of the queries around it."""

    sources: dict[str, Source] = field(default_factory=dict)
    around: "Scope | None" = None

    def resolved(self, qualifier: str, name: str) -> Origins:
        """What a column is made of; one without a known qualifier counts for every table that it may belong to."""
        scope: Scope | None = self
        while qualifier and scope is not None:
            if qualifier.lower() in scope.sources:
                return scope.sources[qualifier.lower()].column(name)
            scope = scope.around
        known = NONE.union(*(source.column(name) for source in self.sources.values()))
        outer = self.around.resolved("", name) if self.around else NONE
        # a.b may be a part of a column that holds several.
        parts = self.resolved("", qualifier) if qualifier else NONE
        return known | outer | parts


class Resolver:
    """Reads of a statement as it is walked: what its conditions look at, and which tables it draws on.

    Args:
        database: what a table without one belongs to.
        folds: whether names without quotation marks are told in small letters.
    """

    def __init__(self, database: str, *, folds: bool) -> None:
        self._database = database
        self._folds = folds
        self.conditions: set[Origin] = set()
        self.datasets: set[str] = set()

    def dataset(self, table: exp.Table) -> str:
        """The name of a table with its database."""
        owner = self._name(table.args.get("db"))
        if not owner or (self._folds and owner == "public"):  # the schema that PostgreSQL searches first
            owner = self._database or owner
        name = self._name(table.this)
        return f"{owner}.{name}" if owner else name

    def outputs(self, query: exp.Expr, common: dict[str, Source], around: Scope | None = None) -> tuple[Output, ...]:
        """The columns of a query's result; what its conditions look at is added to `conditions`."""
        while isinstance(query, exp.Subquery) and not query.args.get("joins"):
            query = query.this
        common = self._common(query, common, around)
        if isinstance(query, exp.SetOperation):
            return _united(self.outputs(query.this, common, around), self.outputs(query.expression, common, around))
        return self._selected(query, common, around) if isinstance(query, exp.Select) else ()

    def common_of(self, tree: exp.Expr) -> dict[str, Source]:
        """The queries that a statement names before it begins: `WITH x AS (...) INSERT ...`."""
        return self._common(tree, {}, None)

    def scope_of(self, node: exp.Expr, common: dict[str, Source], around: Scope | None = None) -> Scope:
        """The sources that a query, or a statement that changes rows, draws on."""
        scope = Scope(around=around)
        for at, found in enumerate(_own(node)):
            if isinstance(found, exp.Table) and _is_source(found):
                scope.sources[(found.alias or self._name(found.this)).lower() or f"#{at}"] = self._table(found, common)
            elif isinstance(found, exp.Subquery) and _is_source(found):
                scope.sources[found.alias.lower() or f"#{at}"] = self._derived(found, common, scope)
        return scope

    def read(self, node: exp.Expr, scope: Scope, common: dict[str, Source], skipped: Iterable[str] = ()) -> Origins:
        """What an expression is made of, subqueries in it included; columns named in `skipped` are not of a table."""
        found: set[Origin] = set()
        for each in _own(node):
            if isinstance(each, exp.Column) and not _is_excluded(each):
                if not (each.name in skipped and not each.table):
                    found |= self._column(each, scope)
            elif isinstance(each, exp.Columns):
                found |= scope.resolved("", ANY_COLUMN)
            elif isinstance(each, exp.Join):
                for name in each.args.get("using") or ():
                    found |= scope.resolved("", self._name(name))
            elif isinstance(each, exp.Query) and each is not node and not _is_source(each):
                found |= NONE.union(*(output.origins for output in self.outputs(each, common, scope)))
        return frozenset(found)

    def name(self, node: exp.Expr) -> str:
        """The name of an output."""
        named = node.args.get("alias") if isinstance(node, exp.Alias) else node.this
        return self._name(named) if isinstance(named, exp.Identifier) else node.alias_or_name

    def _selected(self, query: exp.Select, common: dict[str, Source], around: Scope | None) -> tuple[Output, ...]:
        scope = self.scope_of(query, common, around)
        outputs = tuple(output for each in query.expressions for output in self._projected(each, scope, common))
        names = {output.name for output in outputs}
        for key, value in query.args.items():
            if key in ("expressions", "with_", "into"):
                continue
            aliases = names if key in ("order", "group", "having", "qualify") else ()
            for node in value if isinstance(value, list) else [value]:
                if isinstance(node, exp.Expr):
                    self.conditions |= self.read(node, scope, common, aliases)
        return outputs if len(outputs) <= _MANY else tuple(dict.fromkeys(outputs))

    def _projected(self, node: exp.Expr, scope: Scope, common: dict[str, Source]) -> Iterator[Output]:
        star = node.this if isinstance(node, exp.Column) else node
        if not isinstance(star, exp.Star):
            yield Output(self.name(node), self.read(node, scope, common))
            return
        qualifier = node.table.lower() if isinstance(node, exp.Column) else ""
        named = [scope.sources[qualifier]] if qualifier in scope.sources else list(scope.sources.values())
        left_out = {self.name(each).lower() for each in star.args.get("except_") or ()}
        for source in named:
            yield from (output for output in source.all() if output.name.lower() not in left_out)

    def _column(self, column: exp.Column, scope: Scope) -> Origins:
        if isinstance(column.this, exp.Star):
            return scope.resolved(column.table, ANY_COLUMN) if not isinstance(column.parent, exp.Count) else NONE
        name = self._name(column.this)
        if not column.table and self._folds and name.lower() in scope.sources:
            return scope.sources[name.lower()].column(ANY_COLUMN)  # PostgreSQL: a table's name stands for a whole row
        return scope.resolved(column.table, name)

    def _common(self, query: exp.Expr, common: dict[str, Source], around: Scope | None) -> dict[str, Source]:
        known = dict(common)
        clause = query.args.get("with_")
        for each in clause.expressions if clause else ():
            name = each.alias.lower()
            if each.args.get("scalar"):  # ClickHouse: WITH (SELECT max(a) FROM t) AS m
                held = self._outputs_of(each.this, known, around)
                self.conditions |= NONE.union(*(output.origins for output in held))
                continue
            known.setdefault(name, Source())  # a recursive one draws on itself
            known[name] = Source(outputs=_renamed(self._outputs_of(each.this, known, around), each.args.get("alias")))
        return known

    def _outputs_of(self, node: exp.Expr, common: dict[str, Source], around: Scope | None) -> tuple[Output, ...]:
        if isinstance(node, exp.Query):
            return self.outputs(node, common, around)
        if isinstance(node, exp.Insert | exp.Update | exp.Delete):
            return self.changed(node, common)
        return (Output(node.alias_or_name, self.read(node, around or Scope(), common)),)  # ClickHouse: WITH x AS y

    def changed(self, node: exp.Expr, common: dict[str, Source]) -> tuple[Output, ...]:
        """What a statement that changes rows reads on the way: `conditions`; and what it gives back, its outputs."""
        common = self._common(node, common, None)
        if isinstance(node.expression, exp.Query):
            outputs = self.outputs(node.expression, common)
            self.conditions |= NONE.union(*(output.origins for output in outputs))
        scope = self.scope_of(node, common)
        if isinstance(node, exp.Insert):
            return ()
        returning = node.args.get("returning")
        for key, value in node.args.items():
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, exp.Expr) and key not in ("with_", "returning", "tables"):
                    self.conditions |= self.read(each, scope, common)
        given = returning.expressions if returning else ()
        return tuple(output for each in given for output in self._projected(each, scope, common))

    def _table(self, table: exp.Table, common: dict[str, Source]) -> Source:
        if not isinstance(table.this, exp.Identifier):
            return Source()  # a function
        if table.name.lower() in common and not table.db:
            return common[table.name.lower()]
        dataset = self.dataset(table)
        self.datasets.add(dataset)
        return Source(dataset)

    def _derived(self, subquery: exp.Subquery, common: dict[str, Source], around: Scope) -> Source:
        return Source(outputs=_renamed(self.outputs(subquery, common, around), subquery.args.get("alias")))

    def _name(self, node: object) -> str:
        if not isinstance(node, exp.Identifier):
            return node.name if isinstance(node, exp.Expr) else ""
        return node.name.lower() if self._folds and not node.quoted else node.name


def _own(node: exp.Expr) -> Iterator[exp.Expr]:
    """The nodes of one query; the queries within it are met and not entered."""
    return node.walk(
        prune=lambda each: (
            each is not node and (isinstance(each, exp.With) or (isinstance(each, exp.Query) and not _is_joined(each)))
        )
    )


def _is_joined(query: exp.Expr) -> bool:
    """Whether parentheses hold joined tables and no query."""
    return isinstance(query, exp.Subquery) and isinstance(query.this, exp.Table)


def _is_source(node: exp.Expr) -> bool:
    """Whether a table or a query stands where rows come from."""
    if _is_joined(node):
        return False
    parent = node.parent
    while isinstance(parent, exp.Final | exp.TableSample | exp.Subquery | exp.Lateral) and not isinstance(
        node, exp.With
    ):
        if isinstance(parent, exp.Subquery) and not _is_joined(parent):
            return False
        parent = parent.parent
    if isinstance(parent, exp.Update | exp.Delete | exp.Merge):
        return node.arg_key in ("this", "using", "from_")
    return isinstance(parent, exp.From | exp.Join)


def _is_excluded(column: exp.Column) -> bool:
    return isinstance(column.parent, exp.Star)


def _united(left: tuple[Output, ...], right: tuple[Output, ...]) -> tuple[Output, ...]:
    """The outputs of a union, column by column as far as their places are known."""
    if len(left) == len(right) and not any(output.name == ANY_COLUMN for output in (*left, *right)):
        return tuple(Output(mine.name, mine.origins | theirs.origins) for mine, theirs in zip(left, right, strict=True))
    every = NONE.union(*(output.origins for output in (*left, *right)))
    return (*(Output(output.name, every) for output in left), Output(ANY_COLUMN, every))


def _renamed(outputs: tuple[Output, ...], alias: object) -> tuple[Output, ...]:
    """The outputs under the names that the alias gives them: `AS s (a, b)`."""
    names = [each.name for each in alias.args.get("columns") or ()] if isinstance(alias, exp.TableAlias) else []
    if not names:
        return outputs
    if any(output.name == ANY_COLUMN for output in outputs):
        every = NONE.union(*(output.origins for output in outputs))
        return tuple(Output(name, every) for name in names)
    return tuple(Output(name, output.origins) for name, output in zip(names, outputs, strict=False))
