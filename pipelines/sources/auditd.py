"""Linux audit logs: one row a record, each knowing what the other records of its event say.

An event is several records with one serial number and time; they may stand apart, in any order, or be lost. Sigma's
rules speak of records (`type: EXECVE`), so every record is a row; what its event's other records know of the process
(`exe`, `comm`, `key`, `auid`, `cwd`, `cmdline`, ...) is added under their own names. End marks (EOE) are no rows.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch
from pipelines.sources.audit_interpreted import audit_times, interpreted_fields
from pipelines.sources.audit_records import command_line, record_fields, socket_address
from pipelines.sources.columns import Row, canonical_address, frame_of, rejected
from pipelines.sources.lines import line_blocks, lines_tell

NAME = "auditd"

_SECONDS = r"\d{1,12}\.\d{1,9}"
_PRINTED = r"[^\s()]{6,16} \d\d:\d\d:\d\d(?:\.\d{1,9})?"  # with `ausearch -i`
# node=db-1 type=EXECVE msg=audit(1492037291.036:59): argc=3 a0="grep" a1="--color=auto" a2="mapping"
_RECORD = (
    r"(?s)^(?:node=(?P<node>\S+) )?type=(?P<type>\S+) msg=audit\("
    rf"(?P<time>{_SECONDS}|{_PRINTED}):(?P<serial>\d{{1,20}})\) ?:"
    r" ?(?P<body>.*)$"
)
_TELLING = re.compile(rf"^(?:node=\S+ )?type=\S+ msg=audit\((?:{_SECONDS}|{_PRINTED}):\d+\) ?:")
# Between the events that ausearch prints.
_RULED = r"^(?:-{4}\s*$|time->)"

# An event whose last record lies this many lines back is complete.
_REACH = 2000
_RECORD_LIMIT = 5000
_END = "EOE"

_CONTEXT = (
    *(
        "arch",
        "syscall",
        "success",
        "exit",
        "ppid",
        "pid",
        "auid",
        "uid",
        "gid",
        "euid",
        "suid",
        "fsuid",
        "egid",
        "sgid",
    ),
    *("fsgid", "tty", "ses", "comm", "exe", "subj", "key", "cwd", "proctitle", "cmdline"),
    *("ARCH", "SYSCALL", "AUID", "UID", "GID", "EUID", "SUID", "FSUID", "EGID", "SGID", "FSGID"),
)
_ACTIONS = {
    **dict.fromkeys(("USER_LOGIN", "USER_AUTH", "LOGIN"), "login"),
    **dict.fromkeys(("USER_LOGOUT", "USER_END"), "logout"),
    **dict.fromkeys(("EXECVE", "USER_CMD"), "execute"),
    "ADD_USER": "create_user",
    "DEL_USER": "delete_user",
    "ADD_GROUP": "create_group",
    "DEL_GROUP": "delete_group",
    "USER_CHAUTHTOK": "change_password",
    "SERVICE_START": "start",
    "SERVICE_STOP": "stop",
    "USER_START": "session_start",
    "CONFIG_CHANGE": "configure",
    "DAEMON_END": "stop",
    "DAEMON_START": "start",
}
_OUTCOMES = {
    "yes": "success",
    "success": "success",
    "1": "success",
    "no": "failure",
    "failed": "failure",
    "0": "failure",
}
_DECISIONS = (
    *(("denied  {", "no"), ("granted  {", "yes")),
    *(('apparmor="DENIED"', "no"), ('apparmor="ALLOWED"', "yes")),
)
_CONNECT, _ACCEPT = frozenset({"42", "connect"}), frozenset({"43", "288", "accept", "accept4"})

EventKey = tuple[str, str, str]


@dataclass
class AuditEvent:
    """The records of one event met so far (line, type, text, fields), and the line of the last."""

    last_line: int
    records: list[tuple[int, str, str, dict[str, str]]] = field(default_factory=list)


def recognises(head: bytes) -> bool:
    """Whether at least every fourth of the first lines is an audit record."""
    return lines_tell(head, _TELLING.match)


def read(stream: BinaryIO) -> Iterator[Batch]:
    """The records, batch by batch; an event stays open until its last record lies 2,000 lines back."""
    open_events: dict[EventKey, AuditEvent] = {}
    for block in line_blocks(stream):
        split = split_records(block.lines)
        other = split.filter(pl.col("type").is_null() & ~pl.col("text").str.contains(_RULED))
        rejects = pl.concat([block.rejects, rejected(other, "no audit record")])
        done = gathered(split.filter(pl.col("type").is_not_null()), open_events)
        batch = audit_batch(done)
        yield Batch(batch.table, batch.rows, pl.concat([rejects, batch.rejects]))
    if open_events:
        yield audit_batch(list(open_events.items()))


def split_records(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines (`text`) with `node`, `type`, `time`, `serial` and `body` of the record, null where a line is none."""
    return lines.with_columns(pl.col("text").str.extract_groups(_RECORD).alias("record")).unnest("record")


