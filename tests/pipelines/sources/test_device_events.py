"""CEF, LEEF and the packet filter: whatever the device, the same columns."""

import io
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import cef, syslog
from pipelines.sources.device_times import device_times, java_times
from tests.pipelines.sources.rows import checked, event, events, reasons, shown

_HEAD = "CEF:0|Made Up, Inc|Gate Keeper|1.0|100|Connection refused|8|"
_TIME = "rt=1772330400123"

_CEF: dict[str, tuple[str, dict[str, Any]]] = {
    "bare": (
        f"{_HEAD}src=192.0.2.1 spt=4711 dst=198.51.100.2 dpt=22 act=blocked suser=alice {_TIME}",
        {
            "product": "made-up-inc",
            "service": "gate-keeper",
            "category": "firewall",
            "source_ip": "192.0.2.1",
            "source_port": 4711,
            "destination_ip": "198.51.100.2",
            "destination_port": 22,
            "user": "alice",
            "action": "blocked",
            "outcome": "failure",
            "severity": 4,
            "deviceVendor": "Made Up, Inc",
            "deviceEventClassId": "100",
            "name": "Connection refused",
            "src": "192.0.2.1",
        },
    ),
    "values with blanks": (
        f"{_HEAD}msg=a long  story cs1Label=Rule Name cs1=deny all {_TIME}",
        {"msg": "a long  story", "cs1Label": "Rule Name", "cs1": "deny all", "rt": "1772330400123"},
    ),
    "escapes": (
        rf"CEF:0|A\|B|C\\D|1|2|n|3|msg=a \= b\nc \\d\\n path=c:\\temp\|x {_TIME}",
        {"deviceVendor": "A|B", "deviceProduct": r"C\D", "msg": "a = b\nc \\d\\n", "path": r"c:\temp|x"},
    ),
    "an unescaped sign of equality in an address": (
        f"{_HEAD}request=http://a.example.org/?b=c&d=e {_TIME}",
        {"request": "http://a.example.org/?b=c&d=e"},
    ),
    "long names": (
        f"{_HEAD}sourceAddress=2001:DB8::1 destinationPort=443 deviceAction=Permit {_TIME}",
        {"source_ip": "2001:db8::1", "destination_port": 443, "action": "Permit", "outcome": "success"},
    ),
    "a name that comes twice": (f"{_HEAD}a=1 a=2 {_TIME}", {"a": "2"}),
    "a name of the header's among the values": (f"{_HEAD}name=other {_TIME}", {"name": "Connection refused"}),
    "severity in words": (f"CEF:0|V|P|1|2|n|Very-High|{_TIME}", {"severity": 5}),
    "severity nobody knows": (f"CEF:0|V|P|1|2|n|urgent|{_TIME}", {"severity": 0}),
    "outcome before action": (f"{_HEAD}outcome=success act=blocked {_TIME}", {"outcome": "success"}),
    "a proxy": (
        f"{_HEAD}request=http://a.example.org/ requestMethod=GET {_TIME}",
        {"category": "proxy", "request": "http://a.example.org/"},
    ),
    "nothing but a header": (f"CEF:1|V|P|1|2|n|0|{_TIME}", {"severity": 1, "category": ""}),
    "a blank behind the mark": (f"CEF: 0|V|P|1|2|n|0|{_TIME}", {"deviceProduct": "P"}),
    "control characters that mark pairs here": (f"{_HEAD}msg=a\x1eb\x1fc {_TIME}", {"msg": "a b c"}),
    "Chinese": (
        f"CEF:0|某公司|下一代防火墙|1|2|访问|5|act=阻断 {_TIME}",
        {"category": "firewall", "outcome": "failure"},
    ),
}


@pytest.mark.parametrize(("line", "expected"), _CEF.values(), ids=_CEF)
def test_an_event_of_cef_becomes_columns_and_fields(line: str, expected: dict[str, Any]) -> None:
    row = event(cef, line)
    found = {name: row[name] if name in row and name != "severity" else row["fields"].get(name) for name in expected}
    if "severity" in expected:
        found["severity"] = row["severity"]
    assert found == expected
    assert row["event_time"].isoformat() == "2026-03-01T02:00:00.123000+00:00"
    assert row["message"].startswith("CEF:")


