"""HTTP events: each request with the status it was answered with."""

from typing import NamedTuple

from pipelines.capture.http import LONGEST_HEAD, Request, Response, basic_user, head_length, parse_head
from pipelines.capture.payloads import Payloads, Piece
from pipelines.capture.pending import Pending
from pipelines.capture.rows import Event

_REQUEST_FIELDS = (("host", "host"), ("referer", "referrer"), ("user-agent", "user_agent"), ("origin", "origin"))


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
            consumed += length
            # Pipelined requests follow one another; what follows another head is its body.
            if isinstance(head, Response) or "content-length" in head.headers or "transfer-encoding" in head.headers:
                break
            rest = rest[length:]
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


def _event(asked: _Asked | None, answering: Piece | None, response: Response | None) -> Event:
    fields = _request_fields(asked.request) if asked else {}
    if response is not None:
        fields |= _response_fields(response)
    piece = asked.piece if asked else answering
    if piece is None:
        raise ValueError("an event needs a request or a response")
    client, server = (piece.sender, piece.receiver) if asked else (piece.receiver, piece.sender)
    code = response.code if response else 0
    names = ("method", "host", "uri", "status_code")
    return Event(
        time_us=piece.time_us,
        number=piece.number,
        service="http",
        source=client,
        destination=server,
        action="request",
        outcome="unknown" if not code else "success" if code < 400 else "failure",
        message=" ".join(fields[name] for name in names if name in fields),
        fields={name: value for name, value in fields.items() if value},
    )


def _request_fields(request: Request) -> dict[str, str]:
    fields = {"method": request.method, "uri": request.uri, "version": request.version}
    headers = request.headers
    for header, name in _REQUEST_FIELDS:
        if header in headers:
            fields[name] = headers[header]
    if "authorization" in headers:
        fields["username"] = basic_user(headers)
    if headers.get("x-forwarded-for"):
        fields["proxied"] = f"X-FORWARDED-FOR -> {headers['x-forwarded-for']}"
    return fields | _body_fields(headers, "request_body_len", "orig_mime_types")


def _response_fields(response: Response) -> dict[str, str]:
    fields = {"status_code": str(response.code), "status_msg": response.reason}
    return fields | _body_fields(response.headers, "response_body_len", "resp_mime_types")


def _body_fields(headers: dict[str, str], length_name: str, type_name: str) -> dict[str, str]:
    """The body's length as announced, where it is a number, and its type."""
    fields = {}
    length, kind = headers.get("content-length", ""), headers.get("content-type", "")
    if length.isascii() and length.isdigit() and len(length) <= 19:
        fields[length_name] = length
    if kind:
        fields[type_name] = kind.partition(";")[0].strip()
    return fields
