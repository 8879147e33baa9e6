"""Reading a message from front to back without ever leaving it."""

_LONGEST_TEXT = 4096


def readable(content: bytes) -> str:
    """Readable text of at most 4 KiB; other bytes are escaped, so that no value can break a line or a terminal."""
    text = content[:_LONGEST_TEXT].decode("utf-8", "backslashreplace")
    return text if text.isprintable() else "".join(map(_visible, text))


class Octets:
    """Bytes read in order; past the end there are none, and numbers are 0."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._position = 0

    @property
    def left(self) -> int:
        """How many bytes are still to be read."""
        return max(0, len(self._content) - self._position)

    def take(self, count: int) -> bytes:
        """The next bytes, fewer at the end."""
        part = self._content[self._position : self._position + count]
        self._position += count
        return part

    def number(self, width: int) -> int:
        """The next big-endian number of so many bytes."""
        return int.from_bytes(self.take(width), "big")

    def vector(self, width: int) -> bytes:
        """The next bytes that a length of so many bytes announces."""
        return self.take(self.number(width))


def _visible(letter: str) -> str:
    return letter if letter.isprintable() else f"\\x{ord(letter):02x}"
