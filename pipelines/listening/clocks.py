"""In which zones the clocks of those stand that are heard: told by the moments at which their messages come.

RFC 3164 leaves the zone out. A message that has just been written comes at once, so that its clock differs from the
moment by the zone's offset. One that came late, or a clock that is wrong, differs by anything; only what stays at an
offset that is in use somewhere, for many messages and some time, is taken for a zone.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from store.files import write_whole

# Minutes east of Greenwich that clocks are set to somewhere (IANA 2025b, summer times among them).
OFFSETS: Final = tuple(
    sorted({*range(-720, 841, 60), -570, -210, -150, 210, 270, 330, 345, 390, 525, 570, 630, 765, 825})
)
ENOUGH_MESSAGES: Final = 20
ENOUGH_US: Final = 10_000_000
_MOST_SENDERS: Final = 65_536
_LARGEST: Final = 16 * 1024 * 1024

Sender = tuple[str, str]


@dataclass
class _Candidate:
    """An offset that a sender may stand at: since when, and in how many messages."""

    minutes: int
    since_us: int
    messages: int = 0


@dataclass
class ClockBook:
    """The offset of each sender (its address, and the host that it names) whose zone is known, from run to run.

    Attributes:
        path: where that is kept; without it, it is forgotten.
    """

    path: Path | None = None
    _known: dict[Sender, int] = field(default_factory=dict)
    _candidates: dict[Sender, _Candidate] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.path is not None:
            self._known = _loaded(self.path)

    def minutes(self, sender: Sender) -> int | None:
        """Minutes east of Greenwich, None where nothing is known."""
        return self._known.get(sender)

    def learn(self, sender: Sender, minutes: int | None, messages: int, first_us: int, last_us: int) -> bool:
        """Whether a zone is known now that was not before, or another.

        Args:
            sender: whose messages.
            minutes: the offset that nearly all of them stood at; None where they stood at several, or at none.
            messages: how many.
            first_us: when the first of them came.
            last_us: when the last came.
        """
        candidate = self._candidates.get(sender)
        if minutes is None:
            # Some came late: that is no reason to forget all, nor to believe as much.
            if candidate is not None:
                candidate.messages //= 2
            return False
        if minutes == self._known.get(sender):
            self._candidates.pop(sender, None)
            return False
        if candidate is None or candidate.minutes != minutes:
            if candidate is None and len(self._candidates) >= _MOST_SENDERS:
                return False
            candidate = self._candidates[sender] = _Candidate(minutes, first_us)
        candidate.messages += messages
        enough = candidate.messages >= ENOUGH_MESSAGES and last_us - candidate.since_us >= ENOUGH_US
        if not enough or (sender not in self._known and len(self._known) >= _MOST_SENDERS):
            return False
        del self._candidates[sender]
        self._known[sender] = minutes
        return True

    def save(self) -> None:
        """Write down what is known.

        Raises:
            OSError: it cannot be written.
        """
        if self.path is not None:
            write_whole(self.path, json.dumps([[*sender, minutes] for sender, minutes in self._known.items()]))


def _loaded(path: Path) -> dict[Sender, int]:
    try:
        if path.stat().st_size > _LARGEST:
            return {}
        told = json.loads(path.read_text(encoding="utf-8"))
        found = {(str(peer), str(host)): int(minutes) for peer, host, minutes in told[:_MOST_SENDERS]}
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return {}
    return {sender: minutes for sender, minutes in found.items() if minutes in OFFSETS}
