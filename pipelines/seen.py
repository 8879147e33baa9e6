"""How far a file was read before it grew, by what is stored of it."""

from collections.abc import Collection
from dataclasses import dataclass

from store.client import Store

# Of contents that are done: what a run left behind that broke off is read again, and dropped by its tokens.
_BATCHES = "SELECT batch_id FROM ingested_batches WHERE file_hash IN {hashes:Array(String)}"

_SEEN = """
SELECT 'row' AS what, toInt64(max(source_offset)) AS place FROM log_events
WHERE source = {source:String} AND batch_id IN {batches:Array(String)} HAVING count() > 0
UNION ALL
SELECT 'row', toInt64(max(source_offset)) FROM network_flows
WHERE source = {source:String} AND batch_id IN {batches:Array(String)} HAVING count() > 0
UNION ALL
SELECT 'reject', toInt64(max(offset)) FROM rejects
WHERE source = {source:String} AND batch_id IN {batches:Array(String)} HAVING count() > 0
"""


@dataclass(frozen=True)
class Seen:
    """The highest line, record or packet number that is stored, as a row and as a reject; -1 where there is none."""

    row: int = -1
    reject: int = -1


def seen_of(store: Store, source: str, hashes: Collection[str]) -> Seen:
    """How far those contents reach that were stored whole from this path, and that have these hashes."""
    batches = [str(row["batch_id"]) for row in store.rows(_BATCHES, {"hashes": list(hashes)})]
    places = {"row": -1, "reject": -1}
    for found in store.rows(_SEEN, {"source": source, "batches": batches}):
        what = str(found["what"])
        places[what] = max(places[what], int(str(found["place"])))
    return Seen(**places)
