"""Modbus events: each request with whether the device granted it."""

from typing import NamedTuple

from pipelines.capture.framing import Framing, read_frames
from pipelines.capture.modbus import HEADER_BYTES, LONGEST_UNIT, PORT, Unit, parse_unit, request_fields, unit_length
from pipelines.capture.payloads import Payloads, Piece
from pipelines.capture.pending import Pending
from pipelines.capture.rows import Event

_SHOWN = ("func", "unit_id", "address", "quantity", "value", "exception")
_FRAMING = Framing(HEADER_BYTES, unit_length, LONGEST_UNIT)


class _Asked(NamedTuple):
    piece: Piece
    unit: Unit


class ModbusEvents:
    """Joins the requests and responses of a connection by transaction, unit and function."""

    def __init__(self, events: list[Event]) -> None:
        self._pending: Pending[_Asked] = Pending()
        self._events = events

    def read(self, payloads: Payloads, piece: Piece) -> int:
        """Take in the units that begin in a payload; gives the bytes read, 0 where there is none."""
        frames, consumed = read_frames(payloads, piece, _FRAMING)
        for frame in frames:
            unit = parse_unit(frame)
            if unit is not None:
                self._take_in(piece, unit)
        return consumed

    def flush(self) -> None:
        """Give up waiting."""
        self._events += [_event(asked, None) for asked in self._pending.drain()]

    def _take_in(self, piece: Piece, unit: Unit) -> None:
        key = (piece.flow, unit.transaction, unit.unit, unit.function)
        if _is_request(piece):
            late = self._pending.add(key, _Asked(piece.bare(), unit))
            if late is not None:
                self._events.append(_event(late, None))
        elif (asked := self._pending.pop(key)) is not None:
            self._events.append(_event(asked, unit))
        else:
            self._events.append(_unasked(piece, unit))


def _is_request(piece: Piece) -> bool:
    if piece.sender[1] == piece.receiver[1]:
        return piece.forward
    return piece.receiver[1] == PORT


def _event(asked: _Asked, response: Unit | None) -> Event:
    fields = request_fields(asked.unit)
    if response is not None and response.is_exception:
        fields["exception"] = response.exception_name
    shown = " ".join([f"{name}={fields[name]}" for name in _SHOWN if name in fields])
    is_write = fields["is_write"] == "true"
    outcome = "unknown" if response is None else "failure" if response.is_exception else "success"
    piece = asked.piece
    action = "write" if is_write else "read"
    return Event(piece.time_us, piece.number, "modbus", piece.sender, piece.receiver, action, outcome, shown, fields)


def _unasked(piece: Piece, unit: Unit) -> Event:
    """The event of a response whose request was not captured: its body says nothing of an address."""
    fields = {
        "tid": str(unit.transaction),
        "unit_id": str(unit.unit),
        "func": unit.function_name,
        "is_write": "true" if unit.is_write else "false",
    }
    if unit.is_exception:
        fields["exception"] = unit.exception_name
    return Event(
        time_us=piece.time_us,
        number=piece.number,
        service="modbus",
        source=piece.receiver,
        destination=piece.sender,
        action="write" if unit.is_write else "read",
        outcome="failure" if unit.is_exception else "success",
        message=f"func={unit.function_name} unit_id={unit.unit}",
        fields=fields,
    )
