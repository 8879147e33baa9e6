"""How fast export packets become rows: NetFlow v9 decoded, and all the way into an embedded database.

    python -m benchmarks.exports [--records 1000000] [--json]

The packets are made: a template with 17 fields every 20 packets, 24 flows a packet, 50,000 endpoints. Processor time of
this process, since other work may share the machine; with a database of its own beside it the clock counts.
"""

import argparse
import json
import random
import resource
import struct
import sys
import tempfile
import time
from pathlib import Path

from pipelines.exports.framing import frames
from pipelines.exports.netflow5 import V5_LAYOUT
from pipelines.exports.records import records_of
from pipelines.ingest import ingest
from pipelines.sources import flow_exports
from rongdun.settings import Settings
from store.embedded import stop
from store.session import open_store

_FIELDS = (
    *((8, 4), (12, 4), (15, 4), (10, 2), (14, 2), (2, 4), (1, 4), (22, 4), (21, 4), (7, 2), (11, 2)),
    *((6, 1), (4, 1), (5, 1), (61, 1), (16, 4), (17, 4)),
)
_FLOWS = 24
_SECONDS = 1_772_330_400


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="exports-bench-") as folder:
        path = Path(folder) / "v9.dat"
        records = made_packets(path, asked.records)
        measured = {"netflow_v9_records": float(records), **decoded(path, records)}
        measured |= _stored(path, Settings(home=Path(folder) / "home"), records)
    if asked.json:
        print(json.dumps(measured))
        return
    for name, value in measured.items():
        print(f"{name:40} {value:>14,.1f}")


def made_packets(path: Path, records: int) -> int:
    """Write so many flows, and a few more to fill the last packet; gives how many."""
    chance = random.Random(7)  # noqa: S311 - the same packets in every run
    template = struct.pack(">HH", 256, len(_FIELDS)) + b"".join(struct.pack(">HH", *field) for field in _FIELDS)
    template = struct.pack(">HH", 0, 4 + len(template)) + template
    pool = [_flow(chance) for _ in range(50_000)]
    written = 0
    with path.open("wb") as stream:
        for sequence in range(-(-records // _FLOWS)):
            start = sequence * _FLOWS % (len(pool) - _FLOWS)
            data = b"".join(pool[start : start + _FLOWS])
            sets = (template if sequence % 20 == 0 else b"") + struct.pack(">HH", 256, 4 + len(data)) + data
            count = _FLOWS + (sequence % 20 == 0)
            header = struct.pack(">HHIIII", 9, count, 3_600_000, _SECONDS + sequence // 1000, sequence, 1)
            stream.write(header + sets)
            written += _FLOWS
    return written


def _flow(chance: random.Random) -> bytes:
    first = 3_500_000 + chance.randrange(90_000)
    return struct.pack(
        ">IIIHHIIIIHHBBBBII",
        *(0x0A00_0000 | chance.randrange(1 << 16), 0xC000_0200 | chance.randrange(256), 0x0A00_0001),
        *(chance.randrange(1, 48), chance.randrange(1, 48), chance.randrange(1, 900), chance.randrange(40, 900_000)),
        *(first, first + chance.randrange(9_000), chance.randrange(1024, 65_536), chance.choice((53, 80, 443, 22))),
        *(chance.choice((2, 18, 24, 27)), chance.choice((6, 6, 6, 17)), 0, chance.randrange(2)),
        *(64_496, 64_500),
    )


def decoded(path: Path, records: int) -> dict[str, float]:
    started = time.process_time()
    with path.open("rb") as stream:
        rows = sum(batch.rows.height for batch in flow_exports.read(stream))
    seconds = time.process_time() - started
    assert rows == records, f"{rows} of {records} flows were read"
    started = time.process_time()
    with path.open("rb") as stream:
        packets = sum(bool(frame.content) for frame in frames(stream))
    framing = time.process_time() - started
    unit = 1024 if sys.platform != "darwin" else 1
    return {
        "netflow_v9_packets": float(packets),
        "netflow_v9_records_per_cpu_second": records / seconds,
        "netflow_v9_framing_cpu_seconds": framing,
        "netflow_v9_arrays_per_cpu_second": _arrays(path, records),
        "netflow_v9_peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6,
    }


def _arrays(path: Path, records: int) -> float:
    """Records a second as arrays of numbers, before they become rows."""
    body = memoryview(path.read_bytes())[: records // _FLOWS * _FLOWS * V5_LAYOUT.size // 2]
    packets = [body[at : at + 30 * V5_LAYOUT.size] for at in range(0, len(body), 30 * V5_LAYOUT.size)]
    started = time.process_time()
    found = records_of(V5_LAYOUT, packets)
    for name in V5_LAYOUT.places:
        found.numbers(name)
    return len(found) / (time.process_time() - started)


def _stored(path: Path, settings: Settings, records: int) -> dict[str, float]:
    try:
        with open_store(settings) as store:
            started, used = time.perf_counter(), time.process_time()
            report = ingest([path], store, scope="fuzhou")
            seconds, used = time.perf_counter() - started, time.process_time() - used
            stored = int(str(store.value("SELECT count() FROM network_flows")))
    finally:
        stop(settings.run_folder)
    assert (report.rows, stored) == (records, records)
    return {
        "netflow_v9_stored_per_second": records / seconds,
        "netflow_v9_stored_per_own_cpu_second": records / used,
    }


if __name__ == "__main__":
    main()
