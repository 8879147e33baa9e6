"""OPC UA's binary protocol (OPC 10000-6): how a channel is secured, and which services are called on which nodes."""

import struct
import uuid

from pipelines.capture.exchange_events import Said
from pipelines.capture.framing import Framing
from pipelines.capture.octets import Octets, readable

# Numbers of the binary encodings, as the specification's NodeIds.csv has them.
SERVICES = {
    397: "ServiceFault", 422: "FindServersRequest", 425: "FindServersResponse", 428: "GetEndpointsRequest",
    431: "GetEndpointsResponse", 437: "RegisterServerRequest", 440: "RegisterServerResponse",
    446: "OpenSecureChannelRequest", 449: "OpenSecureChannelResponse", 452: "CloseSecureChannelRequest",
    455: "CloseSecureChannelResponse", 461: "CreateSessionRequest", 464: "CreateSessionResponse",
    467: "ActivateSessionRequest", 470: "ActivateSessionResponse", 473: "CloseSessionRequest",
    476: "CloseSessionResponse", 479: "CancelRequest", 482: "CancelResponse", 488: "AddNodesRequest",
    491: "AddNodesResponse", 494: "AddReferencesRequest", 497: "AddReferencesResponse", 500: "DeleteNodesRequest",
    503: "DeleteNodesResponse", 506: "DeleteReferencesRequest", 509: "DeleteReferencesResponse", 527: "BrowseRequest",
    530: "BrowseResponse", 533: "BrowseNextRequest", 536: "BrowseNextResponse",
    554: "TranslateBrowsePathsToNodeIdsRequest", 557: "TranslateBrowsePathsToNodeIdsResponse",
    560: "RegisterNodesRequest", 563: "RegisterNodesResponse", 566: "UnregisterNodesRequest",
    569: "UnregisterNodesResponse", 615: "QueryFirstRequest", 618: "QueryFirstResponse", 621: "QueryNextRequest",
    624: "QueryNextResponse", 631: "ReadRequest", 634: "ReadResponse", 664: "HistoryReadRequest",
    667: "HistoryReadResponse", 673: "WriteRequest", 676: "WriteResponse", 700: "HistoryUpdateRequest",
    703: "HistoryUpdateResponse", 712: "CallRequest", 715: "CallResponse", 751: "CreateMonitoredItemsRequest",
    754: "CreateMonitoredItemsResponse", 763: "ModifyMonitoredItemsRequest", 766: "ModifyMonitoredItemsResponse",
    769: "SetMonitoringModeRequest", 772: "SetMonitoringModeResponse", 775: "SetTriggeringRequest",
    778: "SetTriggeringResponse", 781: "DeleteMonitoredItemsRequest", 784: "DeleteMonitoredItemsResponse",
    787: "CreateSubscriptionRequest", 790: "CreateSubscriptionResponse", 793: "ModifySubscriptionRequest",
    796: "ModifySubscriptionResponse", 799: "SetPublishingModeRequest", 802: "SetPublishingModeResponse",
    826: "PublishRequest", 829: "PublishResponse", 832: "RepublishRequest", 835: "RepublishResponse",
    841: "TransferSubscriptionsRequest", 844: "TransferSubscriptionsResponse", 847: "DeleteSubscriptionsRequest",
    850: "DeleteSubscriptionsResponse",
}  # fmt: skip
_WRITES = frozenset(
    {"Write", "Call", "AddNodes", "DeleteNodes", "AddReferences", "DeleteReferences", "HistoryUpdate"}
)  # fmt: skip

_HEADER = 8
_LARGEST = 64 * 1024 * 1024
# Security headers with a certificate take two kilobytes.
_READ_BYTES = 8192
_TYPES = frozenset({b"HEL", b"ACK", b"ERR", b"RHE", b"OPN", b"CLO", b"MSG"})
_OPENS, _BAD = "OpenSecureChannel", 0x8000_0000
# Requests that name nodes, and the bytes between their header (and the view, of browsing) and how many nodes there are.
_BEFORE_NODES = {
    "ReadRequest": 12, "WriteRequest": 0, "CallRequest": 0, "BrowseRequest": 16, "CreateMonitoredItemsRequest": 8,
    "RegisterNodesRequest": 0, "DeleteNodesRequest": 0,
}  # fmt: skip
_WITH_RESULTS = frozenset({"WriteResponse", "CallResponse", "DeleteNodesResponse"})
_MOST_TEXTS = 64


def message_length(header: bytes) -> int:
    """The bytes of the message that a header announces (OPC 10000-6 §7.1.2.2), 0 where it is none."""
    length = int.from_bytes(header[4:8], "little")
    return length if header[:3] in _TYPES and header[3:4] in b"FCA" and _HEADER <= length <= _LARGEST else 0


FRAMING = Framing(_HEADER, message_length, _READ_BYTES)


