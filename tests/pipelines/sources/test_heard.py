"""Segments of the spool as a source: under the name of their feed, with who sent each message."""

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.arrival import Assets
from pipelines.batch import Batch
from pipelines.errors import SourceBroken
from pipelines.exports.known import ExporterMemory, KnownExporters
from pipelines.inventory import load_address_book
from pipelines.listening.segments import Feed, Heard, beginning, packed
from pipelines.listening.spool import Spool, closed_segments
from pipelines.listening.storing import Storer
from pipelines.sources import heard
from pipelines.sources.registry import source_for
from store.client import Store
from tests.pipelines.exports.packets import PLAIN, Read, definition, fset, ipfix, plain_record, v9
from tests.pipelines.sources.rows import checked

SYSLOG = Feed("syslog+udp://127.0.0.1:514", "syslog")
EXPORTS = Feed("exports+udp://127.0.0.1:2055", "exports")
PEER = bytes([192, 0, 2, 7])
AT = datetime(2026, 1, 1, 0, 0, 5, tzinfo=UTC)
TEMPLATE = v9(fset(0, definition(256, PLAIN)))
DATA = v9(fset(256, plain_record()), sequence=1)


def segment(feed: Feed, *contents: bytes, peer: bytes = PEER) -> bytes:
    moment = int(AT.timestamp() * 1e6)
    return beginning(feed) + b"".join(packed(Heard(moment, peer, content)) for content in contents)


def batches(content: bytes, known: KnownExporters | None = None) -> list[Batch]:
    assert source_for(content) is heard
    return [checked(batch) for batch in heard.read_with(io.BytesIO(content), known or KnownExporters())]


def rows(content: bytes) -> list[dict[str, Any]]:
    found = [row for batch in batches(content) for row in batch.rows.iter_rows(named=True)]
    return [{**row, "fields": dict(row["fields"])} for row in found]


def test_a_syslog_line_is_read_as_in_a_file_and_keeps_its_sender() -> None:
    (row,) = rows(
        segment(SYSLOG, b"<34>Mar  1 10:00:00 web-1 sshd[8]: Accepted password for alice from 192.0.2.9 port 4 ssh2\n")
    )
    assert (row["host"], row["user"], row["source_ip"], row["outcome"]) == ("web-1", "alice", "192.0.2.9", "success")
    assert row["fields"]["peer"] == "192.0.2.7"
    (batch,) = batches(segment(SYSLOG, b"<34>Mar  1 10:00:00 web-1 sshd[8]: x"))
    assert (batch.source, batch.source_type) == (SYSLOG.name, "syslog")


def test_the_year_is_that_of_the_moment_it_came() -> None:
    (row,) = rows(segment(SYSLOG, b"<34>Dec 31 23:59:59 web-1 sshd[8]: late"))
    assert row["event_time"] == datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)


_BARE: dict[str, tuple[bytes, str, int]] = {
    "no time": (b"<189>%LINK-3-UPDOWN: Interface down", "%LINK-3-UPDOWN: Interface down", 4),
    "no header at all": (b"something happened", "something happened", 0),
    "not UTF-8, with an escape": (b"\xff\x1b[2Jx", "\\xff\\x1b[2Jx", 0),
    "a priority that is none": (b"<999>what", "<999>what", 0),
    "a time that is none": (b"<34>Feb 31 10:00:00 web-1 sshd[8]: x", "Feb 31 10:00:00 web-1 sshd[8]: x", 5),
}


@pytest.mark.parametrize(("content", "message", "severity"), _BARE.values(), ids=_BARE)
def test_what_is_no_syslog_line_is_kept_with_the_moment_it_came(content: bytes, message: str, severity: int) -> None:
    (row,) = rows(segment(SYSLOG, content))
    assert (row["event_time"], row["host"], row["message"], row["severity"]) == (AT, "192.0.2.7", message, severity)
    assert row["fields"]["time_basis"] == "receipt"


@pytest.mark.parametrize("number", [b"", b": ", b"87: "])
def test_a_device_that_writes_no_header_is_understood(number: bytes) -> None:
    said = b"%ASA-4-106023: Deny tcp src out:203.0.113.7/4 dst in:192.0.2.1/22"
    (row,) = rows(segment(SYSLOG, b"<164>" + number + said))
    assert (row["product"], row["host"], row["event_time"]) == ("cisco", "192.0.2.7", AT)
    assert (row["source_ip"], row["destination_port"], row["outcome"]) == ("203.0.113.7", 22, "failure")
    assert (row["fields"]["peer"], row["fields"]["time_basis"], row["fields"]["facility"]) == (
        "192.0.2.7",
        "receipt",
        "local4",
    )


def test_a_flow_that_suricata_sends_is_a_flow() -> None:
    flow = b'{"timestamp":"2026-01-01T00:00:00.0+0000","event_type":"flow","src_ip":"192.0.2.9","flow":{}}'
    (batch,) = [b for b in batches(segment(SYSLOG, b"<141>Jan  1 00:00:01 ids suricata[7]: " + flow)) if b.rows.height]
    assert (batch.table, batch.source_type) == ("network_flows", "suricata_flow")
    assert dict(batch.rows["fields"][0])["peer"] == "192.0.2.7"


