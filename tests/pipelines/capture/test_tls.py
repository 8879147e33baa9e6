import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.capture.tls import ClientHello, ServerHello, parse_hello
from pipelines.capture.tls_suites import suite_name
from tests.pipelines.capture.frames import pcap_file, read_capture, talk


def _sized(content: bytes, width: int = 2) -> bytes:
    return len(content).to_bytes(width, "big") + content


def _extension(kind: int, content: bytes) -> bytes:
    return struct.pack("!H", kind) + _sized(content)


def _record(kind: int, body: bytes, version: int = 0x0303) -> bytes:
    return struct.pack("!BH", 22, version) + _sized(bytes([kind]) + _sized(body, 3))


_NAME = _extension(0, _sized(b"\0" + _sized(b"www.example.org")))
_ALPN = _extension(16, _sized(_sized(b"h2", 1) + _sized(b"http/1.1", 1)))
_OFFERS_13 = _extension(43, _sized(b"\x0a\x0a\x03\x04\x03\x03", 1))
_CHOOSES_13 = _extension(43, b"\x03\x04")


def _client(*suites: int, version: int = 0x0303, extensions: bytes = b"") -> bytes:
    offered = b"".join(struct.pack("!H", suite) for suite in suites)
    body = struct.pack("!H", version) + bytes(32) + b"\0" + _sized(offered) + b"\x01\0" + _sized(extensions)
    return _record(1, body, version)


def _server(suite: int, version: int = 0x0303, extensions: bytes = b"", random: bytes = bytes(32)) -> bytes:
    body = struct.pack("!H", version) + random + b"\0" + struct.pack("!HB", suite, 0) + _sized(extensions)
    return _record(2, body, version)


@pytest.mark.parametrize(
    ("version", "suite", "extensions", "expected"),
    [
        (0x0300, 0x0005, b"", ("SSLv3", "TLS_RSA_WITH_RC4_128_SHA")),
        (0x0301, 0x000A, b"", ("TLSv10", "TLS_RSA_WITH_3DES_EDE_CBC_SHA")),
        (0x0302, 0x002F, b"", ("TLSv11", "TLS_RSA_WITH_AES_128_CBC_SHA")),
        (0x0303, 0xC02F, b"", ("TLSv12", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")),
        (0x0303, 0x1301, _CHOOSES_13, ("TLSv13", "TLS_AES_128_GCM_SHA256")),
        (0x0303, 0x00C6, _CHOOSES_13, ("TLSv13", "TLS_SM4_GCM_SM3")),
        (0x0101, 0xE013, b"", ("TLCP", "ECC_SM4_CBC_SM3")),
    ],
    ids=["SSL 3", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3", "TLS 1.3 with SM4", "TLCP"],
)
def test_both_hellos_are_one_event(version: int, suite: int, extensions: bytes, expected: tuple[str, str]) -> None:
    packets = talk(
        (True, _client(suite, version=version, extensions=_NAME)),
        (False, _server(suite, version, extensions)),
        to=443,
    )
    found = read_capture(pcap_file(packets))
    (event,) = found.events
    assert (event["fields"]["version"], event["fields"]["cipher"]) == expected
    assert event["fields"]["server_name"] == "www.example.org"
    assert (event["category"], event["service"], event["outcome"]) == ("tls", "ssl", "success")
    assert [flow["application"] for flow in found.flows] == ["tls"]


def test_a_hello_that_spans_segments_is_read_whole() -> None:
    hello = _client(0x1301, extensions=_OFFERS_13 + _ALPN + _NAME)
    packets = talk((True, hello[:60]), (True, hello[60:]), (False, _server(0x1301, extensions=_CHOOSES_13)), to=8443)
    (event,) = read_capture(pcap_file(packets)).events
    assert event["fields"]["server_name"] == "www.example.org"
    assert event["fields"]["client_protocols"] == "h2,http/1.1"
    assert event["fields"]["client_version"] == "TLSv13"


def test_a_hello_without_an_answer_is_an_event_of_unknown_outcome() -> None:
    (event,) = read_capture(pcap_file(talk((True, _client(0xC02F)), to=443))).events
    assert event["outcome"] == "unknown"
    assert {"version", "cipher"}.isdisjoint(event["fields"])


def test_ja3_leaves_out_numbers_that_are_to_be_ignored() -> None:
    plain = parse_hello(_client(0x1301, 0xC02F, extensions=_NAME))
    greased = parse_hello(_client(0x2A2A, 0x1301, 0xC02F, extensions=_NAME + _extension(0x4A4A, b"")))
    assert isinstance(plain, ClientHello)
    assert isinstance(greased, ClientHello)
    assert plain.ja3 == greased.ja3


def test_a_request_to_retry_is_no_choice() -> None:
    retry = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
    assert parse_hello(_server(0x1301, random=retry)) is None
    assert isinstance(parse_hello(_server(0x1301)), ServerHello)


@pytest.mark.parametrize(
    ("number", "name"),
    [(0xE011, "ECDHE_SM4_CBC_SM3"), (0xE01C, "RSA_SM4_CBC_SHA256"), (0x00C7, "TLS_SM4_CCM_SM3"), (0xFEFE, "0xFEFE")],
)
def test_suites_have_their_names(number: int, name: str) -> None:
    assert suite_name(number) == name


@given(st.binary(max_size=300), st.integers(0, 300))
def test_any_bytes_are_judged_without_an_exception(content: bytes, at: int) -> None:
    parse_hello(content)
    hello = _client(0x1301, extensions=_OFFERS_13 + _ALPN + _NAME)
    parse_hello(hello[:at] + content)
