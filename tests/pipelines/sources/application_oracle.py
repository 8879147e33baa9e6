"""What applications say in a capture by scapy's dissection of each payload alone, to hold the events against."""

import struct
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import scapy.contrib.modbus as modbus
from scapy.layers.dns import DNS, DNSQR, DNSRR
from scapy.layers.http import HTTPRequest, HTTPResponse
from scapy.layers.inet import TCP, UDP
from scapy.layers.tls.handshake import TLSClientHello, TLSServerHello
from scapy.layers.tls.record import TLS
from scapy.packet import Packet, Raw

from pipelines.capture.http import METHODS
from pipelines.capture.modbus import FUNCTIONS
from pipelines.capture.tls_suites import suite_name
from pipelines.sources.columns import canonical_address
from tests.pipelines.sources.capture_oracle import dissected

Told = tuple[str, ...]

_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


def told_by_scapy(path: Path) -> set[Told]:
    """What the whole packets of a capture tell, each with the name of the function that found it."""
    found: set[Told] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for packet, wire in _dissected(path):
            # What is cut says less than there was.
            if wire <= len(packet.original):
                found |= {(name, *told) for name, find in _FINDERS.items() for told in find(packet)}
    return found


def told_by_events(events: list[dict[str, object]]) -> set[Told]:
    """The same of the events of a capture."""
    found: set[Told] = set()
    for event in events:
        fields = event["fields"]
        assert isinstance(fields, dict)
        found |= set(_event_tells(str(event["service"]), defaultdict(str, fields)))
    return found


def _event_tells(service: str, fields: Mapping[str, str]) -> Iterator[Told]:
    if service == "dns" and fields["proto"] == "udp":
        yield "dns question", fields["trans_id"], fields["query"], fields["qtype"]
        yield "dns answer", fields["trans_id"], fields["rcode"], _addresses(fields["answers"])
    elif service == "http":
        yield "http request", fields["method"], fields["uri"], fields["host"], fields["user_agent"]
        yield "http status", fields["status_code"]
    elif service == "ssl":
        yield "tls client", fields["server_name"], fields["client_ciphers"]
        yield "tls server", fields["cipher"]
    elif service == "modbus":
        yield "modbus request", fields["tid"], fields["unit_id"], fields["func"]


def _addresses(answers: str) -> str:
    return ",".join(answer for answer in answers.split(",") if canonical_address(answer))


def _dns_questions(packet: Packet) -> Iterator[Told]:
    """Identifier, name and type of each question that is asked of port 53 in a datagram."""
    if UDP not in packet or packet[UDP].dport != 53:
        return
    message = _made(DNS, bytes(packet[UDP].payload))
    if message is None or message.qr:
        return
    for question in message.qd or []:
        # scapy leaves a damaged question undissected.
        if not isinstance(question, DNSQR):
            continue
        name = question.qname.rstrip(b".").lower()
        if name.isascii() and name.decode().isprintable():
            yield str(message.id), name.decode(), str(question.qtype)


def _dns_answers(packet: Packet) -> Iterator[Told]:
    """Identifier, response code and addresses of each answer that port 53 gives in a datagram."""
    if UDP not in packet or packet[UDP].sport != 53:
        return
    message = _made(DNS, bytes(packet[UDP].payload))
    if message is not None and message.qr and message.qd:
        addresses = [
            str(record.rdata) for record in message.an or [] if isinstance(record, DNSRR) and record.type in (1, 28)
        ]
        yield str(message.id), str(message.rcode), ",".join(addresses)


def _http_requests(packet: Packet) -> Iterator[Told]:
    """Method, target, host and agent of a request whose whole head a segment begins with."""
    payload = _stream_payload(packet)
    method = payload.split(b" ", 1)[0].decode("latin-1")
    if method in METHODS and b" HTTP/1." in payload.split(b"\r\n", 1)[0] and b"\r\n\r\n" in payload:
        request = _made(HTTPRequest, payload)
        if request is not None and request.Method and request.Path and request.Http_Version:
            yield tuple(_text(value) for value in (request.Method, request.Path, request.Host, request.User_Agent))


def _http_statuses(packet: Packet) -> Iterator[Told]:
    """The code of a final response whose whole head a segment begins with."""
    payload = _stream_payload(packet)
    if payload.startswith(b"HTTP/1.") and b"\r\n\r\n" in payload:
        response = _made(HTTPResponse, payload)
        if response is not None and response.Status_Code and not response.Status_Code.startswith(b"1"):
            yield (_text(response.Status_Code),)


def _tls_clients(packet: Packet) -> Iterator[Told]:
    """Name and suites that a client offers in a hello that fits a segment."""
    message = _handshake(packet)
    if isinstance(message, TLSClientHello) and message.ciphers:
        names = [entry.servername for part in message.ext or [] for entry in getattr(part, "servernames", None) or []]
        yield _text(names[0] if names else b""), ",".join(map(suite_name, message.ciphers))


def _tls_servers(packet: Packet) -> Iterator[Told]:
    """The suite that a server chooses in a hello that fits a segment."""
    message = _handshake(packet)
    if isinstance(message, TLSServerHello) and message.cipher is not None and message.random_bytes != _RETRY:
        yield (suite_name(message.cipher),)


def _handshake(packet: Packet) -> Packet | None:
    payload = _stream_payload(packet)
    if payload[:2] != b"\x16\x03" or len(payload) < 9 + int.from_bytes(payload[6:9], "big"):
        return None
    hello = _made(TLS, payload)
    return hello.msg[0] if hello is not None and getattr(hello, "msg", None) else None


def _modbus_requests(packet: Packet) -> Iterator[Told]:
    """Transaction, unit and function of each request to port 502 that a segment begins with."""
    payload = _stream_payload(packet)
    if TCP not in packet or packet[TCP].dport != 502 or len(payload) < 8 or payload[2:4] != b"\0\0":
        return
    request = _made(modbus.ModbusADURequest, payload)
    if request is not None and len(payload) == 6 + request.len and request.len > 1:
        yield (
            str(request.transId),
            str(request.unitId),
            FUNCTIONS.get(payload[7] & 0x7F, f"unknown-{payload[7] & 0x7F}"),
        )


def _dissected(path: Path) -> list[tuple[Packet, int]]:
    try:
        return dissected(path)
    except struct.error:
        # scapy gives up a whole capture over one header that is cut.
        return []


def _made(kind: type[Packet], payload: bytes) -> Packet | None:
    try:
        packet = kind(payload)
    except Exception:  # noqa: BLE001 - scapy raises whatever a damaged message makes it raise
        return None
    return None if isinstance(packet, Raw) else packet


def _stream_payload(packet: Packet) -> bytes:
    return bytes(packet[TCP].original[packet[TCP].dataofs * 4 :]) if TCP in packet else b""


def _text(value: bytes | None) -> str:
    return (value or b"").decode("latin-1")


_FINDERS: dict[str, Callable[[Packet], Iterator[Told]]] = {
    "dns question": _dns_questions,
    "dns answer": _dns_answers,
    "http request": _http_requests,
    "http status": _http_statuses,
    "tls client": _tls_clients,
    "tls server": _tls_servers,
    "modbus request": _modbus_requests,
}
