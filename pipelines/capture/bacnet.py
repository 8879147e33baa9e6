"""BACnet/IP (ANSI/ASHRAE 135): services asked of building controllers, on which objects, and how they answer."""

from pipelines.capture.exchange_events import Said
from pipelines.capture.octets import Octets

# Names as in the bacnet.log of ICSNPP's parser for Zeek.
VIRTUAL_LINK = {
    0: "BVLC_Result", 1: "Write_Broadcast_Table", 2: "Read_Broadcast_Table", 3: "Read_Broadcast_Table_ACK",
    4: "Forwarded_NPDU", 5: "Register_Foreign_Device", 6: "Read_Foreign_Device_Table",
    7: "Read_Foreign_Device_Table_ACK", 8: "Delete_Foreign_Device_Table_Entry", 9: "Distribute_Broadcast_to_Network",
    10: "Original_Unicast_NPDU", 11: "Original_Broadcast_NPDU",
}  # fmt: skip
CONFIRMED = (
    "acknowledge_alarm", "confirmed_cov_notification", "confirmed_event_notification", "get_alarm_summary",
    "get_enrollment_summary", "subscribe_cov", "atomic_read_file", "atomic_write_file", "add_list_element",
    "remove_list_element", "create_object", "delete_object", "read_property", "read_property_conditional",
    "read_property_multiple", "write_property", "write_property_multiple", "device_communication_control",
    "confirmed_private_transfer", "confirmed_text_message", "reinitialized_device", "vt_open", "vt_close", "vt_data",
    "authenticate", "request_key", "read_range", "life_safety_operation", "subscribe_cov_property",
    "get_event_information", "subscribe_cov_property_multiple", "confirmed_cov_notification_multiple",
)  # fmt: skip
UNCONFIRMED = (
    "i_am", "i_have", "unconfirmed_cov_notification", "unconfirmed_event_notification", "unconfirmed_private_transfer",
    "unconfirmed_text_message", "time_synchronization", "who_has", "who_is", "utc_time_synchronization", "write_group",
    "unconfirmed_cov_notification_multiple",
)  # fmt: skip
OBJECTS = (
    "analog-input", "analog-output", "analog-value", "binary-input", "binary-output", "binary-value", "calendar",
    "command", "device", "event-enrollment", "file", "group", "loop", "multi-state-input", "multi-state-output",
    "notification-class", "program", "schedule", "averaging", "multi-state-value", "trend-log", "life-safety-point",
    "life-safety-zone", "accumulator", "pulse-converter", "event-log", "global-group", "trend-log-multiple",
    "load-control", "structured-view", "access-door",
)  # fmt: skip
_PROPERTIES = {
    8: "all", 28: "description", 36: "event-state", 44: "firmware-revision", 70: "model-name",
    75: "object-identifier", 76: "object-list", 77: "object-name", 79: "object-type", 81: "out-of-service",
    85: "present-value", 87: "priority-array", 104: "relinquish-default", 107: "segmentation-supported",
    112: "system-status", 120: "vendor-identifier", 121: "vendor-name", 123: "weekly-schedule",
}  # fmt: skip

_WRITES = frozenset(
    {"atomic_write_file", "add_list_element", "remove_list_element", "create_object", "delete_object",
     "write_property", "write_property_multiple", "device_communication_control", "reinitialized_device",
     "life_safety_operation", "time_synchronization", "utc_time_synchronization", "write_group"}
)  # fmt: skip
_LINK_WRITES = frozenset({1, 5, 8})
_CARRIERS = frozenset({4, 9, 10, 11})
_ON_OBJECTS = frozenset({8, 9, 11, 12, 14, 15, 16, 26, 28})
_IS_NETWORK_MESSAGE, _HAS_DESTINATION, _HAS_SOURCE = 0x80, 0x20, 0x08
_TYPES = (
    "CONFIRMED_REQUEST", "UNCONFIRMED_REQUEST", "SIMPLE_ACK", "COMPLEX_ACK", "SEGMENT_ACK", "ERROR_PDU", "REJECT_PDU",
    "ABORT_PDU",
)  # fmt: skip
_REQUEST, _UNCONFIRMED, _SEGMENT, _REJECT = 0, 1, 4, 6


