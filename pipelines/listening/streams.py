"""Syslog messages in a TCP stream: by their counted octets, or each ended by a line feed (RFC 6587, RFC 5425)."""

from typing import Final

_MOST_DIGITS: Final = 7
LONGEST: Final = 256 * 1024


class StreamDamaged(Exception):
    """Where the next message begins cannot be told any more; the message says why."""


class MessageStream:
    """Cuts what comes over one connection into messages; remembers the unfinished one."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, content: bytes) -> list[bytes]:
        """The messages that are whole now.

        Raises:
            StreamDamaged: a count or a line is too large; the connection is of no more use.
        """
        self._rest += content
        found = list[bytes]()
        at = 0
        while at < len(self._rest):
            # A message begins with `<`; a digit in its place is a count (RFC 6587 §3.4.1).
            counted = 0x31 <= self._rest[at] <= 0x39
            following = self._counted(at) if counted else self._ended(at)
            if following is None:
                break
            message, at = following
            if message.strip():
                found.append(message)
        self._rest = self._rest[at:]
        return found

    def end(self) -> list[bytes]:
        """What the connection's end finishes: a last message without its line feed."""
        rest, self._rest = self._rest, b""
        return [rest] if rest.strip() and not 0x31 <= rest[0] <= 0x39 else []

    def _counted(self, at: int) -> tuple[bytes, int] | None:
        space = self._rest.find(b" ", at, at + _MOST_DIGITS + 1)
        digits = self._rest[at:space] if space >= 0 else self._rest[at : at + _MOST_DIGITS + 1]
        if not digits.isdigit() or (space < 0 and len(digits) > _MOST_DIGITS):
            return self._ended(at)
        if space < 0:
            return None
        size = int(digits)
        if size > LONGEST:
            raise StreamDamaged(f"a message claims {size} bytes; at most {LONGEST} are taken")
        end = space + 1 + size
        return (self._rest[space + 1 : end], end) if end <= len(self._rest) else None

    def _ended(self, at: int) -> tuple[bytes, int] | None:
        end = self._rest.find(b"\n", at)
        if end < 0:
            if len(self._rest) - at > LONGEST:
                raise StreamDamaged(f"a line is longer than {LONGEST} bytes")
            return None
        return self._rest[at:end].rstrip(b"\r\0"), end + 1
