"""Heads of HTTP/1 messages: the request line or the status line, and the headers."""

import base64
import binascii
import re
from typing import NamedTuple

from pipelines.capture.octets import readable

METHODS = (
    "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE", "PROPFIND", "PROPPATCH", "MKCOL",
    "COPY", "MOVE", "LOCK", "UNLOCK", "SEARCH", "REPORT", "QUERY", "ACL", "MERGE", "CHECKOUT", "MKACTIVITY",
    "MKCALENDAR", "VERSION-CONTROL", "LINK", "UNLINK", "PURGE", "DEBUG", "TRACK", "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE",
    "M-SEARCH", "BITS_POST", "CCM_POST", "RPC_IN_DATA", "RPC_OUT_DATA", "RDG_IN_DATA", "RDG_OUT_DATA",
)  # fmt: skip
LONGEST_HEAD = 16_384
# Other headers are passed over: they are most of a head, and nothing is told of them.
_READ = {
    name.encode(): name
    for name in (
        "host", "referer", "user-agent", "origin", "authorization", "proxy-authorization", "x-forwarded-for",
        "content-length", "content-type", "transfer-encoding",
    )
}  # fmt: skip
_BEGINNINGS = frozenset(name[:4] for name in _READ)

# GET /index.html HTTP/1.1
_REQUEST = re.compile(
    rb"(?P<method>[A-Za-z][A-Za-z_-]{2,19})[ \t]+(?P<uri>\S[^\r\n]*?)(?:[ \t]+HTTP/(?P<version>\d\.\d))?[ \t]*\Z"
)
# GET /index.html
_OLD_REQUEST = re.compile(rb"GET \S+\Z")
# HTTP/1.1 404 Not Found
_STATUS = re.compile(rb"HTTP/(?P<version>\d\.\d)[ \t]+(?P<code>\d{3})(?:[ \t]+(?P<reason>.*))?\Z")


class Request(NamedTuple):
    """A request's head; of its headers those that are told of, their names in lower case."""

    method: str
    uri: str
    version: str
    headers: dict[str, str]


class Response(NamedTuple):
    """A response's head; of its headers those that are told of, their names in lower case."""

    code: int
    reason: str
    version: str
    headers: dict[str, str]


def head_length(payload: bytes) -> int:
    """The bytes of a head up to and with its empty line; 0 while that is still to come."""
    end = payload.find(b"\r\n\r\n", 0, LONGEST_HEAD)
    # Some programs end lines without a carriage return, which RFC 9112 §2.2 lets a reader accept.
    bare = payload.find(b"\n\n", 0, end if end >= 0 else LONGEST_HEAD)
    if bare >= 0:
        return bare + 2
    return end + 4 if end >= 0 else 0


def parse_head(payload: bytes) -> Request | Response | None:
    """The head that a payload begins with (RFC 9112); of a cut one, its whole lines; None for anything else.

    Of a first line longer than any head may be, the method and the beginning of the target are told.
    """
    length = head_length(payload)
    first, *rest = payload[: length or LONGEST_HEAD].split(b"\n")
    if not rest:
        return _endless(payload) if len(payload) >= LONGEST_HEAD else None
    first = first.removesuffix(b"\r")
    # The last line of a cut head may be half a header.
    headers = _headers(rest if length else rest[:-1])
    if status := _STATUS.match(first):
        reason = readable(status["reason"] or b"")
        return Response(int(status["code"]), reason, status["version"].decode(), headers)
    request = _REQUEST.match(first)
    if request is None or not (request["version"] or _OLD_REQUEST.match(first)):
        return None
    version = (request["version"] or b"0.9").decode()
    return Request(request["method"].decode(), readable(request["uri"]), version, headers)


def _endless(payload: bytes) -> Request | None:
    """A request whose first line has no end: what overflows a server's buffer is told of all the same."""
    method, space, uri = payload[:LONGEST_HEAD].partition(b" ")
    name = method.decode("latin-1")
    return Request(name, readable(uri), "", {}) if space and name in METHODS else None


def basic_user(headers: dict[str, str]) -> str:
    """The user name of a basic authorisation (RFC 7617), '' without one; the password is never looked at."""
    authorization = headers.get("authorization") or headers.get("proxy-authorization", "")
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return readable(base64.b64decode(credentials.strip(), validate=True).partition(b":")[0])
    except (binascii.Error, ValueError):
        return ""


def _headers(lines: list[bytes]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        if line[:4].lower() not in _BEGINNINGS:
            continue
        name, colon, value = line.partition(b":")
        # Space before the colon is forbidden (RFC 9112 §5.1), and sent all the same.
        if colon and (known := _READ.get(name.rstrip().lower())) and known not in found:
            found[known] = readable(value.strip())
    return found
