"""Public rules, as SigmaHQ writes them, fire on what devices, databases, proxies and clouds deliver."""

import json
from pathlib import Path

import pytest

from detectors.ruleset import load_ruleset
from pipelines.detect import detect
from pipelines.ingest import ingest
from store.client import Store

_SENT = "CEF:0|Made Up|Gate|1|100|Session|3|src=192.0.2.7 dst=198.51.100.2 dpt=23"
_FIRST = "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query c-ip sc-status\n2026-03-02 08:00:00 198.51.100.2"
_CLEARTEXT = "network/firewall/net_firewall_cleartext_protocols"
_QUERY = "category/database/db_anomalous_query"
_AWS = {
    "eventTime": "2026-03-02T08:00:00Z",
    "eventSource": "cloudtrail.amazonaws.com",
    "awsRegion": "cn-north-1",
    "eventName": "StopLogging",
}
_GOOGLE = {
    "timestamp": "2026-03-02T08:00:00Z",
    "protoPayload": {
        "serviceName": "accesscontextmanager.googleapis.com",
        "methodName": "google.identity.accesscontextmanager.v1.AccessContextManager.DeleteAccessPolicy",
        "authorizationInfo": [{"permission": "accesscontextmanager.accessPolicies.delete", "granted": True}],
    },
}

# The rule, and a log that it fires on, and one that it does not.
_CASES = {
    "CEF": (
        _CLEARTEXT,
        f"<134>Mar  2 08:00:00 fw-1 {_SENT} act=accept\n",
        f"<134>Mar  2 08:00:00 fw-1 {_SENT} act=deny\n",
    ),
    "LEEF": (
        _CLEARTEXT,
        "<134>1 2026-03-02T08:00:00Z fw-1 LEEF:2.0|V|P|1|7|^|src=192.0.2.7^dst=198.51.100.2^dstPort=21^action=accept\n",
        "<134>1 2026-03-02T08:00:00Z f LEEF:2.0|V|P|1|7|^|src=192.0.2.7^dst=198.51.100.2^dstPort=443^action=accept\n",
    ),
    "iptables": (
        _CLEARTEXT,
        "<4>Mar  2 08:00:00 gw-1 kernel: ACCEPT IN=a OUT=b SRC=192.0.2.7 DST=198.51.100.2 PROTO=TCP DPT=23 SYN\n",
        "<4>Mar  2 08:00:00 gw-1 kernel: DROP IN=a OUT=b SRC=192.0.2.7 DST=198.51.100.2 PROTO=TCP DPT=23 SYN\n",
    ),
    "PostgreSQL": (
        _QUERY,
        "2026-03-02 08:00:00.1 UTC [811] eve@city LOG:  statement: DROP TABLE citizens\n",
        "2026-03-02 08:00:00.1 UTC [811] eve@city LOG:  statement: SELECT name FROM citizens\n",
    ),
    "IIS": (
        "web/webserver_generic/web_path_traversal_exploitation_attempt",
        f"{_FIRST} GET /a.aspx f=../../../../../etc/passwd 192.0.2.7 200\n",
        f"{_FIRST} GET /a.aspx f=b 192.0.2.7 200\n",
    ),
    "Squid": (
        "web/proxy_generic/proxy_pwndrop",
        "1772438400.1 5 192.0.2.7 TCP_MISS/200 4 GET http://a.example.org/pwndrop/x - HIER_NONE/- -\n",
        "1772438400.1 5 192.0.2.7 TCP_MISS/200 4 GET http://a.example.org/x - HIER_DIRECT/198.51.100.2 -\n",
    ),
    "AWS": (
        "cloud/aws/cloudtrail/aws_cloudtrail_disable_logging",
        json.dumps({"Records": [_AWS]}),
        json.dumps({"Records": [{**_AWS, "eventName": "GetTrail"}]}),
    ),
    "Google Cloud": (
        "cloud/gcp/audit/gcp_access_policy_deleted",
        json.dumps(_GOOGLE) + "\n",
        json.dumps({**_GOOGLE, "protoPayload": {"methodName": "v1.get"}}) + "\n",
    ),
}


@pytest.mark.parametrize(("rule", "fires", "quiet"), _CASES.values(), ids=_CASES)
def test_a_public_rule_fires_on_what_a_source_delivers(
    rule: str, fires: str, quiet: str, store: Store, shared_data: Path, tmp_path: Path
) -> None:
    path = shared_data / "sigmahq" / "rules" / f"{rule}.yml"
    if not path.is_file():
        pytest.skip(f"no rule at {path}")
    for name, text in (("quiet", quiet), ("fires", fires)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    report = ingest([tmp_path / "quiet", tmp_path / "fires"], store, scope="fuzhou")
    assert [(file.rows, file.rejected) for file in report.files] == [(1, 0), (1, 0)]
    detect(store, load_ruleset(path))
    matched = {str(row["event_id"]) for row in store.rows("SELECT arrayJoin(event_ids) AS event_id FROM alert_matches")}
    events = store.rows("SELECT event_id, source FROM log_events")
    assert [Path(str(row["source"])).name for row in events if row["event_id"] in matched] == ["fires"]
