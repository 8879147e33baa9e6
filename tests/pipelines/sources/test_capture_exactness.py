"""Every readable capture at hand, flow by flow, against scapy and a plain loop."""

import gzip
import io
from collections import Counter
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest

from pipelines.errors import SourceBroken
from pipelines.sources.capture import CaptureSource
from tests.pipelines.sources.flow_oracle import Oracle, heard

# So many packets of each capture are compared, which is all of most: scapy would need minutes for the largest.
_MOST_PACKETS = 1000
_LEAST_EXACT = 0.99
_NUMBERS = {"tcp": 6, "udp": 17, "icmp": 1, "icmp6": 58, "sctp": 132}
_COUNTS = ("packets_out", "packets_in", "bytes_out", "bytes_in", "ip_bytes_out", "ip_bytes_in")

# Captures in which scapy sees less than there is, each with what it misses.
_TEREDO = "Teredo, which scapy does not enter"
_BEYOND_SCAPY = {
    "Teredo.pcap": _TEREDO,
    "gtp8_teredo.pcap": _TEREDO,
    "teredo_bubble_with_payload.pcap": _TEREDO,
    "wccp_redirect_gre.pcap": "WCCP in GRE, which scapy does not enter",
    "bigtcp-": "a UDP length of 0, which big segments have, makes scapy cut eight bytes or the inner packet off",
    "erspan-type-i-": "ERSPAN without a header of its own: scapy takes its first bytes for one",
    "gtp_ext_header.pcap": "a GTP-U extension header that scapy does not step over",
    "ipv6-srh-tlv-": "a segment routing header that is cut: scapy gives it fewer bytes than it claims",
}
# And those in which we see less.
_BEYOND_US = {"pbb-recursive-frames.pcapng": "service tags of IEEE 802.1ah nested deeper than sixteen layers"}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::Warning")  # scapy's own, on damaged captures
def test_flows_are_exactly_those_that_scapy_sees(shared_data: Path, tmp_path: Path) -> None:
    judged, unexplained = Counter[str](), list[str]()
    for path in sorted((shared_data / "pcap").rglob("*")):
        content = _content(path)
        if not CaptureSource().recognises(content[:4]):
            continue
        plain = tmp_path / "plain"
        plain.write_bytes(content)
        oracle = heard(plain, _MOST_PACKETS)
        for name, verdict in _verdicts(path.name, content, oracle):
            judged[verdict] += 1
            if verdict == "unexplained":
                unexplained.append(name)
    print(judged)  # noqa: T201 - what the decision on captures quotes
    assert not unexplained
    assert judged["exact"] >= _LEAST_EXACT * judged.total() > 0


def _verdicts(name: str, content: bytes, oracle: Oracle) -> list[tuple[str, str]]:
    """Each flow that either side sees, with what is to be said of it."""
    ours = _flows_of(content[: oracle.cut])
    theirs = {flow.first.number: flow.row() for flow in oracle.flows}
    verdicts = list[tuple[str, str]]()
    for number in sorted(ours | theirs):
        row, other = ours.get(number), theirs.get(number)
        verdict = "exact" if row == other else _explanation(name, number, row or other or (), oracle)
        verdicts.append((f"{name}, packet {number}: {row} but scapy {other}", verdict))
    return verdicts


def _explanation(name: str, number: int, row: tuple[object, ...], oracle: Oracle) -> str:
    ends = frozenset(str(row[at]) for at in (0, 2))
    if why := oracle.unclear.get(number) or oracle.unclear.get(ends):
        return why
    table = {**_BEYOND_SCAPY, **_BEYOND_US}
    return next((why for start, why in table.items() if name.startswith(start)), "unexplained")


def _flows_of(content: bytes) -> dict[int, tuple[object, ...]]:
    """Our flows by the number of their first packet, as rows that compare with the oracle's."""
    frames = list[pl.DataFrame]()
    with suppress(SourceBroken):
        # What exporters tell of in it is of other packets than these.
        batches = CaptureSource(applications=False).read(io.BytesIO(content))
        frames.extend(batch.rows for batch in batches if not batch.source_type)
    rows = pl.concat(frames).drop("fields").iter_rows(named=True)
    return {
        row["source_offset"]: (
            *(row[name] for name in ("source_ip", "source_port", "destination_ip", "destination_port")),
            _NUMBERS.get(row["protocol"]) or int(row["protocol"]),
            (row["vlan_id"],),
            *(row[name] for name in _COUNTS),
            row["connection_state"],
        )
        for row in rows
    }


def _content(path: Path) -> bytes:
    if not path.is_file():
        return b""
    raw = path.read_bytes()
    return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
