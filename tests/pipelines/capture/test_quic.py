import random
import struct

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from pipelines.capture.quic import client_keys, crypto_frames, parse_initials
from tests.pipelines.capture.frames import Timed, back, out, pcap_file, read_capture, udp

_V1, _V2 = 0x0000_0001, 0x6B33_43CF
_ID = bytes.fromhex("8394c8f03e515708")


def _varint(number: int) -> bytes:
    return struct.pack("!H", number | 0x4000)


def _sized(content: bytes, width: int = 2) -> bytes:
    return len(content).to_bytes(width, "big") + content


def _hello(name: bytes = b"www.example.org", padding: int = 0) -> bytes:
    extensions = struct.pack("!H", 0) + _sized(_sized(b"\0" + _sized(name)))
    extensions += struct.pack("!H", 16) + _sized(_sized(_sized(b"h3", 1)))
    extensions += struct.pack("!H", 43) + _sized(b"\x02\x03\x04") + struct.pack("!H", 21) + _sized(bytes(padding))
    body = b"\x03\x03" + bytes(32) + b"\0" + _sized(b"\x13\x01\x13\x02") + b"\x01\0" + _sized(extensions)
    return b"\x01" + _sized(body, 3)


def _crypto(message: bytes, start: int, end: int) -> bytes:
    part = message[start:end]
    return b"\x06" + _varint(start) + _varint(len(part)) + part


def _packet(frames: bytes, *, version: int = _V1, destination: bytes = _ID, key: bytes = b"", number: int = 2) -> bytes:
    """An Initial packet as a client protects it."""
    keys = client_keys(version, key or destination)
    frames = frames.ljust(300, b"\0")
    first = 0xC3 if version == _V1 else 0xD3
    header = bytes([first]) + struct.pack("!I", version) + _sized(destination, 1) + _sized(b"\xaa", 1) + b"\0"
    header += _varint(4 + len(frames) + 16) + struct.pack("!I", number)
    nonce = (int.from_bytes(keys.vector, "big") ^ number).to_bytes(12, "big")
    body = AESGCM(keys.key).encrypt(nonce, frames, header)
    mask = Cipher(algorithms.AES(keys.header), modes.ECB()).encryptor().update(body[:16])  # noqa: S305 - the RFC's own
    hidden = bytes(byte ^ mask[1 + at] for at, byte in enumerate(header[-4:]))
    return bytes([header[0] ^ mask[0] & 0x0F]) + header[1:-4] + hidden + body


def _sent(*datagrams: bytes, to: int = 443) -> list[Timed]:
    return [(1.0 + at, out(udp(50000, to, content), 17)) for at, content in enumerate(datagrams)]


@pytest.mark.parametrize(
    ("version", "key", "vector", "header"),
    [
        (_V1, "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c", "9f50449e04a0e810283a1e9933adedd2"),
        (_V2, "8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f", "45b95e15235d6f45a6b19cbcb0294ba9"),
    ],
    ids=["RFC 9001 A.1", "RFC 9369 A.1"],
)
def test_keys_are_those_of_the_published_examples(version: int, key: str, vector: str, header: str) -> None:
    keys = client_keys(version, _ID)
    assert (keys.key.hex(), keys.vector.hex(), keys.header.hex()) == (key, vector, header)


@pytest.mark.parametrize("version", [_V1, _V2], ids=["1", "2"])
@pytest.mark.parametrize("to", [443, 4433])
def test_the_name_in_the_first_packet_is_told(version: int, to: int) -> None:
    hello = _hello()
    found = read_capture(pcap_file(_sent(_packet(_crypto(hello, 0, 999), version=version), to=to)))
    (event,) = found.events
    fields = event["fields"]
    assert (fields["server_name"], fields["client_protocol"]) == ("www.example.org", "h3")
    assert (fields["version"], fields["client_initial_dcid"]) == ({_V1: "1", _V2: "2"}[version], _ID.hex())
    assert fields["ja4"].startswith("q13d0204h3_")
    assert (event["category"], event["service"]) == ("tls", "quic")
    assert [flow["application"] for flow in found.flows] == ["quic"]


