"""ASN.1 in its distinguished encoding (X.690), read without ever leaving the bytes."""

from collections.abc import Iterator
from typing import NamedTuple

INTEGER, BIT_STRING, OCTETS, OBJECT, SEQUENCE, SET = 0x02, 0x03, 0x04, 0x06, 0x30, 0x31
_UTF16_TEXT, _UTF32_TEXT, _LATIN_TEXT = 0x1E, 0x1C, 0x14


class Malformed(ValueError):
    """The bytes are not what they claim to be."""


class Value(NamedTuple):
    """A value: its tag in one byte, its content, and the bytes of both with their lengths."""

    tag: int
    content: bytes
    whole: bytes


def values(content: bytes) -> Iterator[Value]:
    """The values that lie one after another.

    Raises:
        Malformed: a tag of more than a byte, a length without end, or one that leaves the content.
    """
    position = 0
    while position < len(content):
        start = position
        if position + 2 > len(content) or content[position] & 0x1F == 0x1F:
            raise Malformed
        tag, length = content[position], content[position + 1]
        position += 2
        if length & 0x80:
            width = length & 0x7F
            if not 1 <= width <= 4 or position + width > len(content):
                raise Malformed
            length = int.from_bytes(content[position : position + width], "big")
            position += width
        if position + length > len(content):
            raise Malformed
        yield Value(tag, content[position : position + length], content[start : position + length])
        position += length


def children(value: Value, *, least: int = 0) -> list[Value]:
    """The values inside of a value.

    Raises:
        Malformed: they are damaged, or fewer than `least`.
    """
    found = list(values(value.content))
    if len(found) < least:
        raise Malformed
    return found


def object_name(content: bytes) -> str:
    """The dotted numbers of an object identifier (X.690 §8.19), '' for an empty one."""
    numbers: list[int] = []
    number = 0
    for octet in content[:64]:
        number = number << 7 | octet & 0x7F
        if not octet & 0x80:
            numbers.append(number)
            number = 0
    if not numbers:
        return ""
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


def text(value: Value) -> bytes:
    """The UTF-8 of a value of any string type."""
    if value.tag == _UTF16_TEXT:
        return value.content.decode("utf-16-be", "replace").encode()
    if value.tag == _UTF32_TEXT:
        return value.content.decode("utf-32-be", "replace").encode()
    if value.tag == _LATIN_TEXT:
        return value.content.decode("latin-1").encode()
    return value.content
