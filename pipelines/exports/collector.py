"""The one way in: export packets of any protocol are given one by one, and rows come out batch by batch."""

import struct
from typing import Final

from pipelines.batch import Batch
from pipelines.exports import packet_ends
from pipelines.exports.complaints import Complaints
from pipelines.exports.decoding import Window
from pipelines.exports.known import KnownExporters
from pipelines.exports.layouts import Layout
from pipelines.exports.netflow5 import V5_LAYOUT
from pipelines.exports.options import take_options
from pipelines.exports.sequences import Sequences
from pipelines.exports.sets import DATA, OPTIONS_TEMPLATES, TEMPLATES, sets_of
from pipelines.exports.sflow import DatagramInvalid, parse_datagram
from pipelines.exports.summary import Tally, summary
from pipelines.exports.template_sets import TemplateInvalid, ipfix_templates, v9_options_templates, v9_templates
from pipelines.exports.templates import Template, TemplateKey
from pipelines.exports.waiting import Held, PacketHeader, Waiting
from pipelines.exports.window import Origin, Protocol

# Where collectors listen: NetFlow's three customary ports, IPFIX's, sFlow's (IANA).
PORTS: Final = (2055, 9995, 9996, 4739, 6343)
_V5 = struct.Struct(">HHIIIIBBH").unpack_from
_V9 = struct.Struct(">HHIIII").unpack_from
_IPFIX = struct.Struct(">HHIII").unpack_from
_NAMES: Final = {packet_ends.V5: "NetFlow v5", packet_ends.V9: "NetFlow v9", packet_ends.IPFIX: "IPFIX"}
_HEADERS: Final = {
    packet_ends.V5: packet_ends.V5_HEADER,
    packet_ends.V9: packet_ends.V9_HEADER,
    packet_ends.IPFIX: packet_ends.IPFIX_HEADER,
}


