import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.capture.tls import (
    ClientHello,
    ServerHello,
    group_name,
    parse_hello_message,
)
from pipelines.capture.tls_alerts import parse_alert
from pipelines.capture.tls_flights import parse_flight, parse_hello
from pipelines.capture.tls_suites import suite_name
from tests.pipelines.capture.certificate_bytes import certificate, curve_key, distinguished
from tests.pipelines.capture.frames import Timed, pcap_file, read_capture, storable, talk


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


def _message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + _sized(body, 3)


def _chain(*certificates: bytes) -> bytes:
    return _message(11, _sized(b"".join(_sized(content, 3) for content in certificates), 3))


_CURVE = _message(12, b"\x03\0\x1d" + _sized(bytes(32), 1) + bytes(20))
_DONE = _message(14, b"")
_CHANGE = b"\x14\x03\x03\0\x01\x01"


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


def _records(*messages: bytes, version: int = 0x0303, cut: int = 16_384) -> bytes:
    stream = b"".join(messages)
    return b"".join(
        struct.pack("!BH", 22, version) + _sized(stream[at : at + cut]) for at in range(0, len(stream), cut)
    )


def _session(*server: bytes, hello: bytes = b"", to: int = 443, size: int = 1400) -> list[Timed]:
    flight = (hello or _server(0xC02F)) + b"".join(server)
    parts = [(False, flight[at : at + size]) for at in range(0, len(flight), size)]
    return talk((True, _client(0xC02F, extensions=_NAME)), *parts, to=to)


_AUTHORITY = certificate(subject=distinguished(("2.5.4.3", b"Example CA")), end=b"20991231235959Z")


@pytest.mark.parametrize("size", [60, 500, 1400], ids=["small segments", "middle", "usual"])
@pytest.mark.parametrize("cut", [100, 16_384], ids=["many records", "one record"])
def test_certificates_are_told_with_the_session_and_by_themselves(size: int, cut: int) -> None:
    own = certificate(begin=b"19700101000000Z", end=b"20991231235959Z")
    packets = _session(_records(_chain(own, _AUTHORITY), _CURVE, _DONE, cut=cut), size=size)
    session, *shown = sorted(read_capture(pcap_file(packets)).events, key=lambda event: event["service"])
    assert session["service"] == "ssl"
    assert (session["fields"]["subject"], session["fields"]["issuer"]) == ("CN=www.example.org,C=CN", "CN=Example CA")
    assert session["fields"]["curve"] == "x25519"
    assert session["fields"]["cert_chain_fps"] == ",".join(event["fields"]["fingerprint"] for event in shown)
    assert [event["fields"]["certificate.subject"] for event in shown] == ["CN=www.example.org,C=CN", "CN=Example CA"]
    assert [event["fields"]["host_cert"] for event in shown] == ["true", "false"]
    assert {(event["category"], event["service"], event["destination_port"]) for event in shown} == {
        ("certificate", "x509", 443)
    }
    assert "validation_status" not in session["fields"]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (certificate(begin=b"19600101000000Z", end=b"19700101000000Z"), "certificate has expired"),
        (certificate(), "certificate is not yet valid"),
        (
            certificate(
                subject=distinguished(("2.5.4.3", b"Example CA")), begin=b"19600101000000Z", end=b"20991231235959Z"
            ),
            "self signed certificate",
        ),
    ],
    ids=["expired", "not yet", "self signed"],
)
def test_what_dates_and_names_say_against_a_certificate_is_told(content: bytes, status: str) -> None:
    events = read_capture(pcap_file(_session(_records(_chain(content), _DONE)))).events
    assert [event["fields"].get("validation_status") for event in events if event["service"] == "ssl"] == [status]


def test_a_certificate_is_told_once_for_the_server_that_shows_it() -> None:
    shown = _records(_chain(certificate()), _DONE)
    packets = [*_session(shown), *((time + 9, frame) for time, frame in _session(shown, to=8443))]
    packets += [(time + 300, frame) for time, frame in _session(shown)]
    events = read_capture(pcap_file(packets)).events
    assert sorted(event["destination_port"] for event in events if event["service"] == "x509") == [443, 8443]
    assert [event["fields"]["issuer"] for event in events if event["service"] == "ssl"] == ["CN=Example CA"] * 3


def test_a_client_may_show_a_certificate_too() -> None:
    said = [(True, _client(0xC02F)), (False, _server(0xC02F) + _records(_chain(certificate()), _DONE))]
    own = certificate(subject=distinguished(("2.5.4.3", b"operator")), key=curve_key("1.2.156.10197.1.301"))
    events = read_capture(pcap_file(talk(*said, (True, _records(_chain(own))), to=443))).events
    (shown,) = (event for event in events if event["fields"].get("client_cert") == "true")
    assert (shown["fields"]["certificate.subject"], shown["fields"]["certificate.curve"]) == ("CN=operator", "SM2")
    assert shown["destination_port"] == 443


def test_tlcp_shows_its_two_certificates() -> None:
    signing, encrypting = certificate(key=curve_key("1.2.156.10197.1.301")), certificate(issuer=distinguished())
    hello = _server(0xE013, 0x0101)
    packets = _session(_records(_chain(signing, encrypting), _DONE, version=0x0101), hello=hello)
    events = read_capture(pcap_file(packets)).events
    assert [event["fields"]["version"] for event in events if event["service"] == "ssl"] == ["TLCP"]
    assert sum(event["service"] == "x509" for event in events) == 2


