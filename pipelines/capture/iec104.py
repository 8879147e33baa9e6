"""IEC 60870-5-104: commands to substations and what they report, by type, cause and address."""

import struct

from pipelines.capture.exchange_events import Said
from pipelines.capture.framing import Framing

# Names of IEC 60870-5-101 §7.2.1 and 60870-5-104.
TYPES = {
    1: "M_SP_NA_1", 2: "M_SP_TA_1", 3: "M_DP_NA_1", 4: "M_DP_TA_1", 5: "M_ST_NA_1", 6: "M_ST_TA_1", 7: "M_BO_NA_1",
    8: "M_BO_TA_1", 9: "M_ME_NA_1", 10: "M_ME_TA_1", 11: "M_ME_NB_1", 12: "M_ME_TB_1", 13: "M_ME_NC_1",
    14: "M_ME_TC_1", 15: "M_IT_NA_1", 16: "M_IT_TA_1", 17: "M_EP_TA_1", 18: "M_EP_TB_1", 19: "M_EP_TC_1",
    20: "M_PS_NA_1", 21: "M_ME_ND_1", 30: "M_SP_TB_1", 31: "M_DP_TB_1", 32: "M_ST_TB_1", 33: "M_BO_TB_1",
    34: "M_ME_TD_1", 35: "M_ME_TE_1", 36: "M_ME_TF_1", 37: "M_IT_TB_1", 38: "M_EP_TD_1", 39: "M_EP_TE_1",
    40: "M_EP_TF_1", 45: "C_SC_NA_1", 46: "C_DC_NA_1", 47: "C_RC_NA_1", 48: "C_SE_NA_1", 49: "C_SE_NB_1",
    50: "C_SE_NC_1", 51: "C_BO_NA_1", 58: "C_SC_TA_1", 59: "C_DC_TA_1", 60: "C_RC_TA_1", 61: "C_SE_TA_1",
    62: "C_SE_TB_1", 63: "C_SE_TC_1", 64: "C_BO_TA_1", 70: "M_EI_NA_1", 100: "C_IC_NA_1", 101: "C_CI_NA_1",
    102: "C_RD_NA_1", 103: "C_CS_NA_1", 104: "C_TS_NA_1", 105: "C_RP_NA_1", 106: "C_CD_NA_1", 107: "C_TS_TA_1",
    110: "P_ME_NA_1", 111: "P_ME_NB_1", 112: "P_ME_NC_1", 113: "P_AC_NA_1", 120: "F_FR_NA_1", 121: "F_SR_NA_1",
    122: "F_SC_NA_1", 123: "F_LS_NA_1", 124: "F_AF_NA_1", 125: "F_SG_NA_1", 126: "F_DR_TA_1",
}  # fmt: skip
_UNNUMBERED = {0x07: "STARTDT_ACT", 0x0B: "STARTDT_CON", 0x13: "STOPDT_ACT", 0x23: "STOPDT_CON"}

_START = 0x68
_HEADER = 6
_LONGEST = 255
# The type, how many objects, the cause, the originator, the station's address and the first object's.
_LEAST_DATA = 9
_READS = frozenset({100, 101, 102, 104, 106, 107})
# What the element of each type begins with (IEC 60870-5-101 §7.2.6).
_SINGLE, _DOUBLE, _STEPS = frozenset({1, 2, 30, 45, 58}), frozenset({3, 4, 31, 46, 59}), frozenset({47, 60})
_NORMALIZED, _SCALED = frozenset({9, 10, 21, 34, 48, 61}), frozenset({11, 12, 35, 49, 62})
_FLOATS, _COUNTERS = frozenset({13, 14, 36, 50, 63}), frozenset({15, 16, 37})
_BITS = frozenset({7, 8, 33, 51, 64})
_SIZES = dict.fromkeys(_NORMALIZED | _SCALED, 2) | dict.fromkeys(_FLOATS | _COUNTERS | _BITS, 4)
# A normalized number is one of 32768ths.
_NORMAL = 32_768
_ACTIVATION, _DEACTIVATION = 6, 8
# An activation is confirmed, and ended; the cause of the ended one says nothing new.
_CONFIRMED = frozenset({7, 9})
_TERMINATION = 10
_UNKNOWN = frozenset({44, 45, 46, 47})


def frame_length(header: bytes) -> int:
    """The bytes of the frame that a header announces (IEC 60870-5-104 §5), 0 where it is none."""
    return header[1] + 2 if header[0] == _START and 4 <= header[1] <= _LONGEST - 2 else 0


FRAMING = Framing(_HEADER, frame_length, _LONGEST)


def parse_frame(frame: bytes, _by_client: bool = True) -> Said | None:
    """What a frame commands or reports; None for acknowledgements, tests and damaged ones."""
    if len(frame) < _HEADER or not frame_length(frame[:_HEADER]):
        return None
    if frame[2] & 1:
        name = _UNNUMBERED.get(frame[2]) if frame[2] & 3 == 3 else None
        return _unnumbered(name) if name else None
    data = frame[_HEADER:]
    if len(data) < _LEAST_DATA or data[0] not in TYPES:
        return None
    return _data_unit(data)


def _unnumbered(name: str) -> Said:
    step, _, way = name.partition("_")
    confirms = way == "CON"
    fields = {"apci_type": "U", "apci_function": name}
    return Said("iec104", fields, is_answer=confirms, key=step, outcome="success" if confirms else "unknown")


def _data_unit(data: bytes) -> Said | None:
    kind, cause, refused = data[0], data[2] & 0x3F, bool(data[2] & 0x40)
    if cause == _TERMINATION:
        return None
    station, place = int.from_bytes(data[4:6], "little"), int.from_bytes(data[6:9], "little")
    is_command = 45 <= kind <= 69 or 100 <= kind <= 113 or kind >= 120
    answers = cause in _CONFIRMED or cause in _UNKNOWN or not is_command
    fields = {
        "info_obj_type": TYPES[kind],
        "cause_tx": str(cause),
        "common_address": str(station),
        "object_address": str(place),
        "value": _value(kind, data[9:]),
        "quantity": str(data[1] & 0x7F),
        "apci_type": "I",
    }
    outcome = "unknown"
    if answers and is_command:
        outcome = "failure" if refused or cause in _UNKNOWN else "success"
    # What a station reports of its own accord or to a general question is nobody's other half.
    key = (kind, station, place) if is_command and (answers or cause in (_ACTIVATION, _DEACTIVATION)) else None
    return Said("iec104", fields, is_command and kind not in _READS, is_answer=answers, key=key, outcome=outcome)


def _value(kind: int, element: bytes) -> str:
    """What is commanded or reported of the first object; '' where the element is cut or of another kind."""
    if not element:
        return ""
    if kind in _SINGLE:
        return "on" if element[0] & 1 else "off"
    if kind in _DOUBLE:
        return {1: "off", 2: "on"}.get(element[0] & 3, "")
    if kind in _STEPS:
        return {1: "lower", 2: "higher"}.get(element[0] & 3, "")
    return _number(kind, element)


def _number(kind: int, element: bytes) -> str:
    size = _SIZES.get(kind, 0)
    if not size or len(element) < size:
        return ""
    if kind in _FLOATS:
        (measured,) = struct.unpack_from("<f", element)
        return f"{measured:.7g}"
    number = int.from_bytes(element[:size], "little", signed=kind not in _BITS)
    return f"{number / _NORMAL:.5g}" if kind in _NORMALIZED else str(number)
