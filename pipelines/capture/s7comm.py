"""S7comm and S7comm-plus, Siemens' protocols of controllers: functions, addresses, and what is loaded or stopped."""

import struct
from collections.abc import Iterator

from pipelines.capture.exchange_events import Said
from pipelines.capture.framing import Framing
from pipelines.capture.octets import readable

# Names as in the s7comm.log of ICSNPP's parser for Zeek.
FUNCTIONS = {
    0x00: "CPU Services", 0x04: "Read Variable", 0x05: "Write Variable", 0x1A: "Request Download",
    0x1B: "Download Block", 0x1C: "Download Ended", 0x1D: "Start Upload", 0x1E: "Upload", 0x1F: "End Upload",
    0x28: "PLC Control", 0x29: "PLC Stop", 0xF0: "Setup Communication",
}  # fmt: skip
GROUPS = {
    0x0: "Mode-Transition", 0x1: "Programmer Controls", 0x2: "Cyclic Services", 0x3: "Block Functions",
    0x4: "CPU Functions", 0x5: "Security", 0x6: "PBC BSEND-BRECV", 0x7: "Time Functions", 0xF: "NC Programming",
}  # fmt: skip
_SUBFUNCTIONS = {
    0x0: {
        0: "Stop", 1: "Warm Restart", 2: "Run", 3: "Hot Restart", 4: "Hold", 6: "Cold Restart", 9: "Run_R",
        11: "Link-Up", 12: "Update",
    },
    0x1: {
        1: "Block Status", 2: "Variable Status", 3: "Output ISTACK", 4: "Output BSTACK", 5: "Output LSTACK",
        6: "Time Measurement", 7: "Force Selection", 8: "Modify Variable", 9: "Force", 10: "Breakpoint",
        11: "Exit HOLD", 12: "Memory Reset", 13: "Disable Job", 14: "Enable Job", 15: "Delete Job",
        16: "Read Job List", 17: "Read Job", 18: "Replace Job", 19: "Block Status v2", 22: "Flash LED",
    },
    0x2: {1: "Cyclic Transfer", 4: "Unsubscribe", 5: "Change Driven Transfer"},
    0x3: {1: "List Blocks", 2: "List Blocks of Type", 3: "Get Block Info"},
    0x4: {1: "Read SZL", 2: "Message Service", 3: "Diagnostic Message", 13: "ALARM Query", 14: "ALARM ACK"},
    0x5: {1: "PLC Password"},
    0x7: {1: "Read Clock", 2: "Set Clock", 3: "Read Clock (Following)", 4: "Set Clock (2)"},
}  # fmt: skip
PLUS_FUNCTIONS = {
    0x04BB: "Explore", 0x04CA: "Create Object", 0x04D4: "Delete Object", 0x04F2: "Set Variable", 0x0524: "Get Link",
    0x0542: "Set Multi Variables", 0x054C: "Get Multi Variables", 0x0556: "Begin Sequence", 0x0560: "End Sequence",
    0x056B: "Invoke", 0x0586: "Get Variable Sub Streamed",
}  # fmt: skip
_ROLES = {1: "Job-Request", 2: "ACK", 3: "ACK-Data", 7: "User-Data"}
_PLUS_ROLES = {0x31: "Request", 0x32: "Response", 0x33: "Notification"}
_METHODS = {0x4: "Request", 0x8: "Response", 0x0: "Push"}
_AREAS = {0x03: "SYS", 0x05: "FLAGS", 0x80: "P", 0x81: "I", 0x82: "Q", 0x83: "M", 0x84: "DB", 0x85: "DI", 0x86: "L"}

_WRITES = frozenset({0x05, 0x1A, 0x1B, 0x1C, 0x28, 0x29})
_USER_WRITES = {0x0: frozenset({0, 1, 3, 4, 6}), 0x1: frozenset({8, 9, 11, 12, 18}), 0x7: frozenset({2, 4})}
_PLUS_WRITES = frozenset({0x04CA, 0x04D4, 0x04F2, 0x0542, 0x056B})
_JOB, _ACK, _ACK_DATA, _USER_DATA = 1, 2, 3, 7
_CLASSIC, _PLUS = 0x32, 0x72
_DATA = 0xF0
_HEADER = 4
_READ_BYTES = 512
_MOST_ITEMS = 20


def packet_length(header: bytes) -> int:
    """The bytes of the packet that a TPKT header announces (RFC 1006 §6), 0 where it is none."""
    length = int.from_bytes(header[2:4], "big")
    return length if header[:2] == b"\x03\0" and length >= 7 else 0


FRAMING = Framing(_HEADER, packet_length, _READ_BYTES)


def parse_packet(packet: bytes, _by_client: bool = True) -> Said | None:
    """What a packet asks or answers; None where it carries neither protocol."""
    # The transport's own header says how long it is (ISO 8073 §13.7); only its data carries S7.
    start = _HEADER + 1 + packet[_HEADER] if len(packet) > _HEADER + 1 else 0
    if not start or packet[_HEADER + 1] != _DATA or len(packet) < start + 10:
        return None
    body = packet[start:]
    if body[0] == _CLASSIC:
        return _classic(body)
    return _plus(body) if body[0] == _PLUS else None


