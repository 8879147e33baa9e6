"""Which columns of which tables the outputs and conditions of a query come from, through aliases, CTEs and subqueries.

Names are resolved as SQL does, without a schema: where a column may belong to several tables, it counts for each.
"""

from collections.abc import Iterable, Iterator

from sqlglot import exp

from dlp.data_uses import ANY_COLUMN
from dlp.statement_nodes import is_excluded, is_source, own
from dlp.statement_sources import NONE, Origin, Origins, Output, Scope, Source, renamed, united

_MANY = 500  # from here on equal outputs are told once: `SELECT * FROM x a, x b` doubles them with every step


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
            return united(self.outputs(query.this, common, around), self.outputs(query.expression, common, around))
        return self._selected(query, common, around) if isinstance(query, exp.Select) else ()

    def common_of(self, tree: exp.Expr) -> dict[str, Source]:
        """The queries that a statement names before it begins: `WITH x AS (...) INSERT ...`."""
        return self._common(tree, {}, None)

    def scope_of(self, node: exp.Expr, common: dict[str, Source], around: Scope | None = None) -> Scope:
        """The sources that a query, or a statement that changes rows, draws on."""
        scope = Scope(around=around)
        for at, found in enumerate(own(node)):
            if isinstance(found, exp.Table) and is_source(found):
                scope.sources[(found.alias or self._name(found.this)).lower() or f"#{at}"] = self._table(found, common)
            elif isinstance(found, exp.Subquery) and is_source(found):
                scope.sources[found.alias.lower() or f"#{at}"] = self._derived(found, common, scope)
        return scope

    def read(self, node: exp.Expr, scope: Scope, common: dict[str, Source], skipped: Iterable[str] = ()) -> Origins:
        """What an expression is made of, subqueries in it included; columns named in `skipped` are not of a table."""
        found: set[Origin] = set()
        for each in own(node):
            if isinstance(each, exp.Column) and not is_excluded(each):
                if not (each.name in skipped and not each.table):
                    found |= self._column(each, scope)
            elif isinstance(each, exp.Columns):
                found |= scope.resolved("", ANY_COLUMN)
            elif isinstance(each, exp.Join):
                for name in each.args.get("using") or ():
                    found |= scope.resolved("", self._name(name))
            elif isinstance(each, exp.Query) and each is not node and not is_source(each):
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
            known[name] = Source(outputs=renamed(self._outputs_of(each.this, known, around), each.args.get("alias")))
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
        return Source(outputs=renamed(self.outputs(subquery, common, around), subquery.args.get("alias")))

    def _name(self, node: object) -> str:
        if not isinstance(node, exp.Identifier):
            return node.name if isinstance(node, exp.Expr) else ""
        return node.name.lower() if self._folds and not node.quoted else node.name
