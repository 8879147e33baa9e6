"""Audit trails of clouds and of Kubernetes: whose they are, and who did what from where."""

import json
from typing import Any

import pytest

from pipelines.sources import cloud_audit
from pipelines.sources.registry import source_for
from tests.pipelines.sources.rows import events, read_all, reasons

_AT = "2026-03-01T10:00:00Z"
_AWS = {
    "eventVersion": "1.08",
    "userIdentity": {"type": "IAMUser", "userName": "ops"},
    "eventTime": _AT,
    "eventSource": "iam.amazonaws.com",
    "eventName": "CreateUser",
    "awsRegion": "cn-north-1",
    "sourceIPAddress": "192.0.2.7",
    "requestParameters": {"userName": "eve"},
}
_KUBERNETES = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "verb": "create",
    "user": {"username": "ops"},
    "sourceIPs": ["192.0.2.7", "10.0.0.1"],
    "responseStatus": {"code": 403},
    "requestReceivedTimestamp": "2026-03-01T10:00:00.000000Z",
}
_ALICLOUD = {
    "eventTime": _AT,
    "eventSource": "ecs.aliyuncs.com",
    "acsRegion": "cn-fuzhou",
    "eventName": "StopInstance",
    "sourceIpAddress": "192.0.2.7",
    "userIdentity": {"type": "ram-user", "userName": "ops"},
}
_HUAWEI = {
    "time": 1772359200000,
    "user": '{"name":"ops","id":"0"}',
    "trace_name": "deleteTracker",
    "service_type": "CTS",
    "source_ip": "192.0.2.7",
    "trace_rating": "warning",
}
_TENCENT = {
    "eventTime": "2026-03-01 10:00:00",
    "eventSource": "cvm.tencentcloudapi.com",
    "eventName": "StopInstances",
    "errorCode": 0,
    "sourceIPAddress": "192.0.2.7",
    "userIdentity": {"type": "CAMUser", "userName": "ops"},
}
_AZURE = {
    "time": _AT,
    "resourceId": "/SUBSCRIPTIONS/0/RESOURCEGROUPS/CITY",
    "operationName": "MICROSOFT.KEYVAULT/VAULTS/DELETE",
    "category": "Administrative",
    "resultType": "Success",
    "callerIpAddress": "192.0.2.7:4711",
    "identity": {"claims": {"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": "ops"}},
}
_GOOGLE = {
    "timestamp": _AT,
    "protoPayload": {
        "methodName": "v1.compute.firewalls.delete",
        "authenticationInfo": {"principalEmail": "ops"},
        "requestMetadata": {"callerIp": "192.0.2.7"},
    },
}

_TRAILS = {
    "AWS CloudTrail": (_AWS, "aws", "cloudtrail", "CreateUser", "success"),
    "AWS refused": ({**_AWS, "errorCode": "AccessDenied"}, "aws", "cloudtrail", "CreateUser", "failure"),
    "AWS sign-in that failed": (
        {**_AWS, "eventName": "ConsoleLogin", "responseElements": {"ConsoleLogin": "Failure"}},
        *("aws", "cloudtrail", "ConsoleLogin", "failure"),
    ),
    "Kubernetes": (_KUBERNETES, "kubernetes", "audit", "create", "failure"),
    "Kubernetes allowed": (
        {**_KUBERNETES, "responseStatus": {"code": 201}},
        "kubernetes",
        "audit",
        "create",
        "success",
    ),
    "Kubernetes by somebody who plays another": (
        {**_KUBERNETES, "impersonatedUser": {"username": "system:admin"}},
        "kubernetes",
        "audit",
        "create",
        "failure",
    ),
    "CTS with its time in words": (
        {**_HUAWEI, "time": "2026/03/01 18:00:00 GMT+08:00"},
        "huaweicloud",
        "cts",
        "deleteTracker",
        "failure",
    ),
    "Kubernetes before the answer": ({**_KUBERNETES, "responseStatus": {}}, "kubernetes", "audit", "create", "unknown"),
    "Alibaba ActionTrail": (_ALICLOUD, "alicloud", "actiontrail", "StopInstance", "success"),
    "Alibaba in a log service": (
        {"__time__": 1, "event": _ALICLOUD, "eventTime": _AT},
        *("alicloud", "actiontrail", "StopInstance", "success"),
    ),
    "Huawei CTS": (_HUAWEI, "huaweicloud", "cts", "deleteTracker", "failure"),
    "Huawei from the console": (
        {**_HUAWEI, "time": "Mar 1, 2026 18:00:00 GMT+08:00", "trace_rating": "normal"},
        *("huaweicloud", "cts", "deleteTracker", "success"),
    ),
    "Tencent CloudAudit": (_TENCENT, "tencentcloud", "cloudaudit", "StopInstances", "success"),
    "Azure activity": (_AZURE, "azure", "activitylogs", "MICROSOFT.KEYVAULT/VAULTS/DELETE", "success"),
    "Azure sign-in": (
        {**_AZURE, "category": "SignInLogs", "resultType": "50126", "properties": {"userPrincipalName": "ops"}},
        *("azure", "signinlogs", "MICROSOFT.KEYVAULT/VAULTS/DELETE", "failure"),
    ),
    "Google Cloud audit": (_GOOGLE, "gcp", "gcp.audit", "v1.compute.firewalls.delete", "success"),
}


