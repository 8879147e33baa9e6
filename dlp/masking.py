"""What a reader may see of a value, and a keyed fingerprint to recognise it by; nothing else leaves this package."""

import hashlib
import hmac
import re

_HIDDEN = "*"

# How many characters stay visible at the front and at the end. Chosen so that what is left stands for at least
# 10,000 people or numbers: no more than four digits, ever.
_WINDOWS: dict[str, tuple[int, int]] = {
    "CN_RESIDENT_ID": (1, 1),
    "PHONE_NUMBER": (3, 0),
    "CREDIT_CARD": (0, 4),
    "CN_SOCIAL_CREDIT_CODE": (2, 2),
    "CN_PASSPORT": (1, 1),
    "CN_VEHICLE_REGISTRATION": (2, 1),
    "VIN": (3, 0),
    "MAC_ADDRESS": (2, 0),
    "IBAN_CODE": (2, 2),
    "LOCATION": (3, 0),
    "US_SSN": (0, 2),
    "BIRTH_DATE": (4, 0),
    "PRECISE_POSITION": (3, 0),
    "COARSE_POSITION": (3, 0),
    "IMEI": (2, 0),
    "IMSI": (3, 0),
    "ICCID": (4, 0),
    "ACCESS_KEY": (4, 0),
    "JSON_WEB_TOKEN": (3, 0),
    "PASSPORT_MRZ": (0, 0),
    "PASSWORD": (0, 0),
    "PRIVATE_KEY": (0, 0),
}
_LEAST_HIDDEN = 4


def masked(value: str, entity_type: str) -> str:
    """A value with so much hidden that it cannot be told which one it was: never more than four digits are shown."""
    text = value.strip()
    if entity_type == "PERSON":
        return _masked_name(text)
    if entity_type == "EMAIL_ADDRESS":
        return _masked_email(text)
    if entity_type == "IP_ADDRESS":
        return _masked_address(text)
    head, tail = _WINDOWS.get(entity_type, (1, 1))
    return _windowed(text, head, tail)


def fingerprint(value: str, key: bytes) -> str:
    """A keyed hash of a value (HMAC-SHA-256, RFC 2104), 32 hex digits: equal values can be told, none can be undone."""
    return hmac.new(key, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]


def _windowed(text: str, head: int, tail: int) -> str:
    if len(text) < head + tail + _LEAST_HIDDEN:
        head, tail = min(1, max(0, len(text) - _LEAST_HIDDEN)), 0
    end = text[len(text) - tail :] if tail else ""
    return f"{text[:head]}{_HIDDEN * min(24, len(text) - head - tail)}{end}"


def _masked_name(text: str) -> str:
    if not text or not "\u4e00" <= text[0] <= "\u9fff":
        return re.sub(r"\b(\w)\w*", r"\1***", text)[:40] if not re.search(r"\d", text) else _windowed(text, 1, 0)
    return text[0] + _HIDDEN * min(4, max(1, len(text) - 1))


def _masked_email(text: str) -> str:
    local, at, domain = text.rpartition("@")
    if not at or re.search(r"\d{3}", domain):
        return _windowed(text, 1, 0)
    return f"{_HIDDEN if local[:1].isdigit() else local[:1]}***@{domain}"


def _masked_address(text: str) -> str:
    head, dot, _ = text.partition(".")
    if dot and head.isdigit():
        return f"{head[:3]}.*.*.*"
    return _windowed(text, 4, 0)
