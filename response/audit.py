"""The audit record in the database: one writer at a time by construction, verified from end to end."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain

import polars as pl
from polars._typing import SchemaDict

from response.chain import EMPTY, AuditEvent, AuditStep, ChainHead, ChainProblem, Detail, linked, verify
from response.errors import ChainContended, RecordCut, StepRefused
from response.privacy import personal_data_in
from store.client import Store
from store.writes import append

_ATTEMPTS = 200
# A dropped insert means that the number is taken. If nobody has it, time and again, whoever had it was deleted.
_NOBODY = 20
_PAGE_ROWS = 20_000
_LONGEST_TEXT = 2000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_TEXTS = ("actor", "role", "action", "object_type", "object_id", "state", "verdict", "basis", "details", "algorithm")
_COLUMNS: SchemaDict = {
    "seq": pl.UInt64,
    "event_time": pl.Datetime("us", "UTC"),
    **dict.fromkeys(_TEXTS, pl.String),
    "previous_hash": pl.String,
    "hash": pl.String,
}

_HEAD = """
SELECT seq, toString(hash) AS hash, toUnixTimestamp64Micro(event_time) AS micros
FROM audit_events ORDER BY seq DESC LIMIT 1
"""
_HASHES_AT = "SELECT toString(hash) AS hash FROM audit_events WHERE seq = {seq:UInt64}"
# WITH TIES keeps two events of one number on one page, so that a fork is always seen.
_PAGE = """
SELECT seq, toUnixTimestamp64Micro(event_time) AS micros, actor, role, action, object_type, object_id, state, verdict,
    basis, details, algorithm, toString(previous_hash) AS previous_hash, toString(hash) AS hash
FROM audit_events WHERE seq >= {since:UInt64} ORDER BY seq LIMIT {rows:UInt32} WITH TIES
"""


@dataclass(frozen=True)
class ChainReport:
    """What a verification of the whole chain found; `head` is worth keeping outside of this database."""

    events: int
    head: ChainHead
    problems: tuple[ChainProblem, ...]

    @property
    def intact(self) -> bool:
        """Whether nothing was changed, removed, inserted or reordered."""
        return not self.problems

    def as_json(self) -> dict[str, object]:
        """The report as plain values."""
        return {
            "events": self.events,
            "intact": self.intact,
            "head": {"seq": self.head.seq, "hash": self.head.hash},
            "problems": [vars(problem) for problem in self.problems],
        }


def record(store: Store, step: AuditStep, *, now: datetime | None = None) -> AuditEvent:
    """The event that now stands for a step in the chain.

    Raises:
        StepRefused: it lacks an actor or a basis, or would put personal data on record.
        ChainContended: others kept writing.
    """
    return record_decided(store, lambda: step, now=now)


def record_decided(store: Store, decide: Callable[[], AuditStep], *, now: datetime | None = None) -> AuditEvent:
    """The event that stands for a step decided on the state of things right before it.

    Two writers of one number carry one deduplication token: the second insert is dropped, and its writer reads back,
    decides again and takes the next number. Nothing is written between a decision and its event.

    Raises:
        StepRefused: the step lacks an actor or a basis, or would put personal data on record.
        ChainContended: others kept writing.
        RecordCut: the end of the record was deleted.
    """
    nobody = 0
    for _ in range(_ATTEMPTS):
        head = chain_head(store)
        step = decide()
        _check(step)
        event = linked(step, head, now=now or datetime.now(UTC))
        append(store, "audit_events", _frame(event), token=f"audit:{event.seq}")
        written = {row["hash"] for row in store.rows(_HASHES_AT, {"seq": event.seq})}
        if event.hash in written:
            return event
        nobody = 0 if written else nobody + 1
        if nobody == _NOBODY:
            raise RecordCut(_cut(event))
    raise ChainContended(f"{_ATTEMPTS} attempts to record {step.action} met another writer each time: try again")


def holds(store: Store, head: ChainHead) -> bool:
    """Whether the record has this event, number and hash."""
    return head == EMPTY or head.hash in {row["hash"] for row in store.rows(_HASHES_AT, {"seq": head.seq})}


def chain_head(store: Store) -> ChainHead:
    """The last event's number, hash and time; number 0 and 64 zeros when nothing is recorded yet."""
    for row in store.rows(_HEAD):
        return ChainHead(int(str(row["seq"])), str(row["hash"]), _time(row["micros"]))
    return EMPTY


def verify_chain(store: Store, *, anchor: ChainHead | None = None) -> ChainReport:
    """Whether the whole record holds: no gap, fork, edit, broken link or time running backwards.

    A cut-off end shows only against an `anchor`: a head that an earlier report gave and somebody kept elsewhere.
    """
    head, count, anchored = EMPTY, 0, anchor is None or anchor == EMPTY

    def counted() -> Iterator[AuditEvent]:
        nonlocal head, count, anchored
        for event in _events(store):
            head, count = ChainHead(event.seq, event.hash, event.event_time), count + 1
            anchored = anchored or (anchor is not None and (event.seq, event.hash) == (anchor.seq, anchor.hash))
            yield event

    def cut() -> Iterator[ChainProblem]:
        if anchor and not anchored:
            yield ChainProblem(anchor.seq, "cut", f"event {anchor.seq} with hash {anchor.hash} is no longer there")

    problems = tuple(chain(verify(counted()), cut()))
    return ChainReport(count, head, problems)


def _cut(event: AuditEvent) -> str:
    return (
        f"not recorded: the record ends at step {event.seq - 1}, but the database has taken a step {event.seq} before: "
        "the end of the record was deleted. `rongdun audit verify` shows what is left; a backup brings back what was"
    )


def _events(store: Store) -> Iterator[AuditEvent]:
    since = 0
    while rows := store.rows(_PAGE, {"since": since, "rows": _PAGE_ROWS}):
        yield from map(_event, rows)
        since = int(str(rows[-1]["seq"])) + 1


def _event(row: dict[str, object]) -> AuditEvent:
    texts = {name: str(row[name]) for name in (*_TEXTS, "previous_hash", "hash")}
    return AuditEvent(seq=int(str(row["seq"])), event_time=_time(row["micros"]), **texts)


def _time(micros: object) -> datetime:
    return _EPOCH + timedelta(microseconds=int(str(micros)))


def _frame(event: AuditEvent) -> pl.DataFrame:
    return pl.DataFrame([vars(event)], schema=_COLUMNS)


def _check(step: AuditStep) -> None:
    """Refuse what must not stand on record for good.

    Raises:
        StepRefused: something is missing, too long, unprintable, or personal.
    """
    for name in ("actor", "action", "object_type", "object_id", "basis"):
        if not str(getattr(step, name)).strip():
            raise StepRefused(f"a step on record needs its {name}: say who did it, to what, and on what ground")
    for text in (step.actor, step.action, step.object_type, step.object_id, step.basis, *_texts(step.details)):
        if len(text) > _LONGEST_TEXT:
            raise StepRefused(f"a text of {len(text)} characters: {_LONGEST_TEXT} are allowed on record")
        if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
            raise StepRefused("control characters do not go on record: write plain text on one line")
    for kind in filter(None, map(personal_data_in, (step.basis, *_texts(step.details)))):
        raise StepRefused(f"the text seems to hold {kind}: refer to the event by its id instead")


def _texts(details: Mapping[str, Detail]) -> Iterator[str]:
    for name, value in details.items():
        yield name
        yield from [str(entry) for entry in value] if isinstance(value, list) else [str(value)]
