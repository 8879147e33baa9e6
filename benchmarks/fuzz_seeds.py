"""Made-up contents of every format, for fuzzing where no real file is at hand, and beside real ones."""

import struct
from typing import Final

from pipelines.listening.segments import Feed, Heard, beginning, packed

_BASE: Final = 1_772_330_400_000_000  # 2026-03-01T02:00:00Z
_SYSLOG: Final = (
    "<34>Mar  1 10:00:00 web-1 sshd[811]: Failed password for root from 192.0.2.7 port 40022 ssh2\n"
    '<38>1 2026-03-01T10:00:00.003+08:00 rtu-7 app 811 ID47 [a@1 x="1" y="q\\"\\]"] said\n'
    "2026-03-01T10:00:00+08:00 web-1 sudo:    alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh\n"
    "Mar  1 10:00:01 web-1 kernel: [4711.25] [UFW BLOCK] IN=eth0 OUT= SRC=192.0.2.7 DST=198.51.100.2 PROTO=TCP DPT=22\n"
    "Feb 29 23:59:60 web-1 CRON[12]: (root) CMD (/usr/local/bin/backup)\n"
    "Mar  1 10:00:02 web-1 sysmon: <Event><System><EventID>1</EventID>"
    '<TimeCreated SystemTime="2026-03-01T10:00:00.5Z"/></System></Event>\n'
    "<134>Mar  1 10:00:00 fw-1 CEF:0|Made Up|Gate|1.0|100|Denied|8|src=192.0.2.1 dst=198.51.100.2 act=deny\n"
    "<166>Mar 01 2026 10:00:00 fw-1 : %ASA-4-106023: Deny tcp src out:192.0.2.7/4 dst in:198.51.100.2/22\n"
    "<188>Mar  1 2026 10:00:00+08:00 USG %%01POLICY/6/DENY(l):source-ip=192.0.2.7, destination-ip=198.51.100.2\n"
    "<190>Mar  1 10:00:00:123 2026 F1 %%10FILTER/6/X: SrcIPAddr(1003)=192.0.2.7;Event(1048)=Deny;\n"
    '<189>date=2026-03-01 time=10:00:00 devname="fg" logid="1" type="traffic" srcip=192.0.2.7 action="deny"\n'
    'Mar  1 10:00:00 web-1 audispd: type=EXECVE msg=audit(1772330400.1:7): argc=2 a0="id" a1=2D75\n'
    'Mar  1 10:00:00 ids suricata[7]: @cee: {"timestamp":"2026-03-01T10:00:00Z","event_type":"dns","dns":{}}\n'
    'Mar  1 10:00:00 web-1 nginx: 192.0.2.7 - - [01/Mar/2026:10:00:00 +0800] "GET / HTTP/1.1" 200 5 "-" "-"\n'
    "Mar  1 10:00:00 web-1 sshd[8]: message repeated 2 times: [ Invalid user x from 192.0.2.7 port 4]\n"
)
_TEXTS: Final = {
    "zeek_tsv": "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tdns\n"
    "#fields\tts\tuid\tid.orig_h\tid.orig_p\tquery\tanswers\n#types\ttime\tstring\taddr\tport\tstring\tvector[string]\n"
    "1772330400.5\tC1\t192.0.2.1\t53\ta.example.org\t192.0.2.9,(empty)\n1772330401.5\tC2\t-\t-\t-\t-\n",
    "zeek_json": '{"ts":1772330400.5,"uid":"C1","id.orig_h":"192.0.2.1","query":"a.example.org","trans_id":7}\n'
    '{"ts":"2026-03-01T10:00:00Z","uid":"C2","id.orig_h":"2001:db8::1","id.resp_p":80,"method":"GET","uri":"/"}\n',
    "windows_xml": "<Events><Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
    "<Provider Name='Made-Up'/><EventID>4625</EventID><TimeCreated SystemTime='2026-03-01T10:00:00Z'/>"
    "<Channel>Security</Channel><Computer>pc-1</Computer></System><EventData><Data Name='TargetUserName'>alice</Data>"
    "<Data>&lt;x&gt;</Data></EventData></Event></Events>",
    "suricata": '{"timestamp":"2026-03-01T10:00:00.1+0800","event_type":"dns","src_ip":"192.0.2.1","src_port":5,'
    '"dns":{"type":"query","rrname":"a.example.org"}}\n{"timestamp":"2026-03-01T10:00:00.1+0800","event_type":"flow",'
    '"src_ip":"192.0.2.1","dest_ip":"192.0.2.2","proto":"TCP","flow":{"pkts_toserver":3,"bytes_toclient":9}}\n'
    '{"timestamp":"2026-03-01T10:00:00.1+0800","event_type":"alert","alert":{"signature":"x","severity":1}}\n',
    "windows_json": '{"EventId":1,"Channel":"Security","Payload":"{\\"EventData\\":{\\"Data\\":[]}}"}\n'
    '{"EventID":1,"Channel":"Security","UtcTime":"2026-03-01 10:00:00","Image":"C:\\\\a.exe"}\n'
    '{"Event":{"System":{"EventID":4625,"TimeCreated":{"#attributes":{"SystemTime":"2026-03-01T10:00:00Z"}}}}}\n',
    "clickhouse_query_log": '{"type":"QueryFinish","event_time":"2026-03-01 10:00:00","query_duration_ms":"12",'
    '"query":"SELECT 1","user":"alice","query_id":"a","address":"::ffff:192.0.2.7"}\n',
    "mysql_audit": '{"timestamp":"2026-03-01 10:00:00","id":1,"class":"general","event":"status","connection_id":8,'
    '"account":{"user":"alice","host":"db"},"general_data":{"query":"SELECT 1","status":0}}\n',
    "cloud_audit": '{"detail-type":"x","detail":{"eventTime":"2026-03-01T10:00:00Z","awsRegion":"x","eventName":"y"}}\n'
    '{"eventTime":"2026-03-01T10:00:00Z","eventSource":"ecs.aliyuncs.com","acsRegion":"cn-fuzhou",'
    '"eventName":"StopInstance","sourceIpAddress":"192.0.2.7","userIdentity":{"userName":"alice"}}\n',
    "syslog_frames": "44 <34>1 2026-03-01T10:00:00Z h p - - - one two44 <34>1 2026-03-01T10:00:00Z h p - - - one\ntwo",
    "cef": "<134>Mar  1 10:00:00 fw-1 CEF:0|Made Up|Gate|1.0|100|Denied|8|src=192.0.2.1 dst=198.51.100.2 act=deny\n"
    "CEF:0|A\\|B|G|1|1|N|Very-High|rt=Mar 01 2026 10:00:00 msg=a \\= b\\nc\n"
    "<13>Mar  1 10:00:00 fw LEEF:2.0|V|P|1|e|^|src=192.0.2.1^devTime=Mar 01 2026 10:00:00^sev=5\n",
    "w3c": "#Version: 1.0\n#Fields: date time c-ip cs-method cs-uri-stem sc-status time-taken\n"
    "2026-03-01 10:00:00 192.0.2.7 GET /a 200 5\n2026-03-01 10:00:01 192.0.2.7 POST /b+c 500 -\n",
    "squid": "1772330400.123 180 192.0.2.7 TCP_MISS/200 411 GET http://a.example.org/ - HIER_DIRECT/198.51.100.2 -\n",
    "web_access": '192.0.2.7 - - [01/Mar/2026:10:00:00 +0800] "GET / HTTP/1.1" 200 5 "-" "curl/8.5"\n'
    '2001:db8::1 - alice [01/Mar/2026:10:00:00 +0800] "\\x16\\x03" 400 -\n',
    "web_error": "2026/03/01 10:00:00 [error] 811#811: *7 open() failed, client: 192.0.2.7, server: example.org\n"
    "[Sun Mar 01 10:00:00.123456 2026] [core:error] [pid 811:tid 1] [client 192.0.2.7:4] AH00126: Invalid URI\n",
    "mysql_general": "2026-03-01T10:00:00.123456Z\t    8 Query\tSELECT 1\n"
    "2026-03-01T10:00:00.2Z\t    8 Connect\talice@db on x\nmore of it\n",
    "mysql_error": "2026-03-01T10:00:00.123456Z 8 [Note] [MY-010926] [Server] Access denied for user\nmore\n"
    "260301  9:00:00 [ERROR] m\n2026-03-01  9:00:00 0 [Note] m\n",
    "mysql_slow": "# Time: 2026-03-01T10:00:00Z\n# User@Host: a[a] @ app [192.0.2.7]\n# Query_time: 2.5\nSELECT 1;\n",
    "container_logs": "2026-03-01T10:00:00.1Z stdout P one \n2026-03-01T10:00:00.2Z stdout F two\n"
    '2026-03-01T10:00:00.2Z stderr F {"time":"2026-03-01T10:00:00Z"}\n',
    "application_log": "2026-03-01 10:00:00,123 ERROR [main] a.B - c\n\tat d\n1:M 01 Mar 2026 10:00:00.250 # said\n",
    "suricata_fast": "03/01/2026-10:00:00.123456  [**] [1:2100498:7] GPL ATTACK_RESPONSE id [**] "
    "[Classification: Potentially Bad Traffic] [Priority: 2] {TCP} 192.0.2.7:40022 -> 198.51.100.2:80\n",
    "windows_csv": "Keywords,Date and Time,Source,Event ID,Task Category\n"
    'Audit Failure,3/1/2026 6:00:00 PM,Microsoft-Windows-Security-Auditing,4625,Logon,"An account failed.\n\n'
    'Subject:\n\tAccount Name:\t\talice\nLogon Type:\t3\n"\n',
    "iis_native": "192.0.2.7, -, 3/1/2026, 9:00:02, W3SVC1, W, 192.0.2.1, 16, 3, 1, 200, 0, GET, /a, id=4,\n",
    "journal_export": "__CURSOR=a\n__REALTIME_TIMESTAMP=1772330400000000\nMESSAGE=m\n\n",
    "mariadb_audit": "20260301 10:00:00,db-1,app,192.0.2.7,12,34,QUERY,city,'SELECT \\'a\\'\nFROM x',0\n"
    "1772359200123456,db-1,eve,192.0.2.7,13,0,FAILED_CONNECT,,,1045\n",
    "postgres_csv": '2026-03-01 10:00:00.123 UTC,"alice","city",811,"192.0.2.7:40022",5c78f6e2.32b,3,"SELECT",'
    '2026-03-01 09:59:58 UTC,3/7,0,LOG,00000,"statement: SELECT 1\n, 2",,,,,,,,,"psql","client backend",,0\n',
    "journal_json": '{"__REALTIME_TIMESTAMP":"1772330400000000","_HOSTNAME":"h","SYSLOG_IDENTIFIER":"sshd","_PID":"8",'
    '"SYSLOG_FACILITY":"4","PRIORITY":"6","MESSAGE":"Failed password for root from 192.0.2.7 port 4 ssh2"}\n'
    '{"__REALTIME_TIMESTAMP":"1772330400000001","_COMM":"x","MESSAGE":[104,105,255]}\n',
    "postgres_json": '{"timestamp":"2026-03-01 10:00:00.123 UTC","user":"alice","dbname":"city","pid":811,'
    '"remote_host":"192.0.2.7","remote_port":40022,"error_severity":"LOG","message":"statement: SELECT 1"}\n',
    "postgres_log": "2026-03-01 10:00:00.123 UTC [811] alice@city LOG:  statement: SELECT 1\n\tFROM x\n"
    '2026-03-01 10:00:00.2 UTC [811] alice@city FATAL:  password authentication failed for user "alice"\n',
    "auditd": 'type=SYSCALL msg=audit(1772330400.123:7): arch=c000003e syscall=59 success=yes exe="/bin/id"\n'
    'type=EXECVE msg=audit(1772330400.123:7): argc=2 a0="id" a1=2D75\ntype=EOE msg=audit(1772330400.123:7):\n',
    "syslog": _SYSLOG,
    "json_lines": '{"time":"2026-03-01T10:00:00Z","what":"something","n":{"a":[1,2]},"level":"warn"}\n{"ts":1e9}\n',
}


