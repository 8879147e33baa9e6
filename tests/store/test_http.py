"""The HTTP interface, as the unmodified clickhouse-connect client sees it."""

import http.client
import json
import uuid
from base64 import b64encode
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from email.message import Message
from io import IOBase
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlencode

import clickhouse_connect
import polars as pl
import pyarrow as pa
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.credentials import load_or_create
from store.embedded import Endpoint

_FAILS_LATE = "SELECT number, throwIf(number = 5000000) FROM numbers(10000000)"


@pytest.fixture
def table(client: Client) -> str:
    name = f"t_{uuid.uuid4().hex}"
    client.command(f"CREATE TABLE {name} (a UInt64, b String) ENGINE = MergeTree ORDER BY a")
    return name


@pytest.mark.parametrize(
    ("sql_type", "value"),
    [
        ("String", 'it\'s "quoted" `so` \\ or not'),
        ("String", "line\nline\r\n\ttab\0nul"),
        ("String", "福州 榕盾 🛡"),
        ("String", "'; DROP TABLE alerts; --"),
        ("String", ""),
        ("UInt64", 2**64 - 1),
        ("Int64", -(2**63)),
        ("Float64", 0.1),
        ("Bool", True),
        ("Date", date(2026, 2, 28)),
        ("DateTime64(6, 'UTC')", datetime(2026, 2, 28, 23, 59, 59, 123456)),  # noqa: DTZ001 - the driver's own form
        ("Decimal(18, 4)", Decimal("12.3456")),
        ("UUID", uuid.UUID(int=7)),
        ("IPv4", IPv4Address("192.0.2.1")),
        ("IPv6", IPv6Address("2001:db8::1")),
        ("Array(String)", ["a'b", "c\\d", "e\nf"]),
        ("Nullable(String)", None),
        ("LowCardinality(String)", "x"),
        ("Tuple(UInt8, String)", (1, "two")),
    ],
)
def test_a_parameter_comes_back_as_it_went(client: Client, sql_type: str, value: object) -> None:
    answer = client.query(f"SELECT {{p:{sql_type}}}", parameters={"p": value})
    assert answer.result_rows == [(value,)]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text())
def test_any_text_survives_as_a_parameter_and_as_a_row(client: Client, text: str) -> None:
    assert client.query("SELECT {p:String}", parameters={"p": text}).result_rows == [(text,)]


def test_parameters_too_long_for_an_address_travel_in_a_form(client: Client) -> None:
    text = "long' " * 20_000
    assert client.query("SELECT length({p:String})", parameters={"p": text}).result_rows == [(len(text),)]


def test_an_arrow_result_becomes_a_polars_frame(client: Client) -> None:
    frame = client.query_df_arrow(
        "SELECT number AS n, toString(number) AS s, [number] AS l, map('k', s) AS m FROM numbers(3)",
        dataframe_library="polars",
    )
    assert isinstance(frame, pl.DataFrame)
    assert frame.to_dict(as_series=False) == {
        "n": [0, 1, 2], "s": ["0", "1", "2"], "l": [[0], [1], [2]], "m": [{"k": "0"}, {"k": "1"}, {"k": "2"}],
    }  # fmt: skip


@pytest.mark.parametrize("compress", [False, "lz4", "zstd", "gzip"])
def test_inserts_and_answers_in_every_compression(endpoint: Endpoint, table: str, compress: bool | str) -> None:
    with clickhouse_connect.get_client(dsn=endpoint.dsn(), compress=compress) as client:
        rows = [(n, f"row {n}") for n in range(5_000)]
        client.insert(table, rows, column_names=["a", "b"])
        assert client.query(f"SELECT a, b FROM {table} ORDER BY a").result_rows == rows


def test_a_polars_frame_is_inserted_and_counted(client: Client, table: str) -> None:
    summary = client.insert_df_arrow(table, pl.DataFrame({"a": [1, 2], "b": ["x", "y"]}))
    assert summary.written_rows == 2
    assert client.query(f"SELECT * FROM {table} ORDER BY a").result_rows == [(1, "x"), (2, "y")]


