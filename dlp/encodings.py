"""Encodings that anyone can undo: base64, hex, URL and HTML escapes, reversed or rotated text, one inside another."""

import base64
import binascii
import codecs
import html
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from urllib.parse import unquote

_DEEPEST = 3  # encodings inside one another
_LONGEST = 8192  # characters
_HEX = re.compile(r"(?:0x|\\x)?(?:[0-9a-fA-F]{2}){5,}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{8,}={0,2}|[A-Za-z0-9_-]{8,}={0,2}")
_BASE32 = re.compile(r"(?:[A-Z2-7]{8,}|[a-z2-7]{8,})={0,6}")
_PLAIN = re.compile(rb"[0-9A-Za-z@._ +-]{8,}")
_NEARLY_ALL = 0.95
_TRIED = 20  # values by which a byte is ruled out
_URL = re.compile(r"(?:%[0-9A-Fa-f]{2})")
_HTML = re.compile(r"&#x?[0-9A-Fa-f]+;")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_DIGITS = "0123456789"
_TURNED = {by: str.maketrans(_DIGITS, _DIGITS[by:] + _DIGITS[:by]) for by in range(1, 10)}
_OTHER_SIGNS = {
    "letters for digits": str.maketrans("abcdefghijABCDEFGHIJ", _DIGITS * 2),
    "letters for digits from 1": str.maketrans("abcdefghijABCDEFGHIJ", "12345678901234567890"),
    "Chinese numerals": str.maketrans("零一二三四五六七八九〇壹贰叁肆伍陆柒捌玖", _DIGITS * 2),
    "nines for noughts": str.maketrans(_DIGITS, _DIGITS[::-1]),
}

# What packers begin with: gzip (RFC 1952) and zlib (RFC 1950).
_PACKED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_BASE85 = re.compile(r"[0-9A-Za-z!#$%&()*+\-;<=>?@^_`{|}~]{10,}")
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
_NUMBER = re.compile(r"(?:0x)?([0-9a-z]{6,16})")

Decoder = Callable[[str], str | None]


def decoded_ways(value: str) -> Iterator[tuple[str, str]]:
    """Every text that a value is an encoding of, with the encodings in the order in which they are undone."""
    yield from _decoded(value, (), _DEEPEST)


def turned_ways(value: str) -> Iterator[tuple[str, str]]:
    """The value reversed, its digits turned by one to nine, or written in other signs; proves nothing by itself."""
    if not 5 <= len(value) <= 64:
        return
    yield value[::-1], "reversed"
    yield codecs.encode(value, "rot13").translate(_TURNED[5]), "rot13 and rot5"
    for by, table in _TURNED.items():
        turned = value.translate(table)
        name = "rot5" if by == 5 else f"digits turned by {10 - by}"
        yield turned, name
        yield turned[::-1], f"{name}, reversed"
    for name, table in _OTHER_SIGNS.items():
        written = value.translate(table)
        if written != value:
            yield written, name


def numbers_behind(value: str) -> Iterator[tuple[str, str]]:
    """The number that a text is to another base, in decimal digits; proves nothing by itself."""
    found = _NUMBER.fullmatch(value.lower())
    if found is None:
        return
    for base in (16, 32, 36):
        with suppress(ValueError):
            yield str(int(found[1], base)), f"number to the base {base}"


def xored_ways(values: Sequence[str]) -> Iterator[tuple[list[str], str]]:
    """The texts that a column's values are when one byte is taken off all of theirs (XOR); none where no byte does it.

    Args:
        values: hex or base64.
    """
    packed = [raw for value in values if (raw := _bytes_of(value)) is not None]
    if len(packed) < len(values) * _NEARLY_ALL or not packed:
        return
    for key in range(1, 256):
        table = bytes(byte ^ key for byte in range(256))
        if all(_PLAIN.fullmatch(raw.translate(table)) for raw in packed[:_TRIED]):
            plain = [text for raw in packed if _PLAIN.fullmatch(text := raw.translate(table))]
            if len(plain) >= len(packed) * _NEARLY_ALL:
                yield [text.decode("ascii") for text in plain], "XOR with one byte"


def _bytes_of(value: str) -> bytes | None:
    if _HEX.fullmatch(value):
        return binascii.unhexlify(re.sub(r"0x|\\x", "", value))
    bare = value.strip().rstrip("=")
    if _BASE64.fullmatch(bare) is None or len(bare) % 4 == 1:
        return None
    return base64.b64decode(bare.replace("-", "+").replace("_", "/") + "=" * (-len(bare) % 4))


def _decoded(value: str, done: tuple[str, ...], depth: int) -> Iterator[tuple[str, str]]:
    if not 3 <= len(value) <= _LONGEST or depth == 0:
        return
    for name, decoder in _DECODERS:
        inner = decoder(value)
        if inner is None or inner == value or not inner.strip():
            continue
        names = (*done, name)
        yield inner, " in ".join(reversed(names)) if len(names) > 1 else name
        yield from _decoded(inner, names, depth - 1)


def _from_hex(value: str) -> str | None:
    if _HEX.fullmatch(value) is None:
        return None
    return _text(binascii.unhexlify(re.sub(r"0x|\\x", "", value)))


def _from_base64(value: str) -> str | None:
    bare = value.strip()
    if _BASE64.fullmatch(bare) is None or len(bare.rstrip("=")) % 4 == 1:
        return None
    padded = bare.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return _text(base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True))
    except (binascii.Error, ValueError):
        return None


def _from_base32(value: str) -> str | None:
    bare = value.strip()
    if _BASE32.fullmatch(bare) is None:
        return None
    try:
        return _text(base64.b32decode(bare.upper() + "=" * (-len(bare) % 8)))
    except (binascii.Error, ValueError):
        return None


def _from_url(value: str) -> str | None:
    return unquote(value, errors="replace") if _URL.search(value) else None


def _from_html(value: str) -> str | None:
    return html.unescape(value) if _HTML.search(value) else None


def _from_escapes(value: str) -> str | None:
    if not _ESCAPED.search(value):
        return None
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)
    # A pair of surrogates is one character; half a pair is none.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _from_base85(value: str) -> str | None:
    if _BASE85.fullmatch(value) is None:
        return None
    try:
        return _text(base64.b85decode(value), encodings=("ascii",))
    except ValueError:
        return None


def _text(raw: bytes, *, encodings: Sequence[str] = ("utf-8", "gb18030")) -> str | None:
    """The bytes as text, unpacked where they are packed, when they are printable text at all."""
    if _PACKED.match(raw):
        raw = _unpacked(raw)
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text if text.isprintable() else None
    return None


def _unpacked(raw: bytes) -> bytes:
    try:
        return zlib.decompressobj(_GZIP_OR_ZLIB).decompress(raw, _LONGEST)
    except zlib.error:
        return raw


_DECODERS: tuple[tuple[str, Decoder], ...] = (
    ("hex", _from_hex),
    ("base64", _from_base64),
    ("base32", _from_base32),
    ("base85", _from_base85),
    ("URL encoding", _from_url),
    ("HTML entities", _from_html),
    ("Unicode escapes", _from_escapes),
)
