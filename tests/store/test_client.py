"""The store's own face: rows, frames, streams, and errors that say what to do without a secret in them."""

import socket
from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest

from store.client import Store
from store.embedded import Endpoint
from store.errors import ConnectionFailed, QueryFailed


@pytest.fixture
def open_store(endpoint: Endpoint) -> Store:
    return Store.connect(endpoint.dsn())


def test_rows_frames_and_streams_agree(open_store: Store) -> None:
    sql = (
        "SELECT number AS n, toString(n) AS s, toDateTime64('2026-01-01 00:00:00', 3, 'UTC') AS t FROM numbers(100000)"
    )
    frame = open_store.frame(sql)
    assert pl.concat(open_store.stream(sql)).equals(frame)
    assert open_store.rows(f"{sql} LIMIT 2") == frame.head(2).to_dicts()


@pytest.mark.parametrize("sql", ["SELECT 1 AS a WHERE 0", "SELECT 1 AS a LIMIT 0"])
def test_no_rows_are_no_rows(open_store: Store, sql: str) -> None:
    assert open_store.rows(sql) == []
    assert open_store.value(sql) is None
    assert open_store.frame(sql).height == 0
    assert list(open_store.stream(sql)) == []


def test_a_stream_that_fails_on_the_way_raises_after_its_rows(open_store: Store) -> None:
    with pytest.raises(QueryFailed, match="throwIf") as caught:
        for _ in open_store.stream("SELECT throwIf(number = 20000000) FROM numbers(40000000)"):
            pass
    assert caught.value.code == 395


@pytest.mark.parametrize("rows", [0, 1, 200_000])
def test_a_column_of_few_texts_comes_as_one_dictionary_whatever_the_number_of_blocks(
    open_store: Store, rows: int
) -> None:
    texts = "[toString(number % 7), toString(number)]::Array(LowCardinality(String))"
    lists = open_store.arrow(f"SELECT {texts} AS texts FROM numbers({rows})")["texts"]
    assert lists.to_pylist() == [[str(number % 7), str(number)] for number in range(rows)]
    dictionaries = [chunk.flatten().dictionary for chunk in lists.chunks]
    assert all(each.equals(dictionaries[0]) for each in dictionaries[1:])


def test_a_table_that_fails_on_the_way_is_refused(open_store: Store) -> None:
    with pytest.raises(QueryFailed, match="throwIf") as caught:
        open_store.arrow("SELECT throwIf(number = 2000000) FROM numbers(4000000)")
    assert caught.value.code == 395


def test_a_refusal_carries_its_code(open_store: Store) -> None:
    with pytest.raises(QueryFailed) as caught:
        open_store.frame("SELECT * FROM no_such_table")
    assert caught.value.code == 60


def test_an_address_where_nothing_answers_fails_without_its_password() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ConnectionFailed, match=f"127.0.0.1:{port}") as caught:
        Store.connect(f"clickhouse://rongdun:made-up-secret@127.0.0.1:{port}/rongdun")
    assert "made-up-secret" not in str(caught.value)


def test_a_missing_database_is_made_only_when_asked(endpoint: Endpoint) -> None:
    dsn = endpoint.dsn().rpartition("/")[0] + "/made_on_demand"
    with pytest.raises(ConnectionFailed, match="made_on_demand"):
        Store.connect(dsn)
    with Store.connect(dsn, create_database=True) as store:
        assert store.value("SELECT currentDatabase()") == "made_on_demand"


def test_a_proxy_of_the_environment_is_not_asked_for_loopback(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with Store.connect(endpoint.dsn()) as store:
        assert store.value("SELECT 1") == 1


def test_a_store_in_memory_streams_too(store: Store) -> None:
    assert [frame.height for frame in store.stream("SELECT number FROM numbers(3)")] == [3]


@pytest.mark.parametrize(("scheme", "begins"), [("clickhouses", b"\x16\x03"), ("clickhouse", b"PO")])
def test_the_scheme_says_whether_the_connection_is_encrypted_whatever_the_port(scheme: str, begins: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def first_bytes() -> bytes:
            connection, _ = server.accept()
            server.close()  # whoever tries again is refused, and does not wait
            with connection:
                return connection.recv(2)

        with ThreadPoolExecutor(1) as pool:
            heard = pool.submit(first_bytes)
            with pytest.raises(ConnectionFailed):
                Store.connect(f"{scheme}://user:secret@127.0.0.1:{port}/rongdun")
            assert heard.result(10) == begins  # a TLS handshake (RFC 8446, 5.1), or a request in the clear
