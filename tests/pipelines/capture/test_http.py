import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.capture.http import parse_head
from tests.pipelines.capture.frames import pcap_file, read_capture, storable, talk

_GET = b"GET /a?b=c HTTP/1.1\r\nHost: example.org\r\nUser-Agent: probe/1\r\nReferer: http://example.org/\r\n\r\n"
_OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 5\r\n\r\nhello"
_POST = b"POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"
_MISSING = b"HTTP/1.1 404 Not Found\r\n\r\n"


def _events(*said: tuple[bool, bytes], to: int = 8080) -> list[dict[str, str]]:
    events = read_capture(pcap_file(talk(*said, to=to))).events
    return [event["fields"] | {"outcome": event["outcome"]} for event in events]


def test_a_request_and_its_status_are_one_event() -> None:
    assert _events((True, _GET), (False, _OK)) == [
        {
            "method": "GET",
            "host": "example.org",
            "uri": "/a?b=c",
            "referrer": "http://example.org/",
            "version": "1.1",
            "user_agent": "probe/1",
            "status_code": "200",
            "status_msg": "OK",
            "response_body_len": "5",
            "resp_mime_types": "text/html",
            "outcome": "success",
        }
    ]


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        pytest.param([(True, _GET), (False, _OK), (True, _GET), (False, _MISSING)], ["200", "404"], id="one by one"),
        pytest.param([(True, _GET + _GET), (False, _OK), (False, _MISSING)], ["200", "404"], id="pipelined"),
        pytest.param([(True, _GET)], [None], id="unanswered"),
        pytest.param([(False, _OK)], ["200"], id="answer alone"),
        pytest.param([(True, _GET[:40]), (True, _GET[40:]), (False, _OK)], ["200"], id="head in two segments"),
        pytest.param(
            [(True, _GET), (False, b"HTTP/1.1 100 Continue\r\n\r\n"), (False, _OK)],
            ["200"],
            id="after an interim answer",
        ),
        pytest.param([(True, _GET), (False, b"HTTP/1.1 100 Continue\r\n\r\n" + _OK)], ["200"], id="in one segment"),
        pytest.param([(True, _GET * 3), (False, _OK + _OK + _MISSING)], ["200", "200", "404"], id="answers together"),
        pytest.param(
            [(True, b"HEAD / HTTP/1.1\r\n\r\n" + _GET), (False, _OK.removesuffix(b"hello") + _MISSING)],
            ["200", "404"],
            id="an answer to HEAD has no body",
        ),
        pytest.param([(True, _POST + _POST), (False, _OK), (False, _OK)], ["200", "200"], id="bodies between"),
        pytest.param([(True, _POST[:-5] + b"GET / HTTP/1.1\r\n\r\n"), (False, _OK)], ["200"], id="a head in a body"),
        pytest.param([(True, _GET[:1]), (True, _GET[1:]), (False, _OK)], ["200"], id="a first segment of a byte"),
    ],
)
def test_every_request_has_its_own_event(said: list[tuple[bool, bytes]], codes: list[str | None]) -> None:
    assert [fields.get("status_code") for fields in _events(*said)] == codes


@pytest.mark.parametrize("method", ["RPC_IN_DATA", "CCM_POST", "M-SEARCH", "VERSION-CONTROL", "ACL", "UNSUBSCRIBE"])
def test_methods_that_are_rare_are_methods(method: str) -> None:
    (fields,) = _events((True, method.encode() + _GET[3:]), (False, _OK))
    assert (fields["method"], fields["uri"], fields["status_code"]) == (method, "/a?b=c", "200")


@pytest.mark.parametrize("other", [b"NOTIFY sip:a@example.org SIP/2.0\r\n\r\n", b"OPTIONS * RTSP/1.0\r\n\r\n"])
def test_other_protocols_that_look_alike_are_left_alone(other: bytes) -> None:
    assert _events((True, other)) == []


def test_a_segment_that_overtook_the_first_one_is_read_behind_it() -> None:
    packets = talk((True, _GET[:30]), (True, _GET[30:60]), (True, _GET[60:]), (False, _OK))
    for order in ((4, 3, 5), (5, 3, 4), (5, 4, 3)):
        shuffled = [*packets[:3], *(packets[place] for place in order), *packets[6:]]
        (event,) = read_capture(pcap_file(shuffled)).events
        assert (event["fields"]["host"], event["fields"]["status_code"]) == ("example.org", "200")


def test_a_repeated_segment_is_read_once() -> None:
    packets = talk((True, _GET), (False, _OK))
    packets.insert(4, packets[3])
    assert len(read_capture(pcap_file(packets)).events) == 1


@pytest.mark.parametrize("header", [b"Authorization", b"Proxy-Authorization"])
def test_a_basic_authorisation_gives_the_user_and_never_the_password(header: bytes) -> None:
    head = b"GET / HTTP/1.1\r\n" + header + b": Basic b3BlcmF0b3I6aHVudGVyMg==\r\n\r\n"
    (fields,) = _events((True, head))
    assert fields["username"] == "operator"
    assert "hunter2" not in str(fields)


def test_a_target_without_end_is_told_as_far_as_it_is_read() -> None:
    overflow = b"SEARCH /" + b"A" * 20_000
    (fields,) = _events(*((True, overflow[at : at + 1400]) for at in range(0, len(overflow), 1400)))
    assert (fields["method"], fields["uri"][:3], fields["outcome"]) == ("SEARCH", "/AA", "unknown")
    assert len(fields["uri"]) == 4096
    assert "version" not in fields


@pytest.mark.parametrize(
    "payload",
    [b"", b"GET", b"GET /\r", b"OPTIONS sip:example.org SIP/2.0\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\0\r\n\r\n"],
    ids=["empty", "method alone", "no line", "SIP", "no code", "binary"],
)
def test_what_is_no_head_gives_none(payload: bytes) -> None:
    assert parse_head(payload) is None


@given(st.binary(max_size=300))
def test_any_bytes_are_judged_without_an_exception(payload: bytes) -> None:
    assert storable(parse_head(payload))
    assert storable(parse_head(b"GET /" + payload + b"\r\n\r\n"))
