"""Network captures, pcap and pcapng: flows, and what applications said in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from pipelines.batch import Batch
from pipelines.capture import pcap, pcapng
from pipelines.capture.cuts import Timeouts
from pipelines.capture.reader import CaptureReader
from pipelines.capture.series import HEAD_BYTES, CaptureSeries
from pipelines.capture.window import PutBack, UntilBroken, read_fully
from pipelines.errors import SourceBroken
from pipelines.exports.captured import CapturedExports
from pipelines.exports.known import KnownExporters

_NAME: Final = "pcap"


@dataclass(frozen=True)
class CaptureSource:
    """Reads captures.

    Attributes:
        timeouts: when a flow ends that nothing else ends.
        applications: whether what applications said becomes events; flows alone are several times as fast.
    """

    timeouts: Timeouts = Timeouts()  # noqa: RUF009 - immutable
    applications: bool = True

    @property
    def NAME(self) -> str:  # noqa: N802 - a module's constant, in other sources
        """What the tables and reports call the format."""
        return _NAME

    def reader(self, known: KnownExporters | None = None) -> CaptureReader:
        """What reads one capture, be it in one file or in several."""
        return CaptureReader(self.timeouts, CapturedExports(known), applications=self.applications)

    def recognises(self, head: bytes) -> bool:
        """Whether a file that begins like this is a capture, by its magic number."""
        return head[:4] in pcap.MAGICS or head[:4] == pcapng.MAGIC

    def read(self, stream: BinaryIO, known: KnownExporters | None = None) -> Iterator[Batch]:
        """The flows and application events of a capture, window by window; a damaged packet is a reject.

        Frames that carry no IP (ARP, LLDP, Wi-Fi management) belong to no flow and are not listed. Export packets
        (NetFlow, IPFIX, sFlow) also give the flows that they tell of, by templates of their own and by those already
        `known`.

        Raises:
            SourceBroken: the capture breaks off; the message names the byte and the packet, and all before was given.
        """
        whole = UntilBroken(stream)
        head = read_fully(whole, 4)
        read_windows = pcapng.read_windows if head == pcapng.MAGIC else pcap.read_windows
        reader = self.reader(known)
        try:
            yield from reader.batches(read_windows(PutBack(head, whole)))
        except SourceBroken as broken:
            raise SourceBroken("; ".join(map(str, filter(None, (broken, whole.broken))))) from broken
        if whole.broken:
            raise whole.broken

    def read_with(self, stream: BinaryIO, known: KnownExporters) -> Iterator[Batch]:
        """The same, with what is known of exporters from earlier captures; what this one announces is added to it."""
        yield from self.read(stream, known)


@dataclass(frozen=True)
class SeriesSource:
    """Reads the files of a ring as the one capture that they are."""

    series: CaptureSeries

    @property
    def NAME(self) -> str:  # noqa: N802 - a module's constant, in other sources
        """What the tables and reports call the format."""
        return _NAME

    @property
    def goes_on(self) -> bool:
        """Whether packets that were read are passed over; not where the notes of them are lost."""
        return self.series.standing.head_size > 0

    def recognises(self, head: bytes) -> bool:
        """Whether a file that begins like this is a capture, by its magic number."""
        return _DEFAULT.recognises(head)

    def read(self, stream: BinaryIO) -> Iterator[Batch]:
        """The flows that end in this file, and what applications said in it.

        Raises:
            SourceBroken: the capture breaks off; the message names the byte and the packet, and all before was given.
        """
        yield from self.read_with(stream, KnownExporters())

    def read_with(self, stream: BinaryIO, known: KnownExporters) -> Iterator[Batch]:
        """The same, with what is known of exporters."""
        counted = _Counted(stream)
        head = read_fully(counted, HEAD_BYTES)
        read_windows = pcapng.read_windows if head[:4] == pcapng.MAGIC else pcap.read_windows
        windows = read_windows(PutBack(head, counted))
        yield from self.series.read(windows, head=head, known=known, size=lambda: counted.size)


@dataclass
class _Counted:
    """A stream that tells how much of it was read."""

    stream: BinaryIO
    size: int = 0

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none only at the end."""
        found = self.stream.read(size)
        self.size += len(found)
        return found


_DEFAULT = CaptureSource()
NAME: Final = _NAME
reader = _DEFAULT.reader
recognises = _DEFAULT.recognises
read = _DEFAULT.read
read_with = _DEFAULT.read_with
