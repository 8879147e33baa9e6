"""How fast captures become flows and events: packets a second and peak memory, on a capture made of small ones.

    python -m benchmarks.capture [FOLDER] [--megabytes 200] [--json]

Every readable Ethernet pcap of the folder is repeated, its times moved on, until the size is reached. Without one, the
packets are made: TCP headers of 20,000 flows, as a sensor that keeps no payload writes them.
"""

import argparse
import gzip
import json
import resource
import struct
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from pipelines.capture.pcap import MAGICS
from pipelines.sources import capture

_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="a folder of small captures")
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.NamedTemporaryFile(suffix=".pcap") as made:
        packets = _compose(asked.folder, Path(made.name), asked.megabytes * 1_000_000)
        measured = _measure(Path(made.name), packets)
    if asked.json:
        print(json.dumps(measured))
        return
    for name, value in measured.items():
        print(f"{name:24} {value:>14,.1f}")


def _measure(path: Path, packets: int) -> dict[str, float]:
    started = time.perf_counter()
    rows = {"network_flows": 0, "log_events": 0}
    with path.open("rb") as stream:
        for batch in capture.read(stream):
            rows[batch.table] += len(batch.rows)
    seconds = time.perf_counter() - started
    # Linux counts in KiB, macOS in bytes.
    unit = 1024 if sys.platform != "darwin" else 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return {
        "pcap_packets_per_second": packets / seconds,
        "pcap_megabytes_per_second": path.stat().st_size / 1e6 / seconds,
        "pcap_peak_rss_mb": peak / 1e6,
        "packets": packets,
        "flows": rows["network_flows"],
        "events": rows["log_events"],
        "seconds": seconds,
    }


def _compose(folder: Path | None, target: Path, size: int) -> int:
    """Write one capture of the small ones, round after round; gives its packets."""
    if folder is None:
        sources = [_HEADER + b"".join(map(_made_packet, range(200_000)))]
    else:
        sources = [content for path in sorted(folder.rglob("*")) if (content := _plain(path))]
    assert sources, f"no Ethernet pcap in {folder}"
    packets, shift = 0, 0
    with target.open("wb") as stream:
        stream.write(_HEADER)
        while stream.tell() < size:
            for content in sources:
                for seconds, rest in _records(content):
                    stream.write(struct.pack("<I", (seconds + shift) & 0xFFFF_FFFF) + rest)
                    packets += 1
            shift += 4000
    return packets


def _made_packet(number: int) -> bytes:
    flow = number * 7919 % 20_000
    tcp = struct.pack(">HHIIBBHHH", 1024 + flow, 443, number, 1, 0x50, 0x10, 1024, 0, 0)
    ends = bytes([10, 0, flow >> 8, flow & 255, 192, 0, 2, flow % 200])
    frame = bytes(12) + b"\x08\0" + struct.pack(">BBHHHBBH", 0x45, 0, 1400, 1, 0, 64, 6, 0) + ends + tcp
    return struct.pack("<IIII", 1_772_330_400 + number // 5000, number % 5000 * 200, len(frame), 1414) + frame


def _plain(path: Path) -> bytes:
    if not path.is_file():
        return b""
    raw = path.read_bytes()
    content = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    usable = content[:4] == bytes.fromhex("d4c3b2a1") and content[20:24] == b"\x01\0\0\0"
    return content if usable and MAGICS[content[:4]].per_second == 1_000_000 else b""


def _records(content: bytes) -> Iterator[tuple[int, bytes]]:
    position = 24
    while position + 16 <= len(content):
        seconds, _, captured, _ = struct.unpack_from("<4I", content, position)
        following = position + 16 + captured
        if captured > 262_144 or following > len(content):
            return
        yield seconds, content[position + 4 : following]
        position = following


if __name__ == "__main__":
    main()
