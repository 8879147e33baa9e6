"""DNS events: each question with the answer that came to it."""

from typing import NamedTuple

from pipelines.capture.dns import RESPONSE_CODES, Message, Question, parse_message
from pipelines.capture.payloads import Payloads, Piece
from pipelines.capture.pending import Pending
from pipelines.capture.rows import Event
from pipelines.capture.transport import UDP

_FLAGS = {"AA": 0x0400, "TC": 0x0200, "RD": 0x0100, "RA": 0x0080}


class _Asked(NamedTuple):
    piece: Piece
    message: Message
    question: Question


class DnsEvents:
    """Joins queries and responses by address, port, identifier and question."""

    def __init__(self, events: list[Event]) -> None:
        self._pending: Pending[_Asked] = Pending()
        self._events = events

    def read(self, payloads: Payloads, piece: Piece) -> int:
        """Take in the messages that begin in a payload; gives the bytes read, 0 where there is none."""
        if piece.protocol == UDP:
            return len(piece.payload) if self._read_message(piece, piece.payload) else 0
        return self._read_stream(payloads, piece)

    def flush(self) -> None:
        """Give up waiting."""
        self._events += [_event(asked, None) for asked in self._pending.drain()]

    def _read_stream(self, payloads: Payloads, piece: Piece) -> int:
        """Messages behind their length (RFC 1035 §4.2.2)."""
        stream, consumed = piece.payload, 0
        while consumed < len(piece.payload):
            length = 2 + int.from_bytes(stream[consumed : consumed + 2], "big")
            if len(stream) < consumed + length:
                stream = payloads.following(piece, consumed + max(length, 14))
                length = 2 + int.from_bytes(stream[consumed : consumed + 2], "big")
            if not self._read_message(piece, stream[consumed + 2 : consumed + length]):
                break
            consumed += length
        return consumed

    def _read_message(self, piece: Piece, payload: bytes) -> bool:
        message = parse_message(payload, _server_port(piece))
        if message is None:
            return False
        bare = piece.bare()
        for question in message.questions:
            asked = _Asked(bare, message, question)
            if message.is_response:
                self._answered(asked)
            else:
                self._asked(asked)
        return True

    def _asked(self, asked: _Asked) -> None:
        piece = asked.piece
        late = self._pending.add((piece.sender, piece.receiver, *_identity(asked)), asked)
        if late is not None:
            self._events.append(_event(late, None))

    def _answered(self, answer: _Asked) -> None:
        piece = answer.piece
        question = self._pending.pop((piece.receiver, piece.sender, *_identity(answer)))
        self._events.append(_event(question, answer))


def _identity(asked: _Asked) -> tuple[object, ...]:
    return (asked.piece.protocol, asked.message.identifier, asked.question.name, asked.question.kind)


def _server_port(piece: Piece) -> int:
    return min(piece.sender[1], piece.receiver[1]) if 137 in (piece.sender[1], piece.receiver[1]) else 53


def _event(asked: _Asked | None, answer: _Asked | None) -> Event:
    """The event of a question, of its answer, or of both."""
    known = asked or answer
    if known is None:
        raise ValueError("an event needs a question or an answer")
    piece, message, question = known.piece, known.message, known.question
    client, server = (piece.sender, piece.receiver) if asked else (piece.receiver, piece.sender)
    fields = {
        "trans_id": str(message.identifier),
        "proto": "udp" if piece.protocol == UDP else "tcp",
        "query": question.name,
        "qclass": str(question.group),
        "qclass_name": question.class_name,
        "qtype": str(question.kind),
        "qtype_name": question.type_name,
    }
    if answer is not None:
        fields |= _answer_fields(answer.message)
    if asked and answer:
        fields["rtt"] = f"{max(answer.piece.time_us - asked.piece.time_us, 0) / 1_000_000:.6f}"
    flags = answer.message.flags | (message.flags & _FLAGS["RD"]) if answer else message.flags
    fields |= {name: "true" if flags & bit else "false" for name, bit in _FLAGS.items()}
    fields["Z"] = str(message.flags >> 4 & 7)
    code = fields.get("rcode_name", "")
    words = (question.type_name, question.name, code, fields.get("answers", ""))
    return Event(
        time_us=piece.time_us,
        number=piece.number,
        service="dns",
        source=client,
        destination=server,
        action="query",
        outcome={"": "unknown", "NOERROR": "success"}.get(code, "failure"),
        message=" ".join(word for word in words if word),
        # A question for the root has an empty name: an absent field says so.
        fields={name: value for name, value in fields.items() if value},
    )


def _answer_fields(message: Message) -> dict[str, str]:
    return {
        "rcode": str(message.code),
        "rcode_name": RESPONSE_CODES.get(message.code, f"rcode-{message.code}"),
        "answers": ",".join(message.answers),
        "TTLs": ",".join(map(str, message.ttls)),
        "rejected": "true" if message.code == 5 else "false",
    }
