"""Real Windows events in a database of their own, for measurements: `corpus.arrives` makes copies of them arrive."""

import tempfile
import time
from collections.abc import Iterator, Sequence
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
    concat(originals.event_id, suffix), suffix, event_time, source, source_type, source_offset,
    sensor, scope, asset_id, product, category, service, host, source_ip, source_port, destination_ip,
    destination_port, user, action, outcome, severity, message,
    if({varied:UInt8}, mapApply((name, value) -> (name, if(name IN {names:Array(String)},
                                                           concat(value, suffix), value)), fields), fields)
FROM (
    SELECT * FROM log_event_records
    WHERE batch_id IN {batches:Array(String)}
    ORDER BY event_id
    LIMIT {rows:UInt64}
) AS originals
ARRAY JOIN {suffixes:Array(String)} AS suffix
"""
_ARRIVED = """
INSERT INTO ingested_batches (batch_id, source, table_name, rows)
SELECT arrayJoin({suffixes:Array(String)}), 'copy', 'log_events', {rows:UInt64}
"""
_ORIGINALS = """
SELECT toString(batch_id) AS batch, count() AS events
FROM log_event_records WHERE batch_id NOT LIKE ' copy-%' GROUP BY batch
"""
# Copies of all the events that one statement makes.
_AT_ONCE = 10


class Corpus:
    """A home with real events in it, from which batches of copies are made."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self.store = store
        rows = store.rows(_ORIGINALS)
        self._batches = [str(row["batch"]) for row in rows]
        self.originals = sum(int(str(row["events"])) for row in rows)

    def arrives(self, events: int, *, distinct: bool = False) -> None:
        """So many events arrive, in batches of as many as the corpus has."""
        whole, rest = divmod(events, self.originals)
        names = [f" copy-{time.monotonic_ns()}-{number}" for number in range(whole + (rest > 0))]
        for first in range(0, whole, _AT_ONCE):
            self._copied(names[first : min(first + _AT_ONCE, whole)], self.originals, distinct=distinct)
        if rest:
            self._copied(names[whole:], rest, distinct=distinct)
        self.store.execute("OPTIMIZE TABLE log_event_records FINAL")

    def _copied(self, names: Sequence[str], rows: int, *, distinct: bool) -> None:
        """So many of the events as a batch for each name."""
        bound = {"suffixes": list(names), "rows": rows, "batches": self._batches}
        self.store.execute(_COPY, {**bound, "varied": int(distinct), "names": list(VARIED)})
        self.store.execute(_ARRIVED, bound)

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
