"""X.509 certificates (RFC 5280): whom they name, who signed them, how long they hold, and how strong their keys are.

Only what is in the certificate is told: no signature and no chain is verified.
"""

import hashlib
import socket
from datetime import UTC, datetime
from typing import NamedTuple

from pipelines.capture import der
from pipelines.capture.certificate_names import ATTRIBUTES, CURVES, DSA, ELLIPTIC, KEYS, RSA, SIGNATURES
from pipelines.capture.octets import readable

# A certificate has one or two kilobytes; lists of hundreds of names reach ten.
LARGEST_CERTIFICATE = 32_768
_MOST_NAMES = 256
_GENERALIZED_TIME = 0x18
_VERSION, _EXTENSIONS = 0xA0, 0xA3
_ALTERNATIVE_NAMES, _CONSTRAINTS = "2.5.29.17", "2.5.29.19"
_NAME_FIELDS = {0x81: "san.email", 0x82: "san.dns", 0x86: "san.uri"}
_ADDRESS_NAME = 0x87
_SPECIAL = frozenset(',+"\\<>;')


class Certificate(NamedTuple):
    """A certificate.

    Attributes:
        subject: the distinguished name it names, last part first (RFC 4514).
        issuer: the distinguished name of who signed it.
        not_before: when it begins to hold, in seconds since 1970, UTC.
        not_after: when it ceases to.
        fingerprint: SHA-256 of all of it, in hexadecimal.
        fields: the columns of Zeek's x509.log.
    """

    subject: str
    issuer: str
    not_before: int
    not_after: int
    fingerprint: str
    fields: dict[str, str]


def parse_certificate(content: bytes) -> Certificate | None:
    """The certificate that these bytes are; None where they are none, damaged or too large."""
    if len(content) > LARGEST_CERTIFICATE:
        return None
    try:
        return _certificate(content)
    except (der.Malformed, RecursionError):
        return None


def _certificate(content: bytes) -> Certificate:
    outer = next(der.values(content), None)
    if outer is None or outer.tag != der.SEQUENCE:
        raise der.Malformed
    signed, algorithm, *_ = der.children(outer, least=2)
    parts = der.children(signed, least=6)
    version = 1
    if parts[0].tag == _VERSION:
        version = 1 + int.from_bytes(parts[0].content[-1:], "big")
        parts = parts[1:]
    if len(parts) < 6 or any(part.tag != der.SEQUENCE for part in parts[1:6]):
        raise der.Malformed
    serial, _, issuer, validity, subject, key = parts[:6]
    begin, end, *_ = der.children(validity, least=2)
    names = _distinguished(subject), _distinguished(issuer)
    not_before, not_after = _time(begin), _time(end)
    fields = {
        "certificate.version": str(version),
        "certificate.serial": (serial.content[:64].lstrip(b"\0") or b"\0").hex().upper(),
        "certificate.subject": names[0],
        "certificate.issuer": names[1],
        "certificate.not_valid_before": f"{not_before}.000000",
        "certificate.not_valid_after": f"{not_after}.000000",
        "certificate.sig_alg": _named(algorithm, SIGNATURES),
        **_key_fields(key),
        **_extension_fields(parts[6:]),
    }
    fingerprint = hashlib.sha256(outer.whole).hexdigest()
    kept = {name: value for name, value in fields.items() if value}
    return Certificate(*names, not_before, not_after, fingerprint, kept)


def _named(algorithm: der.Value, names: dict[str, str]) -> str:
    number = der.object_name(der.children(algorithm, least=1)[0].content)
    return names.get(number, number)


def _distinguished(name: der.Value) -> str:
    parts = []
    for relative in der.children(name):
        pairs = [der.children(pair, least=2) for pair in der.children(relative)]
        parts.append("+".join(f"{_attribute(pair[0])}={_escaped(der.text(pair[1]))}" for pair in pairs))
    return ",".join(reversed(parts[:64]))


def _attribute(number: der.Value) -> str:
    dotted = der.object_name(number.content)
    return ATTRIBUTES.get(dotted, dotted)


