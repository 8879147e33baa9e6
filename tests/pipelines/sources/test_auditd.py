from pathlib import Path
from typing import Any

import pytest

from pipelines.sources import auditd, syslog
from pipelines.sources.audit_records import record_fields, socket_address
from tests.pipelines.sources.rows import event, events, reasons

_EVENT = b"""\
node=db-1 type=PATH msg=audit(1772330400.123:7): item=0 name="/bin/sh" inode=1
type=SYSCALL msg=audit(1772330400.100:6): arch=c000003e syscall=42 success=no exit=-115 a0=6 pid=9 uid=0 comm="curl" exe="/usr/bin/curl" key=(null)
node=db-1 type=SYSCALL msg=audit(1772330400.123:7): syscall=59 success=yes a0=1522170 pid=10 auid=1000 uid=0 comm="sh" exe="/bin/sh" key="exec"
type=SOCKADDR msg=audit(1772330400.100:6): saddr=02000050C00002090000000000000000
node=db-1 type=EXECVE msg=audit(1772330400.123:7): argc=3 a0="sh" a1="-c" a2=6563686F206869
node=db-1 type=CWD msg=audit(1772330400.123:7): cwd="/root"
node=db-1 type=EOE msg=audit(1772330400.123:7):
"""  # noqa: E501  # records are one line each


def test_every_record_is_a_row_that_knows_its_event() -> None:
    rows = {(row["fields"]["type"], row["source_offset"]): row for row in events(auditd, _EVENT)}
    assert [offset for _, offset in rows] == [0, 1, 2, 3, 4, 5]
    path, execve = rows["PATH", 0], rows["EXECVE", 4]
    assert path["fields"]["name"] == "/bin/sh"
    assert (path["fields"]["exe"], path["fields"]["key"], path["fields"]["cwd"]) == ("/bin/sh", "exec", "/root")
    assert path["fields"]["cmdline"] == execve["fields"]["cmdline"] == "sh -c echo hi"
    assert (execve["host"], execve["user"], execve["action"], execve["outcome"]) == ("db-1", "0", "execute", "success")


def test_arguments_of_a_call_and_of_a_command_are_never_mixed() -> None:
    rows = {row["fields"]["type"]: row["fields"] for row in events(auditd, _EVENT) if row["host"] == "db-1"}
    assert (rows["SYSCALL"]["a0"], rows["EXECVE"]["a0"]) == ("1522170", "sh")
    assert "a0" not in rows["PATH"]


def test_a_connection_says_where_it_went() -> None:
    row = next(row for row in events(auditd, _EVENT) if row["source_offset"] == 1)
    assert (row["destination_ip"], row["destination_port"], row["outcome"]) == ("192.0.2.9", 80, "failure")
    assert "key" not in row["fields"]


_BODIES: dict[str, tuple[str, str, dict[str, str]]] = {
    "hex with NULs": ("PROCTITLE", "proctitle=7368002D63", {"proctitle": "sh -c"}),
    "hex in Chinese": ("PATH", "name=E7A68FE5B79E", {"name": "福州"}),
    "hex that is none": ("SYSCALL", "exe=ABC comm=XY", {"exe": "ABC", "comm": "XY"}),
    "quoted hex stays": ("PATH", 'name="2F62"', {"name": "2F62"}),
    "numbers are no hex": ("SYSCALL", "pid=1234 a0=7469", {"pid": "1234", "a0": "7469"}),
    "nothing is absent": ("SYSCALL", "key=(null) tty=(none) hostname=? x=", {}),
    "keys in a list": ("SYSCALL", "key=6101 ".replace("6101", "61620163"), {"key": "ab,c"}),
    "long arguments in pieces": ("EXECVE", 'a1_len=4 a1[0]="ab" a1[1]="cd"', {"a1_len": "4", "a1": "abcd"}),
    "a message inside": (
        "USER_LOGIN",
        "pid=1 msg='op=login acct=\"root\" addr=192.0.2.9 res=failed'",
        {"pid": "1", "op": "login", "acct": "root", "addr": "192.0.2.9", "res": "failed"},
    ),
    "the enriched part": (
        "SYSCALL",
        'uid=0 key=(null)\x1dUID="root" SYSCALL=connect',
        {"uid": "0", "UID": "root", "SYSCALL": "connect"},
    ),
}


