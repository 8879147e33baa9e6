"""What MySQL and MariaDB log, and where from: audit logs, the general, the slow and the error log."""

from typing import Any

import pytest

from pipelines.sources import mariadb_audit, mysql_audit, mysql_error, mysql_general, mysql_slow
from pipelines.sources.registry import Source
from tests.pipelines.sources.rows import database_event, event, events, reasons, shown

_MYSQL = '{"timestamp":"2026-03-01 10:00:00","id":1,"connection_id":8,"account":{"user":"alice","host":"pc-1"},'

_SAID: dict[str, tuple[Source, str, dict[str, Any]]] = {
    "MySQL 8's refused login": (
        mysql_error,
        (
            "2026-03-01T18:00:00.000001+08:00 14 [Note] [MY-010926] [Server] Access denied for user 'eve'@'192.0.2.7' "
            "(using password: NO)"
        ),
        {"user": "eve", "source_ip": "192.0.2.7", "action": "login", "outcome": "failure", "code": "MY-010926"}
        | {"connection_id": "14", "severity": 1},
    ),
    "MySQL 5.7's refused login": (
        mysql_error,
        "2026-03-01T10:00:00.000001Z 3 [Note] Access denied for user 'root'@'localhost' (using password: YES)",
        {"user": "root", "source_ip": "", "client": "localhost", "outcome": "failure"},
    ),
    "MySQL's aborted connection": (
        mysql_error,
        (
            "2026-03-01T10:00:00.000001Z 15 [Note] [MY-010914] [Server] Aborted connection 15 to db: 'city' user: "
            "'app' host: '192.0.2.7' (Got timeout reading communication packets)."
        ),
        {"user": "app", "source_ip": "192.0.2.7", "database": "city", "action": "disconnect", "outcome": "failure"}
        | {"reason": "Got timeout reading communication packets"},
    ),
    "MySQL's start": (
        mysql_error,
        "2026-03-01T10:00:00.000001Z 0 [System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections.",
        {"action": "start", "outcome": "unknown", "subsystem": "Server"},
    ),
    "MariaDB's error over two lines": (
        mysql_error,
        "2026-03-01 10:00:00 0 [ERROR] InnoDB: Unable to lock ./ibdata1\nInnoDB: Check that no other process runs",
        {"severity": 4, "outcome": "failure", "thread": "0"}
        | {"error": "InnoDB: Unable to lock ./ibdata1\nInnoDB: Check that no other process runs"},
    ),
    "an old server's warning": (
        mysql_error,
        "260301 10:00:00 [Warning] 'user' entry 'root@db-1' ignored in --skip-name-resolve mode.",
        {"severity": 3, "level": "Warning"},
    ),
    "MySQL's slow statement": (
        mysql_slow,
        (
            "# Time: 2026-03-01T10:00:00.123456Z\n# User@Host: shop[shop] @ a-3 [192.0.2.7]  Id:    44\n"
            "# Query_time: 12.345678  Lock_time: 0.000100 Rows_sent: 1  Rows_examined: 99999\nuse city;\n"
            "SET timestamp=1772359188;\nSELECT COUNT(*)\nFROM orders;"
        ),
        {
            "user": "shop",
            "source_ip": "192.0.2.7",
            "client": "192.0.2.7",
            "database": "city",
            "duration_ms": "12345.678",
        }
        | {"statement": "SELECT COUNT(*)\nFROM orders", "rows": "1", "action": "select", "connection_id": "44"}
        | {"source_offset": 0},
    ),
    "an old server's slow statement, by the moment it began": (
        mysql_slow,
        (
            "# Time: 260301 18:00:00\n# User@Host: shop[shop] @ localhost []\n# Query_time: 2.5  Rows_sent: 0\n"
            "SET timestamp=1772359200;\nDELETE FROM orders;"
        ),
        {"client": "localhost", "source_ip": "", "action": "delete"},
    ),
    "MariaDB's query with quotes and a line break": (
        mariadb_audit,
        "20260301 10:00:00,db-1,app,192.0.2.7,12,34,QUERY,city,'SELECT \\'a\\',\n\\'b\\' FROM c:\\\\n',0",
        {
            "statement": "SELECT 'a',\n'b' FROM c:\\n",
            "host": "db-1",
            "user": "app",
            "source_ip": "192.0.2.7",
            "database": "city",
            "action": "select",
            "outcome": "success",
        },
    ),
    "MariaDB's failed query": (
        mariadb_audit,
        "20260301 10:00:00,db-1,app,localhost,12,35,QUERY,city,'SELECT x',1054",
        {"outcome": "failure", "error": "1054", "client": "localhost", "source_ip": ""},
    ),
    "MariaDB's refused login": (
        mariadb_audit,
        "20260301 10:00:00,db-1,eve,192.0.2.7,13,0,FAILED_CONNECT,,,1045",
        {"action": "login", "outcome": "failure", "user": "eve", "error": "1045"},
    ),
    "MariaDB's table": (
        mariadb_audit,
        "20260301 10:00:00,db-1,app,192.0.2.7,12,34,WRITE,city,people,",
        {"action": "write", "object": "people", "outcome": "unknown"},
    ),
    "Aurora's login, its time in microseconds": (
        mariadb_audit,
        "1772359200123456,db-1,app,192.0.2.7,12,0,CONNECT,city,,0,SSL",
        {"action": "login", "outcome": "success", "database": "city"},
    ),
    "MySQL Enterprise's statement": (
        mysql_audit,
        _MYSQL
        + '"class":"general","event":"status","login":{"user":"alice[alice] @ pc-1 []","os":"","ip":"192.0.2.7"},'
        '"general_data":{"command":"Query","sql_command":"select","query":"SELECT 1","status":0}}',
        {"statement": "SELECT 1", "user": "alice", "source_ip": "192.0.2.7", "action": "select", "outcome": "success"},
    ),
    "MySQL Enterprise's refusal": (
        mysql_audit,
        _MYSQL + '"class":"connection","event":"connect","login":{"user":"eve","ip":"::1"},'
        '"connection_data":{"status":1045,"db":"city"}}',
        {
            "user": "eve",
            "action": "login",
            "outcome": "failure",
            "error": "1045",
            "database": "city",
            "source_ip": "::1",
        },
    ),
    "Percona's older plugin": (
        mysql_audit,
        (
            '{"audit_record":{"name":"Query","record":"1","timestamp":"2026-03-01T10:00:00 UTC","command_class":"x",'
            '"status":0,"sqltext":"SELECT 1","user":"root[root] @ localhost []","host":"localhost","db":"city"}}'
        ),
        {"statement": "SELECT 1", "user": "root", "database": "city", "client": "localhost", "source_ip": ""},
    ),
    "MySQL's general log": (
        mysql_general,
        "2026-03-01T10:00:00.123456Z\t    8 Query\tSELECT 1\nFROM x",
        {"statement": "SELECT 1\nFROM x", "action": "select", "connection_id": "8"},
    ),
}


