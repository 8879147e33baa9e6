"""Transport headers as columns: ports, TCP flags, payload; one row for each packet that counts into a flow."""

from dataclasses import dataclass, fields

import numpy as np

from pipelines.capture.datagrams import Datagrams
from pipelines.capture.window import Bytes, Ints, numbers_at

ICMP, TCP, UDP, ICMP6, SCTP = 1, 6, 17, 58, 132
FIN, SYN, RST, ACK = 1, 2, 4, 16

COMPLAINTS = (
    "",
    "the transport header is cut",
    "the TCP header is damaged: header length",
    "the transport header does not fit its IP packet",
)
_HEADER = {TCP: 20, UDP: 8, SCTP: 12, ICMP: 8, ICMP6: 8}
# Types that come as question and answer (community-id specification); all others go one way.
ICMP_PAIRS = {0: 8, 8: 0, 9: 10, 10: 9, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17}
ICMP6_PAIRS = {
    128: 129,
    129: 128,
    130: 131,
    131: 130,
    133: 134,
    134: 133,
    135: 136,
    136: 135,
    139: 140,
    140: 139,
    144: 145,
    145: 144,
}


@dataclass(frozen=True)
class Segments:
    """The transport layer of some packets of a window, one row a packet.

    Attributes:
        source_port: port, or ICMP type.
        destination_port: port, or the ICMP type that answers, or the ICMP code where nothing does.
        one_way: an ICMP type that nothing answers.
        flags: TCP's; 0 for all others.
        sequence: TCP's sequence number.
        acknowledged: TCP's acknowledgement number, -1 for none.
        window: TCP's window, unscaled, -1 for none.
        payload: bytes of transport payload, by the headers.
        payload_at: where in the buffer it begins.
        payload_captured: bytes of it that were captured.
        complaint: index into `COMPLAINTS`; such a row does not count.
    """

    source_port: Ints
    destination_port: Ints
    one_way: Ints
    flags: Ints
    sequence: Ints
    acknowledged: Ints
    window: Ints
    payload: Ints
    payload_at: Ints
    payload_captured: Ints
    complaint: Ints

    def at(self, chosen: Ints) -> "Segments":
        """The chosen rows."""
        return Segments(**{column.name: getattr(self, column.name)[chosen] for column in fields(self)})


def decode_transport(buffer: Bytes, end: Ints, packets: Datagrams, rows: Ints) -> Segments:
    """The transport layer of the given rows; ports of later fragments are 0.

    `end` says where the captured bytes of every packet of the window end.
    """
    count = len(rows)
    start, protocol, length = packets.body[rows], packets.protocol[rows], packets.body_length[rows]
    columns = {name: np.zeros(count, np.int64) for name in ("source_port", "destination_port", "one_way")}
    columns |= {name: np.zeros(count, np.int64) for name in ("flags", "sequence", "complaint", "header")}
    columns |= {name: np.full(count, -1, np.int64) for name in ("acknowledged", "window")}
    captured = np.minimum(end[rows] - start, length)
    first = packets.fragment[rows] == 0
    for number, read in ((TCP, _tcp), (UDP, _ports), (SCTP, _ports), (ICMP, _icmp), (ICMP6, _icmp)):
        here = np.flatnonzero((protocol == number) & first)
        if not len(here):
            continue
        columns["header"][here] = _HEADER[number]
        least = 2 if number in (ICMP, ICMP6) else 4
        columns["complaint"][here[captured[here] < least]] = 1
        columns["complaint"][here[length[here] < _HEADER[number]]] = 3
        here = here[columns["complaint"][here] == 0]
        read(buffer, start, captured, protocol, here, columns)
    header = columns.pop("header")
    columns["complaint"][(header > length) & (columns["complaint"] == 0)] = 3
    payload = length - header
    _trust_udp(buffer, start, captured, payload, np.flatnonzero((protocol == UDP) & first & ~packets.more[rows]))
    return Segments(
        **columns,
        payload=np.maximum(payload, 0),
        payload_at=start + header,
        payload_captured=np.clip(captured - header, 0, np.maximum(payload, 0)),
    )


def _ports(buffer: Bytes, start: Ints, captured: Ints, protocol: Ints, here: Ints, columns: dict[str, Ints]) -> None:
    del captured, protocol
    columns["source_port"][here] = numbers_at(buffer, start[here], ">u2")
    columns["destination_port"][here] = numbers_at(buffer, start[here] + 2, ">u2")


def _tcp(buffer: Bytes, start: Ints, captured: Ints, protocol: Ints, here: Ints, columns: dict[str, Ints]) -> None:
    _ports(buffer, start, captured, protocol, here, columns)
    # A cut after the ports leaves a packet that counts, of which flags and data offset are unknown.
    here = here[captured[here] >= 14]
    header = (buffer[start[here] + 12] >> 4).astype(np.int64) * 4
    columns["complaint"][here[header < 20]] = 2
    columns["header"][here] = header
    flags = buffer[start[here] + 13]
    columns["flags"][here] = flags
    columns["sequence"][here] = numbers_at(buffer, start[here] + 4, ">u4")
    columns["acknowledged"][here] = np.where(flags & ACK, numbers_at(buffer, start[here] + 8, ">u4"), -1)
    window = numbers_at(buffer, start[here] + 14, ">u2")
    columns["window"][here] = np.where(captured[here] >= 16, window, -1)


def _icmp(buffer: Bytes, start: Ints, captured: Ints, protocol: Ints, here: Ints, columns: dict[str, Ints]) -> None:
    del captured
    kind = buffer[start[here]].astype(np.int64)
    code = buffer[start[here] + 1].astype(np.int64)
    old, new = (np.array([pairs.get(number, -1) for number in range(256)]) for pairs in (ICMP_PAIRS, ICMP6_PAIRS))
    answer = np.where(protocol[here] == ICMP, old[kind], new[kind])
    columns["source_port"][here] = kind
    columns["destination_port"][here] = np.where(answer >= 0, answer, code)
    columns["one_way"][here] = answer < 0


def _trust_udp(buffer: Bytes, start: Ints, captured: Ints, payload: Ints, here: Ints) -> None:
    """Take UDP's own length where it fits its IP packet (RFC 768)."""
    here = here[captured[here] >= 6]
    own = numbers_at(buffer, start[here] + 4, ">u2") - 8
    payload[here] = np.where((own >= 0) & (own <= payload[here]), own, payload[here])
