"""Modbus/TCP: which function of which unit, on which address, and whether it writes."""

import struct
from typing import NamedTuple

PORT = 502
HEADER_BYTES = 7

# Names as in Zeek's modbus.log.
FUNCTIONS = {
    1: "READ_COILS", 2: "READ_DISCRETE_INPUTS", 3: "READ_HOLDING_REGISTERS", 4: "READ_INPUT_REGISTERS",
    5: "WRITE_SINGLE_COIL", 6: "WRITE_SINGLE_REGISTER", 7: "READ_EXCEPTION_STATUS", 8: "DIAGNOSTICS",
    11: "GET_COMM_EVENT_COUNTER", 12: "GET_COMM_EVENT_LOG", 15: "WRITE_MULTIPLE_COILS",
    16: "WRITE_MULTIPLE_REGISTERS", 17: "REPORT_SLAVE_ID", 20: "READ_FILE_RECORD", 21: "WRITE_FILE_RECORD",
    22: "MASK_WRITE_REGISTER", 23: "READ_WRITE_MULTIPLE_REGISTERS", 24: "READ_FIFO_QUEUE",
    43: "ENCAP_INTERFACE_TRANSPORT", 90: "PROGRAM_UNITY", 91: "PROGRAM_CONCEPT",
}  # fmt: skip
EXCEPTIONS = {
    1: "ILLEGAL_FUNCTION", 2: "ILLEGAL_DATA_ADDRESS", 3: "ILLEGAL_DATA_VALUE", 4: "SLAVE_DEVICE_FAILURE",
    5: "ACKNOWLEDGE", 6: "SLAVE_DEVICE_BUSY", 8: "MEMORY_PARITY_ERROR", 10: "GATEWAY_PATH_UNAVAILABLE",
    11: "GATEWAY_TARGET_DEVICE_FAILED_TO_RESPOND",
}  # fmt: skip

_WRITES = frozenset({5, 6, 15, 16, 21, 22, 23})
_DIAGNOSTICS, _UNITY = 8, 90
# Restart, another delimiter, listen only, clearing counters (Modbus specification 1.1b3 §6.8).
_CHANGING_DIAGNOSTICS = frozenset({1, 3, 4, 10, 20})
# Schneider's own functions, behind the number of a session: writing variables, registers and objects, loading a program
# into the controller, starting and stopping it.
_CHANGING_UNITY = frozenset(bytes([code]) for code in (0x23, 0x25, 0x33, 0x34, 0x35, 0x40, 0x41, 0x71))
_ADDRESSED = frozenset({1, 2, 3, 4, 5, 6, 15, 16, 22, 23, 24})
_COUNTED = frozenset({1, 2, 3, 4, 15, 16})
_VALUED = frozenset({5, 6})
# A protocol data unit has at most 253 bytes (Modbus specification 1.1b3 §4.1).
_LONGEST = 254
LONGEST_UNIT = 6 + _LONGEST


class Unit(NamedTuple):
    """One application data unit.

    Attributes:
        transaction: what a response shares with its request.
        unit: the device behind the gateway.
        function: the function code, without the bit that marks an exception.
        is_exception: a response that refuses.
        body: what follows the function code.
        size: bytes of the whole unit.
    """

    transaction: int
    unit: int
    function: int
    is_exception: bool
    body: bytes
    size: int

    @property
    def function_name(self) -> str:
        """Zeek's name of the function, `unknown-N` where it has none."""
        return FUNCTIONS.get(self.function, f"unknown-{self.function}")

    @property
    def is_write(self) -> bool:
        """Whether the function changes the device's memory, or whether and how it answers."""
        if self.function == _DIAGNOSTICS:
            return int.from_bytes(self.body[:2], "big") in _CHANGING_DIAGNOSTICS
        if self.function == _UNITY:
            return self.body[1:2] in _CHANGING_UNITY
        return self.function in _WRITES

    @property
    def exception_name(self) -> str:
        """Zeek's name of the refusal, '' for a response that grants."""
        if not self.is_exception:
            return ""
        code = self.body[0] if self.body else 0
        return EXCEPTIONS.get(code, f"unknown-{code}")


def unit_length(header: bytes) -> int:
    """The bytes of the whole unit that a header of seven bytes announces, 0 where it is no Modbus."""
    protocol, length = struct.unpack_from("!HH", header, 2)
    return 6 + length if not protocol and 2 <= length <= _LONGEST else 0


def parse_unit(payload: bytes) -> Unit | None:
    """The unit that a payload begins with (Modbus Messaging on TCP/IP 1.0b §3.1.3); None where it is none or cut."""
    if len(payload) < HEADER_BYTES + 1:
        return None
    transaction, protocol, length, unit, function = struct.unpack_from("!HHHBB", payload)
    if protocol or not 2 <= length <= _LONGEST or len(payload) < 6 + length:
        return None
    body = payload[HEADER_BYTES + 1 : 6 + length]
    return Unit(transaction, unit, function & 0x7F, function >= 0x80, body, 6 + length)


def request_fields(request: Unit) -> dict[str, str]:
    """What a request asks for: address, quantity, value, as far as its function has them."""
    found = {
        "tid": str(request.transaction),
        "unit_id": str(request.unit),
        "func": request.function_name,
        "is_write": "true" if request.is_write else "false",
    }
    body = request.body
    # Function 23 reads and writes; what is written is what matters.
    body = body[4:] if request.function == 23 else body
    if request.function in _ADDRESSED and len(body) >= 2:
        found["address"] = str(int.from_bytes(body[:2], "big"))
    if request.function in _COUNTED | {23} and len(body) >= 4:
        found["quantity"] = str(int.from_bytes(body[2:4], "big"))
    if request.function in {16, 23} and len(body) > 5:
        registers = struct.iter_unpack("!H", body[5 : 5 + (len(body) - 5) // 2 * 2])
        found["value"] = ",".join(str(register) for (register,) in registers)
    if request.function in _VALUED and len(body) >= 4:
        found["quantity"] = "1"
        found["value"] = str(int.from_bytes(body[2:4], "big"))
    return found
