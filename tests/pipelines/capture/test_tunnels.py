import pytest

from tests.pipelines.capture.frames import (
    CLIENT,
    CLIENT6,
    SERVER,
    SERVER6,
    back,
    ethernet,
    ip,
    out,
    pcap_file,
    read_capture,
    tagged,
    udp,
)

_NEAR, _FAR = "203.0.113.1", "203.0.113.2"
_GRE_IP = b"\0\0\x08\0"
_VXLAN = b"\x08\0\0\0\0\0\x2a\0"
_GENEVE = b"\0\0\x65\x58\0\0\x2a\0"
_INNER = ip(CLIENT, SERVER, 17, udp(4000, 5000, b"in"))
_INNER6 = ip(CLIENT6, SERVER6, 17, udp(4000, 5000, b"in"))
_PPP = b"\xff\x03\0\x21" + _INNER


@pytest.mark.parametrize(
    ("protocol", "body", "tunnel", "network"),
    [
        (41, ip(CLIENT6, SERVER6, 17, udp(4000, 5000, b"in")), "6in4", None),
        (4, _INNER, "ipip", None),
        (47, _GRE_IP + _INNER, "gre", None),
        (47, b"\x20\0\x08\0\0\0\0\x07" + _INNER, "gre", None),
        (47, b"\0\0\x88\xbe" + ethernet(_INNER), "erspan", None),
        (47, b"\x10\0\x88\xbe\0\0\0\x07" + b"\x10\x01\0\x02\0\0\0\0" + ethernet(_INNER), "erspan", None),
        (47, b"\x10\0\x22\xeb\0\0\0\x07" + b"\x20" + bytes(11) + ethernet(_INNER), "erspan", None),
        (47, b"\x10\0\x22\xeb\0\0\0\x07" + b"\x20" + bytes(10) + b"\x01" + bytes(8) + ethernet(_INNER), "erspan", None),
        (17, udp(9999, 4789, _VXLAN + ethernet(_INNER)), "vxlan", "42"),
        (17, udp(9999, 6081, _GENEVE + ethernet(_INNER)), "geneve", "42"),
        (17, udp(9999, 8472, _VXLAN + ethernet(_INNER)), "vxlan", "42"),
        (17, udp(9999, 4789, b"\x0c\0\0\x01\0\0\x2a\0" + _INNER), "vxlan", "42"),
        (17, udp(9999, 6635, b"\0\x01\x01\x40" + _INNER), "mpls", None),
        (17, udp(9999, 4754, _GRE_IP + _INNER), "gre", None),
        (17, udp(2152, 2152, b"\x30\xff\0\0\0\0\0\x09" + _INNER), "gtp-u", None),
        (17, udp(2152, 2152, b"\x32\xff\0\0\0\0\0\x09\0\x01\0\0" + _INNER), "gtp-u", None),
        (17, udp(9999, 4790, b"\x0c\0\0\x01\0\0\x2a\0" + _INNER), "vxlan", "42"),
        (47, b"\0\0\x88\x3e" + _INNER, "gre", None),
        (47, b"\0\0\x88\x3e" + bytes(4) + _INNER, "gre", None),
        (17, udp(1701, 1701, b"\0\x02\0\x05\0\x06" + _PPP), "l2tp", None),
        (17, udp(1701, 1701, b"\x48\x02\0\x40\0\x05\0\x06" + bytes(4) + _PPP), "l2tp", None),
        (17, udp(1701, 1701, b"\x02\x02\0\x05\0\x06\0\x03" + bytes(3) + _PPP), "l2tp", None),
        (17, udp(9999, 3544, _INNER6), "teredo", None),
        (17, udp(3544, 9999, b"\0\x01\x02\x03" + bytes(5 + 9) + _INNER6), "teredo", None),
        (17, udp(3544, 9999, b"\0\x01\0\0" + bytes(9) + b"\0\0" + bytes(6) + _INNER6), "teredo", None),
    ],
    ids=[
        "6in4",
        "IP in IP",
        "GRE",
        "GRE with key",
        *(f"ERSPAN {kind}" for kind in ("I", "II", "III", "III, longer")),
        "VXLAN",
        "Geneve",
        "VXLAN on its old port",
        "VXLAN, generic extension",
        "MPLS in UDP",
        "GRE in UDP",
        "GTP-U",
        "GTP-U with numbers",
        "VXLAN, generic extension on its own port",
        *(f"WCCP {version} in GRE" for version in (1, 2)),
        *(f"L2TP{options}" for options in ("", " with length and numbers", " with an offset")),
        *(f"Teredo{options}" for options in ("", ", authenticated", ", authenticated and with an origin")),
    ],
)
def test_a_tunnel_gives_the_inner_flow_and_keeps_the_outer_addresses(
    protocol: int, body: bytes, tunnel: str, network: str | None
) -> None:
    outer = ethernet(ip(_NEAR, _FAR, protocol, body))
    (flow,) = read_capture(pcap_file([(1.0, outer)])).flows
    assert (flow["source_port"], flow["destination_port"], flow["bytes_out"]) == (4000, 5000, 2)
    assert flow["source_ip"] in (CLIENT, CLIENT6)
    expected = {"tunnel": tunnel, "tunnel_source_ip": _NEAR, "tunnel_destination_ip": _FAR}
    assert flow["fields"] == expected | ({"tunnel_id": network} if network else {})


