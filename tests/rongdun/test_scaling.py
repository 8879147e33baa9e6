"""What docs/scaling ships: the tables for Kafka, what Vector sends, and goflow2 and VRL where they are installed."""

import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from rongdun.settings import Settings
from store.client import Store
from store.session import open_store
from store.statements import separate
from tests.pipelines.exports.packets import PLAIN, definition, fset, plain_record, v9
from tests.rongdun.command import Rongdun
from tests.rongdun.test_listen import listening, wait_for

SCALING = Path(__file__).parents[2] / "docs" / "scaling"
STATEMENTS = separate((SCALING / "kafka.sql").read_text(encoding="utf-8"))
KAFKA = re.compile(r"ENGINE = Kafka\s+SETTINGS .*\Z", re.DOTALL)

# What vector.yaml makes of `<37>1 2026-03-01T10:00:00.003Z web-1 sshd 811 - - hello`
VECTOR_SENDS = {
    "event_id": "0195d0c0-0000-7000-8000-000000000000",
    "event_time": "2026-03-01T10:00:00.003000Z",
    "source": "vector://192.0.2.7",
    "source_type": "syslog",
    "product": "linux",
    "service": "sshd",
    "host": "web-1",
    "outcome": "unknown",
    "severity": 2,
    "message": "hello",
    "extra": {"program": "sshd", "severity": "notice", "facility": "auth", "peer": "192.0.2.7", "pid": "811"},
}
FLOW = {
    "type": "NETFLOW_V9",
    "time_received_ns": 1772330460000000000,
    "sequence_num": 7,
    "sampling_rate": 10,
    "sampler_address": "192.0.2.250",
    "time_flow_start_ns": 1772330400250000000,
    "time_flow_end_ns": 1772330401250000000,
    "bytes": 100,
    "packets": 2,
    "src_addr": "2001:db8::1",
    "dst_addr": "2001:db8::2",
    "proto": "IPv6-ICMP",
    "icmp_type": 128,
    "icmp_code": 0,
    "something_new": [1],
}


@pytest.fixture
def fed(store: Store) -> Store:
    """A database with the tables of kafka.sql, into which rows are put by hand instead of by Kafka."""
    _make(store)
    return store


def _make(store: Store) -> None:
    for statement in STATEMENTS:
        if "REFRESH EVERY" not in statement:
            store.execute(KAFKA.sub("ENGINE = Null", statement))


def _put(store: Store, table: str, lines: list[str]) -> None:
    store.execute(
        f"INSERT INTO {table} SETTINGS input_format_skip_unknown_fields = 1 FORMAT JSONEachRow\n" + "\n".join(lines)
    )


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: statement.split("(")[0][:60])
def test_every_statement_is_one_that_clickhouse_parses(store: Store, statement: str) -> None:
    assert store.rows(f"EXPLAIN AST {statement}")


def test_a_flow_of_goflow2_is_a_row_with_its_counts_times_the_sampling(fed: Store) -> None:
    _put(fed, "goflow2_flows", [json.dumps(FLOW)])
    (row,) = fed.rows("SELECT * FROM network_flows")
    told = ("source_type", "source_ip", "source_port", "destination_port", "protocol", "duration_ms", "packets_out")
    assert [row[name] for name in told] == ["netflow_v9", "2001:db8::1", 128, 0, "icmp6", 1000, 20]
    assert (row["ip_bytes_out"], row["source"]) == (1000, "goflow2://192.0.2.250")
    assert str(row["event_time"]).startswith("2026-03-01 02:00:00.25")
    assert row["fields"] == {"exporter": "192.0.2.250", "sampling_rate": "10"}


def test_what_vector_sends_fits_its_table_and_becomes_a_row(fed: Store) -> None:
    _put(fed, "vector_syslog", [json.dumps(VECTOR_SENDS)])
    (row,) = fed.rows("SELECT * FROM log_events")
    told = ("product", "service", "host", "severity", "message", "source_type")
    assert [row[name] for name in told] == ["linux", "sshd", "web-1", 2, "hello", "syslog"]
    fields = row["fields"]
    assert isinstance(fields, dict)
    assert {name: fields[name] for name in ("program", "pid", "facility", "severity", "peer")} == {
        "program": "sshd",
        "pid": "811",
        "facility": "auth",
        "severity": "notice",
        "peer": "192.0.2.7",
    }


