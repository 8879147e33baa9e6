import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.capture.cuts import Timeouts
from tests.pipelines.capture.frames import (
    ACK,
    CLIENT,
    FIN,
    PUSH,
    RST,
    SERVER,
    SYN,
    SYN_ACK,
    Timed,
    back,
    ethernet,
    ip,
    out,
    pcap_file,
    read_capture,
    session,
    talk,
    tcp,
    udp,
)

_REQUEST, _ANSWER = b"ask", b"answer!"


def test_a_whole_connection_is_one_flow_with_both_ways_counted() -> None:
    (flow,) = read_capture(pcap_file(talk((True, _REQUEST), (False, _ANSWER)))).flows
    assert (flow["source_ip"], flow["source_port"]) == (CLIENT, 50000)
    assert (flow["destination_ip"], flow["destination_port"]) == (SERVER, 80)
    assert (flow["packets_out"], flow["packets_in"]) == (5, 3)
    assert (flow["bytes_out"], flow["bytes_in"]) == (3, 7)
    assert (flow["ip_bytes_out"], flow["ip_bytes_in"]) == (5 * 40 + 3, 3 * 40 + 7)
    assert (flow["history"], flow["connection_state"]) == ("ShADdFf", "SF")
    assert (flow["protocol"], flow["duration_ms"], flow["source_offset"]) == ("tcp", 70, 0)


@pytest.mark.parametrize(
    ("steps", "initiator", "history", "state"),
    [
        pytest.param([(True, SYN)], CLIENT, "S", "S0", id="SYN alone"),
        pytest.param([(True, SYN), (False, RST)], CLIENT, "Sr", "REJ", id="refused"),
        pytest.param([(False, SYN_ACK)], CLIENT, "^h", "OTH", id="SYN-ACK alone names the other side"),
        pytest.param([(False, SYN_ACK), (True, SYN)], CLIENT, "^hS", "OTH", id="captured out of order"),
        pytest.param([(False, ACK), (True, ACK)], CLIENT, "^aA", "OTH", id="known port answers"),
        pytest.param([(True, SYN), (False, SYN_ACK), (True, RST)], CLIENT, "ShR", "RSTO", id="reset by initiator"),
        pytest.param([(True, SYN), (False, SYN_ACK), (False, RST)], CLIENT, "Shr", "RSTR", id="reset by responder"),
        pytest.param([(True, SYN | RST)], CLIENT, "Q", "S0", id="SYN with RST"),
        pytest.param([(True, FIN | RST)], CLIENT, "I", "RSTOS0", id="FIN with RST"),
    ],
)
def test_history_and_state_follow_the_flags(
    steps: list[tuple[bool, int]], initiator: str, history: str, state: str
) -> None:
    (flow,) = read_capture(pcap_file(session(*[(forward, flags, b"") for forward, flags in steps]))).flows
    assert (flow["source_ip"], flow["history"], flow["connection_state"]) == (initiator, history, state)


def _datagrams(*times: float) -> list[Timed]:
    return [(time, out(udp(4000, 5000, b"x"), 17)) for time in times]


@pytest.mark.parametrize("window_bytes", [70, 1 << 20], ids=["packet by packet", "at once"])
@pytest.mark.parametrize(
    ("times", "packets"),
    [
        pytest.param([0, 120], [2], id="silence at the limit"),
        pytest.param([0, 120.5], [1, 1], id="silence above it"),
        pytest.param([0, 100, 200, 330], [3, 1], id="silence counts from the last packet"),
        pytest.param([0, *range(100, 2000, 100)], [19, 1], id="age ends a busy flow"),
        pytest.param([*range(0, 4000, 100)], [19, 19, 2], id="and the flow after it"),
        pytest.param([500, 400, 510], [3], id="time that runs backwards"),
    ],
)
def test_silence_and_age_cut_flows(times: list[float], packets: list[int], window_bytes: int) -> None:
    found = read_capture(pcap_file(_datagrams(*times)), window_bytes=window_bytes)
    assert [flow["packets_out"] for flow in found.flows] == packets


def test_timeouts_are_settings() -> None:
    found = read_capture(pcap_file(_datagrams(0, 5, 11)), timeouts=Timeouts(active_seconds=100, idle_seconds=5))
    assert [flow["packets_out"] for flow in found.flows] == [2, 1]


def test_an_aged_flow_keeps_its_initiator() -> None:
    packets = [(0.0, out(tcp(4000, 5000, SYN)))]
    packets += [(float(time), back(tcp(5000, 4000, ACK))) for time in range(100, 2000, 100)]
    assert {flow["source_ip"] for flow in read_capture(pcap_file(packets)).flows} == {CLIENT}