def parse_message(message: bytes, by_client: bool = True) -> Said | None:
    """What a message asks or answers; None for what is encrypted or goes on from an earlier chunk."""
    if len(message) < _HEADER or not message_length(message[:_HEADER]):
        return None
    kind = message[:3].decode()
    body = Octets(message[_HEADER:])
    if kind in ("HEL", "ACK", "ERR"):
        return _greeting(kind, body)
    if kind not in ("OPN", "MSG", "CLO"):
        return None
    body.take(4)
    fields = {"msg_type": kind}
    if kind == "OPN":
        fields["sec_policy_uri"] = readable(_text(body))
        _text(body), _text(body)
    else:
        body.take(4)
    body.take(4)
    request = _little(body, 4)
    number = _type_number(body)
    name = SERVICES.get(number, "")
    if kind == "OPN" and not name:
        # Under any policy but None the body is encrypted; who began speaks the request.
        name = f"{_OPENS}Request" if by_client else f"{_OPENS}Response"
        return _service(name, fields, Octets(b""), request=None)
    return _service(name, fields, body, request=request) if name else None


def _greeting(kind: str, body: Octets) -> Said:
    fields = {"msg_type": kind}
    if kind == "ERR":
        fields["error"] = f"0x{_little(body, 4):08x}"
    elif kind == "HEL":
        body.take(20)
        fields["endpoint_url"] = readable(_text(body))
    is_answer = kind != "HEL"
    outcome = {"HEL": "unknown", "ACK": "success", "ERR": "failure"}[kind]
    return Said("opcua-binary", fields, is_answer=is_answer, key="greeting", outcome=outcome)


def _service(name: str, fields: dict[str, str], body: Octets, *, request: int | None) -> Said:
    is_answer = not name.endswith("Request")
    fields = {"identifier_str": name, **fields}
    if request is not None:
        fields["request_id"] = str(request)
    outcome = "unknown"
    if is_answer:
        status = _status(name, body)
        fields |= {"status_code": f"0x{status:08x}"} if status else {}
        outcome = "failure" if status & _BAD else "success"
    elif name in _BEFORE_NODES:
        fields |= _nodes(name, body)
    is_write = name.removesuffix("Request").removesuffix("Response") in _WRITES
    return Said("opcua-binary", fields, is_write, is_answer=is_answer, key=request, outcome=outcome)


def _status(name: str, body: Octets) -> int:
    """The status that an answer gives: of the service, and where that is good, the first bad one of what was asked."""
    body.take(12)
    status = _little(body, 4) if body.left >= 4 else 0
    # Diagnostics are asked for by few, and would lie before the results.
    if status or name not in _WITH_RESULTS or body.number(1):
        return status
    for _ in range(min(_little(body, 4), _MOST_TEXTS) if body.left >= 4 else 0):
        _text(body)
    _node(body)
    if body.number(1) or body.left < 8:
        return status
    count = _little(body, 4)
    # Of a call, what it returned follows each status.
    most = 1 if name == "CallResponse" else min(count, body.left // 4)
    return next((found for found in (_little(body, 4) for _ in range(most)) if found & _BAD), status)


def _nodes(name: str, body: Octets) -> dict[str, str]:
    """The first node that a request is about, and how many there are."""
    _node(body)
    body.take(16)
    _text(body)
    body.take(4)
    _node(body)
    if body.number(1):
        _text(body)
    if name == "BrowseRequest":
        _node(body)
    body.take(_BEFORE_NODES[name])
    count = _little(body, 4)
    if not body.left or not 0 < count < 1 << 31:
        return {}
    return {"node": _node(body), "quantity": str(count)}


def _type_number(body: Octets) -> int:
    """The number of the type that a body begins with: a node of namespace 0 in its short forms, 0 for any other."""
    encoding = body.number(1)
    if encoding == 0:
        return body.number(1)
    if encoding != 1 or body.number(1):
        return 0
    return _little(body, 2)


def _node(body: Octets) -> str:
    """The text of a node's identifier (OPC 10000-6 §5.2.2.9, §5.3.1.10)."""
    encoding = body.number(1) & 0x3F
    if encoding == 0:
        return f"i={body.number(1)}"
    space = body.number(1) if encoding == 1 else _little(body, 2)
    prefix = f"ns={space};" if space else ""
    if encoding in (1, 2):
        return f"{prefix}i={_little(body, 2 if encoding == 1 else 4)}"
    if encoding == 3:
        return f"{prefix}s={readable(_text(body))}"
    if encoding == 4:
        unique = uuid.UUID(bytes_le=body.take(16).ljust(16, b"\0"))
        return f"{prefix}g={unique}"
    return f"{prefix}b={_text(body)[:64].hex()}" if encoding == 5 else ""


def _text(body: Octets) -> bytes:
    """The bytes behind a length, none where it is -1 (OPC 10000-6 §5.2.2.4)."""
    length = struct.unpack("<i", body.take(4).ljust(4, b"\0"))[0]
    return body.take(length) if length > 0 else b""


def _little(body: Octets, width: int) -> int:
    return int.from_bytes(body.take(width), "little")