def test_vector_writes_the_columns_that_there_are_and_no_others(fed: Store) -> None:
    program = yaml.safe_load((SCALING / "vector.yaml").read_text(encoding="utf-8"))
    written = re.findall(r'^\s*"(\w+)": ', program["transforms"]["rows"]["source"].rpartition(". = {")[2], re.MULTILINE)
    columns = [str(row["name"]) for row in fed.rows("DESCRIBE TABLE vector_syslog")]
    assert written == columns == list(VECTOR_SENDS)
    assert program["sinks"]["kafka"]["topic"] in next(each for each in STATEMENTS if "vector_syslog (" in each)


_TODAY = f"{datetime.now(UTC):%b %e}"
# Lines of both standards; the dates of RFC 3164 have no year, and both readers take the one that is nearest.
LINES = (
    "<37>1 2026-03-01T10:00:00.003Z web-1 sshd 811 - - hello",
    "<34>1 2026-03-01T10:00:01.5+08:00 web-1 su - ID7 - 'su root' failed for lin on /dev/pts/8",
    '<13>1 2026-03-01T10:00:02Z 192.0.2.5 App-X 12 - [ex@32473 iut="3" eventID="7"][b@1 c="d"] It\'s "time"',
    f"<191>{_TODAY} 00:00:03 router kernel: eth0 up",
    f"<30>{_TODAY} 00:00:04 db-1 CRON[4711]: (root) CMD (true)",
)
# What Vector's source of syslog hands to the program: RFC 5424's parts by name, structured data at the root. As in
# Vector, nothing of it is known when the program is compiled.
_HEARD = """
parsed = parse_syslog!(.message)
at = if exists(.never) { null } else { parsed.timestamp }
peer = .peer
. = object!(parse_json!(encode_json(parsed)))
.timestamp = at
.source_ip = peer
"""


@pytest.fixture
def vector_rows(tmp_path: Path) -> list[str]:
    """The rows that the program of vector.yaml makes of the lines, as JSON."""
    vrl = shutil.which("vrl")
    if vrl is None:
        pytest.skip("VRL's own command is not on PATH: cargo install vrl@0.38.0")
    program = yaml.safe_load((SCALING / "vector.yaml").read_text(encoding="utf-8"))["transforms"]["rows"]["source"]
    (tmp_path / "program.vrl").write_text(_HEARD + program, encoding="utf-8")
    heard = [json.dumps({"message": line, "peer": "192.0.2.7"}) for line in LINES]
    (tmp_path / "heard.json").write_text("\n".join(heard) + "\n", encoding="utf-8")
    words = [vrl, "--program", str(tmp_path / "program.vrl"), "--input", str(tmp_path / "heard.json"), "--print-object"]
    finished = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert finished.returncode == 0, finished.stderr + finished.stdout
    return finished.stdout.splitlines()


_SYSLOG = """
SELECT event_time, source_type, product, service, host, severity, message, program, pid, facility, severity_name, msgid,
    mapFilter((name, value) -> name != 'peer', extra) AS parameters
FROM syslog_messages WHERE startsWith(source, 'vector://') = {by_vector:UInt8} ORDER BY message
"""


@pytest.mark.slow
def test_vector_through_kafka_sql_gives_the_rows_that_ingestion_gives(
    vector_rows: list[str], rongdun: Rongdun, tmp_path: Path
) -> None:
    (tmp_path / "lines.log").write_text("\n".join(LINES) + "\n", encoding="utf-8")
    rongdun.json("ingest", tmp_path / "lines.log")
    first = json.loads(vector_rows[0])
    assert {**first, "event_id": ""} == {**VECTOR_SENDS, "event_id": ""}
    with closing(open_store(Settings(home=rongdun.home))) as store:
        _make(store)
        _put(store, "vector_syslog", vector_rows)
        ours, theirs = (store.rows(_SYSLOG, {"by_vector": by_vector}) for by_vector in (0, 1))
    assert len(ours) == len(LINES)
    assert theirs == ours


