"""Firewalls and routers that write no mnemonic: their own forms behind a syslog header, as columns and fields."""

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import suricata_fast, syslog
from pipelines.sources.registry import Source, source_for
from pipelines.sources.zones import Zones
from tests.pipelines.sources.rows import checked, event, reasons, shown

_PAN = "<14>Mar  1 10:00:00 pa1 1,2026/03/01 10:00:00,0018"
_AT = "2561,2026/03/01 10:00:00"
_SESSION = "vsys1,trust,untrust,e1/2,e1/1,L,2026/03/01 10:00:00,7,1"
_HS = "<190>Mar  1 10:00:00 1800318182000001(root)"
_SANGFOR = "<134>Mar  1 10:00:00 localhost fwlog: 日志类型:"
_PF = "<134>Mar  1 10:00:00 pf filterlog[99]: 5,,,1000000103,igb0,match"
_MT = "Mar  1 10:00:00 mt"
_JUNOS = "<14>1 2026-03-01T10:00:00.123+08:00 srx1 RT_FLOW - RT_FLOW_SESSION"
_STOPPED = {"action": "deny", "outcome": "failure"}


def _ends(source: str, source_port: int, destination: str, destination_port: int) -> dict[str, Any]:
    return {
        "source_ip": source,
        "source_port": source_port,
        "destination_ip": destination,
        "destination_port": destination_port,
        "category": "firewall",
    }