@pytest.mark.parametrize(
    "datagrams",
    [
        pytest.param([[(60, 999), (0, 20), (20, 60)]], id="out of order in the packet"),
        pytest.param([[(0, 70)], [(70, 999)]], id="over two packets"),
        pytest.param([[(70, 999)], [(0, 70)]], id="the end first"),
        pytest.param([[(0, 70), (30, 90)], [(0, 70), (80, 999)]], id="overlapping"),
    ],
)
@pytest.mark.parametrize("window_bytes", [64, 1 << 20], ids=["packet by packet", "at once"])
def test_a_hello_in_parts_is_put_together(datagrams: list[list[tuple[int, int]]], window_bytes: int) -> None:
    hello = _hello()
    packets = [_packet(b"\x01\0\0".join(_crypto(hello, *part) for part in parts)) for parts in datagrams]
    (event,) = read_capture(pcap_file(_sent(*packets)), window_bytes=window_bytes).events
    assert event["fields"]["server_name"] == "www.example.org"
    assert len(event["fields"]["ja4"]) == 36


def test_packets_that_lie_in_one_datagram_are_all_read() -> None:
    hello = _hello()
    datagram = _packet(_crypto(hello, 0, 50), number=0) + _packet(_crypto(hello, 50, 999), number=1)
    assert len(parse_initials(datagram)) == 2
    (event,) = read_capture(pcap_file(_sent(datagram))).events
    assert event["fields"]["server_name"] == "www.example.org"


def test_a_hello_whose_end_never_comes_is_told_as_far_as_it_reaches() -> None:
    hello = _hello(padding=200)
    (event,) = read_capture(pcap_file(_sent(_packet(_crypto(hello, 0, 120))))).events
    assert event["fields"]["server_name"] == "www.example.org"
    assert {"ja3", "ja4"}.isdisjoint(event["fields"])


def test_after_a_retry_the_new_identifier_gives_the_keys() -> None:
    hello, other = _hello(), bytes(range(12))
    packets = [_packet(_crypto(hello, 0, 40)), _packet(_crypto(hello, 0, 999), destination=other)]
    (event,) = read_capture(pcap_file(_sent(*packets))).events
    assert event["fields"]["server_name"] == "www.example.org"


def test_later_packets_to_the_servers_identifier_keep_the_first_keys() -> None:
    hello, chosen = _hello(), b"\x55" * 8
    packets = [_packet(_crypto(hello, 0, 40)), _packet(_crypto(hello, 40, 999), destination=chosen, key=_ID)]
    (event,) = read_capture(pcap_file(_sent(*packets))).events
    assert event["fields"]["server_name"] == "www.example.org"


def test_acknowledgements_before_the_hello_are_passed_over() -> None:
    acknowledged = b"\x02\x01\0\x01\0\x05\x05" + b"\x03\x01\0\0\0\x01\x01\x01"
    (event,) = read_capture(pcap_file(_sent(_packet(acknowledged + _crypto(_hello(), 0, 999))))).events
    assert event["fields"]["server_name"] == "www.example.org"


def test_a_connection_is_told_once_and_a_server_says_nothing_readable() -> None:
    packet = _packet(_crypto(_hello(), 0, 999))
    answer = (1.5, back(udp(443, 50000, packet), 17))
    found = read_capture(pcap_file([*_sent(packet), answer, *_sent(packet, packet)]))
    assert len(found.events) == 1


def test_what_was_changed_on_the_way_is_not_believed() -> None:
    packet = bytearray(_packet(_crypto(_hello(), 0, 999)))
    packet[-1] ^= 1
    found = read_capture(pcap_file(_sent(bytes(packet))))
    assert found.events == []
    assert [flow["application"] for flow in found.flows] == [""]


@given(st.binary(max_size=400), st.integers(0, 400), st.randoms(use_true_random=False))
def test_any_bytes_are_judged_without_an_exception(content: bytes, at: int, chance: random.Random) -> None:
    whole = _packet(_crypto(_hello(), 0, 999))
    damaged = bytearray(whole)
    damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    for payload in (content, b"\xc0\0\0\0\x01" + content, whole[:at] + content, bytes(damaged)):
        initials = parse_initials(payload)
        assert sum(len(initial.packet) for initial in initials) <= len(payload)
        for initial in initials:
            frames = crypto_frames(initial, client_keys(initial.version, initial.destination)) or []
            assert all(len(part) <= len(initial.packet) for _, part in frames)


@given(st.binary(max_size=250))
def test_any_frames_are_judged_without_an_exception(content: bytes) -> None:
    (initial,) = parse_initials(_packet(content))
    frames = crypto_frames(initial, client_keys(_V1, _ID))
    assert frames is not None
    assert all(len(part) <= len(content) for _, part in frames)