@pytest.mark.parametrize(("record_type", "body", "expected"), _BODIES.values(), ids=_BODIES)
def test_a_record_becomes_fields(record_type: str, body: str, expected: dict[str, str]) -> None:
    assert record_fields(record_type, body) == expected


@pytest.mark.parametrize(
    ("saddr", "expected"),
    [
        ("02000050C00002090000000000000000", ("192.0.2.9", 80)),
        ("0A0001BB0000000020010DB800000000000000000000000100000000", ("2001:db8::1", 443)),
        ("01007075626C6963", ("", 0)),
        ("0200", ("", 0)),
        ("zz", ("", 0)),
    ],
    ids=["IPv4", "IPv6", "a local socket", "cut off", "no hex"],
)
def test_a_socket_address_is_read(saddr: str, expected: tuple[str, int]) -> None:
    assert socket_address(saddr) == expected


_LOGIN: dict[str, Any] = {"user": "root", "source_ip": "192.0.2.9", "action": "login", "outcome": "failure"}


def test_a_login_says_who_and_from_where() -> None:
    line = "type=USER_LOGIN msg=audit(1772330400.1:9): pid=1 msg='op=login acct=\"root\" addr=192.0.2.9 res=failed'"
    row = event(auditd, line)
    assert {name: row[name] for name in _LOGIN} == _LOGIN


def test_the_serial_number_rolls_over() -> None:
    lines = [f"type=SYSCALL msg=audit(1772330400.1:{serial}): pid={serial}" for serial in (4294967295, 0, 1)]
    assert [row["fields"]["pid"] for row in events(auditd, "\n".join(lines).encode())] == ["4294967295", "0", "1"]


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ('avc:  denied  { read } for  pid=33 comm="httpd" tclass=file permissive=0', "failure"),
        ('avc:  granted  { load_policy } for  pid=33 comm="load_policy"', "success"),
        ('apparmor="DENIED" operation="open" profile="/usr/sbin/x" name="/etc/passwd"', "failure"),
        ('apparmor="STATUS" operation="profile_load" name="x"', "unknown"),
    ],
)
def test_a_decision_of_selinux_or_apparmor_is_the_outcome(body: str, outcome: str) -> None:
    assert event(auditd, f"type=AVC msg=audit(1772330400.1:9): {body}")["outcome"] == outcome


_IN_SYSLOG = {
    "audispd's plugin": ("audispd: ", "SYSCALL", "msg="),
    "with a node": ("audisp-syslog: node=web-1 ", "SYSCALL", "msg="),
    "the kernel": ("kernel: audit: ", "1300", ""),
    "the kernel with its clock": ("kernel: [   12.345] audit: ", "1300", ""),
}


@pytest.mark.parametrize(("before", "kind", "marked"), _IN_SYSLOG.values(), ids=_IN_SYSLOG)
def test_records_in_syslog_are_records(before: str, kind: str, marked: str) -> None:
    header = f"<13>Mar  1 02:00:01 web-1 {before}"
    lines = [
        f'{header}type={kind} {marked}audit(1772330400.5:9): syscall=59 success=yes comm="id" exe="/bin/id" key="k"',
        f'{header}type=EXECVE msg=audit(1772330400.5:9): argc=2 a0="id" a1=2D75',
        "<13>Mar  1 02:00:02 web-1 sshd[8]: Invalid user type=EXECVE msg=audit(1.1:9): from 192.0.2.7 port 4",
    ]
    call, command, other = sorted(events(syslog, "\n".join(lines).encode()), key=lambda row: row["source_offset"])
    assert {row["event_time"].isoformat() for row in (call, command)} == {"2026-03-01T02:00:00.500000+00:00"}
    assert (call["service"], call["host"], call["fields"]["type"]) == ("auditd", "web-1", "SYSCALL")
    assert (command["fields"]["cmdline"], command["fields"]["exe"], call["fields"]["key"]) == ("id -u", "/bin/id", "k")
    assert (other["service"], other["source_ip"]) == ("sshd", "192.0.2.7")


