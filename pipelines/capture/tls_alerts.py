"""Readable alerts of TLS and TLCP: why a handshake is refused."""

import struct
from typing import NamedTuple

# Registered names (RFC 8446 §6.2, IANA's registry of TLS alerts).
ALERTS = {
    0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 21: "decryption_failed", 22: "record_overflow",
    30: "decompression_failure", 40: "handshake_failure", 41: "no_certificate", 42: "bad_certificate",
    43: "unsupported_certificate", 44: "certificate_revoked", 45: "certificate_expired", 46: "certificate_unknown",
    47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied", 50: "decode_error", 51: "decrypt_error",
    60: "export_restriction", 70: "protocol_version", 71: "insufficient_security", 80: "internal_error",
    86: "inappropriate_fallback", 90: "user_canceled", 100: "no_renegotiation", 109: "missing_extension",
    110: "unsupported_extension", 111: "certificate_unobtainable", 112: "unrecognized_name",
    113: "bad_certificate_status_response", 114: "bad_certificate_hash_value", 115: "unknown_psk_identity",
    116: "certificate_required", 120: "no_application_protocol",
}  # fmt: skip
ALERT_BYTES = 7

_ALERT = 21


class Alert(NamedTuple):
    """What ends a handshake, or warns: its registered name (RFC 8446 §6)."""

    is_fatal: bool
    name: str


def parse_alert(payload: bytes) -> Alert | None:
    """The readable alert that a payload begins with; None for anything else, encrypted alerts among them."""
    if len(payload) < ALERT_BYTES:
        return None
    kind, version, length, level, number = struct.unpack_from("!BHHBB", payload)
    if kind != _ALERT or (version >> 8 != 3 and version != 0x0101) or length != 2 or level not in (1, 2):
        return None
    return Alert(level == 2, ALERTS.get(number, f"unknown-{number}"))
