"""SMB 1 (MS-CIFS, MS-SMB): the commands that say who opens which file of which share."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from pipelines.capture.ntlm import wide_text
from pipelines.capture.octets import readable

MAGIC = b"\xffSMB"
DELETE, RENAME, OPEN, NEGOTIATE, SESSION_SETUP, TREE_CONNECT, CREATE = 0x06, 0x07, 0x2D, 0x72, 0x73, 0x75, 0xA2

_HEADER = 32
_MOST_COMMANDS = 4
_ANSWERS, _UNICODE = 0x80, 0x8000
_CHAINED = frozenset({OPEN, SESSION_SETUP, TREE_CONNECT, CREATE})
_NO_MORE = 0xFF


class Command(NamedTuple):
    """One command of a message, to which others may be chained.

    Attributes:
        number: what is commanded.
        is_answer: sent by the server.
        status: the server's, 0 for success (MS-ERREF).
        message: what an answer shares with its request: process, user and multiplex identifiers.
        tree: the share it is about.
        words: its parameters.
        data: what follows them.
        data_at: where that begins in the message: wide texts are aligned.
        is_wide: texts are UTF-16.
    """

    number: int
    is_answer: bool
    status: int
    message: tuple[int, int]
    tree: int
    words: bytes
    data: bytes
    data_at: int
    is_wide: bool


def commands(message: bytes) -> Iterator[Command]:
    """The commands of a message (MS-CIFS §2.2.3), as far as they reach."""
    if len(message) < _HEADER + 3 or message[:4] != MAGIC:
        return
    number, status, flags, more = struct.unpack_from("<BIBH", message, 4)
    tree, process, _, multiplex = struct.unpack_from("<4H", message, 24)
    position = _HEADER
    for _ in range(_MOST_COMMANDS):
        if position + 3 > len(message):
            return
        data_at = position + 1 + 2 * message[position] + 2
        words = message[position + 1 : data_at - 2]
        data = message[data_at : data_at + int.from_bytes(message[data_at - 2 : data_at], "little")]
        wide = bool(more & _UNICODE)
        identity = (process, multiplex)
        yield Command(number, bool(flags & _ANSWERS), status, identity, tree, words, data, data_at, wide)
        if number not in _CHAINED or len(words) < 4 or words[0] == _NO_MORE:
            return
        following = int.from_bytes(words[2:4], "little")
        # A chain only leads forwards.
        if following <= position:
            return
        number, position = words[0], following


def dialects_offered(data: bytes) -> list[str]:
    """The dialects that a NEGOTIATE offers (§2.2.4.52.1)."""
    return [readable(name.lstrip(b"\x02")) for name in data.split(b"\0")[:32] if name]


def dialect_index(words: bytes) -> int:
    """Which of them its answer chooses, -1 where none is chosen."""
    number = int.from_bytes(words[:2], "little") if len(words) >= 2 else 0xFFFF
    return -1 if number == 0xFFFF else number


def account(command: Command) -> tuple[str, str]:
    """The user and the domain of a SESSION_SETUP without a security blob (§2.2.4.53.1)."""
    words = command.words
    if len(words) != 26:
        return "", ""
    passwords = sum(int.from_bytes(words[at : at + 2], "little") for at in (14, 16))
    texts = _texts(command, passwords, 2)
    return texts[0], texts[1]


def tree_path(command: Command) -> tuple[str, str]:
    """The share that a TREE_CONNECT names, and the service asked for (§2.2.4.55.1)."""
    length = int.from_bytes(command.words[6:8], "little")
    path, rest = _text(command, length)
    return path, readable(command.data[rest:].split(b"\0", 1)[0])


def file_name(command: Command) -> str:
    """The name that an opening, a creation or a deletion is about."""
    return _text(command, 1 if command.number == DELETE else 0)[0]


def makes_file(command: Command) -> bool:
    """Whether a CREATE makes or empties the file (§2.2.4.64.1)."""
    return int.from_bytes(command.words[35:39], "little") in (0, 2, 4, 5)


def new_names(command: Command) -> tuple[str, str]:
    """The old and the new name of a RENAME (§2.2.4.8.1)."""
    old, rest = _text(command, 1)
    return old, _text(command, rest + 1)[0]


def _texts(command: Command, start: int, count: int) -> list[str]:
    found = []
    for _ in range(count):
        text, start = _text(command, start)
        found.append(text)
    return found


def _text(command: Command, start: int) -> tuple[str, int]:
    """The text at a place of the data up to its end mark, and where what follows begins."""
    data = command.data
    if not command.is_wide:
        end = data.find(b"\0", start)
        end = len(data) if end < 0 else end
        return readable(data[start:end]), end + 1
    start += (command.data_at + start) % 2
    end = start
    while end + 1 < len(data) and data[end : end + 2] != b"\0\0":
        end += 2
    return wide_text(data[start:end]), end + 2