def gathered(lines: pl.DataFrame, open_events: dict[EventKey, AuditEvent]) -> list[tuple[EventKey, AuditEvent]]:
    """The events that are complete after these lines, taken out of the open ones."""
    done, offset = [], 0
    columns = lines.select(
        "offset", "text", "decode_error", pl.col("node").fill_null(""), "type", "time", "serial", "body"
    )
    for offset, text, decode_error, node, record_type, time, serial, body in columns.iter_rows():
        key = (node, time, serial)
        event = open_events.setdefault(key, AuditEvent(offset))
        event.last_line = offset
        printed = " " in time
        fields = interpreted_fields(record_type, body) if printed else record_fields(record_type, body)
        if decode_error:
            fields["decode_error"] = "true"
        event.records.append((offset, record_type, text, fields))
        if len(event.records) >= _RECORD_LIMIT:
            done.append((key, open_events.pop(key)))
    complete = [key for key, event in open_events.items() if event.last_line < offset - _REACH]
    return done + [(key, open_events.pop(key)) for key in complete]


def audit_batch(events: Sequence[tuple[EventKey, AuditEvent]]) -> Batch:
    """A row for each record of these events; end marks give none."""
    rows = [row for key, event in events for row in _rows(key[0], event)]
    times = [key[1] for key, event in events for record in event.records if record[1] != _END]
    frame = frame_of(rows, "linux_audit_records").with_columns(
        audit_times(pl.Series(times, dtype=pl.String)).alias("event_time")
    )
    timed = frame.filter(pl.col("event_time").is_not_null()).sort("source_offset")
    untimed = frame.filter(pl.col("event_time").is_null())
    lost = untimed.select(pl.col("source_offset").alias("offset"), pl.col("message").alias("text"))
    return Batch("linux_audit_records", timed, rejected(lost, "no such time"))


def _rows(node: str, event: AuditEvent) -> Iterator[Row]:
    context = _context(event)
    for offset, record_type, text, own in event.records:
        if record_type == _END:
            continue
        known = {name: value for name, value in context.items() if name not in own}
        yield _row(offset, node, text, {"type": record_type, **own, **known})


def _context(event: AuditEvent) -> dict[str, str]:
    """What the records of an event say of its process; the first to say it counts, SYSCALL before the others."""
    context: dict[str, str] = {}
    for _, record_type, _, own in sorted(event.records, key=lambda record: record[1] != "SYSCALL"):
        fields = {**own, "cmdline": command_line(own)} if record_type == "EXECVE" else own
        for name in _CONTEXT:
            if name in fields:
                context.setdefault(name, fields[name])
        if record_type == "SOCKADDR" and "saddr" in fields:
            context.setdefault("saddr", fields["saddr"])
    return context


def _decided(text: str, fields: dict[str, str]) -> str:
    """What SELinux or AppArmor decided, whose records have no verdict of another kind."""
    if fields["type"] not in {"AVC", "USER_AVC"}:
        return ""
    return next((verdict for words, verdict in _DECISIONS if words in text), "")


def _user(fields: dict[str, str]) -> str:
    """Who logged in, or as far as that is known whose the process is; `unset` is nobody."""
    names = (fields.get(name, "") for name in ("acct", "AUID", "UID", "uid"))
    return next((name for name in names if name and name != "unset"), "")


def _row(offset: int, node: str, text: str, fields: dict[str, str]) -> Row:
    verdict = fields.get("res") or fields.get("success") or _decided(text, fields) or ""
    peer, port = socket_address(fields.get("saddr", ""))
    calls = {fields.get("syscall", ""), fields.get("SYSCALL", "")}
    source = canonical_address(fields.get("addr", "")) or (peer if calls & _ACCEPT else "")
    goes_out = bool(peer and calls & _CONNECT)
    return {
        "source_offset": offset,
        "product": "linux",
        "service": "auditd",
        "host": node,
        "source_ip": source,
        "source_port": port if source and source == peer else 0,
        "destination_ip": peer if goes_out else "",
        "destination_port": port if goes_out else 0,
        "user": _user(fields),
        "action": _ACTIONS.get(fields["type"], ""),
        "outcome": _OUTCOMES.get(verdict, "unknown"),
        "severity": 1,
        "message": text,
        "fields": fields,
    }
