"""What a migration comes to on a cluster. There is none to try it on here: the SQL itself is the expectation."""

import pytest

from store.client import Store
from store.cluster import on_cluster, repeatable, tables_of
from store.errors import MigrationError
from store.migrate import applied_statements, migrations
from store.statements import words

_TABLE = (
    "CREATE TABLE flows (a UInt64, b String) ENGINE = ReplacingMergeTree(a) PARTITION BY a "
    "ORDER BY (b, a) SETTINGS non_replicated_deduplication_window = 10"
)
_FEED = "CREATE MATERIALIZED VIEW feed TO sums AS SELECT a, count() AS n FROM flows WHERE flows.a > 0 GROUP BY a"
_VIEW = "CREATE VIEW latest AS SELECT * FROM flows WHERE a NOT IN (SELECT a FROM sums) AND b IN ('x')"


_SUMS = "CREATE TABLE sums (a UInt64, n UInt64) ENGINE = AggregatingMergeTree ORDER BY a"
_LOOKUP = "CREATE TABLE owners (a String, b String) ENGINE = Join(ANY, LEFT, a)"

_TABLE_LOCAL = (
    "CREATE TABLE IF NOT EXISTS flows_local ON CLUSTER `city` (a UInt64, b String) "
    "ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', a) "
    "PARTITION BY a ORDER BY (b, a) SETTINGS replicated_deduplication_window = 10"
)
_TABLE_EVERYWHERE = (
    "CREATE TABLE IF NOT EXISTS flows ON CLUSTER `city` AS flows_local "
    "ENGINE = Distributed(`city`, currentDatabase(), flows_local, cityHash64(b, a))"
)
_FEED_LOCAL = (
    "CREATE MATERIALIZED VIEW IF NOT EXISTS feed ON CLUSTER `city` TO sums_local AS "
    "SELECT a, count() AS n FROM flows_local WHERE flows_local.a > 0 GROUP BY a"
)
_VIEW_GLOBAL = (
    "CREATE VIEW IF NOT EXISTS latest ON CLUSTER `city` AS SELECT * FROM flows "
    "WHERE a GLOBAL NOT IN (SELECT a FROM sums) AND b IN ('x')"
)
_LOOKUP_EVERYWHERE = (
    "CREATE TABLE IF NOT EXISTS owners ON CLUSTER `city` (a String, b String) ENGINE = Join(ANY, LEFT, a)"
)
_RENAMED = "RENAME TABLE IF EXISTS flows TO streams"
_RENAMED_EVERYWHERE = [
    "RENAME TABLE IF EXISTS flows_local TO streams_local ON CLUSTER `city`",
    "DROP TABLE IF EXISTS flows ON CLUSTER `city`",
    _TABLE_EVERYWHERE.replace("flows", "streams"),
]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        pytest.param(_TABLE, [_TABLE_LOCAL, _TABLE_EVERYWHERE], id="table"),
        pytest.param(_FEED, [_FEED_LOCAL], id="feed"),
        pytest.param(_VIEW, [_VIEW_GLOBAL], id="view"),
        pytest.param(_LOOKUP, [_LOOKUP_EVERYWHERE], id="lookup"),
        pytest.param(_RENAMED, _RENAMED_EVERYWHERE, id="renamed"),
        pytest.param(
            "ALTER TABLE flows MODIFY COLUMN IF EXISTS a UInt64 CODEC(T64)",
            ["ALTER TABLE flows_local ON CLUSTER `city` MODIFY COLUMN IF EXISTS a UInt64 CODEC(T64)"],
            id="altered",
        ),
        pytest.param(
            "ALTER TABLE flows ADD COLUMN IF NOT EXISTS b String",
            [
                "ALTER TABLE flows_local ON CLUSTER `city` ADD COLUMN IF NOT EXISTS b String",
                "ALTER TABLE flows ON CLUSTER `city` ADD COLUMN IF NOT EXISTS b String",
            ],
            id="added",
        ),
        pytest.param(
            "CREATE OR REPLACE VIEW v AS SELECT a FROM x WHERE a IN (SELECT a FROM y)",
            ["CREATE OR REPLACE VIEW v ON CLUSTER `city` AS SELECT a FROM x WHERE a GLOBAL IN (SELECT a FROM y)"],
            id="replaced",
        ),
        pytest.param("DROP VIEW IF EXISTS feed", ["DROP VIEW IF EXISTS feed ON CLUSTER `city`"], id="dropped"),
    ],
)
def test_a_statement_on_a_cluster(statement: str, expected: list[str]) -> None:
    assert on_cluster(statement, "city", tables_of([_TABLE, _SUMS])) == expected


@pytest.mark.parametrize("statement", [_TABLE, _FEED, _VIEW], ids=["table", "feed", "view"])
def test_making_a_statement_repeatable_is_itself_repeatable(statement: str) -> None:
    assert repeatable(repeatable(statement)) == repeatable(statement)
    assert "IF NOT EXISTS" in repeatable(statement)


@pytest.mark.parametrize("statement", ["ALTER TABLE t ADD COLUMN a UInt8", "INSERT INTO t VALUES (1)", "DROP TABLE t"])
def test_a_statement_that_cannot_run_twice_is_refused(statement: str) -> None:
    with pytest.raises(MigrationError, match="IF \\[NOT\\] EXISTS"):
        repeatable(statement)


def test_every_shipped_migration_has_a_form_for_a_cluster(store: Store) -> None:
    """The engine parses each of them, every table is replicated, and no feed reads or fills a distributed table."""
    shipped = migrations()
    tables = tables_of([statement for migration in shipped for statement in migration.statements])
    statements = [
        form for migration in shipped for form in applied_statements(migration, cluster="city", tables=tables)
    ]
    for statement in statements:
        assert store.rows(f"EXPLAIN AST {statement}")
    created = [
        statement for statement in statements if statement.startswith("CREATE TABLE") and "_local ON" in statement
    ]
    assert len(created) == len(tables) - 1  # one came by another name
    for feed in (statement for statement in statements if "MATERIALIZED VIEW" in statement):
        assert not set(words(feed)) & set(tables)
