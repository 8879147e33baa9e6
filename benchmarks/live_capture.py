"""How many packets a second `rongdun listen` captures at an interface without losing one, and stores as flows.

    python -m benchmarks.live_capture [--packets 1000000] [--rates 20000 50000 100000] [--json]

A sender of its own process sends datagrams at a steady rate over loopback to a port that nobody reads; a listener with
a home of its own captures the interface. Sender, listener and database share the machine. Needs the right to capture
(CAP_NET_RAW).
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from rongdun.settings import Settings
from store.embedded import stop
from store.session import open_store

_SENDER = """
import socket, sys, time
rate, packets = map(int, sys.argv[1:])
deaf = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
deaf.bind(("127.0.0.1", 0))
outs = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(200)]
for out in outs:
    out.connect(deaf.getsockname())
payload, step = bytes(200), max(1, rate // 500)
started = time.perf_counter()
for first in range(0, packets, step):
    for number in range(first, min(first + step, packets)):
        outs[number % 200].send(payload)
    ahead = started + (first + step) / rate - time.perf_counter()
    if ahead > 0:
        time.sleep(ahead)
print(deaf.getsockname()[1], time.perf_counter() - started)
"""
_STORED = """
SELECT sum(packets_out + packets_in) AS packets, count() AS flows
FROM network_flows WHERE destination_port = {port:UInt16}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packets", type=int, default=1_000_000)
    parser.add_argument("--rates", type=int, nargs="+", default=[20_000, 50_000, 100_000])
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    measured = []
    for rate in asked.rates:
        with tempfile.TemporaryDirectory(prefix="capture-bench-") as home:
            measured.append(_measured(Path(home), rate, asked.packets))
    if asked.json:
        print(json.dumps(measured))
        return
    for row in measured:
        print("  ".join(f"{name} {value:,.0f}" for name, value in row.items()))


def _measured(home: Path, rate: int, packets: int) -> dict[str, float]:
    settings = Settings(home=home)
    environment = {**os.environ, "RONGDUN_HOME": str(home), "RONGDUN_LISTEN_INTERFACES": '["lo"]'}
    command = [sys.executable, "-m", "rongdun", "listen", "--json"]
    listener = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        if listener.stdout is None or not listener.stdout.readline():
            raise SystemExit("the listener did not start; what it said stands above")
        sent = subprocess.run(
            [sys.executable, "-c", _SENDER, str(rate), str(packets)], capture_output=True, text=True, check=True
        )
        port, seconds = sent.stdout.split()
        listener.send_signal(signal.SIGTERM)
        last = json.loads(listener.communicate(timeout=300)[0].splitlines()[-1])
        with closing(open_store(settings)) as store:
            (row,) = store.rows(_STORED, {"port": int(port)})
    finally:
        if listener.poll() is None:
            listener.kill()
        stop(settings.run_folder)
    return {
        "sent": float(packets),
        "sent_per_second": packets / float(seconds),
        "dropped": float(last["dropped"] + last["kernel_dropped"]),
        "stored": float(str(row["packets"])),
        "flows": float(str(row["flows"])),
    }


if __name__ == "__main__":
    main()