@pytest.mark.parametrize("window_bytes", [70, 1 << 20], ids=["packet by packet", "at once"])
@pytest.mark.parametrize(
    ("ending", "sequence", "flows"),
    [(FIN, 5000, 2), (RST, 5000, 2), (ACK, 5000, 1), (RST, 1, 1)],
    ids=["after FIN", "after RST", "not after an ACK", "not a repeated SYN"],
)
def test_a_new_syn_after_the_end_begins_a_new_flow(ending: int, sequence: int, flows: int, window_bytes: int) -> None:
    frames = [out(tcp(4000, 80, SYN, seq=1)), back(tcp(80, 4000, ending)), out(tcp(4000, 80, SYN, seq=sequence))]
    found = read_capture(pcap_file([(float(at), frame) for at, frame in enumerate(frames)]), window_bytes=window_bytes)
    assert len(found.flows) == flows


def test_icmp_question_and_answer_are_one_flow_and_an_error_is_another() -> None:
    ask, answer, error = (bytes([kind, code, 0, 0]) + bytes(12) for kind, code in ((8, 0), (0, 0), (3, 1)))
    found = read_capture(pcap_file([(1.0, out(ask, 1)), (1.1, back(answer, 1)), (1.2, back(error, 1))]))
    ports = [(flow["source_port"], flow["destination_port"], flow["packets_in"]) for flow in found.flows]
    assert ports == [(8, 0, 1), (3, 1, 0)]
    assert {flow["protocol"] for flow in found.flows} == {"icmp"}


def test_later_fragments_count_into_the_flow_of_the_first() -> None:
    datagram = udp(4000, 5000, b"z" * 40)
    first = ethernet(ip(CLIENT, SERVER, 17, datagram[:24], place=0x2000))
    later = ethernet(ip(CLIENT, SERVER, 17, datagram[24:], place=3))
    for order in itertools.permutations([(1.0, first), (1.0, later)]):
        (flow,) = read_capture(pcap_file(order)).flows
        assert (flow["packets_out"], flow["bytes_out"], flow["ip_bytes_out"]) == (2, 40, 20 + 24 + 20 + 24)


def test_a_cut_packet_counts_by_its_headers() -> None:
    found = read_capture(pcap_file([(1.0, out(udp(4000, 5000, b"x" * 900), 17))], snap=60))
    assert [(flow["bytes_out"], flow["ip_bytes_out"]) for flow in found.flows] == [(900, 928)]


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (ip(CLIENT, SERVER, 17, udp(1, 2))[:12], "the IPv4 header is cut"),
        (b"\x42" + ip(CLIENT, SERVER, 17, udp(1, 2))[1:], "the IPv4 header is damaged: version or header length"),
        (ip(CLIENT, SERVER, 6, tcp(1, 2, SYN)[:12] + b"\x20" + bytes(7)), "the TCP header is damaged: header length"),
        (ip(CLIENT, SERVER, 17, b"abc"), "the transport header does not fit its IP packet"),
    ],
    ids=["cut", "header length", "data offset", "datagram"],
)
def test_a_damaged_packet_is_a_reject_with_its_number_and_the_rest_counts(packet: bytes, reason: str) -> None:
    found = read_capture(pcap_file([*_datagrams(1.0), (1.0, ethernet(packet, 0x0800))]))
    assert found.reasons == [f"packet 1: {reason}"]
    assert [flow["packets_out"] for flow in found.flows] == [1]


def test_rejects_are_listed_up_to_a_thousand_and_then_counted() -> None:
    found = read_capture(pcap_file([(1.0, ethernet(b"\x41", 0x0800))] * 1005))
    assert len(found.reasons) == 1001
    assert found.reasons[-1] == "5 more packets are damaged and not listed"


_STEP = st.tuples(st.booleans(), st.sampled_from([SYN, SYN_ACK, ACK, PUSH, FIN, RST]), st.binary(max_size=30))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 1), _STEP), max_size=12), st.integers(40, 400))
def test_windows_never_change_flows_or_events(steps: list[tuple[int, tuple[bool, int, bytes]]], window: int) -> None:
    packets = []
    for at, (port, step) in enumerate(steps):
        packets += [(float(at * 31), frame) for _, frame in session(step, port=50000 + port)]
    content = pcap_file(packets)
    whole, pieces = read_capture(content), read_capture(content, window_bytes=window)
    assert pieces.flows == whole.flows
    assert sum(flow["packets_out"] + flow["packets_in"] for flow in whole.flows) == len(packets)
