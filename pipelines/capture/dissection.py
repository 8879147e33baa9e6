"""One packet of a capture taken apart for a reader; scapy knows the protocols that the flows need not."""

import struct

from scapy.config import conf
from scapy.error import Scapy_Exception
from scapy.layers import dns, http, inet, inet6, l2, ppp  # noqa: F401 - importing registers them
from scapy.packet import Packet, Raw

from pipelines.capture import pcap, pcapng
from pipelines.capture.octets import readable
from pipelines.capture.window import ByteReader, PacketWindow, PutBack, read_fully


def describe_packet(stream: ByteReader, number: int) -> str:
    """The layers and fields of a packet, numbered from 0, one field a line; '' where the capture has no such packet."""
    head = read_fully(stream, 4)
    read_windows = pcapng.read_windows if head == pcapng.MAGIC else pcap.read_windows
    for window in read_windows(PutBack(head, stream)):
        if isinstance(window, PacketWindow) and 0 <= number - window.first_number < len(window):
            return _described(window, number - window.first_number)
    return ""


def _described(window: PacketWindow, row: int) -> str:
    start = int(window.start[row])
    content = window.buffer[start : start + int(window.captured[row])].tobytes()
    lines = str(_dissected(content, int(window.link[row])).show(dump=True)).splitlines()
    # What a packet says may hold terminal escapes: a reader must see them, not obey them.
    return "\n".join(readable(line.encode()) for line in lines)


def _dissected(content: bytes, link: int) -> Packet:
    try:
        return conf.l2types.num2layer.get(link, Raw)(content)
    except (Scapy_Exception, struct.error, ValueError, IndexError, TypeError, AttributeError, KeyError):
        # scapy's dissectors trust lengths that a damaged packet gets wrong.
        return Raw(content)
