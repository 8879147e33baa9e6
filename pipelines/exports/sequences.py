"""Export packets that were lost on the way, by the numbers that they carry."""

from dataclasses import dataclass
from typing import Final

from pipelines.exports.window import Origin

_MODULUS: Final = 1 << 32
# A number that falls back by no more is a packet that was overtaken; by more, the exporter started anew.
_OVERTAKEN: Final = 1 << 12
MOST_FOLLOWED: Final = 16_384
# What the numbers count: v5 flows, v9 and sFlow packets, IPFIX data records (RFC 3954 §5.1, RFC 7011 §3.1).
UNITS: Final = {"netflow_v5": "flows", "netflow_v9": "packets", "ipfix": "records", "sflow": "datagrams"}


@dataclass
class Loss:
    """How much of an exporter's and domain's export is missing, and the message before which it first was."""

    lost: int = 0
    gaps: int = 0
    first_number: int = 0


class Sequences:
    """Follows the sequence numbers of each exporter and domain; bounded."""

    def __init__(self) -> None:
        self._losses: dict[int, Loss] = {}

    def follow(self, index: int, origin: Origin, number: int, sequence: int, units: int | None) -> None:
        """Note a packet's sequence number.

        Args:
            index: of its exporter and domain.
            origin: the same.
            number: of the message, for a person.
            sequence: what it carries.
            units: how far this packet moves the count; None where that cannot be told.
        """
        expected = origin.expected
        following = None if units is None else (sequence + units) % _MODULUS
        if expected is None or sequence == expected:
            origin.expected = following
            return
        ahead = (sequence - expected) % _MODULUS
        if _MODULUS - ahead <= _OVERTAKEN:
            loss = self._losses.get(index)
            if loss is not None:
                loss.lost = max(0, loss.lost - (units or 0))
            return
        if ahead < _MODULUS // 2 and (index in self._losses or len(self._losses) < MOST_FOLLOWED):
            loss = self._losses.setdefault(index, Loss(first_number=number))
            loss.lost += ahead
            loss.gaps += 1
        origin.expected = following

    def losses(self) -> list[tuple[int, Loss]]:
        """The origins of which something is missing."""
        return [(index, loss) for index, loss in self._losses.items() if loss.lost]
