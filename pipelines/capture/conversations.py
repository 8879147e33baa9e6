"""What applications say: messages found in payloads, questions joined with their answers."""

from collections import OrderedDict
from collections.abc import Callable

from pipelines.capture import modbus
from pipelines.capture.dns_events import DnsEvents
from pipelines.capture.http_events import HttpEvents
from pipelines.capture.modbus_events import ModbusEvents
from pipelines.capture.payloads import Kind, Payloads, Piece
from pipelines.capture.rows import APPLICATIONS, Event
from pipelines.capture.session_events import SshEvents, TlsEvents

# Streams whose position is remembered, so that a repeated segment is not read twice.
_MOST_STREAMS = 65_536


class Conversations:
    """Listens to the payloads of a capture; holds questions whose answer may come in a later window."""

    def __init__(self) -> None:
        self._dns = DnsEvents()
        self._http = HttpEvents()
        self._modbus = ModbusEvents()
        self._tls = TlsEvents()
        self._ssh = SshEvents()
        self._positions: OrderedDict[tuple[int, bool], int] = OrderedDict()
        self._readers: dict[Kind, Callable[[Payloads, Piece], int]] = {
            "dns_tcp": self._dns_stream,
            "modbus": self._modbus_stream,
            "http": self._http.read,
            "tls": self._tls.read,
            "ssh": self._ssh.read,
        }

    def listen(self, payloads: Payloads) -> list[Event]:
        """The events completed in this window; marks the flows with their applications."""
        for row, kind in payloads.candidates():
            piece = payloads.piece(row, kind)
            if kind == "dns":
                self._dns_datagram(payloads, piece)
            elif (unread := self._unread(piece)) is not None:
                self._read_stream(payloads, unread)
        return self._taken()

    def flush(self) -> list[Event]:
        """The events whose answers never came."""
        for reader in (self._dns, self._http, self._modbus, self._tls, self._ssh):
            reader.flush()
        return self._taken()

    def _taken(self) -> list[Event]:
        events: list[Event] = []
        for reader in (self._dns, self._http, self._modbus, self._tls, self._ssh):
            events += reader.take()
        return events

    def _dns_datagram(self, payloads: Payloads, piece: Piece) -> None:
        if self._dns.read_message(piece, piece.payload):
            payloads.mark(piece.index, APPLICATIONS.index("dns"))

    def _unread(self, piece: Piece) -> Piece | None:
        """The payload without what was read of its stream before; None where nothing is left."""
        read_to = self._positions.get((piece.flow, piece.forward), piece.sequence)
        repeated = (read_to - piece.sequence) & 0xFFFF_FFFF
        if repeated == 0 or repeated >= 1 << 31:
            return piece
        return piece.after(repeated) if repeated < len(piece.payload) else None

    def _read_stream(self, payloads: Payloads, piece: Piece) -> None:
        consumed = self._readers[piece.kind](payloads, piece)
        if not consumed:
            return
        application = {"dns_tcp": "dns"}.get(piece.kind, piece.kind)
        payloads.mark(piece.index, APPLICATIONS.index(application))
        self._positions[piece.flow, piece.forward] = (piece.sequence + consumed) & 0xFFFF_FFFF
        self._positions.move_to_end((piece.flow, piece.forward))
        if len(self._positions) > _MOST_STREAMS:
            self._positions.popitem(last=False)

    def _dns_stream(self, payloads: Payloads, piece: Piece) -> int:
        """Messages behind their length (RFC 1035 §4.2.2)."""
        stream, consumed = piece.payload, 0
        while consumed < len(piece.payload):
            length = 2 + int.from_bytes(stream[consumed : consumed + 2], "big")
            if len(stream) < consumed + length:
                stream = payloads.following(piece, consumed + max(length, 14))
                length = 2 + int.from_bytes(stream[consumed : consumed + 2], "big")
            if not self._dns.read_message(piece, stream[consumed + 2 : consumed + length]):
                break
            consumed += length
        return consumed

    def _modbus_stream(self, payloads: Payloads, piece: Piece) -> int:
        stream, consumed = piece.payload, 0
        while consumed < len(piece.payload):
            missing = modbus.missing_bytes(stream[consumed:])
            if missing:
                stream = payloads.following(piece, max(len(stream) + missing, consumed + 260))
            unit = modbus.parse_unit(stream[consumed : consumed + 260])
            if unit is None:
                break
            self._modbus.read_unit(piece, unit)
            consumed += unit.size
        return consumed
