"""SMB events: dialects, logons, shares and files, as in Zeek's smb_cmd, ntlm, smb_mapping and smb_files logs."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import NamedTuple

from pipelines.capture import ntlm, smb1, smb2
from pipelines.capture.framing import Framing, read_frames
from pipelines.capture.payloads import Payloads, Piece
from pipelines.capture.pending import Pending
from pipelines.capture.rows import Event

_HEADER = 4
# Names and security blobs lie at the beginning; what a file holds does not matter.
_READ_BYTES = 8192
_MOST_REMEMBERED = 8192
# STATUS_PENDING and STATUS_MORE_PROCESSING_REQUIRED (MS-ERREF §2.3.1): the answer is still to come.
_NOT_FINAL = frozenset({0x0000_0103, 0xC000_0016})
# STATUS_BUFFER_OVERFLOW: a part was given.
_GRANTED = frozenset({0, 0x8000_0005})
_SHOWN = ("command", "action", "path", "name", "prev_name", "domainname", "username", "hostname", "version")


def message_length(header: bytes) -> int:
    """The bytes of the message that a header of the direct transport announces (MS-SMB2 §2.1), 0 where it is none."""
    return 4 + int.from_bytes(header[1:4], "big") if header[0] == 0 else 0


FRAMING = Framing(_HEADER, message_length, _READ_BYTES)


class _Asked(NamedTuple):
    piece: Piece
    service: str
    action: str
    fields: dict[str, str]


class _Answer(NamedTuple):
    """What an answer adds: the status, and which share or file now has which name."""

    status: int
    fields: dict[str, str]


class SmbEvents:
    """Joins requests and answers, and remembers the names of shares and files that later requests number."""

    def __init__(self, events: list[Event]) -> None:
        self._events = events
        self._pending: Pending[_Asked] = Pending()
        self._names: OrderedDict[Hashable, str] = OrderedDict()

    def read(self, payloads: Payloads, piece: Piece) -> int:
        """Take in the messages that begin in a payload; gives the bytes read, 0 where there is none."""
        frames, consumed = read_frames(payloads, piece, FRAMING)
        is_read, bare = False, piece.bare()
        for frame in frames:
            message = frame[_HEADER:]
            is_read |= message[:4] in (smb1.MAGIC, smb2.MAGIC)
            for command in smb2.commands(message):
                self._second(bare, command)
            for old in smb1.commands(message):
                self._first(bare, old)
        return consumed if is_read else 0

    def flush(self) -> None:
        """Give up waiting."""
        self._events += [_event(asked, None) for asked in self._pending.drain()]

    def _second(self, piece: Piece, command: smb2.Command) -> None:
        key = (piece.flow, 2, command.message)
        if not command.is_answer:
            asked = self._asked_second(piece, command)
            if asked is not None:
                self._wait(key, asked)
            return
        if command.status in _NOT_FINAL:
            return
        found = self._pending.pop(key)
        if found is None:
            self._negotiated_alone(piece, command)
            return
        self._events.append(_event(found, self._answered_second(piece, command, found)))

    def _asked_second(self, piece: Piece, command: smb2.Command) -> _Asked | None:
        share = self._names.get((piece.flow, "tree", command.tree), "")
        if command.number == smb2.NEGOTIATE:
            offered = ",".join(smb2.dialects_offered(command.body))
            return _Asked(piece, "smb_cmd", "negotiate", {"command": "NEGOTIATE", "client_dialects": offered})
        if command.number == smb2.SESSION_SETUP:
            return _logon(piece, ntlm.find_logon(command.body))
        if command.number == smb2.TREE_CONNECT:
            return _Asked(piece, "smb_mapping", "connect", {"path": smb2.tree_path(command)})
        if command.number == smb2.CREATE:
            opened = smb2.opened(command)
            action = "write" if opened.makes or opened.deletes else "open"
            fields = _file_fields("OPEN", opened.name, share) | {
                "delete_on_close": "true" if opened.deletes else "",
            }
            return _Asked(piece, "smb_files", action, fields)
        changed = smb2.change(command) if command.number == smb2.SET_INFO else None
        if changed is None:
            return None
        file, what, name = changed
        known = self._names.get((piece.flow, "file", file), "")
        fields = _file_fields(what, name or known, share) | {"prev_name": known if name else ""}
        return _Asked(piece, "smb_files", what.lower(), fields)

    def _answered_second(self, piece: Piece, command: smb2.Command, asked: _Asked) -> _Answer:
        fields: dict[str, str] = {}
        if command.number == smb2.NEGOTIATE:
            fields["version"] = smb2.dialect_chosen(command.body)
        elif command.number == smb2.TREE_CONNECT and not command.status:
            fields["share_type"] = smb2.share_type(command.body)
            self._name((piece.flow, "tree", command.tree), asked.fields.get("path", ""))
        elif command.number == smb2.CREATE and not command.status:
            file, fields["size"] = smb2.created_file(command.body)
            self._name((piece.flow, "file", file), asked.fields.get("name", ""))
        return _Answer(command.status, fields)

    def _negotiated_alone(self, piece: Piece, command: smb2.Command) -> None:
        """SMB 1's offer may be answered in SMB 2 (MS-SMB2 §3.3.5.3.1)."""
        if command.number == smb2.NEGOTIATE and (asked := self._pending.pop((piece.flow, 1, "negotiate"))):
            self._events.append(_event(asked, _Answer(0, {"version": smb2.dialect_chosen(command.body)})))

    def _first(self, piece: Piece, command: smb1.Command) -> None:
        negotiates = command.number == smb1.NEGOTIATE
        key = (piece.flow, 1, "negotiate" if negotiates else (command.number, command.message))
        if not command.is_answer:
            asked = self._asked_first(piece, command)
            if asked is not None:
                self._wait(key, asked)
        elif (found := self._pending.pop(key)) is not None:
            fields = {}
            if negotiates:
                offered, place = found.fields.get("client_dialects", "").split(","), smb1.dialect_index(command.words)
                fields["version"] = offered[place] if 0 <= place < len(offered) else ""
            if command.number == smb1.TREE_CONNECT and not command.status:
                self._name((piece.flow, "tree", command.tree), found.fields.get("path", ""))
            self._events.append(_event(found, _Answer(command.status, fields)))

    def _asked_first(self, piece: Piece, command: smb1.Command) -> _Asked | None:
        share = self._names.get((piece.flow, "tree", command.tree), "")
        if command.number == smb1.NEGOTIATE:
            offered = ",".join(smb1.dialects_offered(command.data))
            return _Asked(piece, "smb_cmd", "negotiate", {"command": "NEGOTIATE", "client_dialects": offered})
        if command.number == smb1.SESSION_SETUP:
            user, domain = smb1.account(command)
            return _logon(piece, ntlm.find_logon(command.data) or (ntlm.Logon(user, domain, "") if user else None))
        if command.number == smb1.TREE_CONNECT:
            path, service = smb1.tree_path(command)
            return _Asked(piece, "smb_mapping", "connect", {"path": path, "service": service})
        if command.number in (smb1.CREATE, smb1.OPEN):
            makes = command.number == smb1.CREATE and smb1.makes_file(command)
            fields = _file_fields("OPEN", smb1.file_name(command), share)
            return _Asked(piece, "smb_files", "write" if makes else "open", fields)
        if command.number == smb1.DELETE:
            return _Asked(piece, "smb_files", "delete", _file_fields("DELETE", smb1.file_name(command), share))
        if command.number == smb1.RENAME:
            old, new = smb1.new_names(command)
            return _Asked(piece, "smb_files", "rename", _file_fields("RENAME", new, share) | {"prev_name": old})
        return None

    def _wait(self, key: Hashable, asked: _Asked) -> None:
        late = self._pending.add(key, asked)
        if late is not None:
            self._events.append(_event(late, None))

    def _name(self, key: Hashable, name: str) -> None:
        self._names[key] = name
        if len(self._names) > _MOST_REMEMBERED:
            self._names.popitem(last=False)