_SAID: dict[str, tuple[str, dict[str, Any]]] = {
    "PAN-OS, traffic": (
        (
            rf"{_PAN},TRAFFIC,end,{_AT},192.0.2.7,198.51.100.2,203.0.113.4,198.51.100.2,out,ex\alice,,ssl,{_SESSION},"
            "50041,443,20041,443,0x400053,tcp,allow,5300,1300,4000,25,2026/03/01 09:59:40,15,x,,1,0x0,CN,US,,12,13,aged"
        ),
        _ends("192.0.2.7", 50041, "198.51.100.2", 443)
        | {"product": "paloalto", "service": "traffic", "user": r"ex\alice", "action": "allow", "outcome": "success"}
        | {"host": "pa1", "bytes_sent": "1300", "pkts_received": "13", "rule": "out", "dstuser": None},
    ),
    "PAN-OS, a name with a comma, in quotes": (
        (
            f'{_PAN},THREAT,url,{_AT},192.0.2.7,198.51.100.2,,,"deny ""x"", y",,,web,{_SESSION},'
            '1,80,0,0,0xb000,tcp,block-url,"www.example.com/a,b",(9999),malware,high,client-to-server,2,0x0'
        ),
        {"rule": 'deny "x", y', "misc": "www.example.com/a,b", "severity": 4, "outcome": "failure"},
    ),
    "PAN-OS, the time with its zone": (
        f"{_PAN},TRAFFIC,drop,{_AT},192.0.2.7,198.51.100.2,,,r,,,x,{_SESSION},1,22,0,0,0x0,tcp,deny,60"
        + "," * 40
        + "2026-03-01T10:00:00.512+08:00",
        {"event_time": "2026-03-01T02:00:00.512000+00:00", **_STOPPED},
    ),
    "PAN-OS, system": (
        (
            f"{_PAN},SYSTEM,auth,{_AT},,auth-fail,,0,0,general,medium,"
            "\"failed authentication for user 'admin'. Reason: Invalid password. From: 198.51.100.4.\",7,0x0"
        ),
        {"user": "admin", "source_ip": "198.51.100.4", "outcome": "failure", "severity": 3, "action": "auth-fail"},
    ),
    "PAN-OS, behind a time of rsyslog's": (
        f"2026-03-01T10:00:00.5+08:00 pa1 1,2026/03/01 10:00:00,0018,TRAFFIC,drop,{_AT},192.0.2.7,198.51.100.2",
        {"event_time": "2026-03-01T02:00:00.500000+00:00", "source_ip": "192.0.2.7", "host": "pa1"},
    ),
    "PAN-OS, configuration": (
        f"{_PAN},CONFIG,0,{_AT},192.0.2.9,,set,admin,Web,Succeeded, vsys  vsys1 rulebase,7,0x0",
        {"user": "admin", "source_ip": "192.0.2.9", "action": "set", "outcome": "success", "service": "config"},
    ),
    "PAN-OS, GlobalProtect": (
        (
            f"{_PAN},GLOBALPROTECT,0,{_AT},vsys1,gateway-auth,login,Other,,bob,CN,LT,198.51.100.6,::,0.0.0.0,::,h,,6,Win,"
            '"Windows 11",1,,,Authentication failed: Invalid password,failure,,0,,0,GW,7,0x0'
        ),
        {"user": "bob", "source_ip": "198.51.100.6", "outcome": "failure", "machinename": "LT", "portal": "GW"},
    ),
    "PAN-OS, a type nobody knows": (f"{_PAN},NEWTYPE,x,{_AT},a,b", {"product": "paloalto", "type": "NEWTYPE"}),
    "Hillstone, a session": (
        (
            f"{_HS} 44243624 Traffic@FLOW: SESSION: 192.0.2.7:50001->198.51.100.2:443(TCP), application HTTPS, "
            "policy 5, user alice@AAA, host pc, send bytes 12,receive bytes 34,session end,TCP FIN"
        ),
        _ends("192.0.2.7", 50001, "198.51.100.2", 443)
        | {"product": "hillstone", "service": "traffic", "host": "1800318182000001", "user": "alice@AAA"}
        | {"application": "HTTPS", "policy": "5", "send_bytes": "12", "action": "end", "protocol": "TCP"},
    ),
    "Hillstone, behind a time of rsyslog's": (
        "2026-03-01T10:00:00+08:00 fw 44243624 Traffic@FLOW: SESSION: 192.0.2.7:1->198.51.100.2:81(UDP), session start",
        _ends("192.0.2.7", 1, "198.51.100.2", 81) | {"host": "fw"},
    ),
    "Hillstone, denied": (
        f"{_HS} 44243624 Session@FLOW: SESSION: 192.0.2.7:1->[2001:db8::2]:81(UDP), user -@-, host -, policy deny",
        _ends("192.0.2.7", 1, "2001:db8::2", 81) | _STOPPED | {"user": ""},
    ),
    "Hillstone, a threat": (
        (
            f"{_HS} 440c3701 Threat@FLOW: From 198.51.100.6:0(e0/1) to 192.0.2.1:0(-), threat name: IP-sweep, "
            "threat type: Scan, action: DROP, severity: Medium, zone untrust: attack"
        ),
        {"source_ip": "198.51.100.6", "threat_name": "IP-sweep", "severity": 3, "action": "drop", "outcome": "failure"},
    ),
    "Hillstone, a login": (
        "Mar  1 10:00:00 fw-7 1800(root) 460c3603 Event@MGMT: Admin user op logged in through HTTPS from 192.0.2.9",
        {"user": "op", "source_ip": "192.0.2.9", "action": "login", "outcome": "success", "host": "fw-7"},
    ),
    "Sangfor, an attack": (
        (
            f"{_SANGFOR}IPS防护日志, 源IP:192.0.2.7, 源端口:4000, 目的IP:198.51.100.2, 目的端口:80, 严重级别:高, "
            "动作:拒绝, URL:http://h/a?b=1, 2"
        ),
        _ends("192.0.2.7", 4000, "198.51.100.2", 80)
        | _STOPPED
        | {"product": "sangfor", "severity": 4, "日志类型": "IPS防护日志", "URL": "http://h/a?b=1, 2"},
    ),
    "Sangfor, wide colons": (
        "<134>Mar  1 10:00:00 h fwlog: 日志类型\uff1a系统操作\uff0c用户\uff1aadmin\uff0cIP地址\uff1a192.0.2.9",
        {"user": "admin", "source_ip": "192.0.2.9", "日志类型": "系统操作"},
    ),
    "Sangfor, nobody": (f"{_SANGFOR}应用控制, 用户:(null), 系统动作:允许", {"user": "", "outcome": "success"}),
    "filterlog, TCP": (
        f"{_PF},block,in,4,0x0,,64,1,0,none,6,tcp,60,192.0.2.7,198.51.100.2,40061,3389,0,S,12345,,64240,,mss",
        _ends("192.0.2.7", 40061, "198.51.100.2", 3389)
        | {"product": "pfsense", "action": "block", "outcome": "failure", "tcp_flags": "S", "interface": "igb0"},
    ),
    "filterlog, IPv6": (
        f"{_PF},pass,in,6,0x00,0x0,64,UDP,17,40,2001:db8::1,2001:db8::2,5353,53,40",
        _ends("2001:db8::1", 5353, "2001:db8::2", 53) | {"outcome": "success"},
    ),
    "filterlog, ICMP has no ports": (
        f"{_PF},block,in,4,0x0,,64,1,0,none,1,icmp,84,192.0.2.7,198.51.100.2,request,1,2",
        _ends("192.0.2.7", 0, "198.51.100.2", 0) | {"source_port": 0},
    ),
    "MikroTik, a packet": (
        (
            f"{_MT} firewall,info DROP input: in:ether1 out:(unknown 0), connection-state:new src-mac aa:bb, "
            "proto TCP (SYN), 192.0.2.7:40071->198.51.100.2:8291, len 52"
        ),
        _ends("192.0.2.7", 40071, "198.51.100.2", 8291)
        | {"product": "mikrotik", "service": "firewall", "action": "drop", "chain": "input", "flags": "SYN"},
    ),
    "MikroTik, a login": (
        f"{_MT} system,error,critical login failure for user root from 198.51.100.7 via ssh",
        {"user": "root", "source_ip": "198.51.100.7", "action": "login", "outcome": "failure", "via": "ssh"},
    ),
    "Junos, structured": (
        (
            f'{_JUNOS}_CLOSE [junos@2636.1.1.1.2.129 reason="a \\"b\\"" source-address="192.0.2.7" source-port="50051" '
            'destination-address="198.51.100.2" destination-port="443" policy-name="p" username="N/A"] session closed'
        ),
        _ends("192.0.2.7", 50051, "198.51.100.2", 443)
        | {"product": "juniper", "service": "rt_flow", "reason": 'a "b"', "policy-name": "p", "user": ""}
        | {"action": "close", "event_time": "2026-03-01T02:00:00.123000+00:00"},
    ),
    "Junos, a sentence": (
        (
            "Mar  1 10:00:00 srx RT_FLOW: RT_FLOW_SESSION_DENY: session denied 192.0.2.7/40000->198.51.100.2/23 0x0 "
            "junos-telnet 6 deny-all trust untrust"
        ),
        _ends("192.0.2.7", 40000, "198.51.100.2", 23) | _STOPPED,
    ),
    "Junos, with its priority": (
        "Mar  1 10:00:00 srx RT_FLOW: %-RT_FLOW_SESSION_CREATE: session created 192.0.2.7/1->198.51.100.2/443 0x0",
        _ends("192.0.2.7", 1, "198.51.100.2", 443) | {"action": "create", "outcome": "success"},
    ),
    "Junos, a screen": (
        (
            "Mar  1 10:00:00 srx RT_IDS: RT_SCREEN_TCP: SYN flood! source: 192.0.2.7:4000, destination: "
            "198.51.100.2:80, zone name: untrust, interface name: ge-0/0/0.0, action: drop"
        ),
        _ends("192.0.2.7", 4000, "198.51.100.2", 80) | {"action": "drop", "outcome": "failure", "service": "rt_ids"},
    ),
    "Check Point": (
        (
            '<134>1 2026-03-01T10:00:05Z gw1 CheckPoint 1234 - [action:"Drop"; time:"1772330400"; dst:"198.51.100.2"; '
            'product:"VPN-1 & FireWall-1"; s_port:"4000"; service:"22"; src:"192.0.2.7"; rule_name:"a \\"b\\"; c"]'
        ),
        _ends("192.0.2.7", 4000, "198.51.100.2", 22)
        | {"product": "checkpoint", "service": "vpn-1-firewall-1", "action": "Drop", "outcome": "failure"}
        | {"event_time": "2026-03-01T02:00:00+00:00", "host": "gw1", "rule_name": 'a "b"; c'},
    ),
    "Check Point, a blank in the time": (
        '<134>1 2026-03-01 10:00:05 gw1 CheckPoint 1234 - [action:"Accept"; src:"192.0.2.7"; severity:"High"]',
        {"event_time": "2026-03-01T10:00:05+00:00", "source_ip": "192.0.2.7", "outcome": "success", "severity": 4},
    ),
    "SonicWall": (
        (
            'Mar  1 10:00:00 sw id=firewall sn=0017C5 time="2026-03-01 09:00:00 UTC" fw=203.0.113.1 pri=5 m=36 '
            'msg="TCP connection dropped" src=192.0.2.7:4000:X1 dst=198.51.100.2:445:X0 proto=tcp/445'
        ),
        _ends("192.0.2.7", 4000, "198.51.100.2", 445)
        | {"product": "sonicwall", "host": "203.0.113.1", "outcome": "failure", "severity": 2, "m": "36"}
        | {"event_time": "2026-03-01T09:00:00+00:00"},
    ),
    "Topsec": (
        (
            'Mar  1 10:00:00 h id=tos time="2026-03-01 10:00:00" fw=TopsecOS pri=6 type=conn src=192.0.2.7 '
            "dst=198.51.100.2 sport=5000 dport=80 proto=tcp rule=accept"
        ),
        _ends("192.0.2.7", 5000, "198.51.100.2", 80)
        | {"product": "topsec", "service": "conn", "action": "accept", "outcome": "success"},
    ),
    "Snort by syslog, addresses in brackets": (
        "Mar  1 10:00:00 ids snort: [1:408:5] x [Priority: 3] {TCP} [2001:db8::7]:1 -> [2001:db8::2]:22",
        {"source_ip": "2001:db8::7", "destination_port": 22},
    ),
    "Suricata by syslog": (
        (
            "Mar  1 10:00:00 ids suricata[811]: [1:2001219:20] ET SCAN x [Classification: Misc] [Priority: 2] {TCP} "
            "192.0.2.7:5000 -> 198.51.100.2:22"
        ),
        {"product": "suricata", "service": "alert", "source_ip": "192.0.2.7", "destination_port": 22, "severity": 3}
        | {"alert.signature": "ET SCAN x", "alert.signature_id": "2001219", "host": "ids", "category": ""},
    ),
    "Snort by syslog": (
        "Mar  1 10:00:00 ids snort: [1:408:5] ICMP Echo Reply [Priority: 3]: {ICMP} 192.0.2.7 -> 198.51.100.2",
        {"product": "snort", "source_ip": "192.0.2.7", "destination_ip": "198.51.100.2"},
    ),
}


