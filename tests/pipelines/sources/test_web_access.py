from typing import Any

import pytest

from pipelines.sources import web_access
from tests.pipelines.sources.rows import event, reasons, shown

_TIME = "[01/Mar/2026:10:00:00 +0800]"

_LINES: dict[str, tuple[str, dict[str, Any]]] = {
    "combined": (
        f'192.0.2.7 - alice {_TIME} "GET /a.php?b=c%27 HTTP/1.1" 200 512 "https://example.org/" "curl/8.5"',
        {
            "source_ip": "192.0.2.7",
            "user": "alice",
            "outcome": "success",
            "cs-method": "GET",
            "cs-uri": "/a.php?b=c%27",
            "cs-uri-stem": "/a.php",
            "cs-uri-query": "b=c%27",
            "sc-status": "200",
            "sc-bytes": "512",
            "cs-referer": "https://example.org/",
            "cs-user-agent": "curl/8.5",
        },
    ),
    "common": (
        f'192.0.2.7 - - {_TIME} "POST /x HTTP/1.0" 404 -',
        {"user": "", "outcome": "failure", "cs-uri-query": None, "sc-bytes": None, "cs-user-agent": None},
    ),
    "IPv6 and quotes": (
        rf'2001:DB8::1 - - {_TIME} "GET /\"x\" HTTP/1.1" 200 5 "-" "a \"b\" \xe7\xa6\x8f"',
        {"source_ip": "2001:db8::1", "cs-uri-stem": '/"x"', "cs-user-agent": 'a "b" 福', "cs-referer": None},
    ),
    "a virtual host": (
        f'www.example.org:443 192.0.2.7 - - {_TIME} "GET / HTTP/2.0" 200 5 "-" "-"',
        {"host": "www.example.org", "cs-host": "www.example.org", "source_ip": "192.0.2.7"},
    ),
    "no request at all": (
        rf'192.0.2.7 - - {_TIME} "\x16\x03\x01" 400 0 "-" "-"',
        {"cs-method": None, "cs-uri": None, "request": "\x16\x03\x01", "outcome": "failure"},
    ),
    "a request with blanks": (f'192.0.2.7 - - {_TIME} "GET /a b c HTTP/1.1" 200 5', {"cs-uri-stem": "/a b c"}),
    "without bytes": (f'192.0.2.7 - - {_TIME} "GET / HTTP/1.1" 304', {"sc-status": "304", "sc-bytes": None}),
    "a name for an address": (f'client.example.org - - {_TIME} "GET / HTTP/1.1" 200 5', {"source_ip": ""}),
}


@pytest.mark.parametrize(("line", "expected"), _LINES.values(), ids=_LINES)
def test_a_line_becomes_columns_and_fields(line: str, expected: dict[str, Any]) -> None:
    row = event(web_access, line)
    assert shown(row, expected) == expected
    assert (row["event_time"].isoformat(), row["category"]) == ("2026-03-01T02:00:00+00:00", "webserver")


@pytest.mark.parametrize("client", ['"192.0.2.7, 198.51.100.2"', "192.0.2.7, 198.51.100.2", "192.0.2.7,10.0.0.1"])
def test_of_the_addresses_that_a_proxy_lists_the_first_is_the_client(client: str) -> None:
    row = event(web_access, f'{client} - - [01/Mar/2026:10:00:00 +0800] "GET / HTTP/1.1" 200 5 "-" "-"')
    assert (row["source_ip"], row["fields"]["c-ip"], row["user"]) == ("192.0.2.7", "192.0.2.7", "")


def test_what_is_no_access_line_is_rejected() -> None:
    content = b'nonsense\n192.0.2.7 - - [31/Feb/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5\n'
    assert reasons(web_access, content) == {
        0: "no access line of the common or combined format",
        1: "no such time",
    }