def test_an_arrow_table_is_inserted(client: Client, table: str) -> None:
    client.insert_arrow(table, pa.table({"a": pa.array([7], pa.uint64()), "b": ["z"]}))
    assert client.query(f"SELECT * FROM {table}").result_rows == [(7, "z")]


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        ("INSERT INTO {t} VALUES (1, 'a;b'), (2, 'c')", [(1, "a;b"), (2, "c")]),
        ("INSERT INTO {t} (a) VALUES ({{n:UInt64}})", [(9, "")]),
        ("INSERT INTO {t} SELECT number, 'FORMAT CSV' FROM numbers(1)", [(0, "FORMAT CSV")]),
        ("INSERT INTO {t} SETTINGS max_threads = 1 FORMAT CSV\n3,c", [(3, "c")]),
        ('INSERT INTO {t} FORMAT JSONEachRow {{"a": 4, "b": "d"}}', [(4, "d")]),
        ("/* why */ INSERT INTO {t}(b, a) -- note\n VALUES ('e', 5)", [(5, "e")]),
    ],
)
def test_rows_may_stand_behind_the_statement(
    client: Client, table: str, statement: str, rows: list[tuple[int, str]]
) -> None:
    client.command(statement.format(t=table), parameters={"n": 9})
    assert client.query(f"SELECT a, b FROM {table} ORDER BY a").result_rows == rows


def test_raw_inserts_and_raw_queries_keep_their_bytes(client: Client, table: str) -> None:
    client.raw_insert(table, ["a", "b"], b'1,"x, y"\n2,z\n', fmt="CSV")
    assert client.raw_query(f"SELECT * FROM {table} ORDER BY a", fmt="CSV") == b'1,"x, y"\n2,"z"\n'


def test_settings_hold_for_one_request_only(client: Client) -> None:
    sql = "SELECT getSetting('max_block_size')"
    assert client.query(sql, settings={"max_block_size": 17}).result_rows == [(17,)]
    assert client.query(sql).result_rows != [(17,)]


def test_an_insert_with_a_known_token_adds_nothing(client: Client) -> None:
    name = f"t_{uuid.uuid4().hex}"
    client.command(
        f"CREATE TABLE {name} (a UInt64) ENGINE = MergeTree ORDER BY a "
        "SETTINGS non_replicated_deduplication_window = 10"
    )
    for _ in range(2):
        client.insert(name, [[1]], column_names=["a"], settings={"insert_deduplication_token": "once"})
    assert client.query(f"SELECT count() FROM {name}").result_rows == [(1,)]


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELEC 1", 62),
        ("SELECT 1; SELECT 2", 62),
        ("SELECT * FROM no_such_table", 60),
        ("SELECT no_such_column", 47),
        ("SELECT no_such_function()", 46),
        ("SELECT * FROM no_such_database.t", 81),
        ("SELECT throwIf(1)", 395),
        ("SELECT toUInt8('x')", 6),
        ("SELECT 1 SETTINGS no_such_setting = 1", 115),
        ("SELECT {absent:String}", 456),
    ],
)
def test_a_refusal_keeps_the_code_of_clickhouse(client: Client, sql: str, code: int) -> None:
    with pytest.raises(DatabaseError) as caught:
        client.command(sql)
    assert caught.value.code == code


@pytest.mark.parametrize("user", ["rongdun", "reader", "default"])
def test_a_wrong_password_is_refused(endpoint: Endpoint, user: str) -> None:
    with pytest.raises(DatabaseError) as caught:
        clickhouse_connect.get_client(host=endpoint.host, port=endpoint.port, username=user, password="x" * 32)
    assert caught.value.code == 516


@pytest.mark.parametrize("rows", ["numbers(1000000)", "numbers(0)"])
def test_a_stream_of_rows_is_whole(client: Client, rows: str) -> None:
    with client.query_row_block_stream(f"SELECT number FROM {rows}") as stream:
        assert sum(len(block) for block in stream) == (1_000_000 if "1" in rows else 0)


def _all_rows(client: Client) -> int:
    with client.query_rows_stream(_FAILS_LATE) as stream:
        return sum(1 for _ in stream)


def _all_arrow(client: Client) -> int:
    with client.query_arrow_stream(_FAILS_LATE) as stream:
        return sum(batch.num_rows for batch in stream)


def _all_bytes(client: Client) -> int:
    source = client.raw_stream(_FAILS_LATE, fmt="CSV")
    assert isinstance(source, IOBase)
    return len(source.read())


@pytest.mark.parametrize("read", [_all_rows, _all_arrow, _all_bytes])
def test_a_failure_in_the_middle_never_looks_like_success(client: Client, read: object) -> None:
    assert callable(read)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - each way of reading raises in its own library
        read(client)
    assert not isinstance(caught.value, AssertionError)


