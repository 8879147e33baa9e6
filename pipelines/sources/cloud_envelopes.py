"""What services that deliver trails put around an event."""

from pipelines.sources.cloud_trails import trail_of
from pipelines.sources.json_records import JsonObject, flattened, parsed_or_reason

# EventBridge names the kind of what its `detail` holds.
_BRIDGED = "detail-type"
# An answer of CloudAudit's API holds the event as text; Log Service holds ActionTrail's as text once it is exported.
_WHOLE, _PART = "CloudAuditEvent", "event"
# CloudWatch puts a time beside the text that a service gave it, which may be anything.
_SAID, _WHEN = "message", "timestamp"


def opened(content: JsonObject) -> JsonObject:
    """The event within; the object itself where nothing is around it."""
    detail = content.get("detail")
    if _BRIDGED in content and isinstance(detail, dict):
        return detail
    if (whole := _parsed(content.get(_WHOLE))) is not None:
        return whole
    if (part := _parsed(content.get(_PART))) is not None:
        return {**content, _PART: part}
    if _WHEN in content and (said := _parsed(content.get(_SAID))) is not None and trail_of(flattened(said)):
        return said
    return content


def _parsed(text: object) -> JsonObject | None:
    content = parsed_or_reason(text) if isinstance(text, str) and text.startswith("{") else ""
    return content if isinstance(content, dict) else None
