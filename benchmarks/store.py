"""How fast the embedded database answers, takes rows in and gives them out: `python -m benchmarks.store [--json]`."""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from store.client import Store
from store.embedded import start_detached, stop
from store.migrate import migrate
from store.writes import append

_WRITE = "bench:0"
_STREAMED = 10_000_000
_STREAM = "SELECT number, toString(number) AS text, now() AS t FROM numbers({rows:UInt64})"


def main() -> None:
    """Measure on a server of its own, in a folder that goes afterwards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.add_argument("--rows", type=int, default=400_000, help="rows to insert")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        endpoint = start_detached(home / "database", state=home)
        try:
            with Store.connect(endpoint.dsn()) as store:
                migrate(store)
                measured = _measured(store, options.rows)
        finally:
            stop(home)
    if options.json:
        print(json.dumps(measured))
    else:
        for name, value in measured.items():
            print(f"{name:32} {value:>14,.2f}")


def _measured(store: Store, rows: int) -> dict[str, float]:
    frame = _flows(rows)
    insert = _seconds(lambda: append(store, "network_flows", frame, token=_WRITE))
    repeat = _seconds(lambda: append(store, "network_flows", frame, token=_WRITE))
    assert store.value("SELECT count() FROM network_flows") == rows
    stream = _seconds(lambda: sum(part.height for part in store.stream(_STREAM, {"rows": _STREAMED})))
    whole = _seconds(lambda: store.frame("SELECT * FROM network_flows"))
    return {
        "select_1_ms": min(_seconds(lambda: store.value("SELECT 1")) for _ in range(50)) * 1000,
        "insert_columns": float(frame.width),
        "insert_rows_per_second": rows / insert,
        "repeated_insert_rows_per_second": rows / repeat,
        "stream_rows_per_second": _STREAMED / stream,
        "frame_rows_per_second": rows / whole,
    }


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _flows(rows: int) -> pl.DataFrame:
    """Flows of 20 columns, of the width that a capture gives."""
    number = pl.int_range(rows, dtype=pl.UInt64)
    host = "198.51.100." + (number % 250).cast(pl.String)
    counts = ("duration_ms", "packets_out", "packets_in", "bytes_out", "bytes_in", "ip_bytes_out", "ip_bytes_in")
    flows = pl.select(
        event_id=number.hash(7).cast(pl.String),
        event_time=pl.lit(datetime(2026, 3, 1, tzinfo=UTC)) + pl.duration(milliseconds=number),
        source=pl.lit("bench.pcap"),
        source_type=pl.lit("pcap"),
        source_offset=number,
        scope=pl.lit("fuzhou/gulou"),
        source_ip=host,
        source_port=(number % 60_000).cast(pl.UInt16),
        destination_ip=pl.lit("192.0.2.10"),
        destination_port=pl.lit(443, pl.UInt16),
        protocol=pl.lit("tcp"),
        application=pl.lit("tls"),
        community_id="1:" + number.hash(9).cast(pl.String),
    )
    return flows.with_columns((pl.col("source_offset") % (1000 + at)).alias(name) for at, name in enumerate(counts))


if __name__ == "__main__":
    main()
