from typing import Any

import pytest

from pipelines.sources import syslog
from tests.pipelines.sources.rows import checked, events, read_all, shown

_EVE = (
    '{"timestamp":"2026-03-01T10:00:00.5+0800","event_type":"dns","src_ip":"192.0.2.7",'
    '"dns":{"rrname":"a.example.org","rrtype":"A","type":"query"}}'
)
_AUDIT = (
    '{"kind":"Event","apiVersion":"audit.k8s.io/v1","verb":"get","user":{"username":"ops"},"sourceIPs":["192.0.2.7"],'
    '"requestReceivedTimestamp":"2026-03-01T02:00:00.5Z","responseStatus":{"code":200}}'
)
_ZEEK = '{"_path":"weird","ts":1772330400.5,"uid":"C1","id.orig_h":"192.0.2.7","name":"x"}'

_SAID: dict[str, tuple[str, dict[str, Any]]] = {
    "Suricata": (f"suricata[7]: {_EVE}", {"product": "suricata", "host": "ids-1", "query": "a.example.org"}),
    "Suricata, marked": (f"suricata: @cee: {_EVE}", {"product": "suricata", "service": "dns"}),
    "Kubernetes": (f"kube-apiserver: {_AUDIT}", {"product": "kubernetes", "user": "ops", "host": "ids-1"}),
    "Zeek": (f"zeek: {_ZEEK}", {"product": "zeek", "service": "weird", "name": "x"}),
}


@pytest.mark.parametrize("times", [1, 30])
@pytest.mark.parametrize(("said", "expected"), _SAID.values(), ids=_SAID)
def test_an_object_in_syslog_is_read_as_in_its_own_file(said: str, expected: dict[str, Any], times: int) -> None:
    lines = [f"Mar  1 02:00:01 ids-1 {said}", "Mar  1 02:00:01 ids-1 app: x"] * times
    rows = sorted(events(syslog, "\n".join(lines).encode()), key=lambda row: row["source_offset"])
    assert [row["source_offset"] for row in rows] == list(range(2 * times))
    for row in rows[::2]:
        assert shown(row, expected) == expected
        assert (row["source_ip"], row["event_time"].isoformat()) == ("192.0.2.7", "2026-03-01T02:00:00.500000+00:00")


@pytest.mark.parametrize(
    "said",
    [
        f"app: {_EVE}",
        f"suricata[7]: {_EVE[:-3]}",
        'suricata[7]: {"event_type":"dns"}',
        'kube-apiserver: {"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[]}',
    ],
)
def test_what_is_no_such_object_stays_a_line_of_syslog(said: str) -> None:
    found = [checked(batch) for batch in read_all(syslog, f"Mar  1 02:00:01 ids-1 {said}".encode())]
    assert [(batch.table, batch.rows.height) for batch in found if batch.rows.height] == [("syslog_messages", 1)]
