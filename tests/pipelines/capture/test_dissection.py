import io
import random

import pytest

from pipelines.capture.dissection import describe_packet
from tests.pipelines.capture.frames import enhanced, interface, out, pcap_file, section, tcp, udp

pytestmark = pytest.mark.filterwarnings("ignore::Warning")  # scapy's own

_FRAMES = [out(udp(4000, 5000, b"one\x1b[31m"), 17), out(tcp(4000, 80, 2))]


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("format_name", ["pcap", "pcapng"])
def test_a_packet_is_described_layer_by_layer(format_name: str, number: int) -> None:
    blocks = section() + interface() + b"".join(enhanced(frame, 1) for frame in _FRAMES)
    content = pcap_file([(1.0, frame) for frame in _FRAMES]) if format_name == "pcap" else blocks
    text = describe_packet(io.BytesIO(content), number)
    assert "192.0.2.10" in text
    assert ("###[ UDP ]###", "###[ TCP ]###")[number] in text
    assert "\x1b" not in text


@pytest.mark.parametrize("number", [-1, 2, 10**12])
def test_a_packet_that_is_not_there_is_empty(number: int) -> None:
    assert describe_packet(io.BytesIO(pcap_file([(1.0, frame) for frame in _FRAMES])), number) == ""


def test_damaged_packets_are_described_as_far_as_they_go() -> None:
    for seed in range(60):
        chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
        frame = bytearray(_FRAMES[seed % 2])
        for _ in range(8):
            frame[chance.randrange(len(frame))] = chance.randrange(256)
        content = pcap_file([(1.0, bytes(frame[: chance.randint(1, len(frame))]))])
        assert describe_packet(io.BytesIO(content), 0).startswith("###[")