def _alert(level: int, number: int) -> bytes:
    return b"\x15\x03\x03\0\x02" + bytes([level, number])


def test_a_refused_offer_is_a_failure() -> None:
    (event,) = read_capture(pcap_file(talk((True, _client(0x0005)), (False, _alert(2, 40)), to=443))).events
    assert (event["outcome"], event["fields"]["last_alert"]) == ("failure", "handshake_failure")
    assert event["fields"]["established"] == "false"
    assert "cipher" not in event["fields"]


def test_a_warning_may_come_before_the_hello_in_its_segment() -> None:
    said = [(True, _client(0xC02F)), (False, _alert(1, 112) + _server(0xC02F))]
    (event,) = read_capture(pcap_file(talk(*said, to=443))).events
    assert (event["outcome"], event["fields"]["cipher"]) == ("success", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")


@pytest.mark.parametrize(
    "alert", [_alert(1, 0), _alert(2, 40), _alert(1, 112) * 9000], ids=["goodbye", "late refusal", "warnings alone"]
)
def test_an_alert_that_answers_no_offer_is_no_event(alert: bytes) -> None:
    packets = talk(*((False, alert[at : at + 60_000]) for at in range(0, len(alert), 60_000)), to=443)
    assert read_capture(pcap_file(packets)).events == []


@pytest.mark.parametrize(
    ("offered", "chosen", "extensions", "resumed"),
    [
        (b"s" * 32, b"s" * 32, b"", "true"),
        (b"s" * 32, b"t" * 32, b"", None),
        (b"", b"", b"", None),
        (b"s" * 32, b"s" * 32, _CHOOSES_13, "false"),
        (b"s" * 32, b"s" * 32, _CHOOSES_13 + _extension(41, b"\0\0"), "true"),
    ],
    ids=["the same session", "another", "none", "TLS 1.3, a stand-in", "TLS 1.3, a key shared before"],
)
def test_whether_a_session_is_resumed(offered: bytes, chosen: bytes, extensions: bytes, resumed: str | None) -> None:
    client, server = _client(0xC02F), _server(0xC02F, extensions=extensions)
    said = [(True, _with_session(client, offered)), (False, _with_session(server, chosen))]
    (event,) = read_capture(pcap_file(talk(*said, to=443))).events
    assert event["fields"].get("resumed") == resumed


def _with_session(hello: bytes, session: bytes) -> bytes:
    """The one record of a hello without a session, with one."""
    assert hello[43] == 0
    message = hello[9:43] + bytes([len(session)]) + session + hello[44:]
    body = hello[5:6] + len(message).to_bytes(3, "big") + message
    return hello[:3] + len(body).to_bytes(2, "big") + body


def test_a_resumed_session_shows_none() -> None:
    packets = _session(_CHANGE, _records(_message(11, bytes(40))))
    assert [event["service"] for event in read_capture(pcap_file(packets)).events] == ["ssl"]


def test_a_flight_is_read_up_to_where_it_is_encrypted() -> None:
    chain = _records(_chain(certificate()))
    assert parse_flight(chain + _CHANGE + chain).size == len(chain)
    assert parse_flight(_records(_chain(*[certificate()] * 12))).certificates == (certificate(),) * 10
    assert parse_flight(chain[:-1]).certificates == ()


def test_a_hello_tells_versions_groups_and_fingerprints() -> None:
    groups = _extension(10, _sized(struct.pack("!4H", 0x2A2A, 41, 29, 999)))
    hello = _client(0x1301, 0x00C6, extensions=_OFFERS_13 + groups + _NAME)
    chosen = _server(0x00C6, extensions=_CHOOSES_13 + _extension(51, b"\0\x29" + _sized(bytes(65))))
    (event,) = read_capture(pcap_file(talk((True, hello), (False, chosen), to=443))).events
    fields = event["fields"]
    assert fields["client_supported_versions"] == "TLSv13,TLSv12"
    assert fields["client_curves"] == "curveSM2,x25519,unknown-999"
    assert (fields["curve"], fields["cipher"]) == ("curveSM2", "TLS_SM4_GCM_SM3")
    assert fields["ja4"].startswith("t13d020300_")


def test_a_part_of_a_hello_has_no_fingerprint() -> None:
    message = _client(0x1301, extensions=_NAME + _ALPN)[5:]
    cut = parse_hello_message(message[:-12])
    assert isinstance(cut, ClientHello)
    assert (cut.server_name, cut.ja3, cut.ja4) == ("www.example.org", "", "")
    assert group_name(29) == "x25519"


@given(st.binary(max_size=300), st.integers(0, 300))
@example(b"\0", 2)  # a length of more than there is
def test_any_bytes_are_judged_without_an_exception(content: bytes, at: int) -> None:
    assert storable(parse_hello(content))
    parse_alert(content)
    parse_alert(_alert(2, 40)[:5] + content)
    hello = _client(0x1301, extensions=_OFFERS_13 + _ALPN + _NAME)
    assert storable(parse_hello(hello[:at] + content))
    assert parse_flight(content).size <= len(content)
    shown = _records(_chain(certificate()), _CURVE, _DONE)
    assert parse_flight(shown[:at] + content + shown[at:]).size <= len(shown) + len(content)
