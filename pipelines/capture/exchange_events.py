"""Events of protocols that ask and answer: what is asked, whether that writes, and whether it was granted."""

from collections.abc import Callable, Hashable
from itertools import islice
from typing import NamedTuple

from pipelines.capture.framing import Framing, read_frames
from pipelines.capture.payloads import Payloads, Piece
from pipelines.capture.pending import Pending
from pipelines.capture.rows import Event

# So many fields make the readable line; the others are for rules.
_SHOWN = 6


class Said(NamedTuple):
    """One message.

    Attributes:
        service: the name of the log it belongs to.
        fields: names and values, the telling ones first; an empty value is left out.
        is_write: it changes something in the device, or would; None where that is no question of this protocol.
        is_answer: it answers, or is sent by the device of its own accord.
        key: what an answer shares with its question, None for what has no other half.
        outcome: of an answer, success or failure.
        action: what the event is called; read or write unless told.
        alone: worth an event even if its other half was not captured.
    """

    service: str
    fields: dict[str, str]
    is_write: bool | None = False
    is_answer: bool = False
    key: Hashable = None
    outcome: str = "unknown"
    action: str = ""
    alone: bool = True


# What a message says, given it and whether it was sent by who began the flow; None for what says nothing.
Parser = Callable[[bytes, bool], Said | None]


class _Asked(NamedTuple):
    piece: Piece
    said: Said


class ExchangeEvents:
    """Joins the questions and answers of one protocol."""

    def __init__(self, events: list[Event], parse: Parser, framing: Framing | None) -> None:
        self._pending: Pending[_Asked] = Pending()
        self._events = events
        self._parse = parse
        self._framing = framing

    def read(self, payloads: Payloads, piece: Piece) -> int:
        """Take in the messages that begin in a payload; gives the bytes read, 0 where none says anything."""
        if self._framing is None:
            frames, consumed = [piece.payload], len(piece.payload)
        else:
            frames, consumed = read_frames(payloads, piece, self._framing)
        heard = [said for frame in frames if (said := self._parse(frame, piece.forward)) is not None]
        for said in heard:
            self._take_in(piece, said)
        return consumed if heard else 0

    def flush(self) -> None:
        """Give up waiting."""
        self._events += [_event(asked.piece, asked.said, None) for asked in self._pending.drain()]

    def _take_in(self, piece: Piece, said: Said) -> None:
        # Both sides of a flow may ask, and number their questions alike.
        key = (piece.flow, piece.forward != said.is_answer, said.service, said.key)
        if said.key is None:
            self._events.append(_event(piece, said, None))
        elif not said.is_answer:
            late = self._pending.add(key, _Asked(piece.bare(), said))
            if late is not None:
                self._events.append(_event(late.piece, late.said, None))
        elif (asked := self._pending.pop(key)) is not None:
            self._events.append(_event(asked.piece, asked.said, said))
        elif said.alone:
            self._events.append(_event(piece, said, None))


def _event(piece: Piece, said: Said, answer: Said | None) -> Event:
    """The event of a question with its answer, or of either alone."""
    fields = {name: value for name, value in said.fields.items() if value}
    shown = islice((f"{name}={value}" for name, value in fields.items()), _SHOWN)
    message = " ".join(shown)
    if answer is not None:
        fields = {name: value for name, value in answer.fields.items() if value} | fields
    if said.is_write is not None:
        fields["is_write"] = "true" if said.is_write else "false"
    return Event(
        time_us=piece.time_us,
        number=piece.number,
        service=said.service,
        source=piece.receiver if said.is_answer else piece.sender,
        destination=piece.sender if said.is_answer else piece.receiver,
        action=said.action or ("write" if said.is_write else "read"),
        outcome=(answer or said).outcome,
        message=message,
        fields=fields,
    )
