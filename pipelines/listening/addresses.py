"""Where to listen, as settings say it: `5514`, `0.0.0.0:514`, `[::1]:6514`, several with commas between."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from pipelines.errors import PipelineError

LOOPBACK: Final = "127.0.0.1"
_LARGEST_PORT: Final = 65_535
_PLACE = re.compile(r"(?:(?P<host>[0-9.]+|\[[0-9A-Fa-f:.]+\]):)?(?P<port>\d{1,5})")


class AddressInvalid(PipelineError):
    """A setting does not say where to listen; the message says how one does."""


@dataclass(frozen=True)
class Place:
    """An address and a port; port 0 is any free one."""

    host: str
    port: int

    @property
    def text(self) -> str:
        """As it is written in a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def places(text: str, setting: str) -> list[Place]:
    """The places that a setting names; a port alone is one on loopback.

    Raises:
        AddressInvalid: it is written otherwise.
    """
    return [_place(part.strip(), setting) for part in text.split(",") if part.strip()]


def _place(text: str, setting: str) -> Place:
    found = _PLACE.fullmatch(text)
    host = (found["host"] or LOOPBACK).strip("[]") if found else ""
    if found is None or int(found["port"]) > _LARGEST_PORT or not _is_address(host):
        raise AddressInvalid(
            f"setting {setting}: {text!r} is no place to listen; write a port (5514), or an address and a port "
            "(0.0.0.0:514, [::]:514), several with commas between"
        )
    return Place(host, int(found["port"]))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