_LEEF: dict[str, tuple[str, dict[str, Any]]] = {
    "1.0 by tabs": (
        "LEEF:1.0|Made Up|Gate|1|42|src=192.0.2.1\tdst=198.51.100.2\tdstPort=443\tusrName=bob smith\tmsg=a=b c",
        {
            "source_ip": "192.0.2.1",
            "destination_port": 443,
            "user": "bob smith",
            "msg": "a=b c",
            "category": "firewall",
        },
    ),
    "2.0 by a character": (
        "LEEF:2.0|Made Up|Gate|1|42|^|src=192.0.2.1^sev=5^action=permit",
        {"source_ip": "192.0.2.1", "severity": 3, "action": "permit", "outcome": "success"},
    ),
    "2.0 by a number": (
        "LEEF:2.0|Made Up|Gate|1|42|0x7C|src=192.0.2.1|cat=x y",
        {"source_ip": "192.0.2.1", "cat": "x y"},
    ),
    "2.0 by a short number": ("LEEF:2.0|Made Up|Gate|1|42|x5E|src=192.0.2.1^a=b", {"a": "b"}),
    "2.0 without a delimiter": ("LEEF:2.0|Made Up|Gate|1|42||a=b\tc=d", {"a": "b", "c": "d"}),
    "2.0 without the delimiter's place": ("LEEF:2.0|Made Up|Gate|1|42|a=b\tc=d", {"a": "b", "c": "d"}),
    "blanks for tabs": ("LEEF:1.0|Made Up|Gate|1|42|src=192.0.2.1 msg=two words", {"msg": "two words"}),
    "pipes for tabs": (
        "LEEF:1.0|Made Up|Gate|1|t/PDF(7)|ReceiveTime=2026/03/01 10:00:00|src=192.0.2.1|usrName=bob|action=deny",
        {"source_ip": "192.0.2.1", "user": "bob", "outcome": "failure", "ReceiveTime": "2026/03/01 10:00:00"},
    ),
    "blanks for tabs, and a pipe in a value": (
        "LEEF:1.0|Made Up|Gate|1|42|src=192.0.2.1 msg=a | b usrName=c",
        {"msg": "a | b", "user": "c"},
    ),
    "no attribute": ("LEEF:1.0|Made Up|Gate|1|42|", {"deviceEventClassId": "42"}),
}


@pytest.mark.parametrize(("line", "expected"), _LEEF.values(), ids=_LEEF)
def test_an_event_of_leef_becomes_columns_and_fields(line: str, expected: dict[str, Any]) -> None:
    row = event(cef, f"<13>1 2026-03-01T10:00:00Z 192.0.2.9 {line}")
    found = shown(row, expected)
    assert found == expected
    assert (row["product"], row["service"], row["host"]) == ("made-up", "gate", "192.0.2.9")


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("devTime=1772330400123", "2026-03-01T02:00:00.123000+00:00"),
        ("devTime=2026/03/01 10:00:00\tdevTimeFormat=yyyy/MM/dd HH:mm:ss", "2026-03-01T10:00:00+00:00"),
        (
            "devTime=Mar 01 2026 10:00:00.250 +0800\tdevTimeFormat=MMM dd yyyy HH:mm:ss.SSS Z",
            "2026-03-01T02:00:00.250000+00:00",
        ),
        ("devTime=Mar 01 2026 10:00:00", "2026-03-01T10:00:00+00:00"),
        ("devTime=yesterday", "2026-02-28T09:00:00+00:00"),
        ("a=b", "2026-02-28T09:00:00+00:00"),
    ],
)
def test_an_event_says_when_or_else_its_header(time: str, expected: str) -> None:
    (row,) = events(cef, f"<13>1 2026-02-28T09:00:00Z h LEEF:1.0|V|P|1|42|{time}\n".encode())
    assert row["event_time"].isoformat() == expected


