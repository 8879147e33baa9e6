"""What a statement does with data: its columns, its tables, what leaves, and where columns go (R44, R45)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlp.data_uses import Edge
from dlp.statement_text import bare_text
from dlp.statements import understood

ALL = frozenset({"*"})


def columns(*names: str) -> frozenset[str]:
    return frozenset(names)


R = "civil.residents"


@pytest.mark.parametrize(
    ("service", "text", "reads"),
    [
        ("mysql", "SELECT name, id_no FROM civil.residents WHERE phone = ?", {R: {"name", "id_no", "phone"}}),
        ("mysql", "SELECT * FROM residents", {R: {"*"}}),
        ("mysql", "SELECT `id_no` FROM `civil`.`residents` r", {R: {"id_no"}}),
        ("mysql", "SELECT SQL_NO_CACHE `t`.`id_no` AS `x` FROM `residents` AS `T` LIMIT 0, 9", {R: {"id_no"}}),
        ("mysql", "(SELECT id_no FROM residents)", {R: {"id_no"}}),
        ("mysql", "TABLE residents", {R: {"*"}}),
        ("mysql", "HANDLER residents READ FIRST", {R: {"*"}}),
        ("mysql", "SET @x = (SELECT id_no FROM residents LIMIT 1)", {R: {"id_no"}}),
        ("mysql", "SELECT id_no FROM residents LIMIT 1 INTO @a, @b", {R: {"id_no"}}),
        # A count reads no value, and what only an inner query names is not read where the outer one drops it.
        ("mysql", "select count(*) from residents", {R: set()}),
        ("mysql", "SELECT COUNT(1) FROM residents", {R: set()}),
        ("clickhouse", "SELECT count() FROM residents", {R: set()}),
        ("mysql", "SELECT COUNT(*) FROM (SELECT * FROM residents) t", {R: set()}),
        ("mysql", "SELECT COUNT(DISTINCT id_no) FROM residents", {R: {"id_no"}}),
        ("mysql", "SELECT COUNT(*) FROM residents WHERE id_no = ?", {R: {"id_no"}}),
        ("postgresql", "WITH x AS (SELECT name, id_no FROM residents) SELECT name FROM x", {R: {"name"}}),
        ("postgresql", "WITH x AS (SELECT name FROM residents) SELECT * FROM x", {R: {"name"}}),
        ("postgresql", "WITH x (a, b) AS (SELECT name, id_no FROM residents) SELECT b FROM x", {R: {"id_no"}}),
        (
            "postgresql",
            "WITH RECURSIVE t AS (SELECT id FROM residents UNION SELECT r.id FROM residents r JOIN t ON up) TABLE t",
            {R: {"id", "up"}},
        ),
        ("postgresql", "SELECT s.n FROM (SELECT name AS n, id_no FROM residents) AS s", {R: {"name"}}),
        ("postgresql", "SELECT s.name FROM (SELECT * FROM residents) s", {R: {"name"}}),
        ("clickhouse", "WITH (SELECT max(id_no) FROM residents) AS m SELECT m", {R: {"id_no"}}),
        # Joins, subqueries, unions: each column is its table's; without a table, of each that it may belong to.
        (
            "mysql",
            "SELECT r.name, c.pan FROM residents r JOIN bank.cards c ON r.id = c.owner",
            {R: {"name", "id"}, "bank.cards": {"pan", "owner"}},
        ),
        (
            "postgresql",
            "SELECT r.* FROM residents r JOIN cards c USING (id)",
            {R: {"*", "id"}, "civil.cards": {"id"}},
        ),
        (
            "mysql",
            "SELECT (SELECT pan FROM cards WHERE owner = r.id) FROM residents r",
            {R: {"id", "pan", "owner"}, "civil.cards": {"pan", "owner"}},
        ),
        (
            "postgresql",
            "SELECT name FROM residents WHERE id IN (SELECT c.owner FROM cards c)",
            {R: {"id", "name"}, "civil.cards": {"owner"}},
        ),
        (
            "mysql",
            "SELECT name FROM residents UNION SELECT pan FROM cards",
            {R: {"name"}, "civil.cards": {"pan"}},
        ),
        ("mysql", "SELECT pan FROM residents, cards", {R: {"pan"}, "civil.cards": {"pan"}}),
        (
            "mysql",
            "UPDATE residents r JOIN cards c ON c.owner = r.id SET r.phone = c.phone",
            {R: {"id", "phone"}, "civil.cards": {"owner", "phone"}},
        ),
        ("postgresql", "DELETE FROM residents WHERE id_no = $1 RETURNING name", {R: {"id_no", "name"}}),
        ("postgresql", "WITH g AS (DELETE FROM residents RETURNING id_no) SELECT * FROM g", {R: {"id_no"}}),
        ("clickhouse", "ALTER TABLE residents UPDATE phone = ? WHERE id_no = ?", {R: {"id_no", "phone"}}),
        # Names: letter case, quotation marks, schemas, years in them, a whole row.
        ("postgresql", "SELECT R.ID_NO FROM Residents r", {R: {"id_no"}}),
        ("postgresql", 'SELECT "Id_No" FROM "Civil"."Residents"', {"Civil.Residents": {"Id_No"}}),
        ("postgresql", "SELECT id_no FROM public.residents", {R: {"id_no"}}),
        ("postgresql", "SELECT id_no FROM base.health.visits_202603", {"health.visits_202603": {"id_no"}}),
        ("postgresql", "SELECT row_to_json(r) FROM residents r", {R: {"*"}}),
        ("clickhouse", "SELECT COLUMNS('id.*') FROM residents", {R: {"*"}}),
        ("postgresql", "SELECT data #> '{a}' FROM residents", {R: {"data"}}),
        ("clickhouse", "SELECT name FROM residents WHERE id IN (?..) FORMAT JSON", {R: {"name", "id"}}),
        (
            "clickhouse",
            "SELECT name FROM residents FINAL PREWHERE x = ? LIMIT ? BY name SETTINGS max_threads = ?",
            {R: {"name", "x"}},
        ),
        # Comments and texts are neither tables nor columns; several statements are told together.
        ("mysql", "/* FROM a */ SELECT /* b */ id_no -- FROM c\n FROM residents # FROM d", {R: {"id_no"}}),
        ("postgresql", "SELECT $$ FROM secret $$, 'FROM other' FROM residents", {R: set()}),
        ("mysql", 'SELECT name FROM residents WHERE x = "it\\"s; FROM y"', {R: {"name", "x"}}),
        ("postgresql", "BEGIN; SELECT id_no FROM residents; COMMIT", {R: {"id_no"}}),
        (
            "mysql",
            "SELECT name FROM residents; SELECT pan FROM cards",
            {R: {"name"}, "civil.cards": {"pan"}},
        ),
        # What is run later or in parts.
        ("postgresql", "PREPARE p (int) AS SELECT id_no FROM residents WHERE id = $1", {R: {"id", "id_no"}}),
        ("postgresql", "DECLARE c NO SCROLL CURSOR WITH HOLD FOR SELECT id_no FROM residents", {R: {"id_no"}}),
        # What shows no row.
        *(
            (service, text, {})
            for service, text in (
                ("mysql", "EXPLAIN SELECT id_no FROM residents"),
                ("postgresql", "EXPLAIN (ANALYZE, BUFFERS) SELECT id_no FROM residents"),
                ("clickhouse", "EXPLAIN PIPELINE SELECT id_no FROM residents"),
                ("mysql", "SHOW TABLES"),
                ("mysql", "SHOW COLUMNS FROM residents"),
                ("clickhouse", "SHOW CREATE TABLE residents"),
                ("mysql", "DESC residents"),
                ("postgresql", "GRANT SELECT ON residents TO eve"),
                ("postgresql", "LOCK TABLE residents"),
                ("postgresql", "FETCH 100 FROM c"),
                ("postgresql", "CREATE INDEX i ON residents (id_no)"),
                ("postgresql", "ALTER TABLE residents ADD COLUMN id_no text"),
                ("postgresql", "CREATE TABLE x (a varchar(20), b int REFERENCES residents (id))"),
                ("mysql", "TRUNCATE TABLE residents"),
                ("mysql", "PREPARE p FROM 'SELECT id_no FROM residents'"),
            )
        ),
    ],
)
def test_what_is_read(service: str, text: str, reads: dict[str, set[str]]) -> None:
    found = understood(text, service, "civil")
    assert {name: set(columns) for name, columns in found.reads.items()} == reads


@pytest.mark.parametrize(
    ("service", "text", "action"),
    [
        ("mysql", "SELECT a FROM t", "read"),
        ("mysql", "INSERT INTO t (a) VALUES (?)", "write"),
        ("mysql", "UPDATE t SET a = ? WHERE b = ?", "write"),
        ("mysql", "DELETE FROM t WHERE b = ?", "write"),
        ("mysql", "SELECT a FROM t INTO OUTFILE ?", "export"),
        ("mysql", "SELECT /*!40001 SQL_NO_CACHE */ * FROM `t`", "export"),
        ("clickhouse", "SELECT * FROM t INTO OUTFILE 'x.csv' FORMAT CSVWithNames", "export"),
        ("clickhouse", "INSERT INTO FUNCTION s3(?, ?) SELECT * FROM t", "export"),
        ("mysql", "SELECT a INTO OUTFILE '/x' FIELDS TERMINATED BY ',' LINES TERMINATED BY '\\n' FROM t", "export"),
        ("mysql", "SELECT 'INTO OUTFILE' FROM t", "read"),
        ("mysql", "SELECT a FROM t -- INTO OUTFILE '/x'", "read"),
        ("postgresql", "COPY (SELECT a FROM t) TO STDOUT WITH CSV HEADER", "export"),
        ("postgresql", "COPY t TO PROGRAM 'gzip > x'", "export"),
        ("mysql", "REPLACE INTO t SELECT a FROM u", "write"),
        ("mysql", "LOAD DATA INFILE '/x' INTO TABLE t", "write"),
        ("postgresql", "SELECT a INTO u FROM t", "write"),
        ("postgresql", "WITH n AS (INSERT INTO t SELECT a FROM u RETURNING a) SELECT a FROM n", "write"),
        ("postgresql", "EXPLAIN ANALYZE INSERT INTO t SELECT a FROM u", "write"),
        ("postgresql", "EXPLAIN ANALYZE SELECT a FROM u", "other"),
        ("postgresql", "COPY t (a, b) TO STDOUT", "export"),
        ("postgresql", "COPY t (a, b) FROM STDIN", "write"),
        ("postgresql", "DROP TABLE t", "define"),
        ("postgresql", "CREATE TABLE u AS SELECT a FROM t", "write"),
        ("mysql", "SET NAMES utf8mb4", "other"),
        ("mysql", "", "other"),
    ],
)
def test_what_is_done(service: str, text: str, action: str) -> None:
    assert understood(text, service).action == action


@pytest.mark.parametrize(
    ("text", "edges"),
    [
        (
            "INSERT INTO mart.people (who, tel) SELECT r.name, r.phone FROM civil.residents r",
            {
                Edge("civil.residents", "name", "mart.people", "who"),
                Edge("civil.residents", "phone", "mart.people", "tel"),
            },
        ),
        (
            "CREATE TABLE mart.people AS SELECT name AS who, concat(phone, ?) AS tel FROM civil.residents",
            {
                Edge("civil.residents", "name", "mart.people", "who"),
                Edge("civil.residents", "phone", "mart.people", "tel"),
            },
        ),
        ("CREATE TABLE a.copy AS SELECT * FROM a.t", {Edge("a.t", "*", "a.copy", "*")}),
        (
            "INSERT INTO a.u SELECT x.k, y.v FROM a.x JOIN a.y ON x.k = y.k",
            {Edge("a.x", "k", "a.u", "k"), Edge("a.y", "v", "a.u", "v")},
        ),
        (
            "INSERT INTO a.u (who) SELECT s.n FROM (SELECT name AS n, k FROM a.x) AS s",
            {Edge("a.x", "name", "a.u", "who")},
        ),
        ("WITH c AS (SELECT k FROM a.x) SELECT k FROM c", set()),
        ("INSERT INTO a.u (k, n, v) SELECT 1, 'x', y.v FROM a.y", {Edge("a.y", "v", "a.u", "v")}),
        (
            "REPLACE INTO a.u (k) SELECT v FROM a.y UNION SELECT w FROM a.z",
            {Edge("a.y", "v", "a.u", "k"), Edge("a.z", "w", "a.u", "k")},
        ),
        ("INSERT INTO a.t (x) VALUES (?)", set()),
        ("SELECT x FROM a.t", set()),
    ],
)
def test_where_columns_go(text: str, edges: set[Edge]) -> None:
    assert set(understood(text, "mysql").edges) == edges


@pytest.mark.parametrize(
    "text",
    ["SELECT name FROM civil.residents ((", "SELECT name FROM civil.residents WHERE (" + "(" * 3000, "x" * 70_000],
)
def test_what_cannot_be_parsed_is_told_by_the_tables_named(text: str) -> None:
    found = understood(text, "mysql", "civil")
    assert not found.parsed
    assert set(found.reads) == ({"civil.residents"} if "civil.residents" in text else set())


@given(st.text(max_size=200), st.sampled_from(["mysql", "postgresql", "clickhouse", "unknown"]))
def test_any_text_is_understood_somehow(text: str, service: str) -> None:
    assert understood(text, service).action in {"read", "write", "export", "define", "other"}


@pytest.mark.parametrize(
    ("service", "text", "bare"),
    [
        ("mysql", "SELECT a FROM t WHERE b = 'x' AND c IN (1, 2, 'y')", "SELECT a FROM t WHERE b = '?' AND c IN ('?')"),
        ("mysql", "INSERT INTO t VALUES (1, 'a)'), (2, now()), (3, 'c')", "INSERT INTO t VALUES (0, '?')"),
        ("mysql", "SELECT `a'b` FROM t2 # c", "SELECT `a'b` FROM t2"),
        ("postgresql", "SELECT E'a\\'b', 'c''d', $x$ e $x$, $1 FROM t", "SELECT '?', '?', '?', $1 FROM t"),
        ("postgresql", "SELECT 'a\\', \"b'c\" FROM t", "SELECT '?', \"b'c\" FROM t"),
        ("clickhouse", "SELECT 1.5e3, x FROM t /* ticket: T-1 */", "SELECT 0, x FROM t"),
    ],
)
def test_no_literal_and_no_comment_is_left_of_a_statement(service: str, text: str, bare: str) -> None:
    assert bare_text(text, service).text == bare


@given(st.text(max_size=100), st.sampled_from(["mysql", "postgresql", "clickhouse"]))
def test_a_quoted_text_never_stays(secret: str, service: str) -> None:
    quoted = secret.replace("\\", "\\\\" if service != "postgresql" else "\\").replace("'", "''")
    assert bare_text(f"SELECT a FROM t WHERE b = '{quoted}'", service).text == "SELECT a FROM t WHERE b = '?'"


_HOSTILE = [
    *("/*" * 30_000, "'\\'" * 20_000, '"' * 60_001, "$a$" * 20_000, "PREPARE " + "(" * 60_000),
    *("EXPLAIN " + "(" * 60_000, "SET " + "SELECT " * 9_000, "SELECT (" + "VALUES (" * 8_000, "IN (1," * 10_000),
    "WITH x0 AS (SELECT * FROM t)"
    + "".join(f", x{at} AS (SELECT * FROM x{at - 1} AS a, x{at - 1} AS b)" for at in range(1, 200))
    + " SELECT * FROM x199",
]


@pytest.mark.parametrize("text", _HOSTILE, ids=range(len(_HOSTILE)))
@pytest.mark.parametrize("service", ["mysql", "postgresql", "clickhouse"])
def test_what_was_made_to_take_long_is_told_all_the_same(service: str, text: str) -> None:
    found = understood(text, service)
    assert set(found.reads) <= {"t"} or not found.parsed
