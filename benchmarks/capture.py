"""How fast captures become flows and events: packets a second and peak memory, on a capture made of small ones.

    python -m benchmarks.capture [FOLDER] [--megabytes N] [--nfstream] [--json]

Every readable Ethernet pcap of the folder follows the one before in time, and all again, until the size is reached:
2 GB unless told. Captures whose own clock spans more than a day are left out.
Without a folder the packets are made: TCP headers of 20,000 flows, 200 MB of them, as a sensor that keeps no payload
writes them. Flows alone, and flows with what applications said, are each measured in a process of their own. With
`--nfstream` so is NFStream from the package index, in a virtual environment of its own beside the capture.
"""

import argparse
import gzip
import json
import struct
import subprocess
import sys
import tempfile
import time
import venv
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.capture.pcap import MAGICS
from pipelines.capture.window import Ints

_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)
_LARGEST_PACKET = 262_144
_BEGIN = 1_577_836_800
_LONGEST_SECONDS = 86_400
# Longer than the idle timeout: no flow goes on in the next capture.
_BETWEEN_SECONDS = 200

_NFSTREAM = """
import sys, time
from nfstream import NFStreamer
if __name__ == "__main__":
    started, processor = time.perf_counter(), time.process_time()
    streamer = NFStreamer(source=sys.argv[1], idle_timeout=120, active_timeout=1800, n_dissections=int(sys.argv[2]),
                          statistical_analysis=False, accounting_mode=1)
    flows = packets = 0
    for flow in streamer:
        flows += 1
        packets += flow.bidirectional_packets
    print(time.perf_counter() - started, flows, packets)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="a folder of small captures")
    parser.add_argument("--megabytes", type=int, help="size of the capture: 2000 of a folder's, 200 of made packets")
    parser.add_argument("--nfstream", action="store_true", help="measure NFStream on the same capture")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--flows-alone", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(_measure(asked.measure, applications=not asked.flows_alone)))
        return
    with tempfile.TemporaryDirectory(prefix="capture-bench-") as place:
        made = Path(place, "composed.pcap")
        packets = compose(asked.folder, made, (asked.megabytes or (2000 if asked.folder else 200)) * 1_000_000)
        measured = measured_both(made, packets)
        if asked.nfstream:
            measured |= measured_nfstream(Path(place), made, packets)
            measured |= ratios(measured)
    if asked.json:
        print(json.dumps(measured))
        return
    for name, value in measured.items():
        print(f"{name:44} {value:>14,.1f}")


def compose(folder: Path | None, target: Path, size: int) -> int:
    """Write one capture of the small ones, round after round; gives its packets."""
    if folder is None:
        sources = [_HEADER + b"".join(map(_made_packet, range(200_000)))]
    else:
        sources = [content for path in sorted(folder.rglob("*")) if (content := _plain(path))]
    whole, clock = bytearray(), _BEGIN
    for content in sources:
        records, lasted = _begun_at(_records(content), clock)
        whole += records
        clock += lasted + _BETWEEN_SECONDS if records else 0
    assert whole, f"no Ethernet pcap in {folder}"
    headers = _headers(whole)
    packets = 0
    with target.open("wb") as stream:
        stream.write(_HEADER)
        while stream.tell() < size:
            room = size - stream.tell()
            last = int(np.searchsorted(headers, room)) if room < len(whole) else len(headers)
            stream.write(whole[: headers[last] if last < len(headers) else len(whole)])
            packets += last
            _seconds(whole)[headers] += np.uint32(clock - _BEGIN)
    return packets


def _seconds(records: bytearray) -> NDArray[np.uint32]:
    """The 32 bits at every byte, little-endian: at a packet's header, its second."""
    view: NDArray[np.uint32] = np.ndarray((len(records) - 3,), "<u4", records, 0, (1,))
    return view


def _begun_at(records: bytearray, second: int) -> tuple[bytearray, int]:
    """The packets with the first at this second, and how long they last; none where their clock is no clock."""
    if not records:
        return records, 0
    headers = _headers(records)
    times = _seconds(records)[headers].astype(np.int64)
    lasted = int(times.max() - times.min())
    if lasted > _LONGEST_SECONDS:
        return bytearray(), 0
    _seconds(records)[headers] = times - times.min() + second
    return records, lasted


