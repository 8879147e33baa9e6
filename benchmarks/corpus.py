"""Real Windows events in a database of their own, for measurements: `corpus.arrives` makes copies of them arrive."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.ingest import ingest
from rongdun.settings import Settings
from store.client import Store
from store.embedded import stop
from store.session import open_store

SHARED = Path(__file__).parents[2] / "shared" / "data"
# What an attacker types is never twice the same; what the machine says of itself is.
VARIED = ("CommandLine", "ParentCommandLine", "ScriptBlockText", "TargetFilename", "TargetObject", "ProcessGuid")

_COPY = """
INSERT INTO log_event_records
    (event_id, batch_id, event_time, source, source_type, source_offset, sensor, scope, asset_id, product, category,
     service, host, source_ip, source_port, destination_ip, destination_port, user, action, outcome, severity, message,
     fields)
SELECT
    concat(log_event_records.event_id, {suffix:String}), {batch:String}, event_time, source, source_type, source_offset,
    sensor, scope, asset_id, product, category, service, host, source_ip, source_port, destination_ip,
    destination_port, user, action, outcome, severity, message,
    if({varied:UInt8}, mapApply((name, value) -> (name, if(name IN {names:Array(String)},
                                                           concat(value, {suffix:String}), value)), fields), fields)
FROM log_event_records
WHERE log_event_records.batch_id NOT LIKE ' copy-%'
ORDER BY log_event_records.event_id
LIMIT {rows:UInt64}
"""
_ARRIVED = """
INSERT INTO ingested_batches (batch_id, source, table_name, rows)
VALUES ({batch:String}, 'copy', 'log_events', {rows:UInt64})
"""
_ORIGINALS = "SELECT count() FROM log_events WHERE batch_id NOT LIKE ' copy-%'"


class Corpus:
    """A home with real events in it, from which batches of copies are made."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self.store = store
        self.originals = int(str(store.value(_ORIGINALS)))

    def arrives(self, events: int, *, distinct: bool = False) -> None:
        """So many events arrive, in batches of as many as the corpus has."""
        for number, first in enumerate(range(0, events, self.originals)):
            rows = min(self.originals, events - first)
            name = f" copy-{time.monotonic_ns()}-{number}"
            bound = {"suffix": name, "batch": name, "rows": rows, "varied": int(distinct), "names": list(VARIED)}
            self.store.execute(_COPY, bound)
            self.store.execute(_ARRIVED, {"batch": name, "rows": rows})
        self.store.execute("OPTIMIZE TABLE log_event_records FINAL")

    def forget_copies(self) -> None:
        """Only the original events are left, and nothing was judged by any rule but them."""
        for table in ("alert_matches", "judged_batches", "failed_judgements"):
            self.store.execute("TRUNCATE TABLE {table:Identifier}", {"table": table})
        self.store.execute("DELETE FROM log_event_records WHERE batch_id LIKE ' copy-%'")
        self.store.execute("ALTER TABLE ingested_batches DELETE WHERE 1 SETTINGS mutations_sync = 2")


@contextmanager
def stored_corpus(events: Path) -> Iterator[Corpus]:
    with tempfile.TemporaryDirectory(prefix="detect-bench-") as home:
        settings = Settings(home=Path(home))
        try:
            with open_store(settings) as store:
                ingest([events], store, scope="fuzhou")
                corpus = Corpus(settings, store)
                corpus.forget_copies()
                yield corpus
        finally:
            stop(settings.run_folder)
