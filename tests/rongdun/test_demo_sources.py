import gzip
from pathlib import Path

import pytest

from pipelines.sources.registry import HEAD_BYTES, source_for
from rongdun.demo.city import City


def _head(path: Path) -> bytes:
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content)[:HEAD_BYTES]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("collector-corporate/syslog.log", "syslog"),
        ("collector-field/syslog.log", "syslog"),
        ("gov-cloud-hosts/apply-03/audit.log", "auditd"),
        ("gov-cloud-hosts/portal-01/access.log", "web_access"),
        ("gov-cloud-hosts/portal-02/access.log.gz", "web_access"),
        ("gov-cloud-suricata/eve.json", "suricata"),
        ("data-centre-zeek/conn.log", "zeek_json"),
        ("data-centre-zeek/dns.log", "zeek_json"),
        ("data-centre-zeek/http.log", "zeek_json"),
        ("data-centre-zeek/ssl.log", "zeek_json"),
        ("civil-desks/pc-071/events.jsonl", "windows_json"),
        ("civil-desks/pc-074/events.xml", "windows_xml"),
        ("water-tap/control-network.pcap", "pcap"),
        ("bank-tap/front.pcapng", "pcap"),
        ("gulou-tap/office.pcap", "pcap"),
        ("population-db/postgresql.csv", "postgres_csv"),
        ("exchange-db/query_log.json", "clickhouse_query_log"),
    ],
)
def test_the_reader_of_its_format_recognises_every_file(city: City, path: str, source: str) -> None:
    found = source_for(_head(city.telemetry / path))
    assert (found.NAME if found else None) == source