_HEADERS = {
    "RFC 3164": ("<134>Mar  1 10:00:00 fw-1 ", "fw-1"),
    "with a tag": ("<134>Mar  1 10:00:00 fw-1 agent: ", "fw-1"),
    "RFC 5424": ("<134>1 2026-03-01T10:00:00Z fw-1 app 7 - - ", "fw-1"),
    "RFC 5424 with structured data": ('<134>1 2026-03-01T10:00:00Z fw-1 app 7 - [a@1 b="c"] ', "fw-1"),
    "RFC 5424 cut short": ("<134>1 2026-03-01T10:00:00Z fw-1 ", "fw-1"),
    "no priority": ("Mar  1 10:00:00 fw-1 ", "fw-1"),
    "only a priority": ("<134>", ""),
    "octet counting": ("90 <134>1 2026-03-01T10:00:00Z fw-1 app 7 - - ", "fw-1"),
    "none": ("", ""),
}


@pytest.mark.parametrize(("header", "host"), _HEADERS.values(), ids=_HEADERS)
def test_any_header_may_stand_before_an_event(header: str, host: str) -> None:
    row = event(cef, f"{header}CEF:0|V|P|1|2|n|5|a=b {_TIME}")
    assert (row["host"], row["fields"]["a"], row["product"]) == (host, "b", "v")


_KEYED: dict[str, tuple[str, dict[str, Any]]] = {
    "FortiGate's traffic": (
        (
            '<189>date=2026-03-01 time=10:00:00 devname="fg-1" devid="FG1" eventtime=1772330400123456789 tz="+0800" '
            'logid="0000000013" type="traffic" subtype="forward" level="warning" srcip=192.0.2.1 srcport=50002 '
            'dstip=198.51.100.2 dstport=443 proto=6 action="deny" user="bob smith" service="HTTPS"'
        ),
        {
            "product": "fortigate",
            "service": "traffic",
            "category": "firewall",
            "host": "fg-1",
            "source_ip": "192.0.2.1",
            "destination_port": 443,
            "user": "bob smith",
            "action": "deny",
            "outcome": "failure",
            "subtype": "forward",
            "event_time": "2026-03-01T02:00:00.123456+00:00",
        },
    ),
    "FortiGate's login behind a relay's header, its time by its zone": (
        (
            'Mar  1 10:00:01 relay date=2026-03-01 time=10:00:00 devname="fg-1" devid="FG1" tz="+0800" type="event" '
            'subtype="system" level="alert" logdesc="Admin login failed" user="admin" srcip=192.0.2.1 action="login" '
            'status="failed" msg="say \\"no\\""'
        ),
        {
            "service": "event",
            "action": "login",
            "outcome": "failure",
            "host": "fg-1",
            "msg": 'say "no"',
            "event_time": "2026-03-01T02:00:00+00:00",
        },
    ),
    "FortiGate's login that only its action tells as failed": (
        (
            'date=2026-03-01 time=10:00:00 devname="fg-1" devid="FG1" tz="+0800" type="event" subtype="vpn" '
            'level="alert" user="bob" remip=192.0.2.1 action="ssl-login-fail" reason="sslvpn_login_permission_denied"'
        ),
        {"action": "ssl-login-fail", "outcome": "failure", "user": "bob", "source_ip": "192.0.2.1"},
    ),
    "Sophos": (
        (
            '<30>device="SFW" date=2026-03-01 time=10:00:00 timezone="CST" device_name="XG" log_type="Firewall" '
            'log_subtype="Denied" priority=Information src_ip=192.0.2.1 dst_ip=198.51.100.2 src_port=5 dst_port=22'
        ),
        {"product": "sophos", "host": "XG", "source_port": 5, "outcome": "failure", "category": "firewall"},
    ),
}


@pytest.mark.parametrize(("line", "expected"), _KEYED.values(), ids=_KEYED)
def test_an_event_of_named_values_becomes_columns_and_fields(line: str, expected: dict[str, Any]) -> None:
    assert cef.recognises(line.encode() + b"\n")
    row = event(cef, line)
    row["event_time"] = row["event_time"].isoformat()
    assert shown(row, expected) == expected