def made_up_seeds(name: str) -> list[bytes]:
    """Contents of a format, by its source's name; empty where only real files will do."""
    if name == "heard":
        return _heard()
    if name == "pcap":
        return [_pcap()]
    if name == "flow_exports":
        return [_netflow5(3)]
    text = _TEXTS.get(name, "").encode()
    return [text, text * 5] if text else []


def _heard() -> list[bytes]:
    """Segments of the spool: syslog, exports, and lines of a followed file."""
    peer = bytes([192, 0, 2, 7])
    syslog = [line.encode() for line in _SYSLOG.splitlines()]
    return [
        _segment(Feed("syslog+udp://127.0.0.1:514", "syslog"), peer, syslog),
        _segment(Feed("exports+udp://127.0.0.1:2055", "exports"), peer, [_netflow5(2)] * 3),
        _segment(Feed("file:///var/log/a.log", "lines"), bytes(24), [_SYSLOG.encode()]),
    ]


def _segment(feed: Feed, peer: bytes, contents: list[bytes]) -> bytes:
    return beginning(feed) + b"".join(packed(Heard(_BASE, peer, content)) for content in contents)


def _netflow5(records: int) -> bytes:
    """A packet of NetFlow v5."""
    header = struct.pack(">HHIIIIBBH", 5, records, 60_000, _BASE // 1_000_000, 0, 7, 0, 1, 0)
    addresses = bytes([192, 0, 2, 1, 198, 51, 100, 2, 0, 0, 0, 0])
    record = addresses + struct.pack(
        ">HHIIIIHHBBBBHHBBH", 1, 2, 10, 900, 1000, 2000, 4000, 53, 0, 0, 17, 0, 0, 0, 24, 24, 0
    )
    return header + record * records


def _pcap() -> bytes:
    """A capture of a few UDP packets."""
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 48, 1, 0, 64, 17, 0) + bytes([192, 0, 2, 1, 198, 51, 100, 2])
    dns = struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0) + b"\1a\0\0\1\0\1"
    frame = bytes(12) + b"\x08\0" + ip + struct.pack(">HHHH", 4000, 53, 8 + len(dns), 0) + dns
    packet = struct.pack("<IIII", _BASE // 1_000_000, 0, len(frame), len(frame)) + frame
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1) + packet * 4