def _logon(piece: Piece, found: ntlm.Logon | None) -> _Asked | None:
    if found is None:
        return None
    fields = {"username": found.user, "domainname": found.domain, "hostname": found.workstation}
    return _Asked(piece, "ntlm", "logon", fields)


def _file_fields(what: str, name: str, share: str) -> dict[str, str]:
    kind = "PIPE" if what == "OPEN" and share.upper().endswith("IPC$") else "FILE"
    return {"action": f"SMB::{kind}_{what}", "name": name, "path": share}


def _event(asked: _Asked, answer: _Answer | None) -> Event:
    piece, fields = asked.piece, asked.fields | (answer.fields if answer else {})
    outcome = "unknown" if answer is None else "success" if answer.status in _GRANTED else "failure"
    if answer is not None:
        fields |= {"status": f"0x{answer.status:08x}"} if answer.status else {}
        fields |= {"success": "true" if outcome == "success" else "false"} if asked.service == "ntlm" else {}
    fields = {name: value for name, value in fields.items() if value}
    return Event(
        time_us=piece.time_us,
        number=piece.number,
        service=asked.service,
        source=piece.sender,
        destination=piece.receiver,
        action=asked.action,
        outcome=outcome,
        message=" ".join(fields[name] for name in _SHOWN if name in fields),
        fields=fields,
    )
