"""Digests of values: which columns hold them, and whether a dictionary of known or possible values undoes them."""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

_HEX = re.compile(r"(?:0x)?([0-9a-fA-F]+)")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_LENGTHS = frozenset({8, 16, 20, 28, 32, 48, 64})  # bytes; 8: the middle of an MD5, as many systems print it
_TEXT_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f-\xff]")

Digest = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Undone:
    """Digests that a dictionary undid.

    Attributes:
        algorithm: such as `md5` or `sm3`.
        matches: how many different digests were undone.
        tried: how many values were digested.
        spent: how many digests were computed for that.
    """

    algorithm: str = ""
    matches: int = 0
    tried: int = 0
    spent: int = 0


def digest_bytes(value: str) -> bytes | None:
    """The bytes of what looks like a digest (hex or base64 of 8 to 64 bytes), or None."""
    found = _HEX.fullmatch(value)
    if found and len(found[1]) in {2 * length for length in _LENGTHS}:
        # A number is no digest, however long.
        return None if found[1].isdigit() else bytes.fromhex(found[1])
    if not 22 <= len(value) <= 88 or _BASE64.fullmatch(value) is None or not re.search(r"[A-Z]", value):
        return None
    try:
        raw = base64.b64decode(value.replace("-", "+").replace("_", "/") + "=" * (-len(value) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    # What decodes to text is an encoding, not a digest.
    return raw if len(raw) in _LENGTHS - {8} and len(_TEXT_CONTROLS.findall(raw)) > len(raw) // 4 else None


def digest_length(values: Iterable[str]) -> int:
    """How long the digests of a column are, in bytes; 0 where its values are none, or not all alike."""
    lengths = {len(raw) if (raw := digest_bytes(value)) is not None else 0 for value in values}
    return lengths.pop() if len(lengths) == 1 else 0


def undone(digests: set[bytes], values: Iterable[str], *, budget: int) -> Undone:
    """The digests that some of these values give under an algorithm of that length, without a key.

    At most `budget` digests are computed.
    """
    lengths = {len(digest) for digest in digests}
    algorithms = [(name, digest) for name, length, digest in _algorithms() if length in lengths]
    if not algorithms or budget <= 0:
        return Undone()
    found: dict[str, set[bytes]] = {name: set() for name, _ in algorithms}
    tried, spent = 0, 0
    for value in values:
        if spent + len(algorithms) > budget:
            break
        spent += len(algorithms)
        tried += 1
        raw = value.encode("utf-8", "surrogatepass")
        for name, digest in algorithms:
            made = digest(raw)
            if made in digests:
                found[name].add(made)
    name = max(found, key=lambda name: len(found[name]))
    return Undone(name, len(found[name]), tried, spent)


def written_ways(values: Iterable[str]) -> Iterator[str]:
    """Each value as it is, and as it may have been written before it was digested."""
    for value in values:
        ways = dict.fromkeys((value, value.lower(), value.upper(), re.sub(r"[ -]", "", value), f"+86{value}"))
        yield from (way for way in ways if way)


@cache
def _algorithms() -> tuple[tuple[str, int, Digest], ...]:
    """Name, length in bytes, function; SM3 (GB/T 32905) where the cryptographic library has it."""
    names = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sm3")
    plain = {name: _of(name) for name in names if name in hashlib.algorithms_available}
    md5 = plain["md5"]
    found = [(name, len(digest(b"")), digest) for name, digest in plain.items()]
    found.append(("md5, its middle 16 digits", 8, lambda raw: md5(raw)[4:12]))
    found.append(("md5 of md5", 16, lambda raw: md5(md5(raw).hex().encode())))
    return tuple(found)


def _of(name: str) -> Digest:
    if name in hashlib.algorithms_guaranteed:
        make = getattr(hashlib, name)
        return lambda raw: bytes(make(raw, usedforsecurity=False).digest())
    return lambda raw: hashlib.new(name, raw, usedforsecurity=False).digest()
