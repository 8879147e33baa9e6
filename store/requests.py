"""What a request to the embedded server asks for, taken from its address, headers and body."""

import base64
import binascii
import hmac
import re
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from starlette.datastructures import UploadFile
from starlette.requests import Request

from store.credentials import Passwords, User
from store.errors import QueryFailed

STATEMENT_LIMIT = 64 << 20

_AUTHENTICATION_FAILED = 516
_NOT_IMPLEMENTED = 48

_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")

# Parameters that concern the exchange itself: they are no settings of the engine.
_TRANSPORT = frozenset(
    {
        "query", "database", "default_format", "user", "password", "query_id", "quota_key", "session_id",
        "session_timeout", "session_check", "session_timezone_check", "buffer_size", "compress", "decompress",
        "wait_end_of_query", "client_protocol_version", "role", "send_progress_in_http_headers",
        "http_headers_progress_interval_ms", "enable_http_compression",
        "cancel_http_readonly_queries_on_client_close",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """One request, its body aside.

    Attributes:
        query: the statement of the address or the form; rows or the statement itself may follow in the body.
        wait: the answer is sent when the query has ended, so that a failure is a status.
        is_form: the body was a form, and holds no rows.
        tag: what marks a failure in the middle of an answer: no row can guess it.
        encodings: the compressions the client accepts for the answer, best first.
    """

    query: str
    query_id: str
    database: str
    default_format: str
    parameters: Mapping[str, str]
    settings: Mapping[str, str]
    wait: bool
    encodings: tuple[str, ...]
    is_form: bool
    tag: str


def authenticated(request: Request, passwords: Passwords) -> User:
    """The user whose password the request carries.

    Raises:
        QueryFailed: none, or a wrong one (code 516).
    """
    name, password = _claimed(request)
    users: tuple[User, ...] = get_args(User)
    for user in users:
        # Both comparisons always run: the time taken says nothing about which of them failed.
        if hmac.compare_digest(name.encode(), user.encode()) & hmac.compare_digest(
            password.encode(), passwords[user].encode()
        ):
            return user
    raise QueryFailed(
        "Code: 516. DB::Exception: Authentication failed: password is incorrect, or there is no user with such name. "
        "(AUTHENTICATION_FAILED)",
        code=_AUTHENTICATION_FAILED,
    )


async def asked(request: Request) -> Asked:
    """What the request asks for; a form's fields count like those of the address."""
    values = dict(request.query_params)
    is_form = request.headers.get("content-type", "").startswith(_FORMS)
    if is_form:
        async with request.form(max_part_size=STATEMENT_LIMIT) as form:
            for name, value in form.items():
                if isinstance(value, UploadFile):
                    raise QueryFailed(
                        "Code: 48. DB::Exception: the embedded server takes no external tables. (NOT_IMPLEMENTED)",
                        code=_NOT_IMPLEMENTED,
                    )
                values[name] = value
    return _asked(values, request.headers, is_form=is_form)


def _claimed(request: Request) -> tuple[str, str]:
    basic = request.headers.get("authorization", "")
    if basic[:6].lower() == "basic ":
        try:
            name, _, password = base64.b64decode(basic[6:], validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return name, password
    if "x-clickhouse-user" in request.headers:
        return request.headers["x-clickhouse-user"], request.headers.get("x-clickhouse-key", "")
    return request.query_params.get("user", ""), request.query_params.get("password", "")


def _asked(values: Mapping[str, str], headers: Mapping[str, str], *, is_form: bool) -> Asked:
    parameters = {name.removeprefix("param_"): value for name, value in values.items() if name.startswith("param_")}
    settings = {
        name: value for name, value in values.items() if name not in _TRANSPORT and not name.startswith("param_")
    }
    accepted = headers.get("accept-encoding", "") if values.get("enable_http_compression") == "1" else ""
    return Asked(
        query=values.get("query", ""),
        query_id=_safe_id(values.get("query_id", "")),
        database=values.get("database") or headers.get("x-clickhouse-database", ""),
        default_format=values.get("default_format") or headers.get("x-clickhouse-format", "TabSeparated"),
        parameters=parameters,
        settings=settings,
        wait=values.get("wait_end_of_query") == "1",
        encodings=tuple(name.split(";")[0].strip() for name in accepted.lower().split(",") if name.strip()),
        is_form=is_form,
        tag=secrets.token_hex(8),
    )


def _safe_id(claimed: str) -> str:
    """The client's id where it can stand in a header and a log line, else a new one."""
    return claimed if re.fullmatch(r"[\w.:-]{1,128}", claimed, re.ASCII) else str(uuid.uuid4())
