"""How much syslog `rongdun listen` takes: received a second, dropped, and the time from the wire to a row.

    python -m benchmarks.listen [--events 400000] [--rate 20000] [--json]

A sender of its own process sends datagrams at a steady rate over loopback to a listener with a home of its own; every
thousandth says when it was sent, and is asked for in the database until it is there.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rongdun.settings import Settings
from store.embedded import stop
from store.session import open_store

_MARKED = 1_000
_SENDER = """
import socket, sys, time
port, rate, events = map(int, sys.argv[1:])
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.connect(("127.0.0.1", port))
started, step = time.perf_counter(), max(1, rate // 500)
for first in range(0, events, step):
    for number in range(first, min(first + step, events)):
        mark = f"mark {time.time_ns()}" if number % 1000 == 0 else "Failed password for root from 192.0.2.9 port 4 ssh2"
        out.send(f"<34>1 2026-03-01T10:00:00.003Z host-{number % 50} sshd {number} - - {mark}".encode())
    ahead = started + (first + step) / rate - time.perf_counter()
    if ahead > 0:
        time.sleep(ahead)
print(time.perf_counter() - started)
"""
_MARKS = """
SELECT message FROM log_events WHERE service = 'sshd' AND startsWith(message, 'mark ')
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=400_000)
    parser.add_argument("--rate", type=int, default=20_000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="listen-bench-") as home:
        measured = _measure(Path(home), asked.rate, asked.events)
    if asked.json:
        print(json.dumps(measured))
        return
    for name, value in measured.items():
        print(f"{name:36} {value:>14,.2f}")


def _measure(home: Path, rate: int, events: int) -> dict[str, float]:
    environment = {**os.environ, "RONGDUN_HOME": str(home), "RONGDUN_LISTEN_SYSLOG_UDP": str(_free_port())}
    command = [sys.executable, "-m", "rongdun", "listen", "--json"]
    settings = Settings(home=home)
    listener = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert listener.stdout is not None
        feeds = json.loads(listener.stdout.readline())["heard"]["feeds"]
        port = next(iter(feeds)).rpartition(":")[2]
        sender = subprocess.Popen(
            [sys.executable, "-c", _SENDER, port, str(rate), str(events)], stdout=subprocess.PIPE, text=True
        )
        seen = _seen(settings, events // _MARKED, time.monotonic() + events / rate + 60)
        seconds = float(sender.communicate()[0])
        listener.send_signal(signal.SIGTERM)
        last = json.loads(listener.communicate(timeout=120)[0].splitlines()[-1])
    finally:
        if listener.poll() is None:
            listener.kill()
        stop(settings.run_folder)
    delays = sorted(seen)
    return {
        "listen_sent_per_second": events / seconds,
        "listen_received": float(last["received"]),
        "listen_dropped": float(last["dropped"] + last["kernel_dropped"]),
        "listen_stored": float(last["stored"]),
        "listen_wire_to_row_p50_seconds": delays[len(delays) // 2] if delays else float("nan"),
        "listen_wire_to_row_p95_seconds": delays[len(delays) * 95 // 100] if delays else float("nan"),
        "listen_wire_to_row_max_seconds": delays[-1] if delays else float("nan"),
    }


def _seen(settings: Settings, wanted: int, deadline: float) -> list[float]:
    """How long each marked event took until a question found it."""
    delays: dict[int, float] = {}
    with open_store(settings) as store:
        while len(delays) < wanted and time.monotonic() < deadline:
            found = [int(str(row["message"]).split()[1]) for row in store.rows(_MARKS)]
            now = time.time_ns()
            for sent in found:
                delays.setdefault(sent, (now - sent) / 1e9)
            time.sleep(0.2)
    return list(delays.values())


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
