import struct

import pytest

from tests.pipelines.capture.frames import CLIENT, CLIENT6, SERVER, SERVER6, ethernet, ip, pcap_file, read_capture, udp

_PACKET = ip(CLIENT, SERVER, 17, udp(1000, 2000, b"hello"))
_PACKET6 = ip(CLIENT6, SERVER6, 17, udp(1000, 2000, b"hello"))
_FROM_4C = b"\x11\xf0\xf0\xf0\xf0" + ethernet(_PACKET)[6:]
_SNAP = b"\xaa\xaa\x03\0\0\0\x08\0"
_WIFI = b"\x08\x01" + bytes(22)
_QOS = b"\x88\x01" + bytes(24)


def _radiotap(present: int, fields: bytes, *, more: bytes = b"") -> bytes:
    return struct.pack("<BBHI", 0, 0, 8 + len(more) + len(fields), present) + more + fields


def _tagged(*tags: tuple[int, int]) -> bytes:
    inner = b"\x08\x00" + _PACKET
    for kind, tag in reversed(tags):
        inner = struct.pack("!HH", kind, tag) + inner
    return ethernet(_PACKET)[:12] + inner


@pytest.mark.parametrize(
    ("link", "frame"),
    [
        pytest.param(1, ethernet(_PACKET), id="Ethernet"),
        pytest.param(1, ethernet(_PACKET) + bytes(18), id="Ethernet padded"),
        pytest.param(1, ethernet(_SNAP + _PACKET, len(_PACKET) + 8), id="802.3 with SNAP"),
        pytest.param(1, ethernet(b"\0\x01\x01\x40" + _PACKET, 0x8847), id="MPLS"),
        pytest.param(1, ethernet(b"\0\x01\x00\x40\0\x02\x01\x40" + _PACKET, 0x8847), id="two MPLS labels"),
        pytest.param(1, ethernet(b"\x11\0\0\x07\0\x2a\0\x21" + _PACKET, 0x8864), id="PPPoE"),
        pytest.param(1, ethernet(bytes(4) + ethernet(_PACKET), 0x88E7), id="802.1ah"),
        pytest.param(1, ethernet(b"\0\x01\x01\x40" + bytes(4) + ethernet(_PACKET), 0x8847), id="MPLS pseudo-wire"),
        pytest.param(1, ethernet(b"\0\x01\x01\x40" + ethernet(_PACKET), 0x8847), id="without a control word"),
        pytest.param(1, ethernet(b"\0\x01\x01\x40\x4c" + _FROM_4C, 0x8847), id="to an address like IPv4"),
        pytest.param(1, ethernet(b"\0\x01\x01\x40\x6c" + _FROM_4C, 0x8847), id="to an address like IPv6"),
        pytest.param(51, b"\x11\0\0\x07\0\x2a\0\x21" + _PACKET, id="PPPoE alone"),
        pytest.param(204, b"\x01\xff\x03\0\x21" + _PACKET, id="PPP with a direction"),
        pytest.param(192, b"\0\0\x08\0\x69\0\0\0" + _WIFI + _SNAP + _PACKET, id="per-packet information"),
        pytest.param(12, _PACKET, id="raw BSD"),
        pytest.param(101, _PACKET, id="raw"),
        pytest.param(228, _PACKET, id="IPv4"),
        pytest.param(0, b"\x02\0\0\0" + _PACKET, id="loopback, little endian"),
        pytest.param(0, b"\0\0\0\x02" + _PACKET, id="loopback, big endian"),
        pytest.param(108, b"\0\0\0\x02" + _PACKET, id="OpenBSD loopback"),
        pytest.param(113, bytes(14) + b"\x08\0" + _PACKET, id="Linux cooked"),
        pytest.param(276, b"\x08\0" + bytes(18) + _PACKET, id="Linux cooked 2"),
        pytest.param(9, b"\xff\x03\0\x21" + _PACKET, id="PPP"),
        pytest.param(9, b"\x21" + _PACKET, id="PPP, compressed"),
        pytest.param(50, b"\xff\x03\0\x21" + _PACKET, id="PPP in HDLC"),
        pytest.param(104, b"\x0f\0\x08\0" + _PACKET, id="Cisco HDLC"),
        pytest.param(107, b"\x04\x01\x03\xcc" + _PACKET, id="frame relay"),
        pytest.param(105, _WIFI + _SNAP + _PACKET, id="802.11"),
        pytest.param(105, b"\x88\x01" + bytes(24) + _SNAP + _PACKET, id="802.11 QoS"),
        pytest.param(105, b"\x08\x03" + bytes(28) + _SNAP + _PACKET, id="802.11 between access points"),
        pytest.param(127, b"\0\0\x0c\0" + bytes(8) + _WIFI + _SNAP + _PACKET, id="radiotap"),
        pytest.param(127, _radiotap(2, b"\x20") + _QOS + b"\0\0" + _SNAP + _PACKET, id="radiotap, filled up"),
        pytest.param(127, _radiotap(2, b"\x10") + _QOS + _SNAP + _PACKET + b"sums", id="radiotap with a checksum"),
        pytest.param(
            127, _radiotap(3, bytes(8) + b"\x20") + _QOS + b"\0\0" + _SNAP + _PACKET, id="radiotap, time before flags"
        ),
        pytest.param(
            127,
            _radiotap(0x8000_0002, b"\x20", more=struct.pack("<I", 0)) + _QOS + b"\0\0" + _SNAP + _PACKET,
            id="radiotap of two bitmaps",
        ),
    ],
)
def test_every_link_type_leads_to_the_same_flow(link: int, frame: bytes) -> None:
    found = read_capture(pcap_file([(1.0, frame)], link=link))
    assert found.reasons == []
    (flow,) = found.flows
    assert (flow["source_ip"], flow["destination_ip"]) == (CLIENT, SERVER)
    assert (flow["source_port"], flow["destination_port"], flow["bytes_out"], flow["ip_bytes_out"]) == (
        1000,
        2000,
        5,
        33,
    )


