import io
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import syslog
from pipelines.sources.registry import source_for
from pipelines.sources.zones import Zones
from tests.pipelines.sources.rows import checked, event, shown

_ASA = "<166>Mar 01 2026 10:00:00 asa-1 : %ASA-"
_USG = "<188>Mar  1 2026 10:00:00 USG %%01"
_H3C = "<190>Mar  1 10:00:00 2026 F1000 %%10"

# line -> what the columns and fields then say
_SAID: dict[str, tuple[str, dict[str, Any]]] = {
    "ASA, inbound": (
        (
            f"{_ASA}6-302013: Built inbound TCP connection 7 for outside:203.0.113.7/51000 (203.0.113.7/51000) to "
            "inside:192.0.2.1/443 (192.0.2.1/443)"
        ),
        {
            "product": "cisco",
            "category": "firewall",
            "service": "asa",
            "host": "asa-1",
            "source_ip": "203.0.113.7",
            "source_port": 51000,
            "destination_ip": "192.0.2.1",
            "destination_port": 443,
            "action": "permit",
            "outcome": "success",
            "severity": 1,
            "mnemonic": "ASA-6-302013",
        },
    ),
    "ASA, outbound: the outer end is named first": (
        (
            f"{_ASA}6-302015: Built outbound UDP connection 2 for outside:203.0.113.7/53 (203.0.113.7/53) to "
            "inside:192.0.2.1/50000 (192.0.2.1/50000)"
        ),
        {"source_ip": "192.0.2.1", "source_port": 50000, "destination_ip": "203.0.113.7", "destination_port": 53},
    ),
    "ASA, denied": (
        f'{_ASA}4-106023: Deny tcp src outside:203.0.113.7/4444 dst inside:192.0.2.1/22 by access-group "in"',
        {"source_ip": "203.0.113.7", "destination_port": 22, "action": "deny", "outcome": "failure", "severity": 3},
    ),
    "ASA, IPv6": (
        (
            f"{_ASA}6-302013: Built inbound TCP connection 7 for outside:2001:db8::7/51000 (2001:db8::7/51000) to "
            "inside:2001:db8::1/443 (2001:db8::1/443)"
        ),
        {"source_ip": "2001:db8::7", "source_port": 51000, "destination_ip": "2001:db8::1", "destination_port": 443},
    ),
    "ASA, login": (
        f'{_ASA}6-605005: Login permitted from 192.0.2.7/50000 to inside:192.0.2.1/ssh for user "admin"',
        {"user": "admin", "source_ip": "192.0.2.7", "action": "login", "outcome": "success"},
    ),
    "ASA, AAA": (
        (
            f"{_ASA}6-113015: AAA user authentication Rejected : reason = Invalid password : local : user = eve : "
            "user IP = 203.0.113.7"
        ),
        {"user": "eve", "source_ip": "203.0.113.7", "action": "login", "outcome": "failure", "category": ""},
    ),
    "ASA, a command that denies": (
        f"{_ASA}5-111008: User 'admin' executed the 'access-list x deny any' command.",
        {"user": "admin", "action": "execute", "outcome": "unknown"},
    ),
    "ASA, access list": (
        f"{_ASA}6-106100: access-list in denied tcp outside/203.0.113.7(4000) -> inside/192.0.2.1(22) hit-cnt 1",
        {"source_ip": "203.0.113.7", "source_port": 4000, "destination_port": 22, "outcome": "failure"},
    ),
    "ASA, VPN": (
        f"{_ASA}4-722051: Group <g> User <bob> IP <203.0.113.7> IPv4 Address <192.0.2.1> IPv6 address <::> assigned",
        {"user": "bob", "source_ip": "203.0.113.7", "destination_ip": ""},
    ),
    "ASA, ping": (
        f"{_ASA}6-302020: Built inbound ICMP connection for faddr 203.0.113.7/0 gaddr 192.0.2.1/0 laddr 192.0.2.1/0",
        {"source_ip": "203.0.113.7", "destination_ip": "192.0.2.1"},
    ),
    "ASA, URL": (
        f"{_ASA}5-304001: 192.0.2.7 Accessed URL 203.0.113.7:http://example.org/",
        {"source_ip": "192.0.2.7", "destination_ip": "203.0.113.7"},
    ),
    "IOS, command": (
        "<189>9: sw1: Mar  1 2026 10:00:00 UTC: %PARSER-5-CFGLOG_LOGGEDCMD: User:adm  logged command:no logging",
        {"user": "adm", "service": "aaa", "action": "execute", "host": "sw1"},
    ),
    "USG, login": (
        f"{_USG}UM/5/LOGINSUCC(s):user login. (UserName=bob, Ip=192.0.2.9)",
        {"user": "bob", "source_ip": "192.0.2.9", "outcome": "success"},
    ),
    "H3C, command": (
        f"{_H3C}SHELL/6/SHELL_CMD: -Line=vty0-IPAddr=192.0.2.9-User=admin; Command is display cur",
        {"user": "admin", "source_ip": "192.0.2.9", "Line": "vty0", "User": "admin"},
    ),
    "IOS, access list": (
        (
            "<190>123: Mar  1 2026 10:00:00.123: %SEC-6-IPACCESSLOGP: list 101 denied tcp 203.0.113.7(4001) -> "
            "192.0.2.1(23), 1 packet"
        ),
        {"source_ip": "203.0.113.7", "source_port": 4001, "destination_port": 23, "outcome": "failure", "host": ""},
    ),
    "IOS, failed login behind a relay's header": (
        (
            "Mar  1 10:00:01 relay 456: Mar  1 2026 10:00:00 UTC: %SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: bob] "
            "[Source: 192.0.2.9] [localport: 22] [Reason: Login Authentication Failed] at 10:00:00 UTC Sun Mar 1 2026"
        ),
        {"user": "bob", "source_ip": "192.0.2.9", "action": "login", "outcome": "failure", "host": "relay"},
    ),
    "USG, policy": (
        (
            f"{_USG}POLICY/6/POLICYDENY(l):vsys=public, protocol=6, source-ip=203.0.113.7, source-port=1234, "
            "destination-ip=192.0.2.1, destination-port=445, time=2026/3/1 18:00:00, rule-name=default."
        ),
        {
            "product": "huawei",
            "category": "firewall",
            "service": "policy",
            "host": "USG",
            "source_ip": "203.0.113.7",
            "source_port": 1234,
            "destination_ip": "192.0.2.1",
            "destination_port": 445,
            "action": "deny",
            "outcome": "failure",
            "rule-name": "default",
        },
    ),
    "USG, command": (
        (
            f"{_USG}SHELL/5/CMDRECORD(s)[12]:Recorded command. (Task=vt0, Ip=192.0.2.5, VpnName=, User=admin, "
            'Command="display cur")'
        ),
        {"user": "admin", "source_ip": "192.0.2.5", "action": "execute", "Command": "display cur"},
    ),
    "H3C, filter": (
        (
            f"{_H3C}FILTER/6/FILTER_ZONE_IPV4_EXECUTION: SrcZoneName(1025)=Untrust;SrcIPAddr(1003)=203.0.113.7;"
            "SrcPort(1004)=3333;DstIPAddr(1007)=192.0.2.1;DstPort(1008)=80;Event(1048)=Deny;"
        ),
        {
            "product": "h3c",
            "source_ip": "203.0.113.7",
            "source_port": 3333,
            "destination_port": 80,
            "outcome": "failure",
            "SrcZoneName": "Untrust",
        },
    ),
    "a TCP connection ended that was opened from within": (
        (
            f"{_ASA}6-302014: Teardown TCP connection 1 for outside:198.51.100.2/443 to inside:192.0.2.7/51111 "
            "duration 0:01:05 bytes 5300 TCP FINs from inside"
        ),
        {"source_ip": "192.0.2.7", "source_port": 51111, "destination_ip": "198.51.100.2", "destination_port": 443},
    ),
    "a TCP connection ended that was opened from outside": (
        (
            f"{_ASA}6-302014: Teardown TCP connection 1 for outside:198.51.100.2/40000 to dmz:192.0.2.7/8080 duration "
            "0:01:05 bytes 5300 TCP Reset-O from outside"
        ),
        {"source_ip": "198.51.100.2", "source_port": 40000, "destination_ip": "192.0.2.7", "destination_port": 8080},
    ),
    "a UDP connection ended": (
        f"{_ASA}6-302016: Teardown UDP connection 1 for outside:198.51.100.2/53 to inside:192.0.2.7/1024 duration 0:0",
        {"source_ip": "192.0.2.7", "source_port": 1024, "destination_ip": "198.51.100.2", "destination_port": 53},
    ),
    "Threat Defense": (
        (
            "<113>Mar 01 2026 10:00:00 ftd : %FTD-6-430003: EventPriority: Low, AccessControlRuleAction: Block, SrcIP: "
            "192.0.2.7, DstIP: 198.51.100.2, SrcPort: 51000, DstPort: 443, ACPolicy: a b, User: Not Found, Last: 0"
        ),
        {
            "source_ip": "192.0.2.7",
            "source_port": 51000,
            "destination_ip": "198.51.100.2",
            "destination_port": 443,
            "user": "",
            "action": "block",
            "outcome": "failure",
            "ACPolicy": "a b",
            "category": "firewall",
            "service": "ftd",
        },
    ),
    "ASA, a command from an address": (
        f"{_ASA}5-111010: User 'admin', running 'CLI' from IP 192.0.2.9, executed 'write memory'",
        {"user": "admin", "source_ip": "192.0.2.9", "action": "execute"},
    ),
    "ASA, who signed in": (
        f"{_ASA}6-611101: User authentication succeeded: IP address: 192.0.2.9, Uname: admin",
        {"user": "admin", "source_ip": "192.0.2.9", "outcome": "success"},
    ),
    "IOS, the end of a session": (
        (
            "<190>9: r1: Mar  1 2026 10:00:02 UTC: %FW-6-SESS_AUDIT_TRAIL: Stop tcp session: initiator "
            "(192.0.2.7:5000) sent 10 bytes -- responder (198.51.100.2:80) sent 20 bytes"
        ),
        {"source_ip": "192.0.2.7", "source_port": 5000, "destination_ip": "198.51.100.2", "destination_port": 80},
    ),
    "Huawei, addresses with ports": (
        (
            f'{_USG}ATCKDF/4/FIREWALLATCK(l)[8]:AttackType="Udp flood", src="192.0.2.7:4000 ", dst="198.51.100.2:53 '
            '", begin time="2026-03-01 10:00:00", Action="discard"'
        ),
        {"source_ip": "192.0.2.7", "source_port": 4000, "destination_ip": "198.51.100.2", "destination_port": 53}
        | {"action": "discard", "outcome": "failure", "dst": "198.51.100.2:53"},
    ),
    "Huawei, a login": (
        f"{_USG}SHELL/5/LOGIN(s)[5]:VTY login from 192.0.2.6. (UserName=adm, UserAddress=192.0.2.6)",
        {"user": "adm", "source_ip": "192.0.2.6", "outcome": "success"},
    ),
    "H3C, a failed login": (
        f"{_H3C}SHELL/5/SHELL_LOGINFAIL: TELNET user root failed to log in from 192.0.2.6 on VTY0.",
        {"user": "root", "source_ip": "192.0.2.6", "outcome": "failure"},
    ),
    "H3C, login": (
        f"{_H3C}SHELL/5/SHELL_LOGIN: -DevIP=192.0.2.2; admin logged in from 192.0.2.6.",
        {"user": "admin", "source_ip": "192.0.2.6", "outcome": "success", "DevIP": "192.0.2.2", "host": "F1000"},
    ),
}


