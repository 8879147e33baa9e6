"""SMB 2 and 3 (MS-SMB2): the commands that say who opens which file of which share."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from pipelines.capture.ntlm import wide_text

MAGIC = b"\xfeSMB"
NEGOTIATE, SESSION_SETUP, TREE_CONNECT, CREATE, SET_INFO = 0, 1, 3, 5, 17
VERSIONS = {0x0202: "2.0.2", 0x0210: "2.1", 0x02FF: "2.?", 0x0300: "3.0", 0x0302: "3.0.2", 0x0311: "3.1.1"}
SHARES = {1: "DISK", 2: "PIPE", 3: "PRINT"}

_HEADER = 64
_MOST_COMMANDS = 16
_ANSWERS, _IS_ASYNC = 1, 2
_RENAME, _DISPOSITION = 10, 13
_FILE_INFORMATION = 1
_DELETE_ON_CLOSE = 0x1000


class Command(NamedTuple):
    """One command of a message, which may hold several.

    Attributes:
        number: what is commanded.
        is_answer: sent by the server.
        status: the server's, 0 for success (MS-ERREF).
        message: what an answer shares with its request.
        tree: the share it is about.
        body: all that follows the header, up to the next command.
        whole: the same with the header, for offsets count from there.
    """

    number: int
    is_answer: bool
    status: int
    message: int
    tree: int
    body: bytes
    whole: bytes


class Opened(NamedTuple):
    """What a CREATE asks for: a name, whether it makes or empties the file, whether the file goes when it is closed."""

    name: str
    makes: bool
    deletes: bool


def commands(message: bytes) -> Iterator[Command]:
    """The commands of a message (§2.2.1), as far as they reach."""
    position = 0
    for _ in range(_MOST_COMMANDS):
        whole = message[position:]
        if len(whole) < _HEADER or whole[:4] != MAGIC:
            return
        status, number, _, flags, following, identifier, _, tree = struct.unpack_from("<IHHIIQII", whole, 8)
        end = following if _HEADER <= following <= len(whole) else len(whole)
        tree = 0 if flags & _IS_ASYNC else tree
        is_answer = bool(flags & _ANSWERS)
        yield Command(number, is_answer, status if is_answer else 0, identifier, tree, whole[_HEADER:end], whole[:end])
        if not following:
            return
        position += max(following, _HEADER)


def dialects_offered(body: bytes) -> list[str]:
    """The versions that a NEGOTIATE offers (§2.2.3)."""
    count = min(int.from_bytes(body[2:4], "little"), 16)
    numbers = struct.iter_unpack("<H", body[36 : 36 + 2 * count][: (len(body) - 36) // 2 * 2 if len(body) > 36 else 0])
    return [VERSIONS.get(number, f"0x{number:04x}") for (number,) in numbers]


def dialect_chosen(body: bytes) -> str:
    """The version that a NEGOTIATE's answer chooses (§2.2.4), '' where it is cut."""
    number = int.from_bytes(body[4:6], "little")
    return VERSIONS.get(number, f"0x{number:04x}") if len(body) >= 6 else ""


def tree_path(command: Command) -> str:
    """The share that a TREE_CONNECT names (§2.2.9)."""
    return _text_at(command, 4)


def share_type(body: bytes) -> str:
    """The kind of share that a TREE_CONNECT's answer tells (§2.2.10)."""
    return SHARES.get(body[2], "") if len(body) > 2 else ""


def opened(command: Command) -> Opened:
    """What a CREATE asks for (§2.2.13)."""
    body = command.body
    disposition, options = (int.from_bytes(body[at : at + 4], "little") for at in (36, 40))
    return Opened(_text_at(command, 44), disposition in (0, 2, 4, 5), bool(options & _DELETE_ON_CLOSE))


def created_file(body: bytes) -> tuple[bytes, str]:
    """The identifier and the size of the file that a CREATE's answer gives (§2.2.14)."""
    return body[64:80], str(int.from_bytes(body[48:56], "little")) if len(body) >= 56 else ""


def change(command: Command) -> tuple[bytes, str, str] | None:
    """The file that a SET_INFO renames or deletes, what it does, and the new name (§2.2.39); None for other changes."""
    body = command.body
    if len(body) < 33 or body[2] != _FILE_INFORMATION:
        return None
    start = int.from_bytes(body[8:10], "little")
    content = command.whole[start : start + int.from_bytes(body[4:8], "little")]
    if body[3] == _RENAME and len(content) >= 20:
        length = int.from_bytes(content[16:20], "little")
        return body[16:32], "RENAME", wide_text(content[20 : 20 + length])
    if body[3] == _DISPOSITION and content[:1] == b"\x01":
        return body[16:32], "DELETE", ""
    return None


def _text_at(command: Command, at: int) -> str:
    """The text whose offset and length stand at a place of the body; the offset counts from the header."""
    start, length = (int.from_bytes(command.body[place : place + 2], "little") for place in (at, at + 2))
    return wide_text(command.whole[start : start + length]) if start >= _HEADER else ""
