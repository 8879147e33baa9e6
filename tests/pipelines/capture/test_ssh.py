import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.capture.ssh import agreed, packet_length, parse_banner, parse_offer
from tests.pipelines.capture.frames import pcap_file, read_capture, talk


def test_both_banners_are_one_event() -> None:
    packets = talk((False, b"SSH-2.0-server_1\r\n"), (True, b"SSH-2.0-client_1 note\r\n"), to=2222)
    found = read_capture(pcap_file(packets))
    (event,) = found.events
    assert event["fields"] == {"client": "SSH-2.0-client_1 note", "server": "SSH-2.0-server_1", "version": "2"}
    assert (event["category"], event["service"], event["destination_port"]) == ("ssh", "ssh", 2222)
    assert [flow["application"] for flow in found.flows] == ["ssh"]


def test_a_side_that_speaks_the_old_protocol_only_decides_the_version() -> None:
    packets = talk((False, b"SSH-1.99-server_1\r\n"), (True, b"SSH-1.5-client_1\r\n"), to=22)
    assert read_capture(pcap_file(packets)).events[0]["fields"]["version"] == "1"


def test_one_banner_alone_is_an_event_of_unknown_outcome() -> None:
    (event,) = read_capture(pcap_file(talk((False, b"SSH-2.0-server_1\n"), to=22))).events
    assert event["outcome"] == "unknown"
    assert "client" not in event["fields"]


_CLIENT = (
    "curve25519-sha256,diffie-hellman-group1-sha1",
    "ssh-ed25519,ssh-rsa",
    "aes256-ctr,3des-cbc",
    "hmac-sha2-256",
)
_SERVER = ("diffie-hellman-group1-sha1", "ssh-rsa", "3des-cbc", "hmac-md5,hmac-sha2-256")


def _offer(kex: str, key: str, cipher: str, mac: str, *, other: str = "none") -> bytes:
    """The offer of a side that would encrypt what it gets otherwise than what it sends."""
    lists = [kex, key, cipher, f"{cipher},{other}", mac, mac, "none", "none,zlib", "", ""]
    body = b"\x14" + bytes(16) + b"".join(len(text).to_bytes(4, "big") + text.encode() for text in lists) + bytes(5)
    padding = 4 + -(len(body) + 9) % 8
    return (len(body) + 1 + padding).to_bytes(4, "big") + bytes([padding]) + body + bytes(padding)


def _said(*, server_first: bool = True, size: int = 2000) -> list[tuple[bool, bytes]]:
    sides = {
        False: b"SSH-2.0-server_1\r\n" + _offer(*_SERVER),
        True: b"SSH-2.0-client_1\r\n" + _offer(*_CLIENT),
    }
    order = (False, True) if server_first else (True, False)
    return [(side, sides[side][at : at + size]) for side in order for at in range(0, len(sides[side]), size)]


@pytest.mark.parametrize("size", [2000, 19, 100], ids=["in one segment", "banner and a bit", "in pieces"])
@pytest.mark.parametrize("server_first", [True, False])
def test_what_both_sides_offer_decides_the_algorithms(size: int, *, server_first: bool) -> None:
    (event,) = read_capture(pcap_file(talk(*_said(server_first=server_first, size=size), to=2222))).events
    fields = event["fields"]
    assert fields["kex_alg"] == "diffie-hellman-group1-sha1"
    assert (fields["host_key_alg"], fields["cipher_alg"], fields["mac_alg"], fields["compression_alg"]) == (
        "ssh-rsa",
        "3des-cbc",
        "hmac-sha2-256",
        "none",
    )
    assert event["outcome"] == "success"


def test_hassh_is_drawn_from_what_a_side_sends() -> None:
    (event,) = read_capture(pcap_file(talk(*_said(), to=22))).events
    client = f"{_CLIENT[0]};{_CLIENT[2]};{_CLIENT[3]};none"
    server = f"{_SERVER[0]};{_SERVER[2]},none;{_SERVER[3]};none,zlib"
    assert event["fields"]["hassh"] == hashlib.md5(client.encode(), usedforsecurity=False).hexdigest()
    assert event["fields"]["hasshServer"] == hashlib.md5(server.encode(), usedforsecurity=False).hexdigest()


def test_offers_that_come_in_later_windows_are_still_joined() -> None:
    said = [
        (False, b"SSH-2.0-server_1\r\n"),
        (True, b"SSH-2.0-client_1\r\n"),
        (False, _offer(*_SERVER)),
        (True, _offer(*_CLIENT)),
    ]
    (event,) = read_capture(pcap_file(talk(*said, to=2222)), window_bytes=64).events
    assert event["fields"]["cipher_alg"] == "3des-cbc"


@pytest.mark.parametrize(
    ("client", "server", "chosen"),
    [("a,b", "b,a", "a"), ("a", "b", ""), ("", "", ""), ("a,b", "b", "b")],
)
def test_the_clients_order_decides(client: str, server: str, chosen: str) -> None:
    assert agreed(client, server) == chosen


@given(st.binary(max_size=300), st.integers(0, 300))
def test_any_bytes_are_judged_without_an_exception(content: bytes, at: int) -> None:
    for payload in (content, _offer(*_CLIENT)[:at] + content, b"SSH-2.0-" + content + b"\r\n"):
        parse_banner(payload)
        parse_offer(payload)
        assert packet_length(payload) <= 35_004
