"""DNP3 (IEEE 1815): which function a master asks of which outstation, on which objects, and what it is told."""

import struct

from pipelines.capture.exchange_events import Said
from pipelines.capture.framing import Framing

# Names as in Zeek's dnp3.log.
FUNCTIONS = {
    0: "CONFIRM", 1: "READ", 2: "WRITE", 3: "SELECT", 4: "OPERATE", 5: "DIRECT_OPERATE", 6: "DIRECT_OPERATE_NR",
    7: "IMMED_FREEZE", 8: "IMMED_FREEZE_NR", 9: "FREEZE_CLEAR", 10: "FREEZE_CLEAR_NR", 11: "FREEZE_AT_TIME",
    12: "FREEZE_AT_TIME_NR", 13: "COLD_RESTART", 14: "WARM_RESTART", 15: "INITIALIZE_DATA", 16: "INITIALIZE_APPL",
    17: "START_APPL", 18: "STOP_APPL", 19: "SAVE_CONFIG", 20: "ENABLE_UNSOLICITED", 21: "DISABLE_UNSOLICITED",
    22: "ASSIGN_CLASS", 23: "DELAY_MEASURE", 24: "RECORD_CURRENT_TIME", 25: "OPEN_FILE", 26: "CLOSE_FILE",
    27: "DELETE_FILE", 28: "GET_FILE_INFO", 29: "AUTHENTICATE_FILE", 30: "ABORT_FILE", 31: "ACTIVATE_CONFIG",
    32: "AUTHENTICATE_REQ", 33: "AUTHENTICATE_ERR", 129: "RESPONSE", 130: "UNSOLICITED_RESPONSE",
    131: "AUTHENTICATE_RESP",
}  # fmt: skip

_START = b"\x05\x64"
_HEADER = 10
# A block of data is followed by two bytes that check it.
_BLOCK, _CHECK = 16, 2
_LONGEST = 292
_CONFIRM, _RESPONSE, _UNSOLICITED = 0, 129, 130
# What changes nothing at an outstation.
READS = frozenset({1, 7, 8, 11, 12, 23, 24, 26, 28, 29, 30, 32, 33})
# No such function, no such object, a wrong parameter: what an outstation refuses with (IEEE 1815 §4.2.2.6).
_REFUSED = 0x0007


def frame_length(header: bytes) -> int:
    """The bytes of the link frame that a header of ten bytes announces (IEEE 1815 §9.2.4), 0 where it is none."""
    if header[:2] != _START or header[2] < 5:
        return 0
    data = header[2] - 5
    return _HEADER + data + _CHECK * -(-data // _BLOCK)


FRAMING = Framing(_HEADER, frame_length, _LONGEST)


def parse_frame(frame: bytes, _by_client: bool = True) -> Said | None:
    """What a link frame asks or answers; None where it carries no beginning of a fragment."""
    if len(frame) < _HEADER or not frame_length(frame[:_HEADER]):
        return None
    data = b"".join(frame[at : at + _BLOCK] for at in range(_HEADER, len(frame), _BLOCK + _CHECK))[: frame[2] - 5]
    # Of the transport's bits the second marks the first segment of a fragment.
    if len(data) < 3 or not data[0] & 0x40:
        return None
    control, function = data[1], data[2]
    if function == _CONFIRM or (function not in FUNCTIONS and function > 33):
        return None
    destination, source = struct.unpack_from("<HH", frame, 4)
    name = FUNCTIONS.get(function, f"unknown-{function}")
    if function in (_RESPONSE, _UNSOLICITED, 131):
        return _response(name, function, control & 0x0F, data[3:], (destination, source))
    fields = {
        "fc_request": name,
        **_objects(data[3:]),
        "link_source": str(source),
        "link_destination": str(destination),
    }
    silent = function in (6, 8, 10, 12)
    return Said("dnp3", fields, function not in READS, key=None if silent else control & 0x0F)


def _response(name: str, function: int, sequence: int, rest: bytes, ends: tuple[int, int]) -> Said:
    indications = int.from_bytes(rest[:2], "big")
    fields = {
        "fc_reply": name,
        "iin": str(indications) if len(rest) >= 2 else "",
        **_objects(rest[2:]),
        "link_source": str(ends[0]),
        "link_destination": str(ends[1]),
    }
    outcome = "failure" if indications & _REFUSED else "success"
    key = None if function == _UNSOLICITED else sequence
    return Said("dnp3", fields, is_answer=True, key=key, outcome=outcome)


def _objects(body: bytes) -> dict[str, str]:
    """The first object header: group, variation, and the points it means (IEEE 1815 §4.2.2.7)."""
    if len(body) < 3:
        return {}
    group, variation, qualifier = body[:3]
    found = {"object": f"g{group}v{variation}"}
    span, prefix = qualifier & 0x0F, (qualifier >> 4) & 0x07
    if span in (0, 1):
        width = span + 1
        first, last = (int.from_bytes(body[at : at + width], "little") for at in (3, 3 + width))
        if len(body) >= 3 + 2 * width:
            found["index"] = str(first) if first == last else f"{first}-{last}"
    elif span in (7, 8) and prefix in (1, 2):
        width = span - 6
        if len(body) >= 3 + width + prefix:
            found["quantity"] = str(int.from_bytes(body[3 : 3 + width], "little"))
            found["index"] = str(int.from_bytes(body[3 + width : 3 + width + prefix], "little"))
    return found
