"""What a query cost, in ClickHouse's own figures: rows and bytes read, seconds, memory."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic

import polars as pl

from store.client import Parameters, Store
from store.errors import QueryFailed

# The server may keep no query log, or not show it to this user; then nobody knows the memory.
_UNKNOWN_TABLE = 60
_ACCESS_DENIED = 497
_NOT_IMPLEMENTED = 48

_LOGGED = """
SELECT
    log_comment,
    sum(read_rows) AS rows,
    sum(read_bytes) AS bytes,
    max(memory_usage) AS memory,
    sum(ProfileEvents['UserTimeMicroseconds'] + ProfileEvents['SystemTimeMicroseconds']) AS processor
FROM system.query_log
WHERE event_date >= today() - 1 AND type = 'QueryFinish' AND log_comment IN {tags:Array(String)}
GROUP BY log_comment
"""
_MOST_TAGS = 200


@dataclass(frozen=True)
class Cost:
    """What a query cost.

    Attributes:
        rows_read: of a stream from a server that keeps no query log: the rows that came.
        seconds: by the clock, which a busy machine stretches.
        processor_seconds: of all its threads together; None where the server keeps no query log.
        memory_bytes: at its peak; None where the server keeps no query log.
    """

    rows_read: int = 0
    bytes_read: int = 0
    seconds: float = 0.0
    memory_bytes: int | None = None
    processor_seconds: float | None = None

    def plus(self, other: "Cost") -> "Cost":
        """The cost of both, one after the other."""
        memory = [each for each in (self.memory_bytes, other.memory_bytes) if each is not None]
        processor = [each for each in (self.processor_seconds, other.processor_seconds) if each is not None]
        return Cost(
            self.rows_read + other.rows_read,
            self.bytes_read + other.bytes_read,
            self.seconds + other.seconds,
            max(memory, default=None),
            sum(processor) if processor else None,
        )


@dataclass
class Meter:
    """Asks questions and writes down what they cost."""

    store: Store
    _asked: list[tuple[str, Cost]] = field(default_factory=list)

    def rows(self, sql: str, parameters: Parameters | None = None) -> list[dict[str, object]]:
        """The result of a query without a SETTINGS clause of its own; its cost is the next in `costs`.

        Raises:
            QueryFailed: ClickHouse refused it; it has no cost then.
        """
        tag = _tag()
        rows, summary = self.store.measured(_logged(sql, tag), parameters)
        seconds = _number(summary, "elapsed_ns") / 1e9
        self._asked.append((tag, Cost(_number(summary, "read_rows"), _number(summary, "read_bytes"), seconds)))
        return rows

    def stream(
        self, sql: str, parameters: Parameters | None = None, settings: Parameters | None = None
    ) -> Iterator[pl.DataFrame]:
        """The result of a query without a SETTINGS clause of its own, block by block; at its end it is in `costs`.

        Its seconds are those until the last block was taken.

        Raises:
            QueryFailed: ClickHouse refused it, or it failed on the way; it has no cost then.
        """
        tag, clock, came = _tag(), monotonic(), 0
        for frame in self.store.stream(_logged(sql, tag), parameters, settings):
            came += frame.height
            yield frame
        self._asked.append((tag, Cost(rows_read=came, seconds=monotonic() - clock)))

    def costs(self) -> list[Cost]:
        """What each query cost, in the order they were asked."""
        logged = self._logged([tag for tag, _ in self._asked])
        return [replace(logged.get(tag, cost), seconds=cost.seconds) for tag, cost in self._asked]

    def _logged(self, tags: Sequence[str]) -> dict[str, Cost]:
        """What the server's log knows of each query, by its tag; the summary that came with the answer is shorter."""
        found: dict[str, Cost] = {}
        try:
            self.store.execute("SYSTEM FLUSH LOGS")
            for start in range(0, len(tags), _MOST_TAGS):
                for row in self.store.rows(_LOGGED, {"tags": list(tags[start : start + _MOST_TAGS])}):
                    read = _number(row, "rows"), _number(row, "bytes")
                    found[str(row["log_comment"])] = Cost(
                        *read, memory_bytes=_number(row, "memory"), processor_seconds=_number(row, "processor") / 1e6
                    )
        except QueryFailed as error:
            if error.code not in {_UNKNOWN_TABLE, _ACCESS_DENIED, _NOT_IMPLEMENTED}:
                raise
        return found


def _tag() -> str:
    return f"rongdun {uuid.uuid4().hex}"


def _logged(sql: str, tag: str) -> str:
    """The query, to be kept in the log; a clause, since a server may have a mark of its own among the settings."""
    return f"{sql} SETTINGS log_queries = 1, log_queries_min_type = 'QUERY_FINISH', log_comment = '{tag}'"


def _number(summary: dict[str, object], name: str) -> int:
    return int(str(summary.get(name) or 0))