@pytest.mark.parametrize(
    ("said", "host"),
    [("dvchost=gate-1 dvc=192.0.2.9", "gate-1"), ("dvc=192.0.2.9", "fw-1"), ("dvchost= dvc=192.0.2.9", "fw-1")],
)
def test_a_device_that_names_itself_is_the_host_and_no_collector(said: str, host: str) -> None:
    assert event(cef, f"<134>Mar  1 10:00:00 fw-1 CEF:0|V|P|1|2|n|5|{said} {_TIME}")["host"] == host


@pytest.mark.parametrize(
    ("action", "outcome"),
    [
        ("REQ_BLOCKED_ACL", "failure"),
        ("not blocked", "success"),
        ("Blocked", "failure"),
        ("unblockable", "unknown"),
        ("REQ_PASSED", "success"),
    ],
)
def test_words_of_vendors_for_what_was_done(action: str, outcome: str) -> None:
    assert event(cef, f"CEF:0|V|P|1|2|n|5|act={action} {_TIME}")["outcome"] == outcome


def test_nobody_can_forge_an_event_by_choosing_a_word_of_another_line() -> None:
    forged = f"CEF:0|V|P|1|2|n|10|src=192.0.2.1 {_TIME}"
    row = event(syslog, f"<38>Mar  1 10:00:00 web-1 sshd[8]: Invalid user {forged} from 192.0.2.7 port 4")
    assert (row["service"], row["source_ip"]) == ("sshd", "192.0.2.7")
    said = "IN=eth0 OUT= SRC=192.0.2.1 DST=192.0.2.2 LEN=4"
    row = event(syslog, f"<38>Mar  1 10:00:00 web-1 sshd[8]: Invalid user {said} from 192.0.2.7 port 4")
    assert (row["service"], row["category"]) == ("sshd", "")


def test_events_and_plain_lines_stand_in_one_file() -> None:
    content = (
        f"<134>Mar  1 10:00:00 fw-1 {_HEAD}src=192.0.2.1 dst=198.51.100.2\n"
        "<38>Mar  1 10:00:00 web-1 sshd[811]: Accepted password for alice from 192.0.2.7 port 4 ssh2\n"
        "<134>1 2026-03-01T10:00:00Z fw-2 LEEF:1.0|V|P|1|42|src=192.0.2.3\n"
    ).encode()
    batches = [checked(batch) for batch in syslog.read(io.BytesIO(content))]
    assert [(batch.source_type, batch.rows["source_offset"].to_list()) for batch in batches] == [
        ("cef", [0]),
        ("leef", [2]),
        ("", [1]),
    ]


def test_what_is_no_whole_event_is_rejected_with_its_number() -> None:
    content = b"CEF:0|V|P|1|2\nCEF:0|V|P|1|2|n|5|a=b\nLEEF:2.0|V|P\nCEF:0|V|P|1|2|n|5|rt=1772330400123\n"
    assert reasons(cef, content) == {
        0: "no CEF event: its header of seven parts is cut off",
        1: "no time: neither the event nor a header before it says when",
        2: "no LEEF event: its header of five parts is cut off",
    }