@pytest.mark.parametrize(("source", "line", "expected"), _SAID.values(), ids=_SAID)
def test_what_a_database_says_becomes_columns_and_fields(source: Source, line: str, expected: dict[str, Any]) -> None:
    assert shown(database_event(source, line), expected) == expected


@pytest.mark.parametrize("line", ["2026-03-01  9:00:00 0 [Note] m", "260301  9:00:00 [Note] m"])
def test_an_hour_of_one_digit_is_one(line: str) -> None:
    assert event(mysql_error, line)["event_time"].isoformat() == "2026-03-01T09:00:00+00:00"


def test_the_time_of_a_slow_statement_holds_until_the_next() -> None:
    who = "# User@Host: a[a] @ app [192.0.2.7]\n# Query_time: 1\n"
    text = (
        f"# Time: 2026-03-01T10:00:00Z\n{who}SELECT 1;\n{who}SELECT 2;\n# Time: 2026-03-01T10:00:09Z\n{who}SELECT 3;\n"
    )
    rows = events(mysql_slow, text.encode())
    told = [(row["source_offset"], row["event_time"].second, row["fields"]["statement"]) for row in rows]
    assert told == [(0, 0, "SELECT 1"), (4, 0, "SELECT 2"), (7, 9, "SELECT 3")]


def test_a_connection_of_mysql_knows_who_opened_it() -> None:
    content = (
        b"/usr/sbin/mysqld, Version: 8.0.36 (Source). started with:\nTcp port: 3306  Unix socket: /tmp/s\n"
        b"Time                 Id Command    Argument\n"
        b"2026-03-01T10:00:00.1Z\t    8 Connect\talice@192.0.2.7 on city using SSL/TLS\n"
        b"2026-03-01T10:00:00.2Z\t    9 Connect\tAccess denied for user 'eve'@'192.0.2.9' (using password: YES)\n"
        b"2026-03-01T10:00:00.3Z\t    8 Init DB\tother\n2026-03-01T10:00:00.4Z\t    8 Query\tSELECT 1\n"
        b"260301  9:00:00\t    7 Query\tSELECT 2\n\t\t    7 Query\tSELECT 3\n"
    )
    rows = events(mysql_general, content)
    assert [(row["user"], row["source_ip"], row["fields"].get("database"), row["outcome"]) for row in rows] == [
        ("alice", "192.0.2.7", "city", "success"),
        ("eve", "192.0.2.9", None, "failure"),
        ("alice", "192.0.2.7", "other", "unknown"),
        ("alice", "192.0.2.7", "other", "unknown"),
        ("", "", None, "unknown"),
        ("", "", None, "unknown"),
    ]
    assert [row["event_time"].hour for row in rows] == [10, 10, 10, 10, 9, 9]
    assert reasons(mysql_general, content) == {}
