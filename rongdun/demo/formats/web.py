"""Web access logs in the combined format of Apache httpd and nginx."""

from dataclasses import dataclass

from rongdun.demo.moments import MONTHS, as_local


@dataclass(frozen=True)
class WebRequest:
    """One request and its answer."""

    client: str
    target: str
    agent: str
    method: str = "GET"
    status: int = 200
    size: int = 4_096
    referrer: str = "-"


def combined(at: int, request: WebRequest, *, site: str = "") -> str:
    """One line with the local time and its zone; a site, where named, stands before it (Apache's `vhost_combined`)."""
    moment = as_local(at)
    stamp = f"{moment.day:02d}/{MONTHS[moment.month - 1]}/{moment:%Y:%H:%M:%S} +0800"
    return (
        f'{site and f"{site}:443 "}{request.client} - - [{stamp}] "{request.method} {request.target} HTTP/1.1" '
        f'{request.status} {request.size} "{request.referrer}" "{request.agent}"'
    )
