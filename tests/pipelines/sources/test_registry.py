"""What every source promises, whatever it is given."""

import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.capture.cuts import Timeouts
from pipelines.errors import SourceBroken
from pipelines.sources import capture
from pipelines.sources.registry import SOURCES, Source, source_for, sources_for
from rongdun.settings import Settings
from tests.pipelines.capture.frames import pcap_file
from tests.pipelines.sources.rows import checked, offsets

_LINES = {
    "zeek_tsv": "#separator \\x09\n#path\tdns\n#fields\tts\tuid\tquery\n1772330400.5\tC1\ta.example.org\n",
    "zeek_json": '{"ts":1772330400.5,"uid":"C1","id.orig_h":"192.0.2.1","query":"a.example.org","trans_id":7}\n',
    "windows_xml": "<Events><Event><System><EventID>1</EventID><TimeCreated SystemTime='2026-03-01T10:00:00Z'/>"
    "</System></Event></Events>",
    "suricata": '{"timestamp":"2026-03-01T10:00:00.1+0800","event_type":"dns","dns":{"rrname":"a.example.org"}}\n',
    "windows_json": '{"EventID":1,"Channel":"Security","UtcTime":"2026-03-01 10:00:00"}\n',
    "clickhouse_query_log": (
        '{"type":"QueryFinish","event_time":"2026-03-01 10:00:00","query_duration_ms":"12","query":"SELECT 1",'
        '"user":"alice","query_id":"a","address":"::ffff:192.0.2.7"}\n'
    ),
    "mysql_audit": (
        '{"timestamp":"2026-03-01 10:00:00","id":1,"class":"general","event":"status","connection_id":8,'
        '"account":{"user":"alice","host":"db"},"general_data":{"query":"SELECT 1","status":0}}\n'
    ),
    "cloud_audit": (
        '{"eventTime":"2026-03-01T10:00:00Z","eventSource":"ecs.aliyuncs.com","acsRegion":"cn-fuzhou",'
        '"eventName":"StopInstance","sourceIpAddress":"192.0.2.7"}\n'
    ),
    "syslog_frames": (
        "44 <34>1 2026-03-01T10:00:00Z h p - - - one two44 <34>1 2026-03-01T10:00:00Z h p - - - one\ntwo"
    ),
    "cef": "<134>Mar  1 10:00:00 fw-1 CEF:0|Made Up|Gate|1.0|100|Denied|8|src=192.0.2.1 dst=198.51.100.2 act=deny\n",
    "w3c": "#Fields: date time c-ip cs-method sc-status\n2026-03-01 10:00:00 192.0.2.7 GET 200\n",
    "squid": "1772330400.123 180 192.0.2.7 TCP_MISS/200 411 GET http://a.example.org/ - HIER_DIRECT/198.51.100.2 -\n",
    "web_error": "2026/03/01 10:00:00 [error] 811#811: *7 open() failed, client: 192.0.2.7, server: example.org\n",
    "container_logs": "2026-03-01T10:00:00.123456789Z stdout P started \n2026-03-01T10:00:00.2Z stdout F at last\n",
    "application_log": "2026-03-01 10:00:00,123 ERROR [main] org.example.App - failed\n\tat org.example.App.main\n",
    "iis_native": (
        "192.0.2.7, -, 3/1/2026, 9:00:02, W3SVC1, WEB-1, 198.51.100.2, 16, 320, 1450, 200, 0, GET, /a.aspx, id=4,\n"
    ),
    "mysql_error": "2026-03-01T10:00:00.123456Z 0 [Note] [MY-010931] [Server] ready for connections\n",
    "mysql_slow": "# User@Host: a[a] @ app [192.0.2.7]\n# Query_time: 2.5\nSET timestamp=1772359200;\nSELECT 1;\n",
    "mysql_general": "2026-03-01T10:00:00.123456Z\t    8 Query\tSELECT 1\n",
    "mariadb_audit": "20260301 10:00:00,db-1,app,192.0.2.7,12,34,QUERY,city,'SELECT 1',0\n",
    "postgres_csv": (
        '2026-03-01 10:00:00.123 UTC,"alice","city",811,"192.0.2.7:40022",5c78f6e2.32b,3,"SELECT",'
        '2026-03-01 09:59:58 UTC,3/7,0,LOG,00000,"statement: SELECT 1",,,,,,,,,"psql","client backend",,0\n'
    ),
    "journal_export": "__CURSOR=a\n__REALTIME_TIMESTAMP=1772330400000000\n_HOSTNAME=web-1\nMESSAGE=m\n\n",
    "journal_json": '{"__REALTIME_TIMESTAMP":"1772330400000000","_HOSTNAME":"web-1","MESSAGE":"m","PRIORITY":"6"}\n',
    "postgres_json": '{"timestamp":"2026-03-01 10:00:00.123 UTC","pid":811,"error_severity":"LOG","message":"m"}\n',
    "postgres_log": "2026-03-01 10:00:00.123 UTC [811] alice@city LOG:  statement: SELECT 1\n",
    "auditd": 'type=EXECVE msg=audit(1772330400.123:7): argc=1 a0="id"\n',
    "web_access": '192.0.2.7 - - [01/Mar/2026:10:00:00 +0800] "GET / HTTP/1.1" 200 5 "-" "curl/8.5"\n',
    "syslog": "<34>Mar  1 10:00:00 web-1 sshd[811]: Accepted password for alice from 192.0.2.7 port 4 ssh2\n",
    "json_lines": '{"time":"2026-03-01T10:00:00Z","what":"something"}\n',
}
_TEXT_SOURCES = [source for source in SOURCES if source.NAME in _LINES]