def test_a_failure_in_the_middle_says_why(client: Client) -> None:
    with pytest.raises(ClickHouseError, match="throwIf"):
        _all_rows(client)


def test_eight_clients_at_once_read_and_write(endpoint: Endpoint, table: str) -> None:
    def work(number: int) -> int:
        with clickhouse_connect.get_client(dsn=endpoint.dsn()) as client:
            for turn in range(5):
                client.insert(table, [[number * 100 + turn, "x"]], column_names=["a", "b"])
                client.query(f"SELECT count() FROM {table}")
            return number

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(work, range(8))) == list(range(8))
    with clickhouse_connect.get_client(dsn=endpoint.dsn()) as client:
        assert client.query(f"SELECT uniqExact(a), count() FROM {table}").result_rows == [(40, 40)]


def _ask(
    endpoint: Endpoint, *, method: str = "POST", path: str = "/", body: bytes = b"", headers: Mapping[str, str]
) -> tuple[int, bytes, Message]:
    connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=30)
    try:
        connection.request(method, path, body=body, headers=dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers
    finally:
        connection.close()


def _basic(endpoint: Endpoint) -> dict[str, str]:
    password = load_or_create(endpoint.password_file)["rongdun"]
    return {"Authorization": "Basic " + b64encode(f"rongdun:{password}".encode()).decode()}


def test_headers_may_name_the_user(endpoint: Endpoint) -> None:
    password = load_or_create(endpoint.password_file)["reader"]
    headers = {"X-ClickHouse-User": "reader", "X-ClickHouse-Key": password}
    assert _ask(endpoint, body=b"SELECT 1", headers=headers)[:2] == (200, b"1\n")


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Basic ????"}, {"Authorization": "Bearer x"}, {"X-ClickHouse-User": "rongdun"}],
    ids=["none", "no base64", "another scheme", "no key"],
)
def test_nobody_asks_without_a_password(endpoint: Endpoint, headers: dict[str, str]) -> None:
    status, body, answered = _ask(endpoint, body=b"SELECT 1", headers=headers)
    assert (status, answered["X-ClickHouse-Exception-Code"]) == (403, "516")
    assert b"516" in body


@pytest.mark.parametrize("host", ["rebound.example.org", "rebound.example.org:80", "127.0.0.1.example.org", ""])
def test_a_page_sent_here_by_dns_is_refused(endpoint: Endpoint, host: str) -> None:
    assert _ask(endpoint, body=b"SELECT 1", headers={**_basic(endpoint), "Host": host})[0] in {400, 421}


def test_ping_needs_no_password(endpoint: Endpoint) -> None:
    assert _ask(endpoint, method="GET", path="/ping", headers={})[:2] == (200, b"Ok.\n")


def test_a_get_changes_nothing(endpoint: Endpoint) -> None:
    status, _, headers = _ask(
        endpoint, method="GET", path="/?query=CREATE+TABLE+got+(a+Int8)+ENGINE+%3D+Memory", headers=_basic(endpoint)
    )
    assert (status, headers["X-ClickHouse-Exception-Code"]) == (403, "164")


