"""Network captures, pcap and pcapng: flows, and what applications said in them."""

from collections.abc import Iterator
from typing import BinaryIO, Final

from pipelines.batch import Batch
from pipelines.capture import pcap, pcapng
from pipelines.capture.cuts import Timeouts
from pipelines.capture.reader import CaptureReader
from pipelines.capture.window import PutBack, read_fully
from pipelines.exports.captured import CapturedExports
from pipelines.exports.known import KnownExporters

NAME: Final = "pcap"


def recognises(head: bytes) -> bool:
    """Whether a file that begins like this is a capture, by its magic number."""
    return head[:4] in pcap.MAGICS or head[:4] == pcapng.MAGIC


def read(stream: BinaryIO, timeouts: Timeouts | None = None, known: KnownExporters | None = None) -> Iterator[Batch]:
    """The flows and application events of a capture, window by window; damage is a reject, what came before it counts.

    Frames that carry no IP (ARP, LLDP, Wi-Fi management) belong to no flow and are not listed. Export packets (NetFlow,
    IPFIX, sFlow) also give the flows that they tell of, by templates of their own and by those already `known`.
    """
    head = read_fully(stream, 4)
    read_windows = pcapng.read_windows if head == pcapng.MAGIC else pcap.read_windows
    yield from CaptureReader(timeouts or Timeouts(), CapturedExports(known)).batches(
        read_windows(PutBack(head, stream))
    )


def read_with(stream: BinaryIO, known: KnownExporters) -> Iterator[Batch]:
    """The same, with what is known of exporters from earlier captures; what this one announces is added to it."""
    yield from read(stream, known=known)
