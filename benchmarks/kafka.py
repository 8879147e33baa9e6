"""How many flows a second go from Kafka into the tables, by what docs/scaling/kafka.sql makes.

    python -m benchmarks.kafka [HOST:PORT] [--flows 3000000] [--json]

A broker of yours is needed (by default the one of RONGDUN_TEST_KAFKA). The flows are put into a topic first, by the
database itself; then its Kafka engine reads them, and the views make rows of them. By the clock; broker and database
share the machine.
"""

import argparse
import json
import os
import tempfile
import time
import uuid
from contextlib import closing
from pathlib import Path

from rongdun.settings import Settings
from store.client import Store
from store.embedded import stop
from store.errors import QueryFailed
from store.session import open_store
from store.statements import separate

_STATEMENTS = Path(__file__).parents[1] / "docs" / "scaling" / "kafka.sql"
_LONGEST = 600.0  # s
_MOST = 0.9
_FLOWS = """
INSERT INTO goflow2_flows SELECT
    'NETFLOW_V9', toUnixTimestamp64Nano(now64(9)), number, 1, '192.0.2.250', toUnixTimestamp64Nano(now64(9)),
    toUnixTimestamp64Nano(now64(9)) + number % 1000000000, number % 100000, number % 100 + 1,
    concat('10.', toString(number % 7), '.', toString(intDiv(number, 256) % 256), '.', toString(number % 256)),
    concat('198.51.100.', toString(number % 256)), 'TCP', number % 65536, 443, 1, 2, 0, 24, 0, 0, 0, 0, '', 1
FROM numbers({flows:UInt64})
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("broker", nargs="?", default=os.environ.get("RONGDUN_TEST_KAFKA", ""))
    parser.add_argument("--flows", type=int, default=3_000_000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if not asked.broker:
        print("nothing measured: no Kafka broker named, by HOST:PORT or by RONGDUN_TEST_KAFKA")
        return
    with tempfile.TemporaryDirectory(prefix="kafka-bench-") as home:
        measured = _measured(Settings(home=Path(home)), asked.broker, asked.flows)
    if asked.json:
        print(json.dumps(measured))
        return
    for name, value in measured.items():
        print(f"{name:30} {value:>14,.1f}")


def make_tables(store: Store, broker: str) -> None:
    """Run kafka.sql against a broker, with topics and a group of readers that nobody else has."""
    mine = uuid.uuid4().hex[:8]
    for statement in separate(_STATEMENTS.read_text(encoding="utf-8")):
        pointed = statement.replace("kafka-1:9092,kafka-2:9092", broker)
        for name in ("kafka_topic_list = 'flows", "kafka_topic_list = 'syslog", "kafka_group_name = 'rongdun"):
            pointed = pointed.replace(f"{name}'", f"{name}-{mine}'")
        try:
            store.execute(pointed)
        except QueryFailed as error:
            # The embedded engine makes these tables, and then says that it was shut down.
            if "ENGINE = Kafka" not in statement or "Shutdown was called" not in str(error):
                raise


def _measured(settings: Settings, broker: str, flows: int) -> dict[str, float]:
    try:
        with closing(open_store(settings)) as store:
            make_tables(store, broker)
            store.execute("DETACH TABLE goflow2_feed")
            started = time.perf_counter()
            store.execute(_FLOWS, {"flows": flows})
            put = time.perf_counter() - started
            store.execute("ATTACH TABLE goflow2_feed")
            return {"put_per_second": flows / put, "stored_per_second": _stored_per_second(store, flows)}
    finally:
        stop(settings.run_folder)


def _stored_per_second(store: Store, flows: int) -> float:
    """Flows a second from the first that are there until most are; the last wait until a block is due."""
    begun, first, since = time.perf_counter(), 0, 0.0
    while time.perf_counter() - begun < _LONGEST:
        stored, now = int(str(store.value("SELECT count() FROM network_flows"))), time.perf_counter()
        if stored >= flows * _MOST:
            return (stored - first) / (now - since)
        if stored and not first:
            first, since = stored, now
        time.sleep(0.02)
    raise SystemExit(f"after {_LONGEST:.0f} s {_MOST:.0%} of {flows:,} flows were not stored")


if __name__ == "__main__":
    main()
