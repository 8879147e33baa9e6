"""Modbus/TCP messages (MODBUS Messaging on TCP/IP Implementation Guide V1.0b): requests and their answers."""

import struct
from collections.abc import Sequence

READ_HOLDING_REGISTERS, WRITE_SINGLE_COIL, WRITE_SINGLE_REGISTER, WRITE_MULTIPLE_REGISTERS = 3, 5, 6, 16


def read_request(transaction: int, unit: int, address: int, quantity: int) -> bytes:
    """Asks for holding registers."""
    return _message(transaction, unit, struct.pack("!BHH", READ_HOLDING_REGISTERS, address, quantity))


def read_answer(transaction: int, unit: int, registers: Sequence[int]) -> bytes:
    """Gives holding registers."""
    content = struct.pack(f"!{len(registers)}H", *registers)
    return _message(transaction, unit, struct.pack("!BB", READ_HOLDING_REGISTERS, len(content)) + content)


def write_single(transaction: int, unit: int, function: int, address: int, value: int) -> bytes:
    """Sets one coil (0xFF00 on, 0 off) or one register; the answer repeats the request."""
    return _message(transaction, unit, struct.pack("!BHH", function, address, value))


def write_multiple(transaction: int, unit: int, address: int, registers: Sequence[int]) -> bytes:
    """Sets consecutive registers."""
    head = struct.pack("!BHHB", WRITE_MULTIPLE_REGISTERS, address, len(registers), 2 * len(registers))
    return _message(transaction, unit, head + struct.pack(f"!{len(registers)}H", *registers))


def written_answer(transaction: int, unit: int, address: int, quantity: int) -> bytes:
    """Confirms that consecutive registers were set."""
    return _message(transaction, unit, struct.pack("!BHH", WRITE_MULTIPLE_REGISTERS, address, quantity))


def _message(transaction: int, unit: int, body: bytes) -> bytes:
    return struct.pack("!HHHB", transaction % 65_536, 0, len(body) + 1, unit) + body
