"""HTTP events: each request with the status it was answered with."""

from typing import NamedTuple

from pipelines.capture.http import LONGEST_HEAD, Request, Response, basic_user, head_length, parse_head
from pipelines.capture.payloads import Payloads, Piece
from pipelines.capture.pending import Pending
from pipelines.capture.rows import Event

_REQUEST_FIELDS = {"host": "host", "referer": "referrer", "user-agent": "user_agent", "origin": "origin"}


_ANSWERS = b"HTTP/1."


class _Asked(NamedTuple):
    piece: Piece
    request: Request


class HttpEvents:
    """Joins the requests and responses of a connection in their order."""

    def __init__(self, events: list[Event]) -> None:
        self._pending: Pending[_Asked] = Pending()
        self._events = events

    def read(self, payloads: Payloads, piece: Piece) -> int:
        """Take in the heads that a payload begins with; gives the bytes read, 0 where there is none."""
        rest, consumed = piece.payload, 0
        while consumed < len(piece.payload):
            length = head_length(rest)
            # The next segment ends most heads; few need all that a head may take.
            for wanted in (consumed + len(rest) + 1, consumed + LONGEST_HEAD):
                if not length:
                    rest = payloads.following(piece, wanted)[consumed:]
                    length = head_length(rest)
            length = length or len(rest)
            head = parse_head(rest)
            if head is None:
                break
            self._take_in(piece, head)
            next_head = _next_head(rest, length, head)
            consumed += next_head or length
            if not next_head:
                break
            rest = rest[next_head:]
        return consumed

    def flush(self) -> None:
        """Give up waiting."""
        self._events += [_event(asked, None, None) for asked in self._pending.drain()]

    def _take_in(self, piece: Piece, head: Request | Response) -> None:
        if isinstance(head, Request):
            late = self._pending.add((piece.flow, piece.forward), _Asked(piece.bare(), head))
            if late is not None:
                self._events.append(_event(late, None, None))
        elif head.code >= 200 or head.code == 101:
            asked = self._pending.pop((piece.flow, not piece.forward))
            self._events.append(_event(asked, piece, head))


def _next_head(stream: bytes, length: int, head: Request | Response) -> int:
    """Where a pipelined head follows a head of this length and its body; 0 where none does, or nobody knows."""
    answers = isinstance(head, Response)
    # Interim answers, and those to HEAD, have no body, whatever they announce.
    if answers and stream.startswith(_ANSWERS, length):
        return length
    if "transfer-encoding" in head.headers:
        return 0
    announced = head.headers.get("content-length", "")
    if not announced:
        return 0 if answers else length
    after = length + int(announced) if announced.isascii() and announced.isdigit() and len(announced) < 10 else 0
    return after if after < len(stream) and (not answers or stream.startswith(_ANSWERS, after)) else 0


def _event(asked: _Asked | None, answering: Piece | None, response: Response | None) -> Event:
    fields: dict[str, str] = {}
    if asked is not None:
        _put_request(asked.request, fields)
    if response is not None:
        _put_response(response, fields)
    piece = asked.piece if asked else answering
    if piece is None:
        raise ValueError("an event needs a request or a response")
    client, server = (piece.sender, piece.receiver) if asked else (piece.receiver, piece.sender)
    code = response.code if response else 0
    shown = (fields.get("method"), fields.get("host"), fields.get("uri"), fields.get("status_code"))
    return Event(
        piece.time_us,
        piece.number,
        "http",
        client,
        server,
        "request",
        "unknown" if not code else "success" if code < 400 else "failure",
        " ".join(filter(None, shown)),
        fields,
    )


def _put_request(request: Request, fields: dict[str, str]) -> None:
    fields["method"], fields["uri"] = request.method, request.uri
    if request.version:
        fields["version"] = request.version
    headers = request.headers
    for header, value in headers.items():
        if value and (name := _REQUEST_FIELDS.get(header)):
            fields[name] = value
    if user := basic_user(headers):
        fields["username"] = user
    if forwarded := headers.get("x-forwarded-for"):
        fields["proxied"] = f"X-FORWARDED-FOR -> {forwarded}"
    _put_body(headers, fields, "request_body_len", "orig_mime_types")


def _put_response(response: Response, fields: dict[str, str]) -> None:
    fields["status_code"] = str(response.code)
    if response.reason:
        fields["status_msg"] = response.reason
    _put_body(response.headers, fields, "response_body_len", "resp_mime_types")


def _put_body(headers: dict[str, str], fields: dict[str, str], length_name: str, type_name: str) -> None:
    """The body's length as announced, where it is a number, and its type."""
    length, kind = headers.get("content-length", ""), headers.get("content-type", "").partition(";")[0].strip()
    if length.isascii() and length.isdigit() and len(length) <= 19:
        fields[length_name] = length
    if kind:
        fields[type_name] = kind
