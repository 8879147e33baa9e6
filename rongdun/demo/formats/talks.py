"""A TCP connection as a capture sees it: handshake, what both ends say, and the end."""

from rongdun.demo.dice import Dice
from rongdun.demo.formats.captures import Frame
from rongdun.demo.formats.packets import ACK, FIN, PSH, RST, SYN, Endpoint, tcp_frame

_SEGMENT = 1400


class Talk:
    """One TCP connection; `frames` holds what was seen so far and `at` the moment of the last frame."""

    def __init__(self, dice: Dice, at: int, client: Endpoint, server: Endpoint, *, round_trip: int = 2_000) -> None:
        self.frames: list[Frame] = []
        self.at = at
        self._dice = dice
        self._half_trip = max(1, round_trip // 2)
        self._next = {client: dice.getrandbits(32), server: dice.getrandbits(32)}
        self.client, self.server = client, server

    def open(self) -> "Talk":
        """The same talk after the three-way handshake."""
        self._send(self.client, SYN, acknowledges=False)
        self._send(self.server, SYN | ACK)
        self._send(self.client, ACK)
        return self

    def refused(self) -> "Talk":
        """The same talk after a SYN that was answered by a reset."""
        self._send(self.client, SYN, acknowledges=False)
        self._send(self.server, RST | ACK)
        return self

    def client_says(self, payload: bytes, *, after: int = 0) -> "Talk":
        """The same talk after the client sent bytes, `after` microseconds later, and the server acknowledged."""
        return self._say(self.client, payload, after)

    def server_says(self, payload: bytes, *, after: int = 0) -> "Talk":
        """The same talk after the server sent bytes, `after` microseconds later, and the client acknowledged."""
        return self._say(self.server, payload, after)

    def close(self) -> list[Frame]:
        """All frames of the talk, after both ends closed it, the client first."""
        self._send(self.client, FIN | ACK)
        self._send(self.server, FIN | ACK)
        self._send(self.client, ACK)
        return self.frames

    def _say(self, speaker: Endpoint, payload: bytes, after: int) -> "Talk":
        self.at += after
        for start in range(0, len(payload), _SEGMENT):
            self._send(speaker, PSH | ACK, payload[start : start + _SEGMENT])
        self._send(self._other(speaker), ACK)
        return self

    def _send(self, speaker: Endpoint, flags: int, payload: bytes = b"", *, acknowledges: bool = True) -> None:
        other = self._other(speaker)
        seq, ack = self._next[speaker], self._next[other] if acknowledges else 0
        self.at += self._half_trip + self._dice.randrange(self._half_trip)
        self.frames.append((self.at, tcp_frame(speaker, other, seq=seq, ack=ack, flags=flags, payload=payload)))
        consumed = len(payload) + bool(flags & (SYN | FIN))
        self._next[speaker] = (seq + consumed) % (1 << 32)

    def _other(self, speaker: Endpoint) -> Endpoint:
        return self.server if speaker == self.client else self.client