@pytest.mark.parametrize(("content", "product", "service", "action", "outcome"), _TRAILS.values(), ids=_TRAILS)
def test_an_event_of_a_trail_becomes_columns_and_fields(
    content: dict[str, Any], product: str, service: str, action: str, outcome: str
) -> None:
    (row,) = events(cloud_audit, json.dumps(content).encode())
    assert (row["product"], row["service"], row["action"], row["outcome"]) == (product, service, action, outcome)
    assert (row["source_ip"], row["user"], row["event_time"].isoformat()) == (
        "192.0.2.7",
        "ops",
        "2026-03-01T10:00:00+00:00",
    )
    assert source_for(json.dumps(content).encode()) is cloud_audit


_DELIVERED = [{"id": str(at), "timestamp": 1772359200000, "message": json.dumps(_AWS)} for at in range(2)]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"Records": [_AWS, _AWS]}),
        json.dumps({"Records": [_AWS, _AWS]}, indent=2),
        json.dumps(
            {"messageType": "DATA_MESSAGE", "owner": "1", "subscriptionFilters": ["a"], "logEvents": _DELIVERED}
        ),
        json.dumps({"events": _DELIVERED, "searchedLogStreams": [], "nextForwardToken": "f/1"}, indent=2),
        json.dumps({"Records": [_AWS]}) + "\n" + json.dumps({"Records": [_AWS]}) + "\n",
        json.dumps({"records": [_AWS, _AWS], "count": 2}),
        json.dumps({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "metadata": {}, "items": [_KUBERNETES] * 2}),
        json.dumps([_AWS, _AWS]),
        "\ufeff" + json.dumps(_AWS) + "\n" + json.dumps(_AWS) + "\n",
    ],
    ids=[
        "Records",
        "Records over lines",
        "CloudWatch's delivery",
        "CloudWatch's answer",
        "files joined",
        "other members",
        "EventList",
        "array",
        "lines",
    ],
)
def test_events_are_found_however_they_are_wrapped(text: str) -> None:
    found = source_for(text.encode())
    assert found is cloud_audit
    assert [row["source_offset"] for row in events(cloud_audit, text.encode())] == [0, 1]
    assert reasons(cloud_audit, text.encode()) == {}


_WRAPPED: dict[str, tuple[dict[str, Any], str, str]] = {
    "EventBridge": ({"detail-type": "AWS API Call via CloudTrail", "detail": _AWS}, "cloudtrail", "eventName"),
    "Log Service, the event as text": (
        {"__topic__": "actiontrail_audit_event", "event": json.dumps(_ALICLOUD)},
        "actiontrail",
        "event.eventName",
    ),
    "CloudAudit's answers, the event as text": (
        {"EventId": "1", "CloudAuditEvent": json.dumps(_TENCENT)},
        "cloudaudit",
        "eventName",
    ),
}


@pytest.mark.parametrize(("content", "service", "name"), _WRAPPED.values(), ids=_WRAPPED)
def test_what_delivers_a_trail_may_put_something_around_an_event(
    content: dict[str, Any], service: str, name: str
) -> None:
    assert source_for(json.dumps(content).encode()) is cloud_audit
    (row,) = events(cloud_audit, json.dumps(content).encode())
    assert (row["service"], row["source_ip"], row["action"]) == (service, "192.0.2.7", row["fields"][name])


@pytest.mark.parametrize("text", ["{broken", "{}", "[" * 50, "{" * 5000])
def test_a_text_that_only_looks_like_an_event_stays_a_text(text: str) -> None:
    (row,) = events(cloud_audit, json.dumps({**_AWS, "event": text}).encode())
    assert (row["service"], row["fields"].get("event", "{}")) == ("cloudtrail", text)


@pytest.mark.parametrize("indent", [None, 1])
def test_a_damaged_event_in_an_array_hides_no_other(indent: int | None) -> None:
    text = json.dumps({"Records": [_AWS] * 4}, indent=indent)
    second = text.index('"eventVersion"', text.index('"eventVersion"') + 1)
    damaged = text[: second + 40] + text[second + 48 :].replace('"ops"', '"ops', 1)
    assert [row["source_offset"] for row in events(cloud_audit, damaged.encode())] == [0, 2, 3]
    assert list(reasons(cloud_audit, damaged.encode())) == [1]


def test_other_json_between_events_is_kept_as_json_of_no_product() -> None:
    content = (json.dumps(_AWS) + "\n" + json.dumps({"time": _AT, "what": "else"}) + "\n{}\n").encode()
    assert {batch.source_type: batch.rows.height for batch in read_all(cloud_audit, content)} == {
        "": 1,
        "aws_cloudtrail": 1,
    }
    assert list(reasons(cloud_audit, content)) == [2]


def test_a_file_that_is_nothing_but_damage_comes_to_an_end() -> None:
    content = b'{"Records":[' + b'{"a":' * 300_000
    assert len(reasons(cloud_audit, content)) <= 1100
