"""The audit chain: what a step is, how it is hashed to its predecessor, and what betrays a changed history."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

DEFAULT_ALGORITHM = "sha256"
FIRST_PREVIOUS = "0" * 64

Detail = str | int | float | bool | list[str] | list[int]

# Every entry gives 64 hexadecimal digits. The name is part of what is hashed, so a chain may change algorithm midway.
_ALGORITHMS: Mapping[str, Callable[[bytes], str]] = {
    "sha256": lambda text: hashlib.sha256(text).hexdigest(),
}


class Role(StrEnum):
    """In what capacity somebody, or the platform itself, took a step; `cdo` is a chief data officer (R39)."""

    ANALYST = "analyst"
    ENGINEER = "engineer"
    REVIEWER = "reviewer"
    RESPONDER = "responder"
    CDO = "cdo"
    SYSTEM = "system"


@dataclass(frozen=True)
class AuditStep:
    """What somebody did to something, before it has a place in the chain.

    Attributes:
        action: dotted, such as `alert.closed` or `dlp.scan`.
        state, verdict: of the object after the step, '' where it has none.
        basis: on what ground: a purpose, a ticket, a reason.
        details: ids and counts; never personal data.
    """

    actor: str
    role: Role
    action: str
    object_type: str
    object_id: str
    basis: str
    state: str = ""
    verdict: str = ""
    details: Mapping[str, Detail] = field(default_factory=dict)


@dataclass(frozen=True)
class AuditEvent:
    """A step in its place: one row of `audit_events`. `event_time` is UTC, `details` canonical JSON."""

    seq: int
    event_time: datetime
    actor: str
    role: str
    action: str
    object_type: str
    object_id: str
    state: str
    verdict: str
    basis: str
    details: str
    algorithm: str
    previous_hash: str
    hash: str = ""


@dataclass(frozen=True)
class ChainHead:
    """The last event of a chain: kept elsewhere, it proves later that nothing was cut off the end."""

    seq: int
    hash: str
    event_time: datetime | None = None


@dataclass(frozen=True)
class ChainProblem:
    """One place where the chain does not hold.

    Attributes:
        kind: gap, fork, edited, unlinked, clock, algorithm or cut.
    """

    seq: int
    kind: str
    message: str

    def __str__(self) -> str:
        return self.message


EMPTY = ChainHead(0, FIRST_PREVIOUS)


def linked(step: AuditStep, head: ChainHead, *, now: datetime) -> AuditEvent:
    """The event that puts a step after the head of a chain; time never runs backwards along it."""
    event = AuditEvent(
        seq=head.seq + 1,
        event_time=max(now, head.event_time) if head.event_time else now,
        actor=step.actor,
        role=step.role.value,
        action=step.action,
        object_type=step.object_type,
        object_id=step.object_id,
        state=step.state,
        verdict=step.verdict,
        basis=step.basis,
        details=canonical_json(step.details),
        algorithm=DEFAULT_ALGORITHM,
        previous_hash=head.hash,
    )
    return AuditEvent(**{**vars(event), "hash": hash_of(event)})


def canonical_json(value: Mapping[str, object]) -> str:
    """JSON with sorted keys, no spaces and unescaped UTF-8: one text for one value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def hash_of(event: AuditEvent) -> str:
    """The hash, in hexadecimal digits, of all of an event but its hash, '' where the algorithm is unknown."""
    algorithm = _ALGORITHMS.get(event.algorithm)
    if algorithm is None:
        return ""
    content = {name: value for name, value in vars(event).items() if name != "hash"}
    content["event_time"] = event.event_time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return algorithm(canonical_json(content).encode())


def verify(events: Iterable[AuditEvent]) -> Iterator[ChainProblem]:
    """Every problem of a chain whose events come in order of `seq`, first to last."""
    head = EMPTY
    for event in events:
        yield from _problems(event, head)
        head = ChainHead(event.seq, event.hash, event.event_time)


def _problems(event: AuditEvent, head: ChainHead) -> Iterator[ChainProblem]:
    def problem(kind: str, message: str) -> ChainProblem:
        return ChainProblem(event.seq, kind, f"event {event.seq}: {message}")

    if event.seq == head.seq:
        yield problem("fork", "a second event has the same number")
    elif event.seq != head.seq + 1:
        yield problem("gap", f"the event before it is {head.seq}: {event.seq - head.seq - 1} missing")
    elif event.previous_hash != head.hash:
        yield problem("unlinked", "it does not carry the hash of its predecessor")
    if event.algorithm not in _ALGORITHMS:
        yield problem("algorithm", f"hash algorithm {event.algorithm!r} is not known here")
    elif hash_of(event) != event.hash:
        yield problem("edited", "its content does not give its hash")
    if head.event_time and event.event_time < head.event_time:
        yield problem("clock", f"it is older than its predecessor by {head.event_time - event.event_time}")
