"""Exchanges drawn from records of exchange platforms, from statements, and from what the catalogue declares (R41)."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain

import polars as pl

from dlp.data_uses import ANY_COLUMN
from dlp.levels import Standing
from pipelines.alert_rows import utc
from pipelines.exchange_declaring import changed_declarations
from pipelines.exchange_rows import Row, exchange_id, not_judged, rows_frame, texts
from pipelines.exchange_surroundings import Surroundings
from store.client import Store

_PAGE = 10_000
_AT_ONCE = 400
_MOST_RECEIVERS = 100
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_STATED = """
SELECT
    event_id, event_time, ingested_at, user AS account, toString(source_ip) AS source_ip, toString(scope) AS scope,
    toString(asset_id) AS asset_id, leftUTF8(fields['dataset'], 400) AS dataset,
    leftUTF8(fields['columns'], 65536) AS columns,
    toUInt64OrZero(fields['rows']) AS rows, leftUTF8(fields['ticket'], 200) AS ticket,
    leftUTF8(fields['sender'], 400) AS sender, fields['sender_level'] AS sender_level,
    leftUTF8(fields['receiver'], 4000) AS receiver, fields['receiver_level'] AS receiver_level,
    leftUTF8(fields['receiver_dataset'], 400) AS to_dataset, lower(trimBoth(fields['masked'])) AS masked
FROM log_event_records
WHERE category = 'data_access' AND outcome != 'failure' AND fields['receiver'] != '' AND fields['dataset'] != ''
  AND (ingested_at, event_id) > ({since:DateTime64(3, 'UTC')}, {after:String})
ORDER BY ingested_at, event_id
LIMIT {most:UInt32}
"""
_WAYS = """
SELECT from_dataset, to_dataset, groupUniqArray(from_column) AS columns
FROM lineage_edges WHERE kind = 'seen' AND from_dataset != to_dataset GROUP BY from_dataset, to_dataset
ORDER BY from_dataset, to_dataset
"""
_KNOWN_WAYS = "SELECT DISTINCT dataset, to_dataset FROM data_exchange_records WHERE origin = 'seen'"
# One event tells of both data sets: it read the one and wrote the other.
_MOVED = """
SELECT
    event_id, any(event_time) AS at, any(arrived_at) AS arrived, any(account) AS account, max(rows) AS rows,
    any(ticket) AS ticket, groupUniqArrayArrayIf(columns, dataset = {source:String}) AS columns,
    any(source_ip) AS source_ip, toString(any(scope)) AS scope, toString(any(asset_id)) AS asset_id
FROM data_accesses
WHERE action IN ('write', 'define', 'export') AND dataset IN ({source:String}, {target:String})
  AND arrived_at >= {since:DateTime64(3, 'UTC')}
GROUP BY event_id
HAVING countIf(dataset = {source:String}) > 0 AND countIf(dataset = {target:String}) > 0
ORDER BY event_id
"""
# What is declared is little among what is logged: the view would merge all of it.
_STORED = """
SELECT DISTINCT exchange_id FROM data_exchange_records
WHERE event_time BETWEEN {since:DateTime64(6, 'UTC')} AND {until:DateTime64(6, 'UTC')}
  AND exchange_id IN {ids:Array(String)}
