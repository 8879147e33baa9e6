"""docs/scaling/kafka.sql with a real broker: what stands in the topics is judged like everything else.

Needs a Kafka of one's own: `RONGDUN_TEST_KAFKA=127.0.0.1:9092`. The embedded engine reads Kafka too, but does not start
again with such tables, which is why they are for a server of one's own; here the home is thrown away.
"""

import json
import os
from contextlib import closing

import pytest

from benchmarks.kafka import make_tables
from rongdun.settings import Settings
from store.client import Store
from store.session import open_store
from tests.rongdun.command import Rongdun
from tests.rongdun.test_listen import wait_for
from tests.rongdun.test_scaling import FLOW, VECTOR_SENDS

pytestmark = pytest.mark.slow

_FAILURES = [
    {**VECTOR_SENDS, "event_id": f"{number:032x}", "message": "Failed password for root from 192.0.2.66 port 22 ssh2"}
    for number in range(40)
]


@pytest.fixture
def broker() -> str:
    """Where Kafka is."""
    address = os.environ.get("RONGDUN_TEST_KAFKA", "")
    if not address:
        pytest.skip("no Kafka to read from: RONGDUN_TEST_KAFKA names none")
    return address


def _put(store: Store, table: str, rows: list[dict[str, object]]) -> None:
    lines = "\n".join(json.dumps(row) for row in rows)
    store.execute(f"INSERT INTO {table} SETTINGS input_format_skip_unknown_fields = 1 FORMAT JSONEachRow\n{lines}")


def test_what_stands_in_the_topics_becomes_rows_that_are_judged_once(broker: str, rongdun: Rongdun) -> None:
    with closing(open_store(Settings(home=rongdun.home))) as store:
        make_tables(store, broker)
        _put(store, "goflow2_flows", [FLOW, {**FLOW, "src_addr": "2001:db8::3"}])
        _put(store, "vector_syslog", _FAILURES)
        for sql, wanted in (
            ("SELECT count() AS rows FROM network_flows", 2),
            ("SELECT count() AS rows FROM syslog_messages", len(_FAILURES)),
            ("SELECT sum(rows) AS rows FROM ingested_batches WHERE startsWith(batch_id, 'kafka-')", 2 + len(_FAILURES)),
        ):
            assert wait_for(rongdun, sql, wanted, seconds=120) == wanted
        first, again = (rongdun.json("detect") for _ in range(2))
    assert isinstance(first, dict)
    assert isinstance(again, dict)
    assert (first["events"], again["events"]) == (2 + len(_FAILURES), 0)