_NETFILTER: dict[str, tuple[str, dict[str, Any]]] = {
    "ufw": (
        (
            "kernel: [ 4711.25] [UFW BLOCK] IN=eth0 OUT= MAC=aa:bb SRC=192.0.2.7 DST=198.51.100.2 LEN=60 TOS=0x00 "
            "PREC=0x00 TTL=52 ID=4 DF PROTO=TCP SPT=40022 DPT=22 WINDOW=29200 RES=0x00 SYN URGP=0 "
        ),
        {
            "source_ip": "192.0.2.7",
            "source_port": 40022,
            "destination_ip": "198.51.100.2",
            "destination_port": 22,
            "action": "drop",
            "outcome": "failure",
            "PROTO": "TCP",
            "SPT": "40022",
            "flags": "SYN",
            "prefix": "UFW BLOCK",
            "IN": "eth0",
            "OUT": None,
        },
    ),
    "accepted": (
        "kernel: FW-ACCEPT: IN=a OUT=b SRC=192.0.2.7 DST=198.51.100.2 PROTO=UDP DPT=53 ",
        {"action": "accept"},
    ),
    "a prefix in quotes, as firewalld has it": (
        'kernel: "filter_IN_public_DROP: "IN=a OUT= SRC=192.0.2.7 DST=198.51.100.2 PROTO=TCP SPT=1 DPT=22 ',
        {"action": "drop", "prefix": "filter_IN_public_DROP", "destination_port": 22},
    ),
    "no words": (
        "kernel: IN=a OUT=b SRC=192.0.2.7 DST=198.51.100.2 PROTO=UDP DPT=53 ",
        {"action": "", "outcome": "unknown"},
    ),
    "IPv6": (
        "kernel: IN=a OUT= SRC=2001:0db8::0001 DST=2001:0db8::0002 PROTO=ICMPv6 TYPE=135 ",
        {"source_ip": "2001:db8::1"},
    ),
    "an error about another packet": (
        "kernel: DROP IN=a OUT= SRC=192.0.2.7 DST=198.51.100.2 PROTO=ICMP TYPE=3 [SRC=10.0.0.1 DST=10.0.0.2 DPT=7 ]",
        {"source_ip": "192.0.2.7", "destination_port": 0, "DPT": None},
    ),
}


@pytest.mark.parametrize(("line", "expected"), _NETFILTER.values(), ids=_NETFILTER)
def test_a_packet_that_the_kernel_logs_becomes_columns_and_fields(line: str, expected: dict[str, Any]) -> None:
    row = event(syslog, f"<4>Mar  1 10:00:00 gw-1 {line}")
    assert shown(row, expected) == expected
    assert (row["category"], row["service"], row["host"]) == ("firewall", "iptables", "gw-1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mar 1 2026 10:00:00", "2026-03-01T10:00:00+00:00"),
        ("01 Mar 2026 10:00:00.5 GMT+08:00", "2026-03-01T02:00:00.500000+00:00"),
        ("Mar 1, 2026 10:00:00 GMT+08:00", "2026-03-01T02:00:00+00:00"),
        ("Mar 01 2026 10:00:00 CST", "2026-03-01T02:00:00+00:00"),
        ("Mar 01 2026 10:00:00 XYZ", "2026-03-01T10:00:00+00:00"),
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00+00:00"),
        ("2026/03/01 10:00:00 GMT+08:00", "2026-03-01T02:00:00+00:00"),
        ("2026/03/01 10:00:00", "2026-03-01T10:00:00+00:00"),
        ("Feb 30 2026 10:00:00", None),
        ("soon", None),
    ],
)
def test_devices_write_times_in_many_ways(text: str, expected: str | None) -> None:
    (found,) = device_times(pl.Series([text]))
    assert (found and found.isoformat()) == expected
    assert java_times(pl.Series([text]), "QQQ").null_count() == 1


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.from_regex(r"[a-z][A-Za-z0-9]{0,8}", fullmatch=True), st.text(max_size=20), max_size=4))
def test_values_survive_the_escaping_of_cef(values: dict[str, str]) -> None:
    kept = {
        name: " ".join(value.split()) for name, value in values.items() if name not in {"rt", "end", "start", "name"}
    }
    kept = {name: "".join(c for c in value if c.isprintable()).strip() for name, value in kept.items()}
    escaped = (
        f"{name}={value.replace(chr(92), chr(92) * 2).replace('=', chr(92) + '=')}" for name, value in kept.items()
    )
    row = event(cef, f"CEF:0|V|P|1|2|n|5|{_TIME} " + " ".join(escaped))
    assert {name: row["fields"][name] for name in kept} == kept


@pytest.mark.parametrize(
    ("arrived", "skew"),
    [("2026-03-01T02:04:00Z", None), ("2026-03-01T02:10:00Z", "-599"), ("2026-03-01T01:00:00Z", "3600")],
)
def test_a_clock_that_is_off_by_more_than_five_minutes_is_told(arrived: str, skew: str | None) -> None:
    row = event(cef, f"<134>1 {arrived} fw-1 a 7 - - CEF:0|V|P|1|2|n|5|{_TIME}")
    assert row["fields"].get("clock_skew_seconds") == skew
