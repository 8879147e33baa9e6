"""One migration, two shapes: the statement for a single server, or its counterparts for a cluster.

On a cluster a table `t` is `t_local`, replicated on every shard, under a `Distributed` table `t` that everybody uses.
What a materialized view adds stays on its shard. Rows with the same sorting key meet on one shard, so that replacing
and aggregating engines still see them together.
"""

import re
from collections.abc import Collection, Mapping

from store.errors import MigrationError
from store.statements import words

_CREATE = re.compile(
    r"""
    CREATE\s+(?P<kind>TABLE|VIEW|MATERIALIZED\s+VIEW)\s+(?:IF\s+NOT\s+EXISTS\s+)?(?P<name>\w+)(?P<rest>.*)
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)

# such as: ENGINE = ReplacingMergeTree(updated_at)
_ENGINE = re.compile(r"ENGINE\s*=\s*(?P<family>\w*MergeTree)\b\s*(?:\((?P<arguments>[^()]*)\))?", re.IGNORECASE)

# ORDER BY (asset_id, scored_at)          ORDER BY seq
_SORTING = re.compile(r"\bORDER\s+BY\s+(?:\((?P<several>[^()]*)\)|(?P<one>\w+))", re.IGNORECASE)

_RENAME = re.compile(r"RENAME\s+TABLE\s+IF\s+EXISTS\s+(?P<old>\w+)\s+TO\s+(?P<new>\w+)", re.IGNORECASE)
_ALTER = re.compile(r"ALTER\s+TABLE\s+(?P<name>\w+)\s+(?P<rest>MODIFY.*)", re.DOTALL | re.IGNORECASE)
_ADD = re.compile(
    r"ALTER\s+TABLE\s+(?P<name>\w+)\s+(?P<rest>ADD\s+COLUMN\s+IF\s+NOT\s+EXISTS.*)", re.DOTALL | re.IGNORECASE
)
# In one step: another process that migrates at the same moment never finds the view missing.
_REPLACE_VIEW = re.compile(r"CREATE\s+OR\s+REPLACE\s+VIEW\s+(?P<name>\w+)(?P<rest>.*)", re.DOTALL | re.IGNORECASE)
_DROP_VIEW = re.compile(r"DROP\s+VIEW\s+IF\s+EXISTS\s+(?P<name>\w+)", re.IGNORECASE)

_PATH = "'/clickhouse/tables/{uuid}/{shard}', '{replica}'"


def repeatable(statement: str) -> str:
    """The statement such that a second run changes nothing.

    Raises:
        MigrationError: it is neither a CREATE nor a REPLACE, nor says IF [NOT] EXISTS itself.
    """
    found = _CREATE.fullmatch(statement)
    if found is not None:
        return f"CREATE {found['kind'].upper()} IF NOT EXISTS {found['name']}{found['rest']}"
    if _REPLACE_VIEW.fullmatch(statement) or re.search(r"\bIF\s+(?:NOT\s+)?EXISTS\b", statement, re.IGNORECASE):
        return statement
    raise MigrationError(
        f"a migration's statement must say IF [NOT] EXISTS, to be run again after a crash: {statement}"
    )


def tables_of(statements: Collection[str]) -> dict[str, str]:
    """The tables of the statements that a cluster keeps as `_local` parts, and what each is sharded by.

    Those are the tables of the MergeTree family, under every name that they ever had.

    Raises:
        MigrationError: a table has nothing to shard by.
    """
    tables: dict[str, str] = {}
    for statement in statements:
        created, renamed = _CREATE.fullmatch(statement), _RENAME.fullmatch(statement)
        if created is not None and created["kind"].upper() == "TABLE" and _ENGINE.search(created["rest"]):
            tables[created["name"]] = _sharding_key(created["name"], created["rest"])
        elif renamed is not None and renamed["old"] in tables:
            tables[renamed["new"]] = tables[renamed["old"]]
    return tables


def on_cluster(statement: str, cluster: str, tables: Mapping[str, str]) -> list[str]:
    """The statements that do on a cluster what one does on a single server.

    Args:
        statement: a repeatable CREATE of a table or a view, REPLACE or DROP of a view, RENAME of a table, MODIFY or ADD
            of columns.
        cluster: the cluster's name in the servers' configuration.
        tables: every table that has a `_local` counterpart, with what it is sharded by.

    Raises:
        MigrationError: it is of another kind; such a migration is written for both shapes by hand.
    """
    where = f"ON CLUSTER `{cluster}`"
    if (renamed := _RENAME.fullmatch(statement)) is not None:
        return _renamed(renamed["old"], renamed["new"], cluster, tables)
    if (altered := _ALTER.fullmatch(statement)) is not None:
        # How columns are packed concerns only where they lie.
        return [f"ALTER TABLE {altered['name']}_local {where} {altered['rest']}"]
    if (added := _ADD.fullmatch(statement)) is not None:
        # First where rows lie, then where they are asked for: never a column that cannot be answered.
        return [f"ALTER TABLE {added['name']}{part} {where} {added['rest']}" for part in ("_local", "")]
    if (replaced := _REPLACE_VIEW.fullmatch(statement)) is not None:
        return [f"CREATE OR REPLACE VIEW {replaced['name']} {where}{_global(replaced['rest'])}"]
    if (dropped := _DROP_VIEW.fullmatch(statement)) is not None:
        return [f"DROP VIEW IF EXISTS {dropped['name']} {where}"]
    found = _CREATE.fullmatch(statement)
    if found is None:
        raise MigrationError(f"this statement has no known form for a cluster: {statement}")
    kind, name, rest = found["kind"].upper(), found["name"], found["rest"]
    if kind == "TABLE" and _ENGINE.search(rest) is None:
        # A lookup table (engine Join) is memory of its own node: it is made on each, and filled on each.
        return [f"CREATE TABLE IF NOT EXISTS {name} {where}{rest}"]
    if kind == "TABLE":
        local = f"CREATE TABLE IF NOT EXISTS {name}_local {where}{_replicated(rest)}"
        return [local, _everywhere(name, cluster, _sharding_key(name, rest))]
    if kind == "VIEW":
        return [f"CREATE VIEW IF NOT EXISTS {name} {where}{_global(rest)}"]
    # Each shard feeds its own part of the target, from the rows that came to it.
    local = "".join(f"{word}_local" if word in tables else word for word in words(rest))
    return [f"CREATE MATERIALIZED VIEW IF NOT EXISTS {name} {where}{local}"]


def _everywhere(name: str, cluster: str, sharding_key: str) -> str:
    """The table that everybody uses."""
    engine = f"Distributed(`{cluster}`, currentDatabase(), {name}_local, {sharding_key})"
    return f"CREATE TABLE IF NOT EXISTS {name} ON CLUSTER `{cluster}` AS {name}_local ENGINE = {engine}"


def _renamed(old: str, new: str, cluster: str, tables: Mapping[str, str]) -> list[str]:
    """The parts take the new name; the table over them holds nothing and is made anew."""
    where = f"ON CLUSTER `{cluster}`"
    if old not in tables:
        raise MigrationError(f"table {old} is renamed, but no migration before that created it")
    return [
        f"RENAME TABLE IF EXISTS {old}_local TO {new}_local {where}",
        f"DROP TABLE IF EXISTS {old} {where}",
        _everywhere(new, cluster, tables[old]),
    ]


def _replicated(rest: str) -> str:
    def engine(found: re.Match[str]) -> str:
        arguments = f", {found['arguments']}" if found["arguments"] else ""
        return f"ENGINE = Replicated{found['family']}({_PATH}{arguments})"

    window = rest.replace("non_replicated_deduplication_window", "replicated_deduplication_window")
    return _ENGINE.sub(engine, window, count=1)


def _sharding_key(name: str, rest: str) -> str:
    found = _SORTING.search(rest)
    if found is None:
        raise MigrationError(f"table {name} has no ORDER BY of plain columns to shard by")
    return f"cityHash64({found['several'] or found['one']})"


def _global(rest: str) -> str:
    """Subqueries run once for all shards: a distributed table inside another one's query is refused otherwise."""
    once = re.sub(r"\b(NOT\s+IN|IN)(\s*\(\s*SELECT\b)", r"GLOBAL \1\2", rest, flags=re.IGNORECASE)
    return re.sub(r"\b((?:LEFT|INNER|ANY|FULL)\s+JOIN)\b", r"GLOBAL \1", once, flags=re.IGNORECASE)