def test_what_is_no_record_is_rejected() -> None:
    assert reasons(auditd, _EVENT + b"something else\n") == {7: "no audit record"}


@pytest.mark.parametrize("name", ["normal", "out_of_order", "lost_messages", "rollover"])
def test_every_record_of_a_real_log_is_a_row_that_knows_its_event_and_no_other(shared_data: Path, name: str) -> None:
    content = (shared_data / "logs" / "auditd" / f"{name}.log").read_bytes()
    rows = events(auditd, content)
    assert len(rows) == len([line for line in content.splitlines() if line])
    assert reasons(auditd, content) == {}
    for row in rows:
        serial = row["message"].partition("msg=audit(")[2].partition(")")[0]
        calls = [other for other in rows if f"msg=audit({serial})" in other["message"] and "exe=" in other["message"]]
        known = {call["fields"]["exe"] for call in calls}
        assert {row["fields"][key] for key in ("exe",) if key in row["fields"]} == known


_PRINTED = b"""\
----
type=PROCTITLE msg=audit(03/01/2026 10:00:00.123:7) : proctitle=curl -o /tmp/a b.sh
type=EXECVE msg=audit(03/01/2026 10:00:00.123:7) : argc=3 a0=curl a1=--data=x a2=/tmp/a b.sh
type=SOCKADDR msg=audit(03/01/2026 10:00:00.123:7) : saddr={ saddr_fam=inet laddr=192.0.2.9 lport=80 }
type=SYSCALL msg=audit(03/01/2026 10:00:00.123:7) : arch=x86_64 syscall=connect success=no exit=EINPROGRESS(Operation now in progress) auid=lin uid=root comm=curl exe=/usr/bin/curl key=(null)
----
type=USER_LOGIN msg=audit(03/01/2026 10:00:01.300:8) : pid=9 uid=root auid=unset msg='op=login acct=(invalid user) exe=/usr/sbin/sshd hostname=? addr=192.0.2.7 terminal=ssh res=failed'
"""  # noqa: E501  # records are one line each


def test_what_ausearch_interprets_is_read_as_what_it_was() -> None:
    rows = {row["fields"]["type"]: row for row in events(auditd, _PRINTED)}
    assert {row["event_time"].isoformat() for row in rows.values()} == {
        "2026-03-01T10:00:00.123000+00:00",
        "2026-03-01T10:00:01.300000+00:00",
    }
    execve, call, login = rows["EXECVE"]["fields"], rows["SYSCALL"], rows["USER_LOGIN"]
    assert (execve["a1"], execve["a2"], execve["comm"]) == ("--data=x", "/tmp/a b.sh", "curl")  # noqa: S108
    assert execve["proctitle"] == "curl -o /tmp/a b.sh"
    assert (call["user"], call["outcome"]) == ("lin", "failure")
    assert (call["destination_ip"], call["destination_port"]) == ("192.0.2.9", 80)
    assert "key" not in call["fields"]
    assert (login["user"], login["source_ip"], login["outcome"]) == ("(invalid user)", "192.0.2.7", "failure")
    assert "hostname" not in login["fields"]


def test_what_ausearch_prints_between_events_is_no_reject() -> None:
    assert reasons(auditd, b"time->Sun Mar  1 10:00:00 2026\n" + _PRINTED) == {}


@pytest.mark.parametrize(
    "day", ["03/01/2026", "03/01/26", "01.03.2026", "2026-03-01", "2026/03/01", "2026\u5e7403\u670801\u65e5"]
)
def test_ausearch_prints_dates_as_the_region_has_them(day: str) -> None:
    row = event(auditd, f"type=BPF msg=audit({day} 10:00:00.5:7) : prog-id=44 op=LOAD")
    assert row["event_time"].isoformat() == "2026-03-01T10:00:00.500000+00:00"