def _classic(body: bytes) -> Said | None:
    role, _, reference, parameters, _ = struct.unpack_from("!BHHHH", body, 1)
    if role not in _ROLES:
        return None
    is_answer = role in (_ACK, _ACK_DATA)
    start = 12 if is_answer else 10
    parameter = body[start : start + parameters]
    if role == _USER_DATA:
        return _user_data(parameter, reference)
    error = body[10:12] if is_answer else b""
    function = parameter[0] if parameter else -1
    fields = {
        "function_name": FUNCTIONS.get(function, "" if function < 0 else f"unknown-{function}"),
        **_job_fields(function, parameter, is_answer=is_answer),
        "rosctr_name": _ROLES[role],
        "pdu_reference": str(reference),
    }
    if is_answer:
        fields |= {"error_class": f"0x{error[:1].hex()}", "error_code": f"0x{error[1:].hex()}"} if any(error) else {}
        outcome = "failure" if any(error) or _item_refused(function, body[start + parameters :]) else "success"
        return Said("s7comm", fields, function in _WRITES, is_answer=True, key=reference, outcome=outcome)
    return Said("s7comm", fields, function in _WRITES, key=reference)


def _user_data(parameter: bytes, reference: int) -> Said | None:
    if len(parameter) < 7:
        return None
    method, group, subfunction = _METHODS.get(parameter[5] >> 4, "Unknown"), parameter[5] & 0x0F, parameter[6]
    is_answer = method != "Request"
    name = f"{method}: {GROUPS.get(group, f'unknown-{group}')}"
    fields = {
        "function_name": name,
        "subfunction_name": _SUBFUNCTIONS.get(group, {}).get(subfunction, f"unknown-{subfunction}"),
        "rosctr_name": _ROLES[_USER_DATA],
        "pdu_reference": str(reference),
    }
    failed = is_answer and len(parameter) >= 12 and any(parameter[10:12])
    return Said(
        service="s7comm",
        fields=fields,
        is_write=subfunction in _USER_WRITES.get(group, ()),
        is_answer=is_answer,
        key=None if method == "Push" else ("user", reference),
        outcome=("failure" if failed else "success") if is_answer else "unknown",
    )


def _job_fields(function: int, parameter: bytes, *, is_answer: bool) -> dict[str, str]:
    if is_answer:
        return {}
    if function in (0x04, 0x05):
        items = list(_addresses(parameter))
        return {"address": ",".join(items), "quantity": str(parameter[1]) if len(parameter) > 1 else ""}
    if function in (0x1A, 0x1B, 0x1C, 0x1D) and len(parameter) > 9:
        # _0800001P: a block's type and number, and the file system it goes to.
        length = parameter[8]
        return {"block": readable(parameter[9 : 9 + length])}
    if function == 0x28 and len(parameter) > 10:
        size = int.from_bytes(parameter[8:10], "big")
        name = parameter[10 + size :]
        return {"pi_service": readable(name[1 : 1 + name[0]])} if name else {}
    if function == 0x29 and len(parameter) > 7:
        return {"pi_service": readable(parameter[7 : 7 + parameter[6]])}
    return {}


def _addresses(parameter: bytes) -> Iterator[str]:
    """The addresses of variables, as engineers write them: DB1.4.0 is bit 0 of byte 4 of data block 1."""
    position = 2
    for _ in range(min(parameter[1], _MOST_ITEMS) if len(parameter) > 1 else 0):
        item = parameter[position : position + 12]
        if len(item) < 2:
            return
        if len(item) == 12 and item[:3] == b"\x12\x0a\x10":
            block, area = int.from_bytes(item[6:8], "big"), item[8]
            bits = int.from_bytes(item[9:12], "big")
            name = _AREAS.get(area, f"0x{area:02x}")
            yield f"{name}{block if area in (0x84, 0x85) else ''}.{bits >> 3}.{bits & 7}"
        position += 2 + item[1]


def _item_refused(function: int, content: bytes) -> bool:
    """Whether the first item of an answer to a reading or a writing carries a return code that is no success."""
    return function in (0x04, 0x05) and bool(content) and content[0] != 0xFF


def _plus(body: bytes) -> Said | None:
    version, operation = body[1], body[4]
    # Of version 3 a digest with its length stands before the message.
    if version == 3 and operation not in _PLUS_ROLES and len(body) > 5 + operation:
        body = body[:4] + body[5 + operation :]
        operation = body[4] if len(body) > 4 else 0
    if operation not in _PLUS_ROLES:
        return None  # goes on from an earlier fragment
    function, reference = struct.unpack_from("!H2xH", body.ljust(13, b"\0"), 7)
    is_notification = operation == 0x33
    fields = {
        "function_name": "" if is_notification else PLUS_FUNCTIONS.get(function, f"unknown-{function:#06x}"),
        "opcode_name": _PLUS_ROLES[operation],
        "version": str(version),
    }
    return Said(
        service="s7comm_plus",
        fields=fields,
        is_write=not is_notification and function in _PLUS_WRITES,
        is_answer=operation != 0x31,
        key=None if is_notification else reference,
        outcome="success" if operation == 0x32 else "unknown",
    )
