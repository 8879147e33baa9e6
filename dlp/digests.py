"""Digests of values: which columns hold them, and whether a dictionary of known or possible values undoes them."""

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

_HEX = re.compile(r"(?:0x|\\x)?([0-9a-fA-F]+)")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
# md5:..., {SHA256}..., sha256$...; `hmac:` says of itself that it is keyed.
_LABEL = re.compile(r"^(?:\{[A-Za-z0-9-]{2,10}\}|(?!hmac)[A-Za-z][A-Za-z0-9-]{1,9}[:$=])(?=[A-Za-z0-9+/_-]{8,}={0,2}$)")
# https://host/avatar/<digest>, ...?token=<digest>
_IN_ADDRESS = re.compile(r"^https?://[^\s]{0,200}[/=](?=[0-9A-Fa-f]{32,128}$)")
# Bytes: what algorithms give, and the middle of an MD5 as many systems print it.
_LENGTHS = frozenset({8, 16, 20, 28, 32, 48, 64})
_SHORTEST, _LONGEST = 8, 128  # hex digits of a digest or of a part of one
_TELLING = 16  # hex digits of which a single hit is no accident
_WITH_LETTERS = 0.9  # of the digests
_FEW_AGREE = 0.1
_TEXT_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f-\xff]")

_MOBILE = re.compile(r"1[3-9][0-9]{9}")

Digest = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Undone:
    """Digests that a dictionary undid.

    Attributes:
        algorithm: such as `md5` or `sm3`, and which part of it.
        matches: how many different digests were undone.
        tried: how many values were digested.
        spent: how many digests were computed for that.
    """

    algorithm: str = ""
    matches: int = 0
    tried: int = 0
    spent: int = 0


def digest_hex(value: str) -> str | None:
    """What looks like a digest (hex, base64, base64 of hex, with or without a label) in small hex digits, or None.

    Also a part of one, from eight hex digits on: only a hit, or its length, tells that it is a digest.
    """
    bare = _LABEL.sub("", _IN_ADDRESS.sub("", value.strip()))
    found = _HEX.fullmatch(bare)
    if found and _SHORTEST <= len(found[1]) <= _LONGEST:
        return found[1].lower()
    raw = _unpacked(bare)
    if raw is None:
        return None
    inner = raw.decode("ascii", "replace")
    if _HEX.fullmatch(inner) and len(inner) in {2 * length for length in _LENGTHS}:
        return inner.lower()
    # What decodes to text is an encoding, not a digest.
    is_text = len(_TEXT_CONTROLS.findall(raw)) <= len(raw) // 4
    return None if is_text or len(raw) not in _LENGTHS - {8} else raw.hex()


def digest_length(digests: Collection[str]) -> int:
    """How long the digests of a column are, in hex digits; 0 where they are none, or not all alike.

    Numbers are no digests: of hex digits chance makes six in sixteen letters.
    """
    lengths = {len(digest) for digest in digests}
    if len(lengths) != 1 or sum(not digest.isdigit() for digest in digests) < len(digests) * _WITH_LETTERS:
        return 0
    return lengths.pop()


def is_whole_length(length: int) -> bool:
    """Whether so many hex digits are what an algorithm gives, so that nothing else need speak for digests."""
    return length in {2 * each for each in _LENGTHS}


def undone(digests: set[str], values: Iterable[str], *, budget: int, parts: bool = False) -> Undone:
    """The digests that some of these values give under an algorithm, without a key.

    Args:
        digests: hex digits, all of one length.
        values: what is tried.
        budget: how many digests are computed at most.
        parts: whether they may be the beginning, the end or the middle of longer digests; else they are whole.
    """
    length = len(next(iter(digests), ""))
    algorithms = [
        (name, digest, cut) for name, size, digest in _algorithms() for cut in _cuts(length, size, parts=parts)
    ]
    if not algorithms or budget <= 0:
        return Undone()
    found: dict[str, set[str]] = {}
    tried, spent = 0, 0
    for value in values:
        if spent + len(algorithms) > budget:
            break
        spent += len(algorithms)
        tried += 1
        raw = value.encode("utf-8", "surrogatepass")
        for name, digest, (part, begin) in algorithms:
            made = digest(raw).hex()[begin : begin + length]
            if made in digests:
                found.setdefault(name + part, set()).add(made)
    name = max(found, key=lambda name: len(found[name]), default="")
    hits = len(found.get(name, ()))
    # Few hex digits agree by accident; many of them do not.
    sure = length >= _TELLING or hits >= max(2, len(digests) * _FEW_AGREE)
    return Undone(name, hits if sure else 0, tried, spent)


def written_ways(values: Iterable[str]) -> Iterator[str]:
    """Each value as it is, and as it may have been written before it was digested."""
    for value in values:
        ways = dict.fromkeys((value, value.lower(), value.upper(), re.sub(r"[ -]", "", value), f"+86{value}"))
        if _MOBILE.fullmatch(value):
            ways |= dict.fromkeys((f"86{value}", f"0086{value}"))
        yield from (way for way in ways if way)


def _cuts(length: int, size: int, *, parts: bool) -> list[tuple[str, int]]:
    """Which parts of a digest of so many bytes are so many hex digits long: what to call each, and where it begins."""
    if length == 2 * size:
        return [("", 0)]
    if length == 16 and size == 16:
        return [(", its middle 16 digits", 8), *([(", its first 16 digits", 0)] if parts else [])]
    if not parts or length > 2 * size:
        return []
    return [(f", its first {length} digits", 0), (f", its last {length} digits", 2 * size - length)]


def _unpacked(text: str) -> bytes | None:
    if not 22 <= len(text) <= 176 or _BASE64.fullmatch(text) is None or not re.search(r"[A-Z]", text):
        return None
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


@cache
def _algorithms() -> tuple[tuple[str, int, Digest], ...]:
    """Name, length in bytes, function; SM3 (GB/T 32905) where the cryptographic library has it."""
    names = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sm3", "sha3_256", "sha3_512", "blake2b", "blake2s")
    plain = {name: _of(name) for name in names if name in hashlib.algorithms_available}
    md5 = plain["md5"]
    found = [(name, len(digest(b"")), digest) for name, digest in plain.items()]
    found.append(("crc32", 4, lambda raw: zlib.crc32(raw).to_bytes(4, "big")))
    found.append(("md5 of md5", 16, lambda raw: md5(md5(raw).hex().encode())))
    return tuple(found)


def _of(name: str) -> Digest:
    if name in hashlib.algorithms_guaranteed:
        make = getattr(hashlib, name)
        return lambda raw: bytes(make(raw, usedforsecurity=False).digest())
    return lambda raw: hashlib.new(name, raw, usedforsecurity=False).digest()
