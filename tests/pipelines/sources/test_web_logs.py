"""Logs of web servers and proxies beside the access log: W3C, Squid, error logs."""

import io
from typing import Any

import pytest

from pipelines.sources import headed, iis_native, squid, syslog, w3c, web_error
from pipelines.sources.registry import source_for
from tests.pipelines.sources.rows import event, events, reasons, shown

_FIELDS = "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status"

_W3C: dict[str, tuple[str, str, dict[str, Any]]] = {
    "IIS": (
        _FIELDS,
        "2026-03-01 10:00:00 198.51.100.2 GET /a.aspx b=c+d 443 alice 192.0.2.7 Mozilla/5.0+(X11) 200",
        {
            "category": "webserver",
            "service": "iis",
            "source_ip": "192.0.2.7",
            "destination_ip": "198.51.100.2",
            "destination_port": 443,
            "user": "alice",
            "outcome": "success",
            "cs-uri": "/a.aspx?b=c+d",
            "cs-uri-query": "b=c+d",
            "cs-user-agent": "Mozilla/5.0 (X11)",
        },
    ),
    "nothing said": (
        _FIELDS,
        "2026-03-01 10:00:00 198.51.100.2 POST /x - 443 - 2001:DB8::1 - 500",
        {"user": "", "outcome": "failure", "cs-uri-query": None, "cs-uri": "/x", "source_ip": "2001:db8::1"},
    ),
    "a proxy": (
        "#Fields: date time time-taken c-ip sc-status s-action cs-host cs-uri-path x-virus-id",
        '2026-03-01 10:00:00 15 192.0.2.7 403 TCP_DENIED www.example.org /a "two words"',
        {"category": "proxy", "outcome": "failure", "cs-host": "www.example.org", "x-virus-id": "two words"},
    ),
    "a quotation mark inside quotes": (
        "#Fields: date time c-ip cs-method x-note",
        '2026-03-01 10:00:00 192.0.2.7 GET "a ""b"" c"',
        {"x-note": 'a "b" c'},
    ),
    "tabs": (
        "#Fields:\tdate\ttime\tc-ip\tcs-method",
        "2026-03-01\t10:00:00\t192.0.2.7\tGET",
        {"source_ip": "192.0.2.7"},
    ),
    "a day only in the header": (
        "#Date: 2026-03-01 00:00:00\n#Fields: time c-ip cs-method",
        "10:00:00 192.0.2.7 GET",
        {"cs-method": "GET"},
    ),
    "a name twice": (
        "#Fields: date time c-ip x-a x-a",
        "2026-03-01 10:00:00 192.0.2.7 1 2",
        {"x-a": "1", "x-a.2": "2"},
    ),
}


@pytest.mark.parametrize(("header", "line", "expected"), _W3C.values(), ids=_W3C)
def test_a_line_of_w3c_becomes_columns_and_fields(header: str, line: str, expected: dict[str, Any]) -> None:
    (row,) = events(w3c, f"{header}\n{line}\n".encode())
    assert shown(row, expected) == expected
    assert row["event_time"].isoformat() == "2026-03-01T10:00:00+00:00"


def test_the_names_may_change_inside_a_file() -> None:
    content = (
        b"#Fields: date time c-ip\n2026-03-01 10:00:00 192.0.2.1\n"
        b"#Fields: date time cs-username c-ip\n2026-03-01 10:00:01 alice 192.0.2.2\n"
    )
    assert [(row["source_ip"], row["user"]) for row in events(w3c, content)] == [
        ("192.0.2.1", ""),
        ("192.0.2.2", "alice"),
    ]


def test_names_that_come_back_are_read_together() -> None:
    stretch = (
        "#Fields: date time c-ip\n2026-03-01 10:00:00 192.0.2.1\n"
        "#Date: 2026-03-02 00:00:00\n#Fields: c-ip time\n192.0.2.2 10:00:01\n#Date: 2026-03-03\n192.0.2.2 10:00:02\n"
    )
    first, second = w3c.read(io.BytesIO((stretch * 300).encode()))
    assert set(first.rows["source_ip"]) == {"192.0.2.1"}
    assert second.rows["event_time"].dt.strftime("%d %T").to_list()[:2] == ["02 10:00:01", "03 10:00:02"]
    assert (first.rows.height, second.rows.height) == (300, 600)


