"""Messages of a TCP stream that say how long they are."""

from collections.abc import Callable
from typing import NamedTuple

from pipelines.capture.payloads import Payloads, Piece


class Framing(NamedTuple):
    """How messages are told from one another.

    Attributes:
        header: bytes that must be there before a message's length is known.
        length_of: the whole message's length from bytes that begin with its header; 0 for what is none.
        most: bytes of a message that are worth reading; of a longer one the beginning is given.
    """

    header: int
    length_of: Callable[[bytes], int]
    most: int


def read_frames(payloads: Payloads, piece: Piece, framing: Framing) -> tuple[list[bytes], int]:
    """The messages that begin in a payload, and the bytes they cover, which may reach beyond it.

    A message that is cut by the capture or by a gap is given as far as it reaches.
    """
    stream, consumed, found = piece.payload, 0, list[bytes]()
    # Nearly always a segment is one whole message.
    if framing.header <= len(stream) <= framing.most and framing.length_of(stream) == len(stream):
        return [stream], len(stream)
    while consumed < len(piece.payload):
        if len(stream) < consumed + framing.header:
            stream = payloads.following(piece, consumed + framing.header)
        head = stream[consumed : consumed + framing.header]
        length = framing.length_of(head) if len(head) == framing.header else 0
        if length <= 0:
            break
        wanted = consumed + min(length, framing.most)
        if len(stream) < wanted:
            stream = payloads.following(piece, wanted)
        found.append(stream[consumed:wanted])
        consumed += length
    return found, consumed
