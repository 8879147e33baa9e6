"""What is put in the place of a value: Presidio's operators where they fit, keyed stand-ins and coarser values.

Presidio's mask hides from one end only, so windows are made here. Its hash digests text and salt with plain SHA-256;
the keyed hash here is an HMAC, and says so in what it writes.
"""

import re

from presidio_anonymizer.operators import Encrypt, Redact, Replace

from dlp.mask_derived import birth_digits
from dlp.mask_policy import Operator
from dlp.tokens import keyed_hash, pseudonym, token

_HIDDEN = "*"
_COUNTRY = re.compile(r"^(?:\+|00)?86[- ]?(?=1\d{2}[- ]?\d{4})")
_DISTRICT = re.compile(
    r"^.{0,30}?(?:自治州|地区|盟|市)?.{1,12}?(?:自治县|(?<![小社园校厂军住])区|县|旗)|^.{0,30}?(?:自治州|地区|盟|市)"
)
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:[.][0-9]{1,20})?")
_NUMBERS = re.compile(rf"{_NUMBER.pattern}(?: ?[,;| ] ?{_NUMBER.pattern}){{0,2}}")
# 12,345.67元, ¥ 8000
_AMOUNT = re.compile(r"[¥$]? ?([+-]?(?:[0-9]{1,3}(?:,[0-9]{3}){1,5}|[0-9]{1,15})(?:[.][0-9]{1,6})?) ?(?:元|岁|yuan)?")
_STARS = "*•●×█■□○某"  # what is hidden already counts as a place
_MASKED_HOST = "masked.invalid"  # RFC 2606: no such host will ever be
_LEAST_HIDDEN = 3

# The columns that these give are told from masks and stand-ins when the copy is checked.
COARSER = frozenset({"year", "month", "age_band", "band", "district", "round"})
# What a value that was made less precise may still look like.
STILL_LOOKS_LIKE = {
    "year": frozenset({"BIRTH_DATE"}),
    "month": frozenset({"BIRTH_DATE"}),
    "district": frozenset({"LOCATION"}),
    "round": frozenset({"PRECISE_POSITION", "COARSE_POSITION"}),
}
KEYED = frozenset({"token", "pseudonym", "hash", "encrypt"})


def replaced(value: str, entity_type: str, operator: Operator, key: bytes) -> str:
    """What stands for a value under an operator; a value that the operator cannot read is hidden whole.

    Args:
        value: the value; what is empty stays empty.
        entity_type: its type, or '' where only the name of its column says what it is.
        operator: what to do.
        key: at least 32 bytes.
    """
    if not value.strip() or operator.operator == "keep":
        return value
    if operator.operator in COARSER:
        return _coarser(value, operator)
    if operator.operator in KEYED:
        return _keyed(value, entity_type, operator, key)
    if operator.operator == "redact":
        return str(Redact().operate(value, {}))
    if operator.operator == "replace":
        return str(Replace().operate(value, {"new_value": operator.value, "entity_type": entity_type}))
    return _windowed(value, entity_type, operator)


def _keyed(value: str, entity_type: str, operator: Operator, key: bytes) -> str:
    kind = entity_type or "value"
    if operator.operator == "hash":
        return keyed_hash(value.strip(), kind, key)
    if operator.operator == "encrypt":
        return str(Encrypt().operate(value, {"key": key[:32]}))
    if operator.operator == "token":
        if entity_type == "EMAIL_ADDRESS":
            return f"{pseudonym(value.strip(), kind, key).rpartition(':')[2]}@{_MASKED_HOST}"
        made = token(value.strip(), entity_type, key)
        if made is not None:
            return made
    return pseudonym(value.strip(), kind, key)


def _windowed(value: str, entity_type: str, operator: Operator) -> str:
    text = value.strip()
    if entity_type == "EMAIL_ADDRESS" and "@" in text:
        local, _, domain = text.rpartition("@")
        return f"{local[: operator.head]}{_HIDDEN * max(_LEAST_HIDDEN, len(local) - operator.head)}@{domain}"
    if entity_type == "IP_ADDRESS" and "." in text:
        parts = text.split(".")
        return ".".join([*parts[: operator.head], *[_HIDDEN] * (len(parts) - operator.head)])
    country = _COUNTRY.match(text) if entity_type == "PHONE_NUMBER" else None
    before = country.group() if country else ""
    return before + _hidden_between(text[len(before) :], operator.head, operator.tail)


def _hidden_between(text: str, head: int, tail: int) -> str:
    """Letters and digits between the windows hidden, separators kept; a short value shows less than the windows."""
    places = [at for at, character in enumerate(text) if character.isalnum() or character in _STARS]
    hidden = len(places) - head - tail
    if hidden < min(_LEAST_HIDDEN, (len(places) + 1) // 2):
        head, tail = (1 if len(places) > 1 and head else 0), 0
    middle = places[head : len(places) - tail]
    letters = list(text)
    for at in middle:
        letters[at] = _HIDDEN
    return "".join(letters) if places else _HIDDEN * len(text)


def _coarser(value: str, operator: Operator) -> str:
    text = value.strip()
    if operator.operator == "district":
        found = _DISTRICT.match(text)
        return found.group() if found else ""
    if operator.operator in ("year", "month"):
        digits = birth_digits(text)
        month = f"-{digits[4:6]}" if operator.operator == "month" and digits[4:6] not in ("", "**") else ""
        return digits[:4] + month
    if operator.operator == "round":
        return _rounded(text, operator.decimals)
    amount = _AMOUNT.fullmatch(text)
    if amount is None:
        return ""
    low = int(float(amount[1].replace(",", "")) // operator.width) * operator.width
    return f"{low}-{low + operator.width - 1}"


def _rounded(text: str, decimals: int) -> str:
    """A number, or several side by side such as a position, with fewer decimals; '' for anything else."""
    if not _NUMBERS.fullmatch(text):
        return ""
    return _NUMBER.sub(lambda found: f"{float(found.group()):.{decimals}f}", text)