def _escaped(content: bytes) -> str:
    """A value of a distinguished name as text (RFC 4514 §2.4)."""
    value = "".join(f"\\{letter}" if letter in _SPECIAL else letter for letter in readable(content))
    if value.startswith(("#", " ")):
        value = f"\\{value}"
    return f"{value[:-1]}\\ " if value.endswith(" ") and len(value) > 1 else value


def _time(value: der.Value) -> int:
    """Seconds since 1970 of a UTCTime or GeneralizedTime (RFC 5280 §4.1.2.5)."""
    digits = value.content[:14].rstrip(b"Z").decode("ascii", "replace")
    if value.tag != _GENERALIZED_TIME:
        digits = ("19" if digits[:2] >= "50" else "20") + digits[:12].rstrip("Z")
    # Old certificates leave the seconds out.
    digits = digits.ljust(14, "0") if len(digits) in (10, 12) else digits
    try:
        return int(datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp())
    except ValueError as error:
        raise der.Malformed from error


def _key_fields(key: der.Value) -> dict[str, str]:
    algorithm, bits, *_ = der.children(key, least=2)
    number, *parameters = der.children(algorithm, least=1)
    dotted = der.object_name(number.content)
    name, kind = KEYS.get(dotted, (dotted, "unknown"))
    found = {"certificate.key_alg": name, "certificate.key_type": kind}
    if dotted == RSA:
        found |= _rsa_fields(bits)
    elif dotted == ELLIPTIC and parameters and parameters[0].tag == der.OBJECT:
        curve = der.object_name(parameters[0].content)
        label, length = CURVES.get(curve, (curve, 0))
        found |= {"certificate.curve": label, "certificate.key_length": str(length) if length else ""}
    elif dotted == DSA and parameters and parameters[0].tag == der.SEQUENCE:
        found["certificate.key_length"] = str(_bits(der.children(parameters[0], least=1)[0]))
    elif kind in {"ed25519", "ed448"}:
        found["certificate.key_length"] = {"ed25519": "253", "ed448": "456"}[kind]
    return found


def _rsa_fields(bits: der.Value) -> dict[str, str]:
    outer = next(der.values(bits.content[1:]), None)
    if outer is None:
        raise der.Malformed
    modulus, exponent, *_ = der.children(outer, least=2)
    power = int.from_bytes(exponent.content[:16], "big") if len(exponent.content) <= 16 else 0
    return {
        "certificate.key_length": str(_bits(modulus)),
        "certificate.exponent": str(power) if power else "",
    }


def _bits(number: der.Value) -> int:
    content = number.content.lstrip(b"\0")
    return len(content) * 8 - (8 - content[0].bit_length()) if content else 0


def _extension_fields(rest: list[der.Value]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in rest:
        if part.tag != _EXTENSIONS:
            continue
        for extension in der.children(der.children(part, least=1)[0]):
            number, *_, content = der.children(extension, least=2)
            name = der.object_name(number.content)
            inner = next(der.values(content.content), None) if content.tag == der.OCTETS else None
            if inner is not None and name == _ALTERNATIVE_NAMES:
                found |= _alternative_names(inner)
            elif inner is not None and name == _CONSTRAINTS:
                found |= _constraints(inner)
    return found


def _alternative_names(names: der.Value) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for name in der.children(names)[:_MOST_NAMES]:
        if name.tag in _NAME_FIELDS:
            found.setdefault(_NAME_FIELDS[name.tag], []).append(readable(name.content))
        elif name.tag == _ADDRESS_NAME and len(name.content) in (4, 16):
            family = socket.AF_INET if len(name.content) == 4 else socket.AF_INET6
            found.setdefault("san.ip", []).append(socket.inet_ntop(family, name.content))
    return {field: ",".join(texts) for field, texts in found.items()}


def _constraints(inner: der.Value) -> dict[str, str]:
    parts = der.children(inner)
    authority = bool(parts) and parts[0].tag == 0x01 and parts[0].content != b"\0"
    found = {"basic_constraints.ca": "true" if authority else "false"}
    if len(parts) > 1 and parts[1].tag == der.INTEGER and len(parts[1].content) <= 4:
        found["basic_constraints.path_len"] = str(int.from_bytes(parts[1].content, "big"))
    return found
