"""Identifiers of other countries that turn up in a city's tables: American social security numbers and IBANs."""

from dlp.checksums import iban_holds
from dlp.kinds import LONG_DIGITS, Kind

# 244-76-8917; area 000, 666, 900-999, group 00 and serial 0000 are never issued
US_SSN = Kind(
    name="us_ssn",
    entity_type="US_SSN",
    gate=r"[0-9]{3}-[0-9]{2}-[0-9]",
    lengths=(11, 11),
    pattern=r"(?:00[1-9]|0[1-9][0-9]|[1-57-8][0-9]{2}|6[0-57-9][0-9]|66[0-57-9])-(?:0[1-9]|[1-9][0-9])-(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})",
    shape=r"[0-9]{3}-[0-9]{2}-[0-9]{4}",
    shape_chance=0.05,
    context=("ssn", "social security", "social"),
    score=0.5,
    alone=0.5,
    masked_forms=(r"[0-9*]{3}-[0-9*]{2}-[0-9*]{4}",),
)

# GB67VVVU41598817850490
IBAN = Kind(
    name="iban",
    entity_type="IBAN_CODE",
    gate=r"[A-Za-z]{2}[0-9]{2}[0-9A-Za-z ]{11}",
    lengths=(15, 42),
    pattern=r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}|[a-z]{2}[0-9]{2}[a-z0-9]{11,30}"
    r"|[A-Z]{2}[0-9]{2}(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,4})?",
    check=iban_holds,
    check_chance=1 / 97,
    shape=r"[A-Za-z]{2}[0-9]{2}[A-Za-z0-9]{11,30}",
    shape_chance=1 / 97,
    context=("iban", "bank", "account"),
    score=0.4,
    alone=0.0,
    masked_forms=(r"[A-Z]{2}[0-9]{2}[A-Z0-9 ]{0,8}\*{8,}[A-Z0-9* ]{0,12}",),
    named_masks=(r"[A-Z]{2}[0-9*]{2}[A-Z0-9* ]{4,30}",),
)

# 244768917: believed only where the column says so
BARE_SSN = Kind(
    name="bare_ssn",
    entity_type="US_SSN",
    gate=LONG_DIGITS,
    lengths=(9, 9),
    pattern=r"(?:[0-57-8][0-9]{2}|6[0-57-9][0-9]|66[0-57-9])[0-9]{6}",
    named=0.7,
    in_text=False,
)

KINDS = (US_SSN, IBAN, BARE_SSN)