"""
_MASKED = {"1": True, "true": True, "yes": True, "是": True, "0": False, "false": False, "no": False, "否": False}


def drawn_exchanges(store: Store, around: Surroundings, since: datetime) -> Iterator[pl.DataFrame]:
    """New exchanges, not judged yet, as rows of `data_exchange_records`.

    They are what arrived after `since` (UTC), and older statements about data sets that the catalogue knows only now.
    What is declared and no longer is comes as removed. Drawing again gives nothing that was stored.
    """
    for page in chain(_stated_pages(store, since), _moved_pages(store, around, since)):
        rows = [row for event in page for row in _exchanged(event, around)]
        yield _fresh(store, rows)
    yield changed_declarations(store, around)


def _stated_pages(store: Store, since: datetime) -> Iterator[list[Row]]:
    after = ""
    while events := store.rows(_STATED, {"since": since, "after": after, "most": _PAGE}):
        yield [
            {**event, "columns": _listed(str(event["columns"])), "origin": "log", "receiver": receiver}
            for event in events
            for receiver in _receivers(str(event["receiver"]))
        ]
        since, after = utc(events[-1]["ingested_at"]), str(events[-1]["event_id"])


def _receivers(text: str) -> Sequence[str]:
    return list(dict.fromkeys(filter(None, map(str.strip, re.split(r"[;；]", text)))))[:_MOST_RECEIVERS]


def _listed(text: str) -> list[str]:
    return sorted(set(filter(None, re.split(r"[,，;；\s]+", text)))) or [ANY_COLUMN]


def _moved_pages(store: Store, around: Surroundings, since: datetime) -> Iterator[list[Row]]:
    """Statements that read a data set of one organisation and wrote one of another, a list for each such way."""
    known = {(row["dataset"], row["to_dataset"]) for row in store.rows(_KNOWN_WAYS)}
    for way in store.rows(_WAYS):
        source, target = str(way["from_dataset"]), str(way["to_dataset"])
        between = around.parties_between(source, target)
        if between is None:
            continue
        told = set(texts(way["columns"]))
        begin = since if (source, target) in known else _BEGINNING
        asked = {"source": source, "target": target, "since": begin}
        yield [
            {
                **event,
                **_between(*between),
                "origin": "seen",
                "event_time": event["at"],
                "ingested_at": event["arrived"],
                "dataset": source,
                "to_dataset": target,
                "columns": _moved_columns(texts(event["columns"]), told),
                "masked": "",
            }
            for event in store.rows(_MOVED, asked)
        ]


def _moved_columns(read: Sequence[str], told: set[str]) -> list[str]:
    """Of the columns that a statement read, those that went on; a filter reads columns that stay."""
    return sorted(set(read) & told) or sorted(read) or [ANY_COLUMN]


def _exchanged(event: Row, around: Surroundings) -> Iterator[Row]:
    """The row of an event, none where nothing left an organisation."""
    dataset, columns = str(event["dataset"]), texts(event["columns"])
    sender = around.sender_of(str(event["sender"]), str(event["sender_level"]), dataset, str(event["asset_id"]))
    receiver = around.organisations.of(str(event["receiver"]), str(event["receiver_level"]))
    if around.organisations.same(sender.name, receiver.name):
        return
    said = _MASKED.get(str(event["masked"]))
    yield not_judged(
        {
            "exchange_id": exchange_id(
                str(event["origin"]), str(event["event_id"]), dataset, str(event["to_dataset"]), receiver.name
            ),
            **{name: event[name] for name in ("origin", "event_id", "dataset", "to_dataset", "rows", "account")},
            **{name: event[name] for name in ("ticket", "source_ip", "scope", "asset_id")},
            "event_time": utc(event["event_time"]),
            "arrived_at": utc(event["ingested_at"]),
            "columns": columns,
            **around.sides(sender, receiver),
            "grade": around.grade(dataset, columns),
            "masked": around.masked(dataset, columns) if said is None else said,
            "masked_as_logged": said is not None,
        }
    )


def _between(sender: Standing, receiver: Standing) -> Row:
    return {
        "sender": sender.name,
        "sender_level": sender.level,
        "receiver": receiver.name,
        "receiver_level": receiver.level,
    }


def _fresh(store: Store, rows: Sequence[Row]) -> pl.DataFrame:
    """Those of some rows that are not stored yet."""
    fresh = {str(row["exchange_id"]): row for row in rows}
    by_day: dict[object, list[str]] = defaultdict(list)
    for identity, row in fresh.items():
        by_day[utc(row["event_time"]).date()].append(identity)
    for ids in by_day.values():
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            times = [utc(fresh[identity]["event_time"]) for identity in some if identity in fresh]
            bounds = {"since": f"{min(times):%Y-%m-%d %H:%M:%S.%f}", "until": f"{max(times):%Y-%m-%d %H:%M:%S.%f}"}
            for row in store.rows(_STORED, {**bounds, "ids": some}):
                fresh.pop(str(row["exchange_id"]), None)
    return rows_frame(fresh.values())
