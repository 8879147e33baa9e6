"""The sets of a NetFlow v9 packet or an IPFIX message."""

import struct
from collections.abc import Iterator
from typing import Final, Literal

Kind = Literal["templates", "options_templates", "data", "unread"]
TEMPLATES: Final = "templates"
OPTIONS_TEMPLATES: Final = "options_templates"
DATA: Final = "data"
_PAIR: Final = struct.Struct(">HH").unpack_from
_V9_KINDS: Final[dict[int, Kind]] = {0: "templates", 1: "options_templates"}
_IPFIX_KINDS: Final[dict[int, Kind]] = {2: "templates", 3: "options_templates"}


def sets_of(content: memoryview, *, ipfix: bool) -> Iterator[tuple[Kind, int, memoryview, str]]:
    """Kind, number and body of each set, and what is wrong with it ('' for nothing); zeros that fill up end them."""
    kinds = _IPFIX_KINDS if ipfix else _V9_KINDS
    at, end = (16 if ipfix else 20), len(content)
    while at + 4 <= end:
        number, length = _PAIR(content, at)
        if length < 4:
            if bytes(content[at:]).strip(b"\0"):
                yield "unread", number, content[at:end], f"set {number} claims {length} bytes, less than its own header"
            return
        problem = "" if at + length <= end else f"set {number} claims {length} bytes, {end - at} are left"
        kind: Kind = DATA if number >= 256 else kinds.get(number, "unread")
        yield kind, number, content[at + 4 : at + length], problem
        at += length
