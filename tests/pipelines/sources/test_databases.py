"""What databases log: statement, user, client, database, duration, rows and error under the same names."""

import io
import json
from typing import Any

import pytest

from pipelines.sources import (
    clickhouse_query_log,
    postgres_csv,
    postgres_json,
    postgres_log,
)
from pipelines.sources.csv_records import csv_records
from pipelines.sources.registry import Source
from tests.pipelines.sources.rows import database_event, events, reasons, shown

_AT = "2026-03-01 10:00:00.123 UTC"
_CSV = f'{_AT},"alice","city",811,"192.0.2.7:40022",5c78f6e2.32b,3,"SELECT",2026-03-01 09:59:58 UTC,3/7,0'
_CSV_END = ',"psql","client backend",,0'
_JSONLOG = {"timestamp": _AT, "user": "alice", "dbname": "city", "pid": 811, "error_severity": "LOG"}
_JSONLOG |= {"remote_host": "192.0.2.7", "remote_port": 40022, "backend_type": "client backend"}
_CLICKHOUSE = '{"event_time":"2026-03-01 10:00:00","query_duration_ms":"12","user":"alice","query_id":"a",'

_SAID: dict[str, tuple[Source, str, dict[str, Any]]] = {
    "PostgreSQL's statement": (
        postgres_log,
        f"{_AT} [811] alice@city LOG:  statement: DROP TABLE citizens",
        {"statement": "DROP TABLE citizens", "user": "alice", "database": "city", "action": "drop", "pid": "811"},
    ),
    "PostgreSQL's duration and client": (
        postgres_log,
        f"{_AT} [811] alice@city 192.0.2.7(40022) LOG:  duration: 12.5 ms  execute <unnamed>: SELECT 1",
        {
            "statement": "SELECT 1",
            "duration_ms": "12.5",
            "source_ip": "192.0.2.7",
            "source_port": 40022,
            "outcome": "success",
        },
    ),
    "PostgreSQL's own names in the prefix": (
        postgres_log,
        f"{_AT} [811]: user=alice,db=city,app=psql,client=2001:db8::1 LOG:  statement: SELECT 1",
        {"user": "alice", "database": "city", "source_ip": "2001:db8::1", "application_name": "psql"},
    ),
    "PostgreSQL's prefix of rented servers": (
        postgres_log,
        "2026-03-01 10:00:00 UTC:192.0.2.7(40022):alice@city:[811]:LOG:  statement: SELECT 1",
        {"user": "alice", "database": "city", "source_ip": "192.0.2.7", "source_port": 40022, "pid": "811"},
    ),
    "PostgreSQL's error with its statement": (
        postgres_log,
        (
            f'{_AT} [812] alice@city ERROR:  relation "x" does not exist\n'
            f"{_AT} [812] alice@city HINT:  look again\n{_AT} [812] alice@city STATEMENT:  SELECT *\n\tFROM x"
        ),
        {
            "statement": "SELECT *\n\tFROM x",
            "error": 'relation "x" does not exist',
            "hint": "look again",
            "outcome": "failure",
            "severity": 3,
        },
    ),
    "a login refused": (
        postgres_log,
        f'{_AT} [812] FATAL:  no pg_hba.conf entry for host "192.0.2.7", user "eve", database "city"',
        {"action": "login", "outcome": "failure", "source_ip": "192.0.2.7", "user": "eve", "database": "city"},
    ),
    "a login": (
        postgres_log,
        f"{_AT} [812] LOG:  connection authorized: user=alice database=city application_name=psql",
        {"action": "login", "outcome": "success", "user": "alice", "database": "city"},
    ),
    "pgaudit": (
        postgres_log,
        f'{_AT} [813] eve@city LOG:  AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.x,"SELECT ""a"" FROM x",<none>',
        {
            "statement": 'SELECT "a" FROM x',
            "object_name": "public.x",
            "class": "READ",
            "action": "select",
            "outcome": "success",
            "parameter": None,
        },
    ),
    "pgaudit with rows": (
        postgres_log,
        f"{_AT} [813] eve@city LOG:  AUDIT: OBJECT,7,2,READ,SELECT,TABLE,public.x,SELECT a FROM x,<not logged>,250",
        {"rows": "250", "audit_type": "OBJECT", "statement_id": "7", "substatement_id": "2", "parameter": None},
    ),
    "pgaudit with parameters and rows": (
        postgres_log,
        (
            f'{_AT} [813] eve@city LOG:  AUDIT: SESSION,7,1,READ,SELECT,TABLE,"public.""My,x""",'
            '"SELECT a, b FROM ""My,x"" WHERE c = $1 AND d = $2","7,""eight, nine""",3'
        ),
        {
            "rows": "3",
            "object_name": 'public."My,x"',
            "statement": 'SELECT a, b FROM "My,x" WHERE c = $1 AND d = $2',
            "parameter": '7,"eight, nine"',
        },
    ),
    "pgaudit that names its statement once": (
        postgres_log,
        (
            f"{_AT} [813] eve@city LOG:  AUDIT: SESSION,7,1,READ,SELECT,TABLE,public.y,"
            "<previously logged>,<previously logged>,12"
        ),
        {"statement": None, "object_name": "public.y", "rows": "12", "parameter": None},
    ),
    "pgaudit in csvlog": (
        postgres_csv,
        (
            f'{_CSV},LOG,00000,"AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.x,'
            f'""SELECT a, """"b""""\nFROM x"",<none>,41",,,,,,,,{_CSV_END}'
        ),
        {"statement": 'SELECT a, "b"\nFROM x', "rows": "41", "user": "alice", "session_id": "5c78f6e2.32b"},
    ),
    "csvlog": (
        postgres_csv,
        f'{_CSV},LOG,00000,"statement: SELECT 1\nFROM ""x""",,,,,,,,{_CSV_END}',
        {
            "statement": 'SELECT 1\nFROM "x"',
            "user": "alice",
            "database": "city",
            "source_ip": "192.0.2.7",
            "source_port": 40022,
        },
    ),
    "jsonlog": (
        postgres_json,
        json.dumps({**_JSONLOG, "message": "duration: 12.5 ms  statement: SELECT 1"}),
        {
            "statement": "SELECT 1",
            "duration_ms": "12.5",
            "user": "alice",
            "database": "city",
            "source_ip": "192.0.2.7",
            "source_port": 40022,
            "process_id": "811",
            "outcome": "success",
        },
    ),
    "jsonlog's error with its statement": (
        postgres_json,
        json.dumps({**_JSONLOG, "error_severity": "ERROR", "message": "no x", "statement": "SELECT x"}),
        {"statement": "SELECT x", "error": "no x", "outcome": "failure"},
    ),
    "jsonlog of pgaudit, by the socket": (
        postgres_json,
        json.dumps(
            {
                **{name: value for name, value in _JSONLOG.items() if not name.startswith("remote")},
                "remote_host": "[local]",
                "message": "AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.x,SELECT a FROM x,<none>",
            }
        ),
        {"statement": "SELECT a FROM x", "class": "READ", "source_ip": "", "client": "[local]"},
    ),
    "csvlog's error": (
        postgres_csv,
        f'{_CSV},ERROR,42P01,"relation ""x"" does not exist",,,,,,"SELECT * FROM x",15,{_CSV_END}',
        {"statement": "SELECT * FROM x", "error": 'relation "x" does not exist', "outcome": "failure"},
    ),
    "csvlog of an older version": (
        postgres_csv,
        f'{_CSV},LOG,00000,"statement: SELECT 1",,,,,,,,,"psql"',
        {"statement": "SELECT 1", "application_name": "psql"},
    ),
    "ClickHouse": (
        clickhouse_query_log,
        _CLICKHOUSE + '"type":"QueryFinish","result_rows":"5","current_database":"city","query":"SELECT 1",'
        '"query_kind":"Select","exception_code":0,"exception":"","address":"::ffff:192.0.2.7","port":40022}',
        {
            "statement": "SELECT 1",
            "database": "city",
            "duration_ms": "12",
            "rows": "5",
            "source_ip": "192.0.2.7",
            "user": "alice",
            "outcome": "success",
            "error": None,
        },
    ),
    "ClickHouse's exception": (
        clickhouse_query_log,
        _CLICKHOUSE
        + '"type":"ExceptionBeforeStart","query":"SELECT x","exception_code":47,"exception":"Code: 47. no x"}',
        {"outcome": "failure", "error": "Code: 47. no x", "severity": 2},
    ),
}


