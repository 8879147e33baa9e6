"""What a flow costs on disk, column by column: `python -m benchmarks.flow_storage [SHARED] [--rows 1000000] [--json]`.

The flows are those of the real captures in SHARED, drawn anew with a fixed seed: each keeps its ports, application,
state, history and `fields`, its packets and bytes are varied, and it happens between other hosts (5,000 of a city,
40,000 beyond, a few of them far more often than the rest), from a port of its own, at a moment of a day with 1,000
flows a second. Community ids are those of the new ends. Batches of 8,192 flows, as a capture gives them, in an embedded
server of its own; measured by `system.parts_columns` after OPTIMIZE FINAL.
"""

import argparse
import json
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import numpy as np
import polars as pl

from benchmarks.corpus import SHARED
from pipelines.arrival import Origin
from pipelines.batch import NETWORK_FLOWS, Batch
from pipelines.batch_writer import BatchWriter
from pipelines.capture.community_id import community_ids
from pipelines.errors import SourceBroken
from pipelines.sources import capture
from rongdun.settings import Settings
from store.client import Store
from store.embedded import stop
from store.session import open_store

_BATCH, _TOGETHER = 8192, 15
_A_SECOND = 1000
_INSIDE, _OUTSIDE = 5_000, 40_000
_BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
_NUMBERS = {"icmp": 1, "tcp": 6, "udp": 17, "icmp6": 58, "sctp": 132}
_COUNTS = ("duration_ms", "packets_out", "packets_in", "bytes_out", "bytes_in", "ip_bytes_out", "ip_bytes_in")

_COLUMNS = """
SELECT column, sum(column_data_compressed_bytes) AS packed, sum(column_data_uncompressed_bytes) AS plain
FROM system.parts_columns
WHERE active AND database = currentDatabase() AND table = 'network_flows'
GROUP BY column ORDER BY packed DESC
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path, nargs="?", default=SHARED)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    flows = city_flows(real_flows(asked.shared / "pcap"), asked.rows)
    with tempfile.TemporaryDirectory(prefix="flow-storage-") as place:
        settings = Settings(home=Path(place))
        try:
            with open_store(settings) as store:
                _write(store, flows)
                store.execute("OPTIMIZE TABLE network_flows FINAL")
                columns = store.rows(_COLUMNS)
        finally:
            stop(settings.run_folder)
    found = {str(row["column"]): int(str(row["packed"])) / asked.rows for row in columns}
    a_flow = sum(found.values())
    report = {
        "flows": asked.rows,
        "bytes_a_flow": a_flow,
        "gigabytes_a_day_at_1000_a_second": a_flow * 86_400_000 / 1e9,
    }
    if asked.json:
        print(json.dumps({**report, "columns": found}))
        return
    for name, value in {**report, **found}.items():
        print(f"{name:34} {value:>14,.2f}")


def real_flows(folder: Path) -> pl.DataFrame:
    """The flows of all captures of a folder."""
    found = [NETWORK_FLOWS.to_frame()]
    source = capture.CaptureSource(applications=False)
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        with path.open("rb") as stream:
            if source.recognises(stream.read(4)):
                stream.seek(0)
                found += _read(source, stream)
    return pl.concat(found).filter(pl.col("protocol").is_in(list(_NUMBERS)))


def _read(source: capture.CaptureSource, stream: BinaryIO) -> list[pl.DataFrame]:
    batches = list[pl.DataFrame]()
    with suppress(SourceBroken):
        batches.extend(batch.rows for batch in source.read(stream) if batch.numbered)
    return batches


def city_flows(real: pl.DataFrame, count: int) -> pl.DataFrame:
    """So many flows, drawn from real ones, between the hosts of a city and those beyond, in order of time."""
    chance = np.random.default_rng(7)
    drawn = real[chance.integers(0, real.height, count)]
    inside, outside = _hosts(chance, count, _INSIDE, 10 << 24), _hosts(chance, count, _OUTSIDE, 198 << 24)
    is_icmp = drawn["protocol"].str.starts_with("icmp").to_numpy()
    ports = np.where(is_icmp, drawn["source_port"].to_numpy(), chance.integers(32_768, 61_000, count))
    moments = np.sort(chance.integers(0, count * 1_000_000 // _A_SECOND, count))
    scale = chance.lognormal(0, 0.3, count)
    varied = [
        pl.Series(name, np.where(numbers > 1, np.maximum(numbers * scale, 1), numbers).astype(np.uint64))
        for name, numbers in ((name, drawn[name].to_numpy()) for name in _COUNTS)
    ]
    flows = drawn.with_columns(
        *varied,
        pl.Series("event_time", moments).cast(pl.Duration("us")) + pl.lit(_BEGIN),
        # A packet in a capture of all of them: some twenty to a flow.
        pl.Series("source_offset", np.cumsum(chance.integers(1, 40, count))).cast(pl.UInt64),
        pl.Series("source_ip", _texts(inside)),
        pl.Series("destination_ip", _texts(outside)),
        pl.Series("source_port", ports).cast(pl.UInt16),
    )
    return flows.with_columns(_ids(flows, inside, outside).alias("community_id"))


def _hosts(chance: np.random.Generator, count: int, hosts: int, network: int) -> np.ndarray:
    """Hosts by number, the lower the more often."""
    return network + (hosts * chance.random(count) ** 3).astype(np.int64) * 37


def _texts(addresses: np.ndarray) -> pl.Series:
    numbers = pl.Series(addresses)
    parts = [((numbers // (1 << shift)) % 256).cast(pl.String) for shift in (24, 16, 8, 0)]
    return pl.select(pl.concat_str(parts, separator=".")).to_series()


def _ids(flows: pl.DataFrame, inside: np.ndarray, outside: np.ndarray) -> pl.Series:
    kinds = flows["protocol"].replace_strict(_NUMBERS, return_dtype=pl.Int64).to_numpy()
    keys = np.zeros((6, flows.height), np.uint64)
    keys[1], keys[3] = inside, outside
    ends = (flows["source_port"].cast(pl.Int64).to_numpy() << 16) | flows["destination_port"].cast(pl.Int64).to_numpy()
    keys[4] = ((ends << 16) | (kinds << 8) | 4).astype(np.uint64)
    return community_ids(keys)


def _write(store: Store, flows: pl.DataFrame) -> None:
    writer, identity = BatchWriter(store, "fuzhou", None), "0123456789abcdef01234567"
    batches = []
    for number, start in enumerate(range(0, flows.height, _BATCH)):
        name = f"{pl.Series([start]).hash(3).item():024x}-0"
        origin = Origin("/var/captures/uplink.pcapng", "pcap", name, "fuzhou", identity)
        batches.append((Batch("network_flows", flows.slice(start, _BATCH), numbered=True), origin))
        if len(batches) == _TOGETHER or start + _BATCH >= flows.height:
            writer.write(batches, token=f"flow-storage:{number}")
            batches = []


if __name__ == "__main__":
    main()