def _with_its_time(row: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    return shown({**row, "event_time": row["event_time"].isoformat()}, names)


@pytest.mark.parametrize(("line", "expected"), _SAID.values(), ids=_SAID)
def test_a_line_of_an_appliance_becomes_columns_and_fields(line: str, expected: dict[str, Any]) -> None:
    assert source_for(line.encode() + b"\n") is syslog
    assert _with_its_time(event(syslog, line), expected) == expected


@pytest.mark.parametrize(
    "line",
    [
        "Mar  1 10:00:00 web app[5]: 1,2026/03/01 10:00:00,1,TRAFFIC,end,1,2026/03/01 10:00:00,192.0.2.7,198.51.100.2",
        "Mar  1 10:00:00 web sshd[5]: Failed password for 44243624 Traffic@FLOW: from 192.0.2.7 port 5 ssh2",
        "Mar  1 10:00:00 web filterlog[5]: started",
        "Mar  1 10:00:00 web app: firewall,info x: in:a out:b, proto TCP, 192.0.2.7:1->198.51.100.2:2, len 5",
    ],
)
def test_what_another_program_says_is_no_line_of_an_appliance(line: str) -> None:
    row = event(syslog, line)
    assert (row["product"], row["destination_ip"]) == ("linux", "")


_PREFIXES = (_PAN, f"{_PAN},THREAT,x,{_AT},", f"{_HS} 44243624 Traffic@FLOW: ", _SANGFOR, f"{_PF},pass,in,4,")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.sampled_from((*_PREFIXES, f"{_MT} firewall,info ", f"{_JUNOS} [junos@2636 ")))
def test_whatever_an_appliance_says_is_a_row_or_a_reject(said: str, header: str) -> None:
    line = (header + said).replace("\n", " ")
    batches = [checked(batch) for batch in syslog.read(io.BytesIO(line.encode("utf-8", "replace")))]
    assert sum(batch.rows.height + batch.rejects.height for batch in batches) == 1