@pytest.mark.parametrize(("name", "text"), _LINES.items(), ids=_LINES)
def test_a_format_is_recognised_by_its_content(name: str, text: str) -> None:
    source = source_for(text.encode())
    assert source is not None
    assert name == source.NAME


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\n\n",
        b"hello world\n",
        b"a,b\n1,2\n",
        b"PAR1\0\0",
        b"# a title\n\nsome words\n",
        b"[]",
        b"{}",
        b"null",
        b"<a/>",
    ],
    ids=repr,
)
def test_what_is_no_telemetry_is_recognised_by_nobody(head: bytes) -> None:
    assert source_for(head) is None


@pytest.mark.parametrize("source", _TEXT_SOURCES, ids=lambda source: source.NAME)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(content=st.binary(max_size=400))
def test_no_bytes_make_a_source_fail(source: Source, content: bytes) -> None:
    source.recognises(content)
    for batch in source.read(io.BytesIO(content)):
        checked(batch)


@pytest.mark.parametrize("source", _TEXT_SOURCES, ids=lambda source: source.NAME)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(at=st.floats(0, 1), junk=st.binary(max_size=6), cut=st.floats(0, 1))
def test_a_damaged_line_gives_rows_or_rejects_but_never_both_twice(
    source: Source, at: float, junk: bytes, cut: float
) -> None:
    text = _LINES[source.NAME].encode() * 3
    place = int(at * len(text))
    damaged = (text[:place] + junk + text[place + len(junk) :])[: int(cut * len(text)) + 1]
    batches = [checked(batch) for batch in source.read(io.BytesIO(damaged))]
    found = list(offsets(batches))
    assert len(found) == len(set(found))


def test_a_header_of_an_event_log_without_records_says_that_it_is_cut_off() -> None:
    evtx = source_for(b"ElfFile\0")
    assert evtx is not None
    with pytest.raises(SourceBroken, match=r"truncated at byte 5000|no event log"):
        list(evtx.read(io.BytesIO(b"ElfFile\0" + bytes(4992))))


def test_captures_are_read_as_the_settings_say(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, flow_active_seconds=600, flow_idle_seconds=60, capture_applications=False)
    chosen = source_for(pcap_file([]), sources_for(settings))
    assert chosen == capture.CaptureSource(Timeouts(active_seconds=600, idle_seconds=60), applications=False)
    assert [source.NAME for source in sources_for(settings)] == [source.NAME for source in SOURCES]
