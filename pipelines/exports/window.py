"""The export packets between two batches, as columns, and what each exporter has said of itself."""

from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from pipelines.capture.window import Ints, Words

Protocol = Literal["netflow_v5", "netflow_v9", "ipfix", "sflow"]

# Samplers, interfaces, applications that are remembered of one exporter and domain.
MOST_NAMES: Final = 4_096


@dataclass
class Origin:
    """One exporter and observation domain (source id, engine), and what its options say.

    Attributes:
        exporter: its address, '' where the packets lie in a file without one.
        samplers: the sampling rate of each sampler; 0 stands for the exporter as a whole, -1 - n for its interface n.
        boot_ms: when it started, milliseconds since 1970; 0 where it does not say.
        expected: the sequence number that its next packet should carry; None where that is not known.
    """

    protocol: Protocol
    exporter: str
    domain: int
    samplers: dict[int, int] = field(default_factory=dict)
    interfaces: dict[int, str] = field(default_factory=dict)
    applications: dict[int, str] = field(default_factory=dict)
    boot_ms: int = 0
    expected: int | None = None

    @property
    def name(self) -> str:
        """How messages call it."""
        words = {"netflow_v5": "engine", "netflow_v9": "source id", "ipfix": "observation domain", "sflow": "sub-agent"}
        exporter = f"exporter {self.exporter}, " if self.exporter else ""
        return f"{exporter}{words[self.protocol]} {self.domain}"


@dataclass
class PacketColumns:
    """What the headers of export packets say, one entry a packet.

    Attributes:
        number: message number in the file, or packet number in the capture.
        export_us: when it was sent, microseconds since 1970, UTC, by the exporter.
        uptime_ms: how long the exporter runs; -1 where the header does not say.
        origin: index into the origins.
        rate: the sampling rate that the header names, else 0.
    """

    number: list[int] = field(default_factory=list)
    export_us: list[int] = field(default_factory=list)
    uptime_ms: list[int] = field(default_factory=list)
    origin: list[int] = field(default_factory=list)
    rate: list[int] = field(default_factory=list)

    def add(self, number: int, export_us: int, uptime_ms: int, origin: int, rate: int = 0) -> int:
        """The index of one packet more."""
        self.number.append(number)
        self.export_us.append(export_us)
        self.uptime_ms.append(uptime_ms)
        self.origin.append(origin)
        self.rate.append(rate)
        return len(self.number) - 1

    def arrays(self) -> "PacketArrays":
        """The same as arrays."""
        columns = (self.number, self.export_us, self.uptime_ms, self.origin)
        number, export, uptime, origin = (np.array(column, np.int64) for column in columns)
        return PacketArrays(number, export, uptime, origin, np.array(self.rate, np.uint64))

    def __len__(self) -> int:
        return len(self.number)


@dataclass(frozen=True)
class PacketArrays:
    """What the headers say, one entry a packet."""

    number: Ints
    export_us: Ints
    uptime_ms: Ints
    origin: Ints
    rate: Words


@dataclass(frozen=True)
class Headers:
    """The same, one entry a record."""

    number: Ints
    export_us: Ints
    uptime_ms: Ints
    origin: Ints
    rate: Words
    template: Ints

    @classmethod
    def of_records(cls, packets: PacketArrays, packet: Ints, template: Ints) -> tuple["Headers", Ints]:
        """What the header of each record's packet says, and the origins that there are, which `origin` counts.

        Args:
            packets: the packets.
            packet: which of them each record comes from.
            template: the number of each record's template, 0 where there are none.
        """
        of_record = packets.origin[packet]
        there = np.zeros(int(packets.origin.max(initial=0)) + 1, np.bool_)
        there[of_record] = True
        origins = np.flatnonzero(there)
        place = (np.cumsum(there) - 1)[of_record]
        columns = (packets.number[packet], packets.export_us[packet], packets.uptime_ms[packet])
        return cls(*columns, place, packets.rate[packet], template), origins
