"""What applications say: messages found in payloads, questions joined with their answers."""

from typing import Protocol

from pipelines.capture import bacnet, dnp3, iec104, opcua, rdp, s7comm
from pipelines.capture.dns_events import DnsEvents
from pipelines.capture.exchange_events import ExchangeEvents
from pipelines.capture.http_events import HttpEvents
from pipelines.capture.modbus_events import ModbusEvents
from pipelines.capture.openings import APPLICATION, Kind
from pipelines.capture.payloads import Payloads, Piece
from pipelines.capture.quic_events import QuicEvents
from pipelines.capture.rows import Event
from pipelines.capture.smb_events import SmbEvents
from pipelines.capture.ssh_events import SshEvents
from pipelines.capture.tls_events import TlsEvents
from pipelines.capture.transport import TCP

# Streams whose position is remembered, so that a repeated segment is not read twice.
_MOST_STREAMS = 65_536


class Listener(Protocol):
    """Reads the messages of one protocol; what it learns becomes events in the list it was given."""

    def read(self, payloads: Payloads, piece: Piece) -> int:
        """Take in what a payload begins; gives the bytes read, 0 where it is something else."""

    def flush(self) -> None:
        """Give up waiting for answers."""


class Conversations:
    """Listens to the payloads of a capture; holds questions whose answer may come in a later window."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._positions: dict[int, int] = {}
        dns = DnsEvents(self._events)
        self._listeners: dict[Kind, Listener] = {
            Kind.BACNET: ExchangeEvents(self._events, bacnet.parse_datagram, None),
            Kind.DNP3: ExchangeEvents(self._events, dnp3.parse_frame, dnp3.FRAMING),
            Kind.DNS: dns,
            Kind.DNS_STREAM: dns,
            Kind.HTTP: HttpEvents(self._events),
            Kind.IEC104: ExchangeEvents(self._events, iec104.parse_frame, iec104.FRAMING),
            Kind.MODBUS: ModbusEvents(self._events),
            Kind.OPCUA: ExchangeEvents(self._events, opcua.parse_message, opcua.FRAMING),
            Kind.QUIC: QuicEvents(self._events),
            Kind.RDP: ExchangeEvents(self._events, rdp.parse_packet, rdp.FRAMING),
            Kind.S7: ExchangeEvents(self._events, s7comm.parse_packet, s7comm.FRAMING),
            Kind.SMB: SmbEvents(self._events),
            Kind.SSH: SshEvents(self._events),
            Kind.TLS: TlsEvents(self._events),
        }

    def listen(self, payloads: Payloads) -> list[Event]:
        """The events completed in this window; marks the flows with their applications."""
        for piece in payloads.openings():
            if piece.protocol != TCP:
                self._read(payloads, piece)
                continue
            stream = piece.flow * 2 + piece.forward
            unread = self._unread(stream, piece)
            if unread is not None and (consumed := self._read(payloads, unread)):
                self._remember(stream, (unread.sequence + consumed) & 0xFFFF_FFFF)
        return self._taken()

    def flush(self) -> list[Event]:
        """The events whose answers never came."""
        for listener in dict.fromkeys(self._listeners.values()):
            listener.flush()
        return self._taken()

    def _taken(self) -> list[Event]:
        taken = list(self._events)
        self._events.clear()
        return taken

    def _read(self, payloads: Payloads, piece: Piece) -> int:
        listener = self._listeners.get(piece.kind)
        consumed = listener.read(payloads, piece) if listener else 0
        if consumed:
            payloads.mark(piece.row, APPLICATION[piece.kind])
        return consumed

    def _unread(self, stream: int, piece: Piece) -> Piece | None:
        """The payload without what was read of its stream before; None where nothing is left."""
        read_to = self._positions.get(stream)
        if read_to is None:
            return piece
        repeated = (read_to - piece.sequence) & 0xFFFF_FFFF
        if repeated == 0 or repeated >= 1 << 31:
            return piece
        return piece.after(repeated) if repeated < len(piece.payload) else None

    def _remember(self, stream: int, read_to: int) -> None:
        if stream not in self._positions and len(self._positions) >= _MOST_STREAMS:
            # The streams that began first are the likeliest to be over.
            del self._positions[next(iter(self._positions))]
        self._positions[stream] = read_to