_ALERT = "[1:2100498:7] GPL ATTACK x [**] [Classification: Misc Attack] [Priority: 1]"
_ALERTS: dict[str, tuple[str, dict[str, Any]]] = {
    "an alert": (
        f"03/01/2026-10:00:00.123456  [**] {_ALERT} {{TCP}} 192.0.2.7:80 -> 198.51.100.2:51000",
        {"event_time": "2026-03-01T10:00:00.123456+00:00", "product": "suricata", "service": "alert", "severity": 4}
        | {"source_ip": "192.0.2.7", "source_port": 80, "destination_ip": "198.51.100.2", "destination_port": 51000}
        | {"action": "alert", "outcome": "success", "alert.category": "Misc Attack", "alert.action": "allowed"},
    ),
    "dropped, ICMP": (
        f"03/01/2026-10:00:00.1  [Drop] [**] {_ALERT} {{IPv6-ICMP}} 2001:db8::1:128 -> 2001:db8::2:0",
        {"source_ip": "2001:db8::1", "destination_ip": "2001:db8::2", "source_port": 0, "icmp_type": "128"}
        | {"outcome": "failure", "alert.action": "blocked"},
    ),
    "would have been dropped": (
        f"03/01/2026-10:00:00.1  [wDrop] [**] {_ALERT} {{UDP}} 192.0.2.7:53 -> 198.51.100.2:53",
        {"outcome": "success", "alert.action": "allowed"},
    ),
    "of no class": (
        (
            "03/01/2026-10:00:00.1  [**] [1:1:1] (null) [**] [Classification: (null)] [Priority: 3] {UDP} "
            "192.0.2.7:53 -> 198.51.100.2:53"
        ),
        {"alert.category": None, "severity": 2, "alert.signature": "(null)"},
    ),
}