class Collector:
    """Reads export packets; holds what exporters announced, and data that waits for its template."""

    def __init__(self, known: KnownExporters | None = None, *, continues: bool = False) -> None:
        """A collector.

        Args:
            known: what is known of exporters already; what they announce now is added.
            continues: this is the next part of what was collected with the same `known` before, without a gap.
        """
        self._known = known or KnownExporters()
        self._continues = continues
        self._complaints = Complaints()
        self._sequences = Sequences()
        self._waiting = Waiting()
        self._tally = Tally()
        self._origins: list[Origin] = []
        self._index: dict[tuple[str, str, int], int] = {}
        self._window = Window(self._origins, self._complaints, self._tally)

    def add(self, content: bytes, *, number: int, exporter: str, received_us: int) -> None:
        """Read one packet; what is wrong with it becomes a reject.

        Args:
            content: the packet, without UDP's header; several messages of IPFIX may share one.
            number: of the message in the file or of the packet in the capture, from 0.
            exporter: who sent it, '' where that is not known.
            received_us: when it came, microseconds since 1970, UTC: sFlow carries no time of its own.
        """
        for message in packet_ends.messages_in(content):
            self._add(message, number, exporter, received_us)

    def _add(self, content: bytes, number: int, exporter: str, received_us: int) -> None:
        self._tally.packets += 1
        version = int.from_bytes(content[:2], "big")
        least = _HEADERS.get(version)
        if least is not None and len(content) < least:
            self._complain(number, f"{_NAMES[version]}: the header is cut")
        elif version == packet_ends.V5:
            self._add_v5(content, number, exporter)
        elif version == packet_ends.V9:
            self._add_v9(content, number, exporter)
        elif version == packet_ends.IPFIX:
            self._add_ipfix(content, number, exporter)
        else:
            self._add_sflow(content, number, exporter, received_us)

    def complain(self, number: int, reason: str) -> None:
        """A reject for bytes between packets."""
        self._complain(number, reason)

    def take(self) -> list[Batch]:
        """The rows and rejects since the last time, a batch for each protocol."""
        return self._window.batches()

    def finish(self) -> list[Batch]:
        """The last batches: what was held and never could be read, and what was lost on the way, are rejects."""
        self._complaints.conclude(
            summary(self._tally, self._origins, self._waiting, self._sequences, complained=self._complaints.listed > 0)
        )
        return self._window.batches()

    def _complain(self, number: int, reason: str) -> None:
        self._complaints.add(number, f"message {number}: {reason}")

    def _origin(self, protocol: Protocol, exporter: str, domain: int) -> int:
        name = (protocol, exporter, domain)
        index = self._index.get(name)
        if index is None:
            index = self._index[name] = len(self._origins)
            origin = self._known.origin(*name)
            if not self._continues:
                origin.expected = None
            self._origins.append(origin)
        return index

    def _follow(self, origin: int, number: int, sequence: int, units: int | None) -> None:
        self._sequences.follow(origin, self._origins[origin], number, sequence, units)

    def _add_v5(self, content: bytes, number: int, exporter: str) -> None:
        _, count, uptime, seconds, nanoseconds, sequence, kind, engine, sampling = _V5(content)
        if not 1 <= count <= packet_ends.MOST_V5_RECORDS:
            self._complain(number, f"NetFlow v5: the header counts {count} records; 1 to 30 are possible")
            return
        origin = self._origin("netflow_v5", exporter, kind << 8 | engine)
        body = memoryview(content)[packet_ends.V5_HEADER : packet_ends.V5_HEADER + count * packet_ends.V5_RECORD]
        there = len(body) // packet_ends.V5_RECORD
        if there < count:
            self._complain(number, f"NetFlow v5: {count - there} of {count} records are cut off")
        export_us = seconds * 1_000_000 + min(nanoseconds // 1000, 999_999)
        # The upper two bits are the mode: nothing is sampled where both are 0 and the interval too.
        packet = self._window.packets.add(number, export_us, uptime, origin, sampling & 0x3FFF)
        self._window.add("netflow_v5", V5_LAYOUT, 0, packet, body)
        self._follow(origin, number, sequence, count)

    def _add_v9(self, content: bytes, number: int, exporter: str) -> None:
        _, _, uptime, seconds, sequence, domain = _V9(content)
        origin = self._origin("netflow_v9", exporter, domain)
        self._follow(origin, number, sequence, 1)
        self._add_sets("netflow_v9", memoryview(content), PacketHeader(number, seconds * 1_000_000, uptime, origin))

    def _add_ipfix(self, content: bytes, number: int, exporter: str) -> None:
        _, length, seconds, sequence, domain = _IPFIX(content)
        if length < packet_ends.IPFIX_HEADER:
            self._complain(number, f"IPFIX: the message claims {length} bytes, less than its header")
            return
        if length > len(content):
            self._complain(number, f"IPFIX: {length - len(content)} of {length} bytes are cut off")
        origin = self._origin("ipfix", exporter, domain)
        header = PacketHeader(number, seconds * 1_000_000, -1, origin)
        units = self._add_sets("ipfix", memoryview(content)[:length], header)
        self._follow(origin, number, sequence, units)

    def _add_sets(self, protocol: Protocol, content: memoryview, header: PacketHeader) -> int | None:
        """How many data records the sets hold; None where that cannot be told without reading them."""
        units: int | None = 0
        packet = -1
        origin = self._origins[header.origin]
        for kind, set_number, body, problem in sets_of(content, ipfix=protocol == "ipfix"):
            if problem:
                self._complain(header.number, f"{_proper(protocol)}: {problem}")
            if kind == DATA:
                name = (protocol, origin.exporter, origin.domain, set_number)
                template = self._known.templates.get(name)
                if template is None:
                    self._waiting.hold(name, Held(bytes(body), header))
                    units = None
                    continue
                if packet < 0:
                    packet = self._window.packets.add(*header)
                self._add_data(protocol, template, packet, body, origin)
                layout = template.layout
                units = None if units is None or layout.variables else units + len(body) // layout.size
            elif kind in (TEMPLATES, OPTIONS_TEMPLATES):
                self._add_templates(protocol, bytes(body), header, options=kind == OPTIONS_TEMPLATES)
            elif not problem:
                self._complain(header.number, f"{_proper(protocol)}: set {set_number} is of no known kind")
        return units

    def _add_data(self, protocol: Protocol, template: Template, packet: int, body: memoryview, origin: Origin) -> None:
        if template.layout.scopes:
            records, news = take_options(origin, template.layout, body)
            self._tally.options += records
            self._known.changed |= news
        else:
            self._window.add(protocol, template.layout, template.number, packet, body)

    def _add_templates(self, protocol: Protocol, body: bytes, header: PacketHeader, *, options: bool) -> None:
        origin = self._origins[header.origin]
        if protocol == "ipfix":
            found = ipfix_templates(body, options=options)
        else:
            found = v9_options_templates(body) if options else v9_templates(body)
        for number, layout in found:
            name = (protocol, origin.exporter, origin.domain, number)
            if isinstance(layout, TemplateInvalid):
                self._complain(header.number, f"{_proper(protocol)}: template {number} {layout}")
            elif layout is not None:
                self._learn(name, layout)
            elif number < 256:
                self._known.templates.withdraw_all(*name[:3], options=options)
            else:
                self._known.templates.withdraw(name)

    def _learn(self, name: TemplateKey, layout: Layout) -> None:
        before = self._known.templates.get(name)
        template = self._known.templates.put(name, layout)
        self._known.changed |= template is not before
        self._tally.templates.add(name[3])
        for held in self._waiting.release(name):
            packet = self._window.packets.add(*held.header)
            origin = self._origins[held.header.origin]
            self._add_data(origin.protocol, template, packet, memoryview(held.content), origin)

    def _add_sflow(self, content: bytes, number: int, exporter: str, received_us: int) -> None:
        try:
            datagram = parse_datagram(content)
        except DatagramInvalid as invalid:
            self._complain(number, str(invalid))
            return
        if datagram.problem:
            self._complain(number, datagram.problem)
        origin = self._origin("sflow", exporter or datagram.agent, datagram.sub_agent)
        self._follow(origin, number, datagram.sequence, 1)
        self._tally.counters += datagram.counters
        self._tally.unread += datagram.unread
        for packet in datagram.packets:
            packet.known |= {"exporter": datagram.agent, "observation_domain": str(datagram.sub_agent)}
            self._window.add_sampled(packet, number, received_us)


def _proper(protocol: Protocol) -> str:
    return {"netflow_v5": "NetFlow v5", "netflow_v9": "NetFlow v9", "ipfix": "IPFIX", "sflow": "sFlow"}[protocol]