@pytest.mark.parametrize(("line", "expected"), _SAID.values(), ids=_SAID)
def test_a_message_of_a_device_becomes_columns_and_fields(line: str, expected: dict[str, Any]) -> None:
    row = event(syslog, line)
    assert shown(row, expected) == expected


_HEADERS = {
    "no host": ("<187>Mar 01 2026 10:00:00: %ASA-3-106010: m", "2026-03-01T10:00:00+00:00", ""),
    "sequence number and host": (
        "<189>456: r1: *Mar  1 2026 10:00:00.5 UTC: %SYS-5-A: m",
        "2026-03-01T10:00:00.500000+00:00",
        "r1",
    ),
    "a zone by name": ("<189>456: r1: .Mar  1 2026 10:00:00 CST: %SYS-5-A: m", "2026-03-01T02:00:00+00:00", "r1"),
    "the year first": ("<189>: 2026 Mar  1 10:00:00 UTC: %ETHPORT-5-IF_UP: m", "2026-03-01T10:00:00+00:00", ""),
    "the year behind": ("<190>Mar  1 10:00:00:123 2026 F1 %%10A/6/B: m", "2026-03-01T10:00:00.123000+00:00", "F1"),
    "a zone right behind": (
        "<189>Mar  1 2026 10:00:00+08:00 SW %%01SSH/4/B(l)[3]:m",
        "2026-03-01T02:00:00+00:00",
        "SW",
    ),
    "a blank in the date": ("<188>2026-03-01 10:00:00 USG %%01SHELL/5/B(s)[12]:m", "2026-03-01T10:00:00+00:00", "USG"),
    "ISO": ("<166>2026-03-01T10:00:00Z asa : %ASA-6-1: m", "2026-03-01T10:00:00+00:00", "asa"),
    "relayed": ("2026-03-01T10:00:00+08:00 r1 456: %SYS-5-A: m", "2026-03-01T02:00:00+00:00", "r1"),
}