@pytest.mark.parametrize(("source", "line", "expected"), _SAID.values(), ids=_SAID)
def test_what_a_database_says_becomes_columns_and_fields(source: Source, line: str, expected: dict[str, Any]) -> None:
    assert shown(database_event(source, line), expected) == expected


def test_the_query_log_is_read_as_csv_and_tsv_with_names() -> None:
    names = ["type", "event_time", "query_duration_ms", "query", "exception", "user", "query_id", "address"]
    values = ["QueryFinish", "2026-03-01 10:00:00", "12", "SELECT 1\nFROM x", "", "alice", "b", "192.0.2.7"]
    quoted = ",".join(f'"{name}"' for name in names) + "\n" + ",".join(f'"{value}"' for value in values) + "\n"
    tabbed = "\t".join(names) + "\n" + "\t".join(value.replace("\n", "\\n") for value in values) + "\n"
    for text in (quoted, tabbed):
        (row,) = events(clickhouse_query_log, text.encode())
        assert (row["fields"]["statement"], row["user"], row["source_ip"]) == ("SELECT 1\nFROM x", "alice", "192.0.2.7")


def test_a_stray_quotation_mark_costs_its_own_line_and_no_other() -> None:
    content = b'a,b\n1,"x\n2,y\n3,"two\nlines"\n4,z\n'
    records, rejects = zip(*csv_records(io.BytesIO(content), (2,)), strict=True)
    cells = [record[3] for block in records for record in block]
    assert cells == [["a", "b"], ["2", "y"], ["3", "two\nlines"], ["4", "z"]]
    assert [row for frame in rejects for row in frame.rows()] == [(1, "a quotation mark that never closes", '1,"x')]


def test_a_damaged_record_of_csvlog_hides_no_other() -> None:
    good = f'{_CSV},LOG,00000,"statement: SELECT 1",,,,,,,,{_CSV_END}\n'
    content = (good + _CSV + ',LOG,00000,"statement: cut\n' + good + "1,2,3\n" + good).encode()
    assert [row["source_offset"] for row in events(postgres_csv, content)] == [0, 2, 4]
    assert list(reasons(postgres_csv, content)) == [1, 3]
