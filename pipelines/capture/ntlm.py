"""NTLM's last message (MS-NLMP §2.2.1.3): who logs on, from which domain and workstation; never what proves it."""

from typing import NamedTuple

from pipelines.capture.octets import readable

_SIGNATURE = b"NTLMSSP\0"
_AUTHENTICATE = 3
_UNICODE = 0x0000_0001
_LONGEST_NAME = 512


class Logon(NamedTuple):
    """Who logs on: the user, the domain and the workstation, each '' where it is not told."""

    user: str
    domain: str
    workstation: str


def find_logon(content: bytes) -> Logon | None:
    """The logon in a security blob, wherever its wrapping puts it; None where there is none."""
    start = content.find(_SIGNATURE)
    message = content[start:] if start >= 0 else b""
    if len(message) < 64 or int.from_bytes(message[8:12], "little") != _AUTHENTICATE:
        return None
    unicode = bool(int.from_bytes(message[60:64], "little") & _UNICODE)
    domain, user, workstation = (_text(message, at, unicode=unicode) for at in (28, 36, 44))
    return Logon(user, domain, workstation)


def _text(message: bytes, at: int, *, unicode: bool) -> str:
    length = min(int.from_bytes(message[at : at + 2], "little"), _LONGEST_NAME)
    place = int.from_bytes(message[at + 4 : at + 8], "little")
    content = message[place : place + length]
    return wide_text(content) if unicode else readable(content)


def wide_text(content: bytes) -> str:
    """The readable text of UTF-16, little end first, without what pads it."""
    return readable(content.decode("utf-16-le", "replace").rstrip("\0").encode("utf-8", "replace"))
