"""The audit trails that are known: what tells them apart, and where each says who did what from where."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

_Flat = Mapping[str, str]


@dataclass(frozen=True)
class Trail:
    """One cloud's trail.

    Attributes:
        places: column to the keys that may hold it, best first: `time`, `source_ip`, `user`, `action`, `host`, and
            `error` (a code, absent where all went well) and `status` (an HTTP status or a word).
        silent_success: an event without an error worked.
    """

    product: str
    service: str
    tells: Callable[[_Flat], bool]
    places: Mapping[str, tuple[str, ...]]
    category: str = ""
    silent_success: bool = True


def trail_of(flat: _Flat) -> Trail | None:
    """The trail that an event belongs to, by its flattened keys; None where it is no trail's."""
    return next((trail for trail in TRAILS.values() if trail.tells(flat)), None)


def _from(flat: _Flat, *endings: str) -> bool:
    return flat.get("eventSource", flat.get("event.eventSource", "")).endswith(endings)


def _is_alicloud(flat: _Flat) -> bool:
    return "acsRegion" in flat or "event.acsRegion" in flat or _from(flat, ".aliyuncs.com", ".aliyun.com")


def _is_tencent(flat: _Flat) -> bool:
    named = _from(flat, ".qcloud.com", ".tencentcloudapi.com", ".cloud.tencent.com")
    return named or ("eventName" in flat and "eventRegion" in flat and "actionType" in flat)


def _is_aws(flat: _Flat) -> bool:
    return "eventName" in flat and ("awsRegion" in flat or _from(flat, ".amazonaws.com"))


def _is_huawei(flat: _Flat) -> bool:
    return "trace_name" in flat and "service_type" in flat


def _is_kubernetes(flat: _Flat) -> bool:
    return flat.get("apiVersion", "").startswith("audit.k8s.io/") and "verb" in flat


def _is_google(flat: _Flat) -> bool:
    return "protoPayload.methodName" in flat or "data.protoPayload.methodName" in flat


def _is_azure(flat: _Flat, *categories: str) -> bool:
    known = "operationName" in flat and "time" in flat and ("resourceId" in flat or "tenantId" in flat)
    return known and (not categories or flat.get("category", "").lower() in categories)


def _nested(prefix: str, *names: str) -> tuple[str, ...]:
    """The keys, each also one level deeper, as a log service that delivers the trail puts them."""
    return (*names, *(f"{prefix}.{name}" for name in names))


_AZURE_PLACES = {
    "time": ("time", "eventTimestamp"),
    "source_ip": ("callerIpAddress", "properties.ipAddress", "httpRequest.clientIpAddress"),
    "user": (
        *("identity.claims.http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn", "caller"),
        *("properties.userPrincipalName", "properties.initiatedBy.user.userPrincipalName", "identity"),
    ),
    "action": ("operationName", "operationName.value"),
    "error": ("properties.status.errorCode",),
    "status": ("resultType", "properties.result", "status.value"),
}

TRAILS: dict[str, Trail] = {
    trail.service: trail
    for trail in (
        Trail(
            "kubernetes",
            "audit",
            _is_kubernetes,
            {
                "time": ("requestReceivedTimestamp", "stageTimestamp", "timestamp"),
                "source_ip": ("sourceIPs",),
                "user": ("user.username",),
                "action": ("verb",),
                "status": ("responseStatus.code",),
            },
            silent_success=False,
        ),
        Trail(
            "alicloud",
            "actiontrail",
            _is_alicloud,
            {
                "time": _nested("event", "eventTime"),
                "source_ip": _nested("event", "sourceIpAddress"),
                "user": _nested("event", "userIdentity.userName", "userIdentity.principalId"),
                "action": _nested("event", "eventName"),
                "error": _nested("event", "errorCode"),
            },
        ),
        Trail(
            "huaweicloud",
            "cts",
            _is_huawei,
            {
                "time": ("time", "record_time"),
                "source_ip": ("source_ip",),
                "user": ("user.name", "user.user_name", "user"),
                "action": ("trace_name",),
                "status": ("trace_rating", "code"),
            },
            silent_success=False,
        ),
        Trail(
            "tencentcloud",
            "cloudaudit",
            _is_tencent,
            {
                "time": _nested("data", "eventTime"),
                "source_ip": _nested("data", "sourceIPAddress"),
                "user": _nested("data", "userIdentity.userName", "userIdentity.principalId"),
                "action": _nested("data", "eventName"),
                "error": _nested("data", "errorCode", "apiErrorCode"),
            },
        ),
        Trail(
            "aws",
            "cloudtrail",
            _is_aws,
            {
                "time": ("eventTime",),
                "source_ip": ("sourceIPAddress",),
                "user": (
                    "userIdentity.userName",
                    "userIdentity.sessionContext.sessionIssuer.userName",
                    "userIdentity.arn",
                    "userIdentity.invokedBy",
                ),
                "action": ("eventName",),
                "error": ("errorCode",),
                "status": ("responseElements.ConsoleLogin",),
            },
        ),
        Trail(
            "gcp",
            "gcp.audit",
            _is_google,
            {
                "time": ("timestamp", "data.timestamp", "receiveTimestamp"),
                "source_ip": _nested("data", "protoPayload.requestMetadata.callerIp"),
                "user": _nested("data", "protoPayload.authenticationInfo.principalEmail"),
                "action": _nested("data", "protoPayload.methodName"),
                "error": _nested("data", "protoPayload.status.code"),
            },
        ),
        Trail(
            "azure",
            "signinlogs",
            lambda flat: _is_azure(flat, "signinlogs", "noninteractiveusersigninlogs"),
            _AZURE_PLACES,
            silent_success=False,
        ),
        Trail("azure", "auditlogs", lambda flat: _is_azure(flat, "auditlogs"), _AZURE_PLACES, silent_success=False),
        Trail("azure", "activitylogs", _is_azure, _AZURE_PLACES, silent_success=False),
    )
}