@pytest.mark.parametrize(("line", "expected"), _ALERTS.values(), ids=_ALERTS)
def test_a_line_of_fast_log_is_an_alert(line: str, expected: dict[str, Any]) -> None:
    assert source_for(line.encode() + b"\n") is suricata_fast
    row = event(suricata_fast, line)
    assert row["message"] == line
    assert _with_its_time(row, expected) == expected


def test_times_of_fast_log_are_of_the_sites_zone() -> None:
    line = f"03/01/2026-10:00:00.5  [**] {_ALERT} {{TCP}} 192.0.2.7:80 -> 198.51.100.2:5\n".encode()
    (batch,) = suricata_fast.read(io.BytesIO(line), site=Zones("Asia/Shanghai"))
    assert str(batch.rows["event_time"][0]) == "2026-03-01 02:00:00.500000+00:00"


def test_what_is_no_alert_of_fast_log_is_a_reject() -> None:
    source: Source = suricata_fast
    line = f"[**] {_ALERT} {{TCP}} 192.0.2.7:80 -> 198.51.100.2:5\n"
    content = f"03/01/2026-10:00:00.5  {line}13/41/2026-10:00:00.5  {line}nothing\n".encode()
    assert reasons(source, content) == {1: "no such time", 2: "no alert of fast.log"}


def test_the_same_lines_are_the_same_rows_in_every_run() -> None:
    content = "".join(f"{line}\n" for line, _ in _SAID.values()).encode()
    runs = {"".join(batch.rows.write_json() for batch in syslog.read(io.BytesIO(content))) for _ in range(8)}
    assert len(runs) == 1