def measured_both(path: Path, packets: int) -> dict[str, float]:
    measured: dict[str, float] = {"packets": packets, "megabytes": path.stat().st_size / 1e6}
    for name, options in (("flows", ["--flows-alone"]), ("applications", [])):
        command = [sys.executable, "-m", "benchmarks.capture", "--measure", str(path), *options]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        measured |= {f"{name}_packets_per_second": packets / found["seconds"]}
        measured |= {f"{name}_packets_per_processor_second": packets / found["processor_seconds"]}
        measured |= {f"{name}_peak_rss_mb": found["peak_rss_mb"], f"{name}_rows": found["flows"]}
        measured |= {f"{name}_events": found["events"]} if name == "applications" else {}
    return measured


def _measure(path: Path, *, applications: bool) -> dict[str, float]:
    """Read the capture in this process."""
    from pipelines.sources.capture import CaptureSource  # noqa: PLC0415 - its memory counts where it is used

    rows: Counter[str] = Counter()
    started, processor = time.perf_counter(), time.process_time()
    with path.open("rb") as stream:
        for batch in CaptureSource(applications=applications).read(stream):
            rows[batch.table] += len(batch.rows)
    return {
        "seconds": time.perf_counter() - started,
        "processor_seconds": time.process_time() - processor,
        "peak_rss_mb": peak_rss_mb(),
        "flows": rows["network_flows"],
        "events": rows.total() - rows["network_flows"],
    }


def peak_rss_mb() -> float:
    """The most memory this process ever had; what getrusage says begins with the process that started this one."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def measured_nfstream(place: Path, capture: Path, packets: int) -> dict[str, float]:
    """NFStream's speed with and without its dissection; nothing where it cannot be installed."""
    venv.create(place / "nfstream", with_pip=True)
    python = place / "nfstream" / "bin" / "python"
    command = [str(python), "-m", "pip", "install", "--quiet", "nfstream"]
    installed = subprocess.run(command, check=False, capture_output=True, text=True)
    if installed.returncode:
        print(f"NFStream cannot be installed: {installed.stderr.strip()[-200:]}", file=sys.stderr)
        return {}
    script = place / "nfstream_speed.py"
    script.write_text(_NFSTREAM)
    measured: dict[str, float] = {}
    for name, dissections in (("flows", "0"), ("applications", "20")):
        ran = subprocess.run([python, script, capture, dissections], check=True, capture_output=True, text=True)
        seconds, flows, _ = map(float, ran.stdout.split())
        measured |= {f"nfstream_{name}_packets_per_second": packets / seconds, f"nfstream_{name}_rows": flows}
    return measured


def ratios(measured: dict[str, float]) -> dict[str, float]:
    ours = {name: measured[f"{name}_packets_per_second"] for name in ("flows", "applications")}
    theirs = {name: measured.get(f"nfstream_{name}_packets_per_second") for name in ours}
    return {f"{name}_times_nfstream": ours[name] / speed for name, speed in theirs.items() if speed}


def _made_packet(number: int) -> bytes:
    flow = number * 7919 % 20_000
    tcp = struct.pack(">HHIIBBHHH", 1024 + flow, 443, number // 20_000 * 1360, 1, 0x50, 0x10, 1024, 0, 0)
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


def _records(content: bytes) -> bytearray:
    """The whole packets of a capture with their headers."""
    headers = _headers(content[24:])
    if not len(headers):
        return bytearray()
    end = int(headers[-1]) + 16 + struct.unpack_from("<I", content, 24 + int(headers[-1]) + 8)[0]
    return bytearray(content[24 : 24 + end])


def _headers(records: bytes | bytearray) -> Ints:
    """Where each whole packet's header begins."""
    position, starts = 0, list[int]()
    while position + 16 <= len(records):
        captured = struct.unpack_from("<I", records, position + 8)[0]
        following = position + 16 + captured
        if captured > _LARGEST_PACKET or following > len(records):
            break
        starts.append(position)
        position = following
    return np.array(starts, np.int64)


if __name__ == "__main__":
    main()
