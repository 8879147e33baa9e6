"""What a statement does with data: its columns, its tables, what leaves, and where columns go (R44, R45)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlp.data_uses import Edge
from dlp.statements import understood

ALL = frozenset({"*"})


def columns(*names: str) -> frozenset[str]:
    return frozenset(names)


@pytest.mark.parametrize(
    ("service", "text", "reads"),
    [
        (
            "mysql",
            "SELECT name, id_no FROM civil.residents WHERE phone = ?",
            {"civil.residents": {"name", "id_no", "phone"}},
        ),
        ("mysql", "SELECT * FROM residents", {"civil.residents": {"*"}}),
        ("mysql", "select count(*) from residents", {"civil.residents": set()}),
        ("mysql", "SELECT `id_no` FROM `civil`.`residents` r", {"civil.residents": {"id_no"}}),
        (
            "mysql",
            "SELECT r.name, c.pan FROM residents r JOIN bank.cards c ON r.id = c.owner",
            {"civil.residents": {"name", "id"}, "bank.cards": {"pan", "owner"}},
        ),
        (
            "postgresql",
            "SELECT r.* FROM residents r JOIN cards c USING (id)",
            {"civil.residents": {"*"}, "civil.cards": set()},
        ),
        ("postgresql", "WITH x AS (SELECT name FROM residents) SELECT * FROM x", {"civil.residents": {"name", "*"}}),
        ("clickhouse", "SELECT name FROM residents WHERE id IN (?..) FORMAT JSON", {"civil.residents": {"name", "id"}}),
        (
            "clickhouse",
            "SELECT name FROM residents FINAL PREWHERE x = ? LIMIT ? BY name SETTINGS max_threads = ?",
            {"civil.residents": {"name", "x"}},
        ),
        (
            "mysql",
            "SELECT (SELECT pan FROM cards WHERE owner = r.id) FROM residents r",
            {"civil.residents": {"id"}, "civil.cards": {"pan"}},
        ),
        ("mysql", "SHOW TABLES", {}),
    ],
)
def test_what_is_read(service: str, text: str, reads: dict[str, set[str]]) -> None:
    found = understood(text, service, "civil")
    # A column without its table may be of each that is read: more is told rather than less.
    assert set(found.reads) == set(reads)
    assert {name: reads[name] - found.reads[name] for name in reads} == {name: set() for name in reads}


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