def test_columns_that_change_with_every_line_are_not_followed_for_ever() -> None:
    lines = "".join(f"#Fields: date time x-{number}\n2026-03-01 10:00:00 a\n" for number in range(1000))
    told = reasons(w3c, lines.encode())
    assert len(told) == 1000 - len(events(w3c, lines.encode())) == 1001 - headed.MOST_HEADINGS
    assert set(told.values()) == {
        "more than 200 different headings within a few megabytes: no log changes its columns so often"
    }


def test_what_is_no_row_of_w3c_is_rejected_with_its_number() -> None:
    content = b"2026-03-01 10:00:00\n#Fields: date time c-ip\n2026-03-01 10:00:00\n2026-02-30 10:00:00 192.0.2.1\n"
    assert reasons(w3c, content) == {
        0: "a row before any #Fields line",
        2: "#Fields names 3 columns, the row has another number",
        3: "no time: neither date and time nor a column that holds both",
    }


_NATIVE = ", W3SVC1, WEB-1, 198.51.100.2, 16, 320, 1450, 404, 2, GET, /a.aspx, id=4&x=1,2,"


@pytest.mark.parametrize("day", ["3/1/2026", "03/01/26", "1.3.2026", "2026-03-01"])
def test_a_line_of_iis_own_format_becomes_columns_and_fields(day: str) -> None:
    row = event(iis_native, f"192.0.2.7, CITY\\alice, {day}, 9:00:02{_NATIVE}")
    assert row["event_time"].isoformat() == "2026-03-01T09:00:02+00:00"
    expected = {"source_ip": "192.0.2.7", "destination_ip": "198.51.100.2", "host": "WEB-1", "user": "CITY\\alice"}
    expected |= {"category": "webserver", "service": "iis", "outcome": "failure"}
    assert {name: row[name] for name in expected} == expected
    assert (row["fields"]["cs-uri"], row["fields"]["sc-status"]) == ("/a.aspx?id=4&x=1,2", "404")


def test_one_day_beyond_the_twelfth_tells_that_days_come_first() -> None:
    lines = [f"192.0.2.7, -, {day}, 9:00:02{_NATIVE}\n" for day in ("02/03/2026", "13/03/2026")]
    assert [row["event_time"].isoformat()[:10] for row in events(iis_native, "".join(lines).encode())] == [
        "2026-03-02",
        "2026-03-13",
    ]


@pytest.mark.parametrize(
    "head", [b"#Fields: name size owner\n", b"# a title\n#Fields:\n", b"#separator \\x09\n#fields\tts\n"]
)
def test_other_headers_are_not_taken_for_w3c(head: bytes) -> None:
    assert not w3c.recognises(head)


_SQUID: dict[str, tuple[str, dict[str, Any]]] = {
    "a page": (
        "   180 192.0.2.7 TCP_MISS/200 411 GET http://www.example.org:8080/a?b=c al HIER_DIRECT/198.51.100.2 text/html",
        {
            "source_ip": "192.0.2.7",
            "destination_ip": "198.51.100.2",
            "destination_port": 8080,
            "user": "al",
            "outcome": "success",
            "c-uri": "http://www.example.org:8080/a?b=c",
            "cs-host": "www.example.org",
            "cs-uri-query": "b=c",
            "s-action": "TCP_MISS",
        },
    ),
    "a tunnel": (
        " 5 192.0.2.7 TCP_TUNNEL/200 411 CONNECT www.example.org:443 - HIER_DIRECT/2001:DB8::1 -",
        {"destination_port": 443, "destination_ip": "2001:db8::1", "cs-host": "www.example.org", "user": ""},
    ),
    "refused": (
        " 0 192.0.2.7 TCP_DENIED/407 411 GET http://eve@a.example.org/ - HIER_NONE/- text/html",
        {"action": "deny", "outcome": "failure", "destination_ip": "", "cs-host": "a.example.org", "r-ip": None},
    ),
}


@pytest.mark.parametrize(("line", "expected"), _SQUID.values(), ids=_SQUID)
def test_a_line_of_squid_becomes_columns_and_fields(line: str, expected: dict[str, Any]) -> None:
    row = event(squid, f"1772330400.123{line}")
    assert shown(row, expected) == expected
    assert (row["event_time"].isoformat(), row["category"]) == ("2026-03-01T02:00:00.123000+00:00", "proxy")


