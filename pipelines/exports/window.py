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
        samplers: the sampling rate of each sampler; 0 stands for the exporter as a whole.
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

    def __len__(self) -> int:
        return len(self.number)


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
    def of_records(cls, packets: PacketColumns, origin: Ints, packet: Ints, template: Ints) -> "Headers":
        """What the header of each record's packet says.

        Args:
            packets: the packets.
            origin: of each packet, where its exporter and domain stand among those that matter here.
            packet: which packet each record comes from.
            template: the number of each record's template, 0 where there are none.
        """
        columns = (packets.number, packets.export_us, packets.uptime_ms)
        number, export, uptime = (np.array(column, np.int64)[packet] for column in columns)
        return cls(number, export, uptime, origin[packet], np.array(packets.rate, np.uint64)[packet], template)