def test_an_answer_carries_its_id_zone_and_summary(endpoint: Endpoint) -> None:
    path = "/?query_id=my-id&wait_end_of_query=1"
    _, _, headers = _ask(endpoint, path=path, body=b"SELECT number FROM numbers(3)", headers=_basic(endpoint))
    assert headers["X-ClickHouse-Query-Id"] == "my-id"
    assert headers["X-ClickHouse-Timezone"] == "UTC"
    assert json.loads(headers["X-ClickHouse-Summary"])["read_rows"] == "3"


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        pytest.param(b"", "", id="empty"),
        pytest.param(b" -- \n", "", id="only a comment"),
        pytest.param(b"\xff\xfe\x00SELECT", "", id="binary"),
        pytest.param(b"SELECT 1", "lz4", id="no lz4"),
        pytest.param(b"SELECT 1", "zstd", id="no zstd"),
        pytest.param(b"SELECT 1", "gzip", id="no gzip"),
        pytest.param(b"x", "br", id="unknown encoding"),
    ],
)
def test_a_broken_body_is_refused_with_a_reason(endpoint: Endpoint, body: bytes, encoding: str) -> None:
    headers = {**_basic(endpoint), "Content-Encoding": encoding} if encoding else _basic(endpoint)
    status, answer, _ = _ask(endpoint, body=body, headers=headers)
    assert 400 <= status < 500
    assert answer.startswith(b"Code: ")


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO {t} VALUES (1, 'x')",
        "CREATE TABLE mine (a Int8) ENGINE = Memory",
        "DROP TABLE {t}",
        "ALTER TABLE {t} DELETE WHERE 1",
        "TRUNCATE TABLE {t}",
        "OPTIMIZE TABLE {t}",
        "CREATE TEMPORARY TABLE mine (a Int8)",
        "SET max_threads = 1",
        "SELECT 1 SETTINGS readonly = 0",
        "SYSTEM FLUSH LOGS",
        "KILL QUERY WHERE 1",
        "BACKUP TABLE {t} TO File('/tmp/rongdun-never')",
        "SET ROLE writing",
        "SELECT file('/etc/hostname')",
        "SELECT `file`('/etc/hostname')",
        "SELECT * APPLY(file) FROM values('a String', '/etc/hostname')",
        "EXPLAIN SELECT file('/etc/hostname')",
        "SHOW TABLES WHERE file('/etc/hostname') != ''",
        "SELECT * FROM file('/etc/hostname', 'LineAsString')",
        "DESCRIBE TABLE file('/etc/hostname', 'LineAsString')",
        "SELECT * FROM url('http://127.0.0.1:9/', 'LineAsString')",
        "SELECT * FROM s3('http://127.0.0.1:9/bucket/a.csv', 'CSV', 'a String')",
        "SELECT * FROM remote('127.0.0.1:9', system.one)",
        "SELECT * FROM executable('id', 'TSV', 'a String')",
        "SELECT * FROM sqlite('/tmp/rongdun.db', 't')",
        "SELECT * FROM Python(passwords)",
        "SELECT 1 INTO OUTFILE '/tmp/rongdun-never'",
        "INSERT INTO FUNCTION file('/tmp/rongdun-never', 'CSV') SELECT 1",
        "SELECT 1; DROP TABLE {t}",
    ],
)
def test_the_reader_neither_writes_nor_looks_outside(reader: Client, table: str, sql: str) -> None:
    with pytest.raises(DatabaseError) as caught:
        reader.command(sql.format(t=table))
    assert caught.value.code in {164, 497, 62}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("additional_result_filter", "file('/etc/hostname') != ''"),
        ("additional_table_filters", "{'system.one': 'file(\\'/etc/hostname\\') != \\'\\''}"),
        ("dialect", "kusto"),
        ("readonly", "0"),
        ("profile", "default"),
    ],
)
def test_the_reader_sets_nothing_that_reaches_outside(endpoint: Endpoint, name: str, value: str) -> None:
    password = load_or_create(endpoint.password_file)["reader"]
    headers = {"X-ClickHouse-User": "reader", "X-ClickHouse-Key": password}
    path = "/?" + urlencode({name: value})
    status, _, answered = _ask(endpoint, path=path, body=b"SELECT dummy FROM system.one", headers=headers)
    assert (status, answered["X-ClickHouse-Exception-Code"]) == (403, "164")


def test_the_reader_binds_parameters(reader: Client) -> None:
    answer = reader.query("SELECT {p:String} WHERE {n:UInt8} IN (1, 2)", parameters={"p": "it's", "n": 2})
    assert answer.result_rows == [("it's",)]


def test_the_reader_shapes_and_limits_its_answers(endpoint: Endpoint) -> None:
    password = load_or_create(endpoint.password_file)["reader"]
    headers = {"X-ClickHouse-User": "reader", "X-ClickHouse-Key": password}
    path = "/?max_threads=1&max_execution_time=9"
    assert _ask(endpoint, path=path, body=b"SELECT getSetting('max_threads')", headers=headers)[:2] == (200, b"1\n")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count() FROM {t}",
        "SHOW TABLES LIKE 't%'",
        "SHOW CREATE TABLE {t}",
        "DESCRIBE TABLE {t}",
        "EXPLAIN SELECT * FROM {t}",
        "WITH 1 AS one SELECT one FROM {t}",
        "(SELECT 1) UNION ALL (SELECT 2)",
        "EXISTS TABLE {t}",
    ],
)
def test_the_reader_reads(reader: Client, table: str, sql: str) -> None:
    reader.query(sql.format(t=table))


def test_times_are_utc_whatever_the_machine_says(client: Client) -> None:
    assert client.query("SELECT timezone()").result_rows == [("UTC",)]
    (now,) = client.query("SELECT now()").result_rows[0]
    assert abs((datetime.now(UTC).replace(tzinfo=None) - now).total_seconds()) < 60