_ERRORS: dict[str, tuple[str, dict[str, Any]]] = {
    "nginx": (
        (
            '2026/03/01 10:00:00 [error] 811#812: *7 open() "/x" failed (2: No such file), client: 192.0.2.7, '
            'server: example.org, request: "GET /x HTTP/1.1", host: "www.example.org"'
        ),
        {
            "service": "nginx",
            "source_ip": "192.0.2.7",
            "host": "www.example.org",
            "request": "GET /x HTTP/1.1",
            "severity": 4,
            "cs-method": None,
        },
    ),
    "Apache": (
        "[Sun Mar 01 10:00:00.000000 2026] [core:error] [pid 811:tid 140] [client 192.0.2.7:4711] AH00124: too many",
        {"service": "apache", "source_ip": "192.0.2.7", "source_port": 4711, "code": "AH00124", "message": "too many"},
    ),
    "Apache's refused login": (
        (
            "[Sun Mar 01 10:00:00.000000 2026] [auth_basic:error] [pid 811:tid 140] [client 192.0.2.7:4711] AH01617: "
            'user alice: authentication failure for "/x": Password Mismatch'
        ),
        {"user": "alice", "source_ip": "192.0.2.7", "outcome": "failure"},
    ),
    "nginx's refused login": (
        (
            '2026/03/01 10:00:00 [error] 811#812: *7 user "bob" was not found in "/etc/htpasswd", client: 192.0.2.7, '
            'server: x, request: "GET / HTTP/1.1"'
        ),
        {"user": "bob", "source_ip": "192.0.2.7", "outcome": "failure"},
    ),
    "Apache over IPv6": (
        "[Sun Mar 01 10:00:00 2026] [error] [client 2001:db8::1:4711] no such file",
        {"source_ip": "2001:db8::1:4711", "outcome": "failure"},
    ),
    "nobody's fault": (
        "2026/03/01 10:00:00 [notice] 1#1: start worker process 7",
        {"outcome": "unknown", "severity": 2},
    ),
}


@pytest.mark.parametrize(("line", "expected"), _ERRORS.values(), ids=_ERRORS)
def test_a_line_of_an_error_log_becomes_columns_and_fields(line: str, expected: dict[str, Any]) -> None:
    row = event(web_error, line)
    assert shown(row, expected) == expected
    assert row["event_time"].isoformat() == "2026-03-01T10:00:00+00:00"


_ACCESS = '192.0.2.7 - alice [01/Mar/2026:10:00:00 +0800] "GET /a?b=c HTTP/1.1" 404 5 "-" "curl"'

_IN_SYSLOG: dict[str, tuple[str, dict[str, Any]]] = {
    "nginx": (
        f"<190>Mar  1 10:00:01 web-1 nginx: {_ACCESS}",
        {"category": "webserver", "source_ip": "192.0.2.7", "host": "web-1", "cs-uri-query": "b=c", "user": "alice"},
    ),
    "Apache by logger": (
        f"2026-03-01T10:00:01+08:00 web-1 httpd[8]: city.example.org:443 {_ACCESS}",
        {"host": "city.example.org", "outcome": "failure", "cs-user-agent": "curl"},
    ),
    "nginx's errors, which bear no zone": (
        (
            "<187>1 2026-03-01T10:00:00+08:00 web-1 nginx 8 - - "
            '2026/03/01 10:00:00 [error] 8#8: *7 open() failed, client: 192.0.2.7, server: x, request: "GET / HTTP/1.1"'
        ),
        {"source_ip": "192.0.2.7", "host": "web-1", "action": "error", "request": "GET / HTTP/1.1"},
    ),
    "Squid": (
        (
            "Mar  1 02:00:00 px (squid-1)[9]: "
            "1772330400.0 180 192.0.2.7 TCP_DENIED/403 411 GET http://a.example.org/ bob HIER_NONE/- -"
        ),
        {"category": "proxy", "service": "squid", "host": "px", "user": "bob", "outcome": "failure"},
    ),
}


@pytest.mark.parametrize(("line", "expected"), _IN_SYSLOG.values(), ids=_IN_SYSLOG)
def test_lines_of_servers_in_syslog_are_those_of_their_files(line: str, expected: dict[str, Any]) -> None:
    assert source_for(line.encode() + b"\n") is syslog
    row = event(syslog, line)
    assert shown(row, expected) == expected
    assert row["event_time"].isoformat() == "2026-03-01T02:00:00+00:00"


@pytest.mark.parametrize("said", [f"app: {_ACCESS}", "nginx: reloading", f"sshd[8]: Invalid user {_ACCESS} from ::1"])
def test_only_lines_of_servers_are_taken_for_access(said: str) -> None:
    assert event(syslog, f"<190>Mar  1 10:00:01 web-1 {said}")["category"] == ""
