"""How fast a folder of many small files goes through the whole ingestion, against an embedded server of its own.

    python -m benchmarks.many_files [FOLDER] [--files 800] [--json]

The folder is anything that `rongdun ingest` takes; of its files at most so many are read, the smallest first. Without
one, captures of two packets each are made.
"""

import argparse
import json
import struct
import tempfile
import time
from pathlib import Path

from pipelines.ingest import ingest
from rongdun.settings import Settings
from store.embedded import stop
from store.session import open_store


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="a folder of captures and logs")
    parser.add_argument("--files", type=int, default=800)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as made:
        folder = asked.folder or _captures(Path(made), asked.files)
        files = sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
        measured = _measure(sorted(files[: asked.files]), Settings(home=Path(home)))
    if asked.json:
        print(json.dumps(measured))
        return
    for name, value in measured.items():
        print(f"{name:24} {value:>14,.3f}")


def _captures(folder: Path, count: int) -> Path:
    """The folder, with so many captures of two TCP packets in it."""
    for number in range(count):
        path = folder / f"{number:05d}.pcap"
        path.write_bytes(
            struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1) + _packet(number, 0) + _packet(number, 1)
        )
    return folder


def _packet(number: int, at: int) -> bytes:
    tcp = struct.pack(">HHIIBBHHH", 1024 + number, 443, at, 0, 0x50, 0x02 if at == 0 else 0x10, 1024, 0, 0)
    ends = bytes([192, 0, 2, number % 250 + 1, 198, 51, 100, 7])
    frame = bytes(12) + b"\x08\0" + struct.pack(">BBHHHBBH", 0x45, 0, 40, 1, 0, 64, 6, 0) + ends + tcp
    return struct.pack("<IIII", 1_772_330_400 + number, at * 1000, len(frame), len(frame)) + frame


def _measure(files: list[Path], settings: Settings) -> dict[str, float]:
    """Seconds of a first run, and of a second, which only finds that everything is there."""
    try:
        with open_store(settings) as store:
            started = time.perf_counter()
            report = ingest(files, store, scope="fuzhou")
            first = time.perf_counter() - started
            ingest(files, store, scope="fuzhou")
            again = time.perf_counter() - started - first
    finally:
        stop(settings.run_folder)
    return {
        "ingest_files": len(files),
        "ingest_rows": report.rows,
        "ingest_rejected": report.rejected,
        "ingest_seconds": first,
        "ingest_files_per_second": len(files) / first,
        "ingest_again_seconds": again,
    }


if __name__ == "__main__":
    main()
