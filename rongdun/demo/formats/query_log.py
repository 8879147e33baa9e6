"""ClickHouse's `system.query_log` as `SELECT ... FORMAT JSONEachRow` gives it: the start of a query, and its end."""

import json
from dataclasses import dataclass

from rongdun.demo.moments import SECOND, as_datetime

_MILLISECOND = SECOND // 1000


@dataclass(frozen=True)
class Query:
    """A query that ended well: who asked, from where, and how much came of it."""

    query_id: str
    user: str
    client: str
    port: int
    host: str
    database: str
    text: str
    result_rows: int = 0
    written_rows: int = 0
    milliseconds: int = 3


def started_and_finished(at: int, query: Query) -> tuple[tuple[int, str], tuple[int, str]]:
    """The two entries of a query with their moments."""
    ended = at + query.milliseconds * _MILLISECOND
    return (at, _entry(at, at, "QueryStart", query)), (ended, _entry(ended, at, "QueryFinish", query))


def _entry(at: int, began: int, kind: str, query: Query) -> str:
    is_over = kind == "QueryFinish"
    moment = as_datetime(at)
    address = f"::ffff:{query.client}"
    entry = {
        "type": kind,
        "event_date": f"{moment:%Y-%m-%d}",
        "event_time": f"{moment:%Y-%m-%d %H:%M:%S}",
        "event_time_microseconds": f"{moment:%Y-%m-%d %H:%M:%S.%f}",
        "query_start_time": f"{as_datetime(began):%Y-%m-%d %H:%M:%S}",
        "query_duration_ms": str(query.milliseconds if is_over else 0),
        "read_rows": str(query.result_rows * 3 if is_over else 0),
        "written_rows": str(query.written_rows if is_over else 0),
        "result_rows": str(query.result_rows if is_over else 0),
        "current_database": query.database,
        "query": query.text,
        "query_kind": query.text.split(" ", 1)[0].capitalize(),
        "exception_code": 0,
        "exception": "",
        "is_initial_query": 1,
        "user": query.user,
        "query_id": query.query_id,
        "address": address,
        "port": query.port,
        "initial_user": query.user,
        "initial_address": address,
        "interface": 2,
        "hostname": query.host,
    }
    return json.dumps(entry, ensure_ascii=False)
