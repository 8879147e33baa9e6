import itertools
import struct

import pytest

from tests.pipelines.capture.frames import (
    CLIENT,
    CLIENT6,
    SERVER,
    SERVER6,
    ethernet,
    ip,
    out,
    pcap_file,
    read_capture,
    udp,
)

_DATAGRAM = udp(4000, 5000, b"hello")


def _extension(following: int, body: bytes = bytes(6)) -> bytes:
    """An IPv6 extension header of a multiple of eight bytes."""
    return bytes([following, (len(body) + 2) // 8 - 1]) + body


_AUTHENTICATION = b"\x11\x04\0\0" + bytes(20)
_FRAGMENT = struct.pack("!BBHI", 17, 0, 0, 7)


@pytest.mark.parametrize(
    ("first", "headers"),
    [
        pytest.param(0, _extension(17), id="hop-by-hop"),
        pytest.param(43, _extension(17, bytes(22)), id="routing"),
        pytest.param(60, _extension(17), id="destination options"),
        pytest.param(51, _AUTHENTICATION, id="authentication"),
        pytest.param(44, _FRAGMENT, id="an atomic fragment (RFC 6946)"),
        pytest.param(0, _extension(43) + _extension(60) + _extension(17), id="several"),
    ],
)
def test_extension_headers_are_stepped_over(first: int, headers: bytes) -> None:
    (flow,) = read_capture(pcap_file([(1.0, ethernet(ip(CLIENT6, SERVER6, first, headers + _DATAGRAM)))])).flows
    assert (flow["protocol"], flow["destination_port"], flow["bytes_out"]) == ("udp", 5000, 5)
    assert flow["ip_bytes_out"] == 40 + len(headers) + len(_DATAGRAM)


def test_an_authentication_header_in_ipv4_is_stepped_over() -> None:
    (flow,) = read_capture(pcap_file([(1.0, out(_AUTHENTICATION + _DATAGRAM, 51))])).flows
    assert (flow["protocol"], flow["destination_port"], flow["bytes_out"]) == ("udp", 5000, 5)
    assert flow["ip_bytes_out"] == 20 + len(_AUTHENTICATION) + len(_DATAGRAM)


@pytest.mark.parametrize("header", [b"\x11\xff" + bytes(6), b"\x11"], ids=["longer than its packet", "cut"])
def test_one_that_is_damaged_leaves_the_packet_its_own_protocol(header: bytes) -> None:
    (flow,) = read_capture(pcap_file([(1.0, out(header, 51))])).flows
    assert (flow["protocol"], flow["destination_port"], flow["packets_out"]) == ("51", 0, 1)


@pytest.mark.parametrize("headers", [_extension(17)[:4], b"\x11\xff" + bytes(6)], ids=["cut", "longer than its packet"])
def test_a_damaged_extension_header_is_a_reject(headers: bytes) -> None:
    found = read_capture(pcap_file([(1.0, ethernet(ip(CLIENT6, SERVER6, 0, headers)))]))
    assert found.reasons == ["packet 0: an IPv6 extension header is cut or longer than the packet"]


@pytest.mark.parametrize("carried", [4, 6, 17, 41, 47, 58, 132])
@pytest.mark.parametrize("behind", [b"", _FRAGMENT[:3] + b"\1" + bytes(4)], ids=["", "a first fragment"])
def test_headers_that_end_behind_what_was_captured_hide_no_packet(carried: int, behind: bytes) -> None:
    kinds = [44, carried] if behind else [carried]
    headers = b"".join(bytes([kind, units]) + bytes(6) for kind, units in zip(kinds, (255, 0), strict=False))
    cut_short = ethernet(ip(CLIENT6, SERVER6, 60, headers + bytes(3000)))
    found = read_capture(pcap_file([(1.0, out(_DATAGRAM, 17)), (2.0, cut_short)], snap=14 + 40 + 8))
    assert found.flows[0]["source_ip"] == CLIENT
    assert len(found.flows) + len(found.reasons) == 2


def test_options_of_an_ipv4_header_are_stepped_over() -> None:
    packet = ip(CLIENT, SERVER, 17, bytes(8) + _DATAGRAM)
    (flow,) = read_capture(pcap_file([(1.0, ethernet(b"\x47" + packet[1:]))])).flows
    assert (flow["destination_port"], flow["bytes_out"], flow["ip_bytes_out"]) == (5000, 5, 41)


def _fragments(version: int) -> list[bytes]:
    whole = udp(4000, 5000, b"z" * 40)
    if version == 4:
        parts = [(whole[:24], 0x2000), (whole[24:40], 0x2000 | 3), (whole[40:], 5)]
        return [ethernet(ip(CLIENT, SERVER, 17, part, place=place)) for part, place in parts]
    headers = [struct.pack("!BBHI", 17, 0, at | more, 7) for at, more in ((0, 1), (24, 1), (40, 0))]
    parts6 = (whole[:24], whole[24:40], whole[40:])
    return [ethernet(ip(CLIENT6, SERVER6, 44, head + part)) for head, part in zip(headers, parts6, strict=True)]


@pytest.mark.parametrize("version", [4, 6])
def test_fragments_count_into_one_flow_in_any_order(version: int) -> None:
    for order in itertools.permutations(_fragments(version)):
        (flow,) = read_capture(pcap_file([(1.0, frame) for frame in order])).flows
        assert (flow["source_port"], flow["packets_out"], flow["bytes_out"]) == (4000, 3, 40)


@pytest.mark.parametrize("version", [4, 6])
def test_the_size_of_windows_changes_nothing_for_fragments_in_any_order(version: int) -> None:
    answer = ethernet(ip(SERVER, CLIENT, 17, udp(5000, 4000, b"x")))
    between = ethernet(ip(CLIENT, CLIENT, 17, udp(9, 8)))
    for order in itertools.permutations(_fragments(version)):
        for frames in ((*order, answer), (*order[:1], between, *order[1:], answer), (*order[:2], between, order[2])):
            content = pcap_file([(1.0, frame) for frame in frames])
            assert read_capture(content, window_bytes=90).flows == read_capture(content).flows


def test_a_fragment_waits_for_the_first_one_as_long_as_a_receiver_would() -> None:
    first, *later = _fragments(4)
    for passed, ports in ((59.0, [4000]), (61.0, [0, 4000])):
        content = pcap_file(
            [
                *((1.0, frame) for frame in later),
                *[(1.0 + passed, ethernet(ip(CLIENT, SERVER, 17, udp(1, 2))))] * 3,
                (61.5, first),
            ]
        )
        flows = [flow for flow in read_capture(content, window_bytes=90).flows if flow["source_port"] != 1]
        assert sorted(flow["source_port"] for flow in flows) == ports
        assert sum(flow["packets_out"] for flow in flows) == 3


def test_fragments_whose_first_one_never_comes_have_port_0_and_no_more_than_so_many_wait() -> None:
    _, *later = _fragments(4)
    (flow,) = read_capture(pcap_file([(1.0, frame) for frame in later] * 5000), window_bytes=4096).flows
    assert (flow["source_port"], flow["packets_out"]) == (0, 10_000)


def test_fragments_that_follow_in_a_later_window_have_the_ports_of_the_first() -> None:
    content = pcap_file([(1.0, frame) for frame in _fragments(4)])
    (flow,) = read_capture(content, window_bytes=90).flows
    assert (flow["source_port"], flow["packets_out"], flow["bytes_out"]) == (4000, 3, 40)