def test_a_line_feed_inside_of_a_message_does_not_make_two() -> None:
    (row,) = rows(segment(SYSLOG, b"<34>1 2026-03-01T10:00:00Z h app 1 - - first\nsecond"))
    assert row["message"] == "first\\nsecond"


def test_a_time_that_no_calendar_holds_ends_a_segment_and_hides_nothing_before_it() -> None:
    content = segment(SYSLOG, b"<34>1 2026-03-01T10:00:00Z h app 1 - - first") + packed(Heard(2**63, PEER, b"second"))
    found = list[Batch]()
    with pytest.raises(SourceBroken, match="after the year 2105"):
        found.extend(heard.read(io.BytesIO(content)))
    assert [row["message"] for batch in found for row in batch.rows.iter_rows(named=True)] == ["first"]


def test_messages_keep_their_numbers() -> None:
    found = rows(
        segment(SYSLOG, b"<34>1 2026-03-01T10:00:00Z h a 1 - - x", b"what", b"<34>1 2026-03-01T10:00:00Z h a 1 - - y")
    )
    assert sorted((row["source_offset"], row["message"]) for row in found) == [(0, "x"), (1, "what"), (2, "y")]


def test_exports_are_read_by_what_their_exporter_announced_in_earlier_segments() -> None:
    known = KnownExporters()
    assert Read(batches(segment(EXPORTS, TEMPLATE), known)).rows == []
    found = Read(batches(segment(EXPORTS, DATA, peer=PEER), known))
    assert [(row["fields"]["exporter"], row["source_ip"]) for row in found.rows] == [("192.0.2.7", "192.0.2.1")]
    assert found.reasons == []


def test_messages_that_share_a_datagram_are_all_read() -> None:
    both = ipfix(fset(2, definition(256, PLAIN)), fset(256, plain_record())) + ipfix(
        fset(256, plain_record()), sequence=1
    )
    found = Read(batches(segment(EXPORTS, both, peer=PEER), KnownExporters()))
    assert (len(found.rows), found.reasons) == (2, [])


def test_what_is_lost_between_two_segments_is_told() -> None:
    known = KnownExporters()
    batches(segment(EXPORTS, TEMPLATE), known)
    found = Read(batches(segment(EXPORTS, v9(fset(256, plain_record()), sequence=4)), known))
    assert found.reasons[0].startswith("3 packets of exporter 192.0.2.7, source id 1 were lost")


def test_a_segment_that_breaks_off_gives_what_is_whole() -> None:
    content = segment(SYSLOG, b"one", b"two")[:-1]
    found = list[Batch]()
    with pytest.raises(SourceBroken, match="breaks off in a message"):
        found.extend(heard.read(io.BytesIO(content)))
    assert [message for batch in found for message in batch.rows["message"]] == ["one"]


def _book(store: Store) -> Assets:
    return load_address_book(store)


def test_segments_are_stored_once_under_their_feed_and_deleted(store: Store, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", limit_bytes=1 << 20, segment_bytes=1 << 20, segment_seconds=1)
    storer = Storer(spool.folder, tmp_path / "run", "fuzhou", ExporterMemory(tmp_path / "known.json"), _book)
    for feed, content in ((SYSLOG, b"<34>1 2026-03-01T10:00:00Z h a 1 - - x"), (EXPORTS, TEMPLATE), (EXPORTS, DATA)):
        spool.append(feed, content, peer=PEER)
    spool.close()
    kept = {path: path.read_bytes() for path in closed_segments(spool.folder)}
    assert storer.store(store) == 2
    assert closed_segments(spool.folder) == []
    for path, content in kept.items():  # as if deleting them had not come to pass
        path.write_bytes(content)
    assert storer.store(store) == 2
    counted = store.rows("SELECT source, count() AS rows FROM log_events GROUP BY source")
    assert counted == [{"source": SYSLOG.name, "rows": 1}]
    assert store.value("SELECT count() FROM network_flows WHERE source = 'exports+udp://127.0.0.1:2055'") == 1
    assert (storer.state.rows, storer.state.segments) == (2, 4)


def test_lines_of_a_followed_file_are_read_as_such_a_file() -> None:
    feed = Feed("file:///var/log/nginx/access.log", "lines")
    line = b'192.0.2.7 - - [01/Mar/2026:10:00:00 +0800] "GET / HTTP/1.1" 200 5 "-" "curl/8.5"\n'
    found = batches(segment(feed, line, line * 2))
    assert sum(batch.rows.height for batch in found) == 3
    assert {(batch.source, batch.source_type) for batch in found} == {(feed.name, "web_access")}
    with pytest.raises(SourceBroken, match="unknown format"):
        batches(segment(feed, b"words that nobody knows\n"))
