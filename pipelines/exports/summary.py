"""What can be said of a file of export packets only at its end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pipelines.exports.sequences import UNITS, Sequences
from pipelines.exports.waiting import Waiting
from pipelines.exports.window import Origin


@dataclass
class Tally:
    """What was met, by kind.

    Attributes:
        packets: export packets.
        rows: flows.
        templates: numbers of the templates announced.
        options: records about the exporter itself.
        counters: sFlow's counter samples.
        unread: sFlow's samples of other kinds.
        without_ip: sampled packets that carry no IP.
        flowless: records that tell of no flow, by index of their origin and template.
    """

    packets: int = 0
    rows: int = 0
    templates: set[int] = field(default_factory=set)
    options: int = 0
    counters: int = 0
    unread: int = 0
    without_ip: int = 0
    flowless: dict[tuple[int, int], int] = field(default_factory=dict)


def summary(
    tally: Tally, origins: Sequence[Origin], waiting: Waiting, sequences: Sequences, *, complained: bool
) -> list[tuple[int, str]]:
    """Rejects: message number and reason."""
    told = [
        *_missing(origins, waiting),
        *_lost(origins, sequences),
        *_flowless(origins, tally),
        *_passed_over(tally),
    ]
    if told or complained or tally.rows or not tally.packets:
        return told
    return [(0, _nothing(tally))]


def _missing(origins: Sequence[Origin], waiting: Waiting) -> Iterator[tuple[int, str]]:
    for name, missing in waiting.rest():
        reason = (
            f"no template {name[3]} of {origins[missing.origin].name} came in time: "
            f"{missing.sets} data sets ({missing.bytes} bytes) cannot be read"
        )
        yield missing.first_number, reason


def _lost(origins: Sequence[Origin], sequences: Sequences) -> Iterator[tuple[int, str]]:
    for index, loss in sequences.losses():
        origin = origins[index]
        reason = (
            f"{loss.lost} {UNITS[origin.protocol]} of {origin.name} were lost on the way: {loss.gaps} gaps in the "
            f"sequence numbers, the first before message {loss.first_number}"
        )
        yield loss.first_number, reason


def _flowless(origins: Sequence[Origin], tally: Tally) -> Iterator[tuple[int, str]]:
    for (origin, template), count in sorted(tally.flowless.items()):
        yield 0, f"template {template} of {origins[origin].name} tells of no flow: {count} records are passed over"


def _passed_over(tally: Tally) -> Iterator[tuple[int, str]]:
    for count, what in (
        (tally.counters, "sFlow counter samples"),
        (tally.unread, "sFlow samples without a packet's header"),
        (tally.without_ip, "sampled packets without a readable IP header"),
    ):
        if count:
            yield 0, f"{count} {what} are passed over"


def _nothing(tally: Tally) -> str:
    parts = []
    if tally.templates:
        numbers = sorted(tally.templates)
        listed = ", ".join(map(str, numbers[:8])) + (", …" if len(numbers) > 8 else "")
        parts.append(f"templates {listed}")
    if tally.options:
        parts.append(f"{tally.options} records about the exporter")
    return f"holds {' and '.join(parts) or 'export packets without data'}, and no flow"
