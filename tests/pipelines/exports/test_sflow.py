"""sFlow: a sampled packet is a flow of as many packets as it stands for."""

import struct
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pipelines.capture.frames import CLIENT, CLIENT6, SERVER, SERVER6, SYN, ethernet, ip, tcp, udp
from tests.pipelines.exports.packets import (
    SECONDS,
    address,
    captured,
    counter_sample,
    flow_sample,
    read,
    read_captured,
    row,
    sflow,
)

QUESTION = ethernet(ip(CLIENT, SERVER, 17, udp(5353, 53, bytes(100))))


def test_a_sampled_packet_fills_the_columns() -> None:
    found = row(sflow(flow_sample(QUESTION)))
    assert found["event_time"] == datetime.fromtimestamp(SECONDS, UTC)
    ends = (found["source_ip"], found["source_port"], found["destination_ip"], found["destination_port"])
    assert ends == (CLIENT, 5353, SERVER, 53)
    assert (found["protocol"], found["packets_out"]) == ("udp", 512)
    assert (found["bytes_out"], found["ip_bytes_out"]) == (512 * 100, 512 * 128)
    assert found["fields"] == {
        "exporter": "192.0.2.251",
        "observation_domain": "0",
        "ingress_interface": "4",
        "sampling_rate": "512",
    }


def test_lengths_come_from_the_headers_where_the_sample_is_cut() -> None:
    frame = ethernet(ip(CLIENT, SERVER, 6, tcp(40000, 443, SYN, bytes(1000))))
    found = row(sflow(flow_sample(frame[:64], rate=1, wire=len(frame) + 4)))
    assert (found["ip_bytes_out"], found["bytes_out"]) == (1040, 1000)
    assert found["fields"]["tcp_flags"] == "syn"
    assert "sampling_rate" not in found["fields"]


def test_ipv6_and_an_agent_that_speaks_it() -> None:
    frame = ethernet(ip(CLIENT6, SERVER6, 17, udp(1, 2)))
    found = row(sflow(flow_sample(frame), agent="2001:db8::99"))
    assert (found["source_ip"], found["destination_ip"]) == (CLIENT6, SERVER6)
    assert found["fields"]["exporter"] == "2001:db8::99"


def test_a_switch_says_the_vlan_that_the_packet_does_not() -> None:
    switch = struct.pack(">II", 1001, 16) + struct.pack(">4I", 42, 0, 43, 0)
    router = struct.pack(">II", 1002, 16) + struct.pack(">I", 1) + address("203.0.113.9") + bytes(8)
    assert row(sflow(flow_sample(QUESTION, extra=switch)))["vlan_id"] == 42
    assert row(sflow(flow_sample(QUESTION, extra=router)))["fields"]["next_hop"] == "203.0.113.9"


def test_a_packet_told_without_its_header() -> None:
    told = struct.pack(">II", 900, 17) + address(CLIENT) + address(SERVER) + struct.pack(">4I", 999, 53, 0, 0)
    record = struct.pack(">II", 3, len(told)) + told
    body = struct.pack(">8I", 1, 3, 10, 1000, 0, 4, 5, 1) + record
    found = row(sflow(struct.pack(">II", 1, len(body)) + body))
    assert (found["source_ip"], found["source_port"], found["destination_port"]) == (CLIENT, 999, 53)
    assert (found["ip_bytes_out"], found["packets_out"]) == (9000, 10)


def test_an_expanded_sample_says_the_same() -> None:
    header = struct.pack(">4I", 1, len(QUESTION) + 4, 4, len(QUESTION)) + QUESTION + bytes(-len(QUESTION) % 4)
    body = struct.pack(">11I", 1, 0, 3, 64, 100, 0, 0, 100_000, 0, 7, 1) + struct.pack(">II", 1, len(header)) + header
    found = row(sflow(struct.pack(">II", 3, len(body)) + body))
    assert (found["packets_out"], found["fields"]["ingress_interface"]) == (64, "100000")


def test_counters_are_passed_over_and_counted() -> None:
    found = read(sflow(counter_sample(), flow_sample(QUESTION), counter_sample()))
    assert len(found.rows) == 1
    assert found.reasons == ["2 sFlow counter samples are passed over"]


def test_frames_without_ip_are_counted() -> None:
    found = read(sflow(flow_sample(ethernet(bytes(28), kind=0x0806))))
    assert found.reasons == ["1 sampled packets without a readable IP header are passed over"]


def test_in_a_capture_a_sample_has_the_time_of_its_packet() -> None:
    (found,) = read_captured(captured(b"", sflow(flow_sample(QUESTION)), port=6343)).rows
    assert found["event_time"] == datetime.fromtimestamp(SECONDS + 1, UTC)


def test_lost_datagrams_are_told() -> None:
    found = read(sflow(flow_sample(QUESTION)), sflow(flow_sample(QUESTION), sequence=4))
    assert found.reasons[0].startswith("3 datagrams of exporter 192.0.2.251, sub-agent 0 were lost on the way")


@pytest.mark.parametrize("cut", [20, 40, 80, 120])
def test_a_datagram_that_is_cut_has_a_reason(cut: int) -> None:
    found = read(sflow(flow_sample(QUESTION), flow_sample(QUESTION))[:cut])
    assert found.reasons


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 200), st.binary(min_size=1, max_size=20))
def test_no_damage_makes_the_reading_fail(at: int, junk: bytes) -> None:
    content = sflow(flow_sample(QUESTION), counter_sample(), flow_sample(QUESTION))
    found = read(content[:at] + junk + content[at + len(junk) :])
    assert found.rows or found.reasons