@pytest.mark.parametrize(("line", "when", "host"), _HEADERS.values(), ids=_HEADERS)
def test_a_header_of_a_device_says_when_and_who(line: str, when: str, host: str) -> None:
    assert source_for(line.encode() + b"\n") is syslog
    row = event(syslog, line)
    assert (row["event_time"].isoformat(), row["host"], row["service"] != "syslog") == (when, host, True)


@pytest.mark.parametrize(
    "line",
    [
        "Mar  1 10:00:00 web sshd[5]: Failed password for %ASA-6-605005: Login permitted from 192.0.2.200 port 5 ssh2",
        "Mar  1 10:00:00 web app: x %SYS-5-CONFIG_I: Configured from console by admin on vty0 (192.0.2.76)",
        "Mar  1 10:00:00 web %: said by a program of that name",
        "Mar  1 10:00:00 web CRON[5]: (root) CMD (date +%Y-%m-%d)",
    ],
)
def test_a_mnemonic_counts_only_right_behind_a_header(line: str) -> None:
    assert event(syslog, line)["product"] == "linux"


@pytest.mark.parametrize(
    ("clock", "when"),
    [
        ("Mar  1 10:00:00.5 CST", "2026-03-01T02:00:00.500000+00:00"),
        ("Mar  1 03:00:00 Beijing", "2026-02-28T19:00:00+00:00"),
        ("Feb 28 20:00:00 EST", "2026-03-01T01:00:00+00:00"),
        ("Mar  1 10:00:00 UTC", "2026-03-01T10:00:00+00:00"),
        ("Mar  1 10:00:00 +05:30", "2026-03-01T04:30:00+00:00"),
        ("Mar  1 10:00:00", "2026-03-01T03:00:00+00:00"),
    ],
)
def test_a_zone_counts_where_the_year_is_missing(clock: str, when: str) -> None:
    line = f"<189>456: r1: {clock}: %SYS-5-A: m".encode()
    batches = syslog.read(io.BytesIO(line), datetime(2026, 3, 10, tzinfo=UTC), site=Zones("+07:00"))
    (time,) = [time for batch in batches for time in batch.rows["event_time"]]
    assert time.isoformat() == when


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.sampled_from([_ASA, _USG, _H3C]))
def test_whatever_a_device_says_is_a_row_or_a_reject(said: str, header: str) -> None:
    line = (header + said).replace("\n", " ")
    batches = [checked(batch) for batch in syslog.read(io.BytesIO(line.encode("utf-8", "replace")))]
    assert sum(batch.rows.height + batch.rejects.height for batch in batches) == 1