@pytest.mark.parametrize("inner", [b"", b"\x45", ethernet(bytes(28), 0x0806)], ids=["nothing", "cut", "ARP"])
def test_a_tunnel_without_readable_ip_stays_the_outer_flow(inner: bytes) -> None:
    outer = ethernet(ip(_NEAR, _FAR, 17, udp(9999, 4789, _VXLAN + inner)))
    (flow,) = read_capture(pcap_file([(1.0, outer)])).flows
    assert (flow["source_ip"], flow["destination_port"], flow["fields"]) == (_NEAR, 4789, {})


@pytest.mark.parametrize(
    ("port", "said"),
    [
        pytest.param(1701, b"\xc8\x02\0\x14" + bytes(30), id="L2TP, control"),
        pytest.param(1701, b"\0\x03" + bytes(4) + _PPP, id="L2TP of another version"),
        pytest.param(1701, b"\0\x02" + bytes(4) + b"\xff\x03\xc0\x21" + bytes(30), id="L2TP, setting up the link"),
        pytest.param(1701, b"\x02\x02" + bytes(4) + b"\xff\xff" + _PPP, id="L2TP, an offset that leads out"),
        pytest.param(3544, b"\0\x01\xff\xff" + bytes(40), id="Teredo, a signature that leads out"),
        pytest.param(3544, bytes(60), id="Teredo, no IPv6"),
    ],
)
def test_what_a_tunnel_says_of_itself_stays_the_outer_flow(port: int, said: bytes) -> None:
    (flow,) = read_capture(pcap_file([(1.0, ethernet(ip(_NEAR, _FAR, 17, udp(9999, port, said))))])).flows
    assert (flow["source_ip"], flow["destination_port"], flow["fields"]) == (_NEAR, port, {})


def test_tunnels_in_tunnels_give_the_innermost_flow_and_the_tunnel_around_it() -> None:
    gre = ethernet(ip("203.0.113.3", "203.0.113.4", 47, _GRE_IP + _INNER))
    outer = ethernet(ip(_NEAR, _FAR, 17, udp(9999, 4789, _VXLAN + gre)))
    (flow,) = read_capture(pcap_file([(1.0, outer)])).flows
    assert (flow["source_ip"], flow["bytes_out"]) == (CLIENT, 2)
    assert (flow["fields"]["tunnel"], flow["fields"]["tunnel_source_ip"]) == ("gre", "203.0.113.3")


def test_a_tunnel_whose_number_differs_by_direction_carries_one_flow() -> None:
    there = ip(_NEAR, _FAR, 17, udp(9999, 4789, b"\x08\0\0\0\0\0\x01\0" + out(udp(4000, 5000, b"ask"), 17)))
    again = ip(_FAR, _NEAR, 17, udp(9998, 4789, b"\x08\0\0\0\0\0\x02\0" + back(udp(5000, 4000, b"answer"), 17)))
    (flow,) = read_capture(pcap_file([(1.0, ethernet(there)), (1.1, ethernet(again))])).flows
    assert (flow["bytes_out"], flow["bytes_in"], flow["fields"]["tunnel_id"]) == (3, 6, "1")


def test_a_tag_inside_of_a_tunnel_that_cannot_be_read_is_not_the_outer_flows() -> None:
    arp = tagged(bytes(28), 42, 0x0806)
    (flow,) = read_capture(pcap_file([(1.0, ethernet(ip(_NEAR, _FAR, 47, b"\0\0\x88\xbe" + arp)))])).flows
    assert (flow["protocol"], flow["vlan_id"], flow["fields"]) == ("47", 0, {})


def test_fragments_of_a_tunnelling_packet_make_a_flow_of_its_ends_beside_the_inner_one() -> None:
    whole = udp(2152, 2152, b"\x30\xff\0\0\0\0\0\x09" + _INNER)
    first = ethernet(ip(_NEAR, _FAR, 17, whole[:40], place=0x2000))
    later = ethernet(ip(_NEAR, _FAR, 17, whole[40:], place=5))
    inner, outer = read_capture(pcap_file([(1.0, first), (1.0, later)])).flows
    assert (inner["source_ip"], inner["packets_out"], inner["bytes_out"]) == (CLIENT, 1, 2)
    assert (outer["source_ip"], outer["destination_port"], outer["packets_out"]) == (_NEAR, 2152, 1)
