import io
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import syslog
from pipelines.sources.structured_data import parameters
from tests.pipelines.sources.rows import checked, event, reasons, shown, with_fields

_NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
_BSD = "<38>Mar  1 10:00:00 web-1 "

# message after the header -> program, and what the columns and fields then say
_SAID: dict[str, tuple[str, dict[str, Any]]] = {
    "failed password": (
        "sshd[811]: Failed password for root from 192.0.2.7 port 40022 ssh2",
        {
            "service": "sshd",
            "user": "root",
            "source_ip": "192.0.2.7",
            "source_port": 40022,
            "action": "login",
            "outcome": "failure",
            "method": "password",
            "pid": "811",
        },
    ),
    "failed password of an invalid user": (
        "sshd[811]: Failed password for invalid user admin from 2001:DB8::1 port 40022 ssh2",
        {"user": "admin", "source_ip": "2001:db8::1", "outcome": "failure", "invalid_user": "invalid"},
    ),
    "a user name that plays an address": (
        "sshd[811]: Failed password for invalid user x from 198.51.100.1 port 1 ssh2 from 192.0.2.7 port 2 ssh2",
        {"user": "x from 198.51.100.1 port 1 ssh2", "source_ip": "192.0.2.7", "source_port": 2},
    ),
    "accepted key": (
        "sshd-session[811]: Accepted publickey for alice from ::ffff:192.0.2.7 port 40022 ssh2: ED25519 SHA256:AAAA",
        {"service": "sshd", "user": "alice", "source_ip": "192.0.2.7", "outcome": "success", "method": "publickey"},
    ),
    "invalid user": (
        "sshd[811]: Invalid user admin from 192.0.2.7 port 40022",
        {"user": "admin", "action": "login", "outcome": "failure", "source_port": 40022},
    ),
    "sudo": (
        "sudo:    alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/sh -c 'a ; b'",
        {
            "service": "sudo",
            "user": "alice",
            "runas": "root",
            "command": "/bin/sh -c 'a ; b'",
            "outcome": "success",
            "action": "execute",
            "tty": "pts/0",
            "pwd": "/home/alice",
        },
    ),
    "sudo refused": (
        "sudo:      eve : user NOT in sudoers ; TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/bin/cat /etc/shadow",
        {"user": "eve", "failure": "user NOT in sudoers", "outcome": "failure", "command": "/bin/cat /etc/shadow"},
    ),
    "su failed": (
        "su[9]: FAILED SU (to root) alice on pts/0",
        {"service": "su", "user": "alice", "runas": "root", "action": "switch_user", "outcome": "failure"},
    ),
    "su worked": ("su[9]: (to root) alice on pts/0", {"user": "alice", "runas": "root", "outcome": "success"}),
    "cron": (
        "CRON[12]: (root) CMD (/usr/local/bin/backup (all))",
        {"service": "cron", "user": "root", "command": "/usr/local/bin/backup (all)", "action": "execute"},
    ),
    "useradd": (
        "useradd[12]: new user: name=eve, UID=1001, GID=1001, home=/home/eve, shell=/bin/bash, from=/dev/pts/0",
        {
            "service": "useradd",
            "action": "create_user",
            "target_user": "eve",
            "target_uid": "1001",
            "shell": "/bin/bash",
        },
    ),
    "usermod": (
        "usermod[12]: add 'eve' to group 'sudo'",
        {"action": "change_user", "target_user": "eve", "target_group": "sudo"},
    ),
    "PAM": (
        (
            "sshd[1]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7"
            "  user=root"
        ),
        {"service": "sshd", "action": "authenticate", "outcome": "failure", "user": "root", "source_ip": "192.0.2.7"},
    ),
    "session": (
        "sudo: pam_unix(sudo:session): session opened for user root(uid=0) by alice(uid=1000)",
        {"action": "session_start", "user": "root", "opened_by": "alice"},
    ),
    "systemd": (
        "systemd[1]: Started nginx.service - A web server.",
        {"service": "systemd", "action": "start", "unit": "nginx.service - A web server"},
    ),
    "a program nobody taught us": (
        "rtud[7]: pump 3 at 40 %",
        {"service": "rtud", "action": "", "outcome": "unknown", "message": "pump 3 at 40 %"},
    ),
    "no program": ("last message repeated 2 times", {"service": "syslog", "message": "last message repeated 2 times"}),
}


@pytest.mark.parametrize(("line", "expected"), _SAID.values(), ids=_SAID)
def test_a_message_becomes_columns_and_fields(line: str, expected: dict[str, Any]) -> None:
    row = event(syslog, _BSD + line)
    found = shown(row, expected)
    assert found == expected
    assert (row["product"], row["host"], row["severity"]) == ("linux", "web-1", 1)
    assert row["fields"]["facility"] == "auth"


