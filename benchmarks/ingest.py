"""How fast everything a city speaks is read: captures, export packets and logs, parsed and stored.

    python -m benchmarks.ingest [SHARED] [--megabytes 2000] [--rows 1000000] [--curve] [--json]

SHARED holds real captures (`pcap/`), Zeek logs (`logs/`) and Windows event logs (`evtx/`); by default it is the folder
of them beside the project. What is stored is stored by a process of its own into an embedded server of its own, from
the first byte read to the last row acknowledged; by the clock, since database and reader share the machine. With
`--curve` syslog is also stored in an eighth, a quarter, half and all of its length. Of the event logs `evtx` is all
chunks of the collection, most of which hold little, and `evtx_full_chunks` the full ones, as one machine's log has.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from benchmarks import capture, exports, logs
from benchmarks.charts import line_chart
from benchmarks.corpus import SHARED
from benchmarks.event_logs import composed_event_log
from benchmarks.processor_time import processor_seconds
from pipelines.ingest import ingest
from rongdun.settings import Settings
from store.embedded import running_endpoint, stop
from store.session import open_store

_PICTURE = Path(__file__).parents[1] / "docs" / "images" / "ingest-growth.svg"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path, nargs="?", default=SHARED)
    parser.add_argument("--megabytes", type=int, default=2000, help="size of the capture")
    parser.add_argument("--rows", type=int, default=1_000_000, help="lines, records and rows of everything else")
    parser.add_argument("--only", nargs="+", default=[], help="of the logs, these: syslog, eve, zeek_conn, ...")
    parser.add_argument("--without-nfstream", action="store_true", help="install nothing to compare with")
    parser.add_argument("--curve", action="store_true", help="also store logs of growing length, and draw that")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--store", type=Path, nargs=2, metavar=("HOME", "FILE"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.store:
        print(json.dumps(_store(Settings(home=asked.store[0]), asked.store[1])))
        return
    with tempfile.TemporaryDirectory(prefix="ingest-bench-") as place:
        report = {
            **_captures(asked.shared / "pcap", Path(place), asked.megabytes, compare=not asked.without_nfstream),
            **_exports(Path(place), asked.rows),
            **_logs(asked.shared, Path(place), asked.rows, asked.only),
            "load": os.getloadavg()[1],
        }
        if asked.curve:
            report["curve"] = _curve(Path(place), asked.rows)
    if asked.json:
        print(json.dumps(report, indent=2))
        return
    for name, value in report.items():
        print(f"{name:44} {value:>14,.1f}" if isinstance(value, float | int) else f"{name:44} {value}")


def _captures(folder: Path, place: Path, megabytes: int, *, compare: bool) -> dict[str, object]:
    made = place / "composed.pcap"
    packets = capture.compose(folder if folder.is_dir() else None, made, megabytes * 1_000_000)
    measured = capture.measured_both(made, packets)
    theirs = capture.measured_nfstream(place, made, packets) if compare else {}
    made.unlink()
    ratios = capture.ratios({**measured, **theirs})
    return {
        "pcap_packets_per_second": measured["flows_packets_per_second"],
        "pcap_peak_rss_mb": measured["flows_peak_rss_mb"],
        "pcap_applications_packets_per_second": measured["applications_packets_per_second"],
        "pcap_applications_peak_rss_mb": measured["applications_peak_rss_mb"],
        "ratio_to_nfstream": ratios.get("flows_times_nfstream"),
        "ratio_to_nfstream_with_applications": ratios.get("applications_times_nfstream"),
        "pcap_packets": packets,
    }


def _exports(place: Path, records: int) -> dict[str, object]:
    path = place / "v9.dat"
    count = exports.made_packets(path, records)
    decoded = exports.decoded(path, count)["netflow_v9_records_per_cpu_second"]
    return {"netflow_v9_records_per_second": decoded} | _stored("netflow_v9", path, place)


def _logs(shared: Path, place: Path, rows: int, only: Sequence[str]) -> dict[str, object]:
    found: dict[str, object] = {"syslog_lines_per_second_parsed": logs.parsed_per_second("syslog", logs.syslog(rows))}
    for name, path in _log_files(shared, place, rows).items():
        if not only or name in only:
            found |= _stored(name, path, place)
    return found


def _log_files(shared: Path, place: Path, rows: int) -> Mapping[str, Path]:
    made: dict[str, Callable[[int], bytes]] = {
        "syslog": logs.syslog,
        "eve": logs.eve,
        "zeek_conn": logs.conn_tsv,
        "zeek_json_conn": logs.conn_json,
    }
    dns = shared / "logs" / "zeek-tsv" / "dns.log.gz"
    if dns.is_file():
        made["zeek_dns"] = logs.repeated(dns)
    paths = {}
    for name, make in made.items():
        paths[name] = place / f"{name}.log"
        paths[name].write_bytes(make(rows))
    if (shared / "evtx").is_dir():
        paths["evtx"] = composed_event_log(shared / "evtx", place / "composed.evtx", copies=10)
        full = place / "full.evtx"
        paths["evtx_full_chunks"] = composed_event_log(shared / "evtx", full, copies=30, full=True)
    return paths


def _curve(place: Path, rows: int) -> list[dict[str, object]]:
    """Syslog of growing length, stored; drawn as seconds over lines.

    `slope` is that of the logarithms from the point before to this one: 1 where seconds grow as lines do.
    """
    points: list[dict[str, object]] = []
    grown: list[tuple[float, float]] = []
    for share in (8, 4, 2, 1):
        path = place / f"syslog-{share}.log"
        path.write_bytes(logs.syslog(rows // share))
        point = {"lines": rows // share, **_stored("syslog", path, place)}
        grown.append((float(rows // share), float(str(point["syslog_seconds"]))))
        if points:
            (lines, seconds), (more, longer) = grown[-2:]
            point["slope"] = math.log(longer / seconds) / math.log(more / lines)
        points.append(point)
    _PICTURE.write_text(line_chart(grown, x="lines", y="seconds", title="Syslog, stored"), encoding="utf-8")
    return points


def _stored(name: str, path: Path, place: Path) -> dict[str, object]:
    """Rows a second from a file into the tables, and the most memory that the reading process held."""
    home = place / f"home-{name}-{time.monotonic_ns()}"
    command = [sys.executable, "-m", "benchmarks.ingest", "--store", str(home), str(path)]
    said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    if said["rejected"] * 100 > said["rows"]:
        sys.exit(f"{path}: {said['rejected']} rejects beside {said['rows']} rows; that is no measurement")
    return {
        f"{name}_rows_per_second_stored": said["rows"] / said["seconds"],
        f"{name}_rows": said["rows"],
        f"{name}_seconds": said["seconds"],
        f"{name}_reader_us_per_row": said["reader_seconds"] / said["rows"] * 1e6,
        f"{name}_server_us_per_row": said["server_seconds"] / said["rows"] * 1e6,
        f"{name}_peak_rss_mb": said["peak_rss_mb"],
    }


def _store(settings: Settings, path: Path) -> dict[str, float]:
    try:
        with open_store(settings) as store:
            endpoint = running_endpoint(settings.run_folder)
            assert endpoint is not None
            server = psutil.Process(endpoint.pid)
            started, worked, served = time.perf_counter(), time.process_time(), processor_seconds(server)
            report = ingest([path], store, scope="fuzhou")
            seconds, worked = time.perf_counter() - started, time.process_time() - worked
            served = processor_seconds(server) - served
    finally:
        stop(settings.run_folder)
    return {
        "rows": report.rows,
        "rejected": report.rejected,
        "seconds": seconds,
        "reader_seconds": worked,
        "server_seconds": served,
        "peak_rss_mb": capture.peak_rss_mb(),
    }


if __name__ == "__main__":
    main()