def parse_datagram(payload: bytes, _by_client: bool = True) -> Said | None:
    """What a datagram asks or answers (annex J); None where it is no BACnet/IP or only carries a message on."""
    if len(payload) < 4 or payload[0] != 0x81 or payload[1] not in VIRTUAL_LINK:
        return None
    length = int.from_bytes(payload[2:4], "big")
    if not 4 <= length <= len(payload):
        return None
    function = payload[1]
    fields = {"bvlc_function": VIRTUAL_LINK[function]}
    if function not in _CARRIERS:
        return _link_message(function, fields, payload[4:length])
    body = Octets(payload[10 if function == 4 else 4 : length])
    if not _pass_network_layer(body):
        return Said("bacnet", fields)
    return _application(body, fields)


def _link_message(function: int, fields: dict[str, str], content: bytes) -> Said:
    answers = function in (0, 3, 7)
    failed = function == 0 and any(content[:2])
    fields |= {"result_code": f"0x{content[:2].hex()}"} if failed else {}
    # A result does not say what it is the result of: one question is asked at a time.
    outcome = ("failure" if failed else "success") if answers else "unknown"
    return Said("bacnet", fields, function in _LINK_WRITES, is_answer=answers, key="link", outcome=outcome)


def _pass_network_layer(body: Octets) -> bool:
    """Read the network layer's header (clause 6.2); gives whether an application's message follows."""
    version, control = body.number(1), body.number(1)
    if version != 1 or control & _IS_NETWORK_MESSAGE:
        return False
    if control & _HAS_DESTINATION:
        body.take(2)
        body.vector(1)
    if control & _HAS_SOURCE:
        body.take(2)
        body.vector(1)
    if control & _HAS_DESTINATION:
        body.take(1)
    return body.left > 0


def _application(body: Octets, fields: dict[str, str]) -> Said | None:
    """The application layer's message (clause 20.1)."""
    head = body.number(1)
    kind = head >> 4
    if kind >= len(_TYPES) or kind == _SEGMENT or not body.left:
        return None
    if kind == _UNCONFIRMED:
        name = _named(UNCONFIRMED, body.number(1))
        fields = {"pdu_service": name, "pdu_type": _TYPES[kind], **fields}
        return Said("bacnet", fields, name in _WRITES)
    if kind == _REQUEST:
        body.take(1)
    invoke = body.number(1)
    if kind in (_REQUEST, 3) and head & 0x08:
        body.take(2)
    fields = {"pdu_type": _TYPES[kind], **fields, "invoke_id": str(invoke)}
    if kind != _REQUEST:
        fields["response_type"] = _TYPES[kind]
    if kind >= _REJECT:
        return Said("bacnet", fields, is_answer=True, key=invoke, outcome="failure")
    choice = body.number(1)
    name = _named(CONFIRMED, choice)
    fields = {"pdu_service": name} | fields
    if kind != _REQUEST:
        outcome = "failure" if kind == 5 else "success"
        return Said("bacnet", fields, name in _WRITES, is_answer=True, key=invoke, outcome=outcome)
    fields |= _object(body) if choice in _ON_OBJECTS else {}
    return Said("bacnet", fields, name in _WRITES, key=invoke)


def _object(body: Octets) -> dict[str, str]:
    """The first object of a request and its property, where context tags 0 and 1 give them (clause 20.2.1)."""
    found: dict[str, str] = {}
    tag = body.number(1)
    if tag == 0x0C and body.left >= 4:
        number = body.number(4)
        kind = number >> 22
        found["object_type"] = OBJECTS[kind] if kind < len(OBJECTS) else str(kind)
        found["instance_number"] = str(number & 0x3F_FFFF)
        tag = body.number(1)
        # Services on several properties put them into a list.
        tag = body.number(1) if tag == 0x1E else tag
        if tag in (0x09, 0x19, 0x0A, 0x1A) and body.left:
            number = body.number(tag & 0x07)
            found["property"] = _PROPERTIES.get(number, str(number))
    return found


def _named(names: tuple[str, ...], number: int) -> str:
    return names[number] if number < len(names) else f"unknown-{number}"
