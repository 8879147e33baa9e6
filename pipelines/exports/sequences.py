"""Export packets that were lost on the way, by the numbers that they carry."""

from dataclasses import dataclass
from typing import Final

_MODULUS: Final = 1 << 32
# A number that falls back by no more is a packet that was overtaken; by more, the exporter started anew.
_OVERTAKEN: Final = 1 << 12
MOST_FOLLOWED: Final = 16_384
# What the numbers count: v5 flows, v9 and sFlow packets, IPFIX data records (RFC 3954 §5.1, RFC 7011 §3.1).
UNITS: Final = {"netflow_v5": "flows", "netflow_v9": "packets", "ipfix": "records", "sflow": "datagrams"}


@dataclass
class Loss:
    """How much of an exporter's and domain's export is missing, and the message before which it first was."""

    expected: int | None
    lost: int = 0
    gaps: int = 0
    first_number: int = 0


class Sequences:
    """Follows the sequence numbers of each exporter and domain; bounded."""

    def __init__(self) -> None:
        self._followed: dict[int, Loss] = {}

    def follow(self, origin: int, number: int, sequence: int, units: int | None) -> None:
        """Note a packet's sequence number.

        Args:
            origin: index of its exporter and domain.
            number: of the message, for a person.
            sequence: what it carries.
            units: how far this packet moves the count; None where that cannot be told.
        """
        loss = self._followed.get(origin)
        if loss is None:
            if len(self._followed) >= MOST_FOLLOWED:
                return
            loss = self._followed[origin] = Loss(None)
        following = None if units is None else (sequence + units) % _MODULUS
        if loss.expected is None:
            loss.expected = following
            return
        ahead = (sequence - loss.expected) % _MODULUS
        behind = _MODULUS - ahead
        if 0 < behind <= _OVERTAKEN:
            loss.lost = max(0, loss.lost - (units or 0))
            return
        if 0 < ahead < _MODULUS // 2:
            loss.first_number = loss.first_number if loss.gaps else number
            loss.lost += ahead
            loss.gaps += 1
        loss.expected = following

    def losses(self) -> list[tuple[int, Loss]]:
        """The origins of which something is missing."""
        return [(origin, loss) for origin, loss in self._followed.items() if loss.lost]