@pytest.mark.parametrize("link", [229, 101, 14])
def test_ipv6_is_read_without_a_link_layer(link: int) -> None:
    (flow,) = read_capture(pcap_file([(1.0, _PACKET6)], link=link)).flows
    assert (flow["source_ip"], flow["bytes_out"], flow["ip_bytes_out"]) == (CLIENT6, 5, 53)


@pytest.mark.parametrize(
    ("tags", "vlan", "inner"),
    [
        ([(0x8100, 42)], 42, None),
        ([(0x8100, 0xE000 | 42)], 42, None),
        ([(0x88A8, 7), (0x8100, 42)], 7, "42"),
        ([(0x8100, 7), (0x8100, 42)], 7, "42"),
    ],
    ids=["one", "with priority", "802.1ad", "stacked"],
)
def test_vlan_tags_are_kept(tags: list[tuple[int, int]], vlan: int, inner: str | None) -> None:
    (flow,) = read_capture(pcap_file([(1.0, _tagged(*tags))])).flows
    assert flow["vlan_id"] == vlan
    assert flow["fields"].get("inner_vlan") == inner


def test_one_conversation_in_two_vlans_is_two_flows() -> None:
    frames = [(1.0, _tagged((0x8100, 5))), (1.0, _tagged((0x8100, 6)))]
    assert [flow["vlan_id"] for flow in read_capture(pcap_file(frames)).flows] == [5, 6]


def test_a_link_type_that_is_not_read_is_named_once() -> None:
    found = read_capture(pcap_file([(1.0, b"abc"), (2.0, b"def")], link=147))
    assert found.reasons == ["link type 147 is not read: 2 packets are skipped"]


def test_frames_without_ip_are_no_rejects_beside_those_with_it() -> None:
    arp = ethernet(bytes(28), 0x0806)
    assert read_capture(pcap_file([(1.0, arp), (1.0, ethernet(_PACKET))])).reasons == []
    assert read_capture(pcap_file([(1.0, arp)])).reasons == ["none of the 1 packets carries IP"]


def test_a_frame_too_short_for_its_headers_is_a_reject() -> None:
    assert read_capture(pcap_file([(1.0, b"\x02\0\0")])).reasons == [
        "packet 0: the frame is cut before its network layer"
    ]
