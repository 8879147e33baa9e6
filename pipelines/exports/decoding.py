"""Data sets gathered by their layout until a batch is due, then decoded together as columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from pipelines.batch import NETWORK_FLOWS, Batch
from pipelines.exports.complaints import Complaints
from pipelines.exports.flow_rows import flow_rows
from pipelines.exports.layouts import Layout
from pipelines.exports.records import Chunk, Records, records_of
from pipelines.exports.sampled_rows import sampled_rows
from pipelines.exports.sflow import Sampled
from pipelines.exports.summary import Tally
from pipelines.exports.window import Headers, Origin, PacketArrays, PacketColumns, Protocol


@dataclass
class _Group:
    """Data sets of layouts that read alike: their bytes, packets and template numbers."""

    layout: Layout
    layouts: list[Layout] = field(default_factory=list)
    sets: list[Chunk] = field(default_factory=list)
    packet: list[int] = field(default_factory=list)
    template: list[int] = field(default_factory=list)


class Window:
    """What came since the last batch."""

    def __init__(self, origins: Sequence[Origin], complaints: Complaints, tally: Tally) -> None:
        self.packets = PacketColumns()
        self._origins = origins
        self._complaints = complaints
        self._tally = tally
        self._groups: dict[tuple[Protocol, object], _Group] = {}
        self._of_layout: dict[tuple[Protocol, int], _Group] = {}
        self._sampled: list[tuple[Sampled, int, int]] = []

    def add(self, protocol: Protocol, layout: Layout, template: int, packet: int, body: Chunk) -> None:
        """One data set more."""
        name = (protocol, id(layout))
        group = self._of_layout.get(name)
        if group is None:
            # Layouts that differ only in what is stepped over are decoded together.
            group = self._groups.setdefault((protocol, layout.reading), _Group(layout))
            self._of_layout[name] = group
            # While a layout is kept, its id is nobody else's.
            group.layouts.append(layout)
        group.sets.append(body)
        group.packet.append(packet)
        group.template.append(template)

    def add_sampled(self, packet: Sampled, number: int, received_us: int) -> None:
        """One sampled packet more."""
        self._sampled.append((packet, number, received_us))

    def batches(self) -> list[Batch]:
        """A batch of each protocol that there is anything of; the first also carries the rejects."""
        made = list(self._rows())
        self.packets, self._groups, self._of_layout, self._sampled = PacketColumns(), {}, {}, []
        found = [Batch("network_flows", rows, source_type=protocol) for protocol, rows in made if rows.height]
        rejects = self._complaints.take()
        if not rejects.height:
            return found
        if not found:
            return [Batch("network_flows", NETWORK_FLOWS.to_frame(), rejects)]
        return [replace(found[0], rejects=rejects), *found[1:]]

    def _rows(self) -> Iterator[tuple[Protocol, pl.DataFrame]]:
        frames: dict[Protocol, list[pl.DataFrame]] = {}
        packets = self.packets.arrays()
        for (protocol, _), group in self._groups.items():
            frames.setdefault(protocol, []).append(self._decoded(group, packets))
        for protocol, parts in frames.items():
            rows = parts[0] if len(parts) == 1 else pl.concat(parts).sort("source_offset", maintain_order=True)
            self._tally.rows += rows.height
            yield protocol, rows
        if self._sampled:
            sampled, numbers, times = zip(*self._sampled, strict=True)
            rows = sampled_rows(sampled, numbers, times)
            self._tally.rows += rows.height
            self._tally.without_ip += len(sampled) - rows.height
            yield "sflow", rows

    def _decoded(self, group: _Group, packets: PacketArrays) -> pl.DataFrame:
        layout = group.layout
        records = records_of(layout, group.sets)
        for index in records.broken.tolist():
            number = self.packets.number[group.packet[index]]
            template = group.template[index]
            self._complaints.add(number, f"message {number}: a record of template {template} runs out of its set")
        if not layout.tells_flow or not len(records):
            self._count_flowless(group, records)
            return NETWORK_FLOWS.to_frame()
        packet = np.array(group.packet, np.int64)[records.of_set]
        template = np.array(group.template, np.int64)[records.of_set]
        headers, origins = Headers.of_records(packets, packet, template)
        return flow_rows(records, headers, [self._origins[origin] for origin in origins.tolist()])

    def _count_flowless(self, group: _Group, records: Records) -> None:
        sets, counts = np.unique(records.of_set, return_counts=True)
        for index, count in zip(sets.tolist(), counts.tolist(), strict=True):
            name = (self.packets.origin[group.packet[index]], group.template[index])
            self._tally.flowless[name] = self._tally.flowless.get(name, 0) + count