_HEADERS = {
    "RFC 3164": ("<34>Mar  1 10:00:00 h p: m", "2026-03-01T10:00:00+00:00"),
    "no priority": ("Mar  1 10:00:00 h p: m", "2026-03-01T10:00:00+00:00"),
    "with a year": ("<34>Mar  1 2024 10:00:00 h p: m", "2024-03-01T10:00:00+00:00"),
    "with a fraction": ("Mar  1 10:00:00.250 h p: m", "2026-03-01T10:00:00.250000+00:00"),
    "ISO": ("2026-03-01T10:00:00.003123+08:00 h p: m", "2026-03-01T02:00:00.003123+00:00"),
    "a blank in the date": ("<34>2026-03-01 10:00:00.5 h p: m", "2026-03-01T10:00:00.500000+00:00"),
    "a blank in the date, no priority": ("2026-03-01 10:00:00+08:00 h p[7]: m", "2026-03-01T02:00:00+00:00"),
    "RFC 5424": ("<34>1 2026-03-01T10:00:00.003Z h p - - - m", "2026-03-01T10:00:00.003000+00:00"),
    "RFC 5424 west of Greenwich": ("<34>1 2026-03-01T10:00:00-07:00 h p - - - m", "2026-03-01T17:00:00+00:00"),
    "octet counting": ("45 <34>1 2026-03-01T10:00:00.003Z h p - - - m", "2026-03-01T10:00:00.003000+00:00"),
    "last year": ("Dec 31 23:59:59 h p: m", "2025-12-31T23:59:59+00:00"),
    "a day ahead of us": ("Mar  3 11:00:00 h p: m", "2026-03-03T11:00:00+00:00"),
    "leap day": ("Feb 29 10:00:00 h p: m", "2024-02-29T10:00:00+00:00"),
}


@pytest.mark.parametrize(("line", "expected"), _HEADERS.values(), ids=_HEADERS)
def test_a_header_says_when(line: str, expected: str) -> None:
    assert syslog.recognises(line.encode())
    (batch,) = syslog.read(io.BytesIO(line.encode()), _NOW)
    (row,) = (with_fields(row, batch.table) for row in checked(batch).rows.iter_rows(named=True))
    assert (row["event_time"].isoformat(), row["host"], row["fields"]["program"]) == (expected, "h", "p")
    assert row["message"] == "m"


_SAID_BY_ALICE = "sshd[8]: Accepted password for alice from 192.0.2.7 port 4 ssh2"


@pytest.mark.parametrize(
    ("line", "facility"),
    [
        (f"<14>Mar  1 10:05:00 relay-1 Mar  1 10:00:00 web-1 {_SAID_BY_ALICE}", "user"),
        (f"<14>Mar  1 10:05:00 relay-1 <38>Mar  1 10:00:00 web-1 {_SAID_BY_ALICE}", "auth"),
        (f"2026-03-01T10:05:00Z relay-1 2026-03-01T18:00:00+08:00 web-1 {_SAID_BY_ALICE}", None),
        ("<14>Mar  1 10:05:00 relay-1 <38>1 2026-03-01T10:00:00Z web-1 sshd 8 - - " + _SAID_BY_ALICE[9:], "auth"),
    ],
)
def test_of_two_headers_the_senders_counts(line: str, facility: str | None) -> None:
    row = event(syslog, line)
    assert (row["host"], row["user"], row["fields"]["relay"]) == ("web-1", "alice", "relay-1")
    assert (row["event_time"].isoformat(), row["fields"].get("facility")) == ("2026-03-01T10:00:00+00:00", facility)


@pytest.mark.parametrize(
    "line",
    [
        f"Mar  1 10:00:00 web-1 app: Mar  1 10:00:00 web-2 {_SAID_BY_ALICE}",
        "Mar  1 10:00:00 web-1 Mar  1 10:00:00 is when it was",
    ],
)
def test_a_time_in_a_message_is_no_header(line: str) -> None:
    row = event(syslog, line)
    assert (row["host"], row["user"], "relay" in row["fields"]) == ("web-1", "", False)


def test_years_turn_inside_a_file_and_late_lines_belong_to_the_year_before() -> None:
    lines = "Nov 30 01:00:00 h p: m\nJan  1 00:00:01 h p: m\nDec 31 23:59:59 h p: m\nJan  2 00:00:00 h p: m\n"
    (batch,) = syslog.read(io.BytesIO(lines.encode()), _NOW)
    years = [moment.year for moment in batch.rows["event_time"]]
    assert years == [2025, 2026, 2025, 2026]