def test_goflow2_is_asked_for_the_columns_that_there_are(fed: Store) -> None:
    asked = yaml.safe_load((SCALING / "goflow2.yml").read_text(encoding="utf-8"))["formatter"]["fields"]
    assert asked == [str(row["name"]) for row in fed.rows("DESCRIBE TABLE goflow2_flows")]


def test_batches_are_noted_once_and_only_when_nothing_more_comes_into_them(fed: Store) -> None:
    _put(fed, "goflow2_flows", [json.dumps(FLOW), json.dumps({**FLOW, "src_port": 1})])
    _put(fed, "vector_syslog", [json.dumps(VECTOR_SENDS)])
    views = [statement.partition(" AS\n")[2] for statement in STATEMENTS if "REFRESH EVERY" in statement]
    columns = "batch_id, source, table_name, rows, first_event_time, last_event_time"
    for waited, noted in (("- 60", []), ("+ 60", [1, 2]), ("+ 60", [1, 2])):
        for view in views:
            fed.execute(f"INSERT INTO ingested_batches ({columns}) {view.replace('- 60', waited)}")
        assert [row["rows"] for row in fed.rows("SELECT rows FROM ingested_batches ORDER BY rows")] == noted


_SAME = """
SELECT toUnixTimestamp64Milli(event_time) AS ms, source_ip, source_port, destination_ip, destination_port, protocol,
    duration_ms, packets_out, ip_bytes_out
FROM network_flows WHERE startsWith(source, {feed:String}) ORDER BY ALL
"""


@pytest.fixture
def goflow2(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """The port at which goflow2 hears NetFlow, and the file of JSON lines that it writes."""
    program = shutil.which("goflow2")
    if program is None:
        pytest.skip("goflow2 is not on PATH: go install github.com/netsampler/goflow2/v2/cmd/goflow2@v2.2.6")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    written = tmp_path / "flows.json"
    words = ["-listen", f"netflow://127.0.0.1:{port}", "-addr", "127.0.0.1:0", "-format", "json", "-loglevel", "error"]
    words += ["-transport", "file", "-transport.file", str(written), "-mapping", str(SCALING / "goflow2.yml")]
    process = subprocess.Popen([program, *words])
    try:
        time.sleep(1.5)
        assert process.poll() is None
        yield port, written
    finally:
        process.terminate()
        process.wait(10)


def _made_up() -> list[bytes]:
    template = v9(fset(0, definition(256, PLAIN)))
    return [template, *(v9(fset(256, plain_record() * 5), sequence=at) for at in range(1, 9))]


# An exporter whose records are a plain case in both: others differ in what counts as a flow (see docs/scaling.md).
_REAL = ("netflow9_test_cisco_asr9k_tpl260.dat", "netflow9_test_cisco_asr9k_data260.dat")


@pytest.mark.slow
@pytest.mark.parametrize("real", [False, True], ids=["made up", "a router's"])
def test_goflow2_through_kafka_sql_gives_the_rows_that_the_listener_gives(
    goflow2: tuple[int, Path], rongdun: Rongdun, request: pytest.FixtureRequest, *, real: bool
) -> None:
    port, written = goflow2
    folder = request.getfixturevalue("shared_data") / "netflow" if real else Path()
    packets = [(folder / name).read_bytes() for name in _REAL] if real else _made_up()
    with listening(rongdun, RONGDUN_LISTEN_EXPORTS_UDP="0") as ports:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for packet in packets:
                for destination in (ports["exports+udp"], port):
                    sender.sendto(packet, ("127.0.0.1", destination))
                time.sleep(0.1)
        assert wait_for(rongdun, "SELECT count() AS rows FROM network_flows", 1)
        time.sleep(2)
    with closing(open_store(Settings(home=rongdun.home))) as store:
        _make(store)
        _put(store, "goflow2_flows", written.read_text().splitlines())
        ours = store.rows(_SAME, {"feed": "exports+udp://"})
        theirs = store.rows(_SAME, {"feed": "goflow2://"})
    assert len(ours) >= (5 if real else 40)
    assert theirs == ours