def test_a_bracket_that_nobody_escaped_does_not_lose_the_line() -> None:
    row = event(syslog, '<165>1 2026-03-01T10:00:00Z h p - - [a@1 x="[1] y" z="2"] m')
    assert (row["fields"]["a@1.x"], row["fields"]["a@1.z"], row["message"]) == ("[1] y", "2", "m")


def test_structured_data_becomes_fields() -> None:
    row = event(syslog, r'<165>1 2026-03-01T10:00:00Z h p - ID47 [a@1 x="1" y="q\"\]\\n"][b@1 x="2"] m')
    assert row["fields"]["a@1.x"] == "1"
    assert row["fields"]["a@1.y"] == r'q"]\n'
    assert row["fields"]["b@1.x"] == "2"
    assert (row["fields"]["msgid"], row["severity"]) == ("ID47", 2)


def test_what_is_no_syslog_line_is_rejected_with_its_number() -> None:
    content = b"Mar  1 10:00:00 h p: m\n\nnonsense\nFeb 30 10:00:00 h p: m\n<34>1 - h p - - - m\n"
    content += b"2026-03-01 10:00:00,123 ERROR main: m\n"
    found = reasons(syslog, content)
    assert list(found) == [2, 3, 4, 5]
    assert "no syslog line" in found[2]
    assert "no such time" in found[3]


def test_other_encodings_are_read_and_unreadable_bytes_are_flagged() -> None:
    content = "Mar  1 10:00:00 h p: 登录失败\n".encode("gb18030") + b"Mar  1 10:00:00 h p: \xff\xff!\n"
    (batch,) = syslog.read(io.BytesIO(content))
    assert batch.rows["message"].to_list() == ["登录失败", r"\xff\xff!"]
    flags = [fields.get("decode_error") for fields in batch.rows["fields"].to_list()]
    assert flags == [None, "true"]


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.text(max_size=20), max_size=4))
def test_structured_data_survives_its_escaping(given_values: dict[str, str]) -> None:
    escaped = {
        name: value.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")
        for name, value in given_values.items()
    }
    text = "[id " + " ".join(f'{name}="{value}"' for name, value in escaped.items()) + "]" if escaped else "[id]"
    assert parameters(text) == {f"id.{name}": value for name, value in given_values.items()}


_SYSMON = (
    '<Event><System><Provider Name="Linux-Sysmon"/><EventID>1</EventID>'
    '<TimeCreated SystemTime="2026-03-01T10:00:00.5Z"/>'
    "<Channel>Linux-Sysmon/Operational</Channel><Computer>web-1</Computer></System><EventData>"
    '<Data Name="Image">/usr/bin/id</Data><Data Name="CommandLine">id -u</Data><Data Name="User">alice</Data>'
    "</EventData></Event>"
)


def test_sysmon_for_linux_has_its_fields() -> None:
    row = event(syslog, f"Mar  1 10:00:00 web-1 sysmon: {_SYSMON}")
    assert (row["product"], row["service"], row["user"], row["action"]) == ("linux", "sysmon", "alice", "process_start")
    assert (row["fields"]["EventID"], row["fields"]["Image"]) == ("1", "/usr/bin/id")
    assert row["event_time"].isoformat() == "2026-03-01T10:00:00.500000+00:00"
    assert "no well-formed event" in reasons(syslog, b"Mar  1 10:00:00 web-1 sysmon: <Event><System>\n")[0]


def test_terminal_escapes_and_null_bytes_in_a_message_are_only_text() -> None:
    row = event(syslog, "<38>Mar  1 10:00:00 h p: \x1b[2Jred\x00 \x1b]0;title\x07")
    assert row["message"] == "\x1b[2Jred\x00 \x1b]0;title\x07"
    assert (row["service"], row["host"]) == ("p", "h")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "aix-1 auth|security:info sshd[8]: Failed password for a from 192.0.2.7 port 4 ssh2",
            ("aix-1", "sshd", "a", 1),
        ),
        (
            "Message forwarded from aix-1: sshd[8]: Failed password for a from 192.0.2.7 port 4 ssh2",
            ("aix-1", "sshd", "a", 0),
        ),
        ("aix-1 auth|security:crit su: BAD SU from a to root at /dev/pts/1", ("aix-1", "su", "a", 5)),
        ("aix-1 daemon:err|error inetd[9]: refused", ("aix-1", "inetd", "", 4)),
        ("<auth.notice> bsd-1 su[8]: BAD SU a to root on /dev/pts/0", ("bsd-1", "su", "a", 2)),
        ("Message forwarded", ("Message", "syslog", "", 0)),
    ],
)
def test_what_aix_and_bsd_write_before_a_message_is_no_part_of_it(
    line: str, expected: tuple[str, str, str, int]
) -> None:
    row = event(syslog, f"Mar  1 10:00:00 {line}")
    assert (row["host"], row["service"], row["user"], row["severity"]) == expected
