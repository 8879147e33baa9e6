"""American social security numbers, which turn up in a city's tables of foreigners."""

from dlp.kinds import LONG_DIGITS, Kind
from dlp.profiles import DIGIT, SEPARATOR

# 244-76-8917; area 000, 666, 900-999, group 00 and serial 0000 are never issued
US_SSN = Kind(
    name="us_ssn",
    entity_type="US_SSN",
    gate=r"[0-9]{3}-[0-9]{2}-[0-9]",
    lengths=(11, 11),
    of=DIGIT | SEPARATOR,
    needs=DIGIT | SEPARATOR,
    pattern=r"(?:00[1-9]|0[1-9][0-9]|[1-57-8][0-9]{2}|6[0-57-9][0-9]|66[0-57-9])-(?:0[1-9]|[1-9][0-9])-(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})",
    shape=r"[0-9]{3}-[0-9]{2}-[0-9]{4}",
    shape_chance=0.05,
    context=("ssn", "social security", "social"),
    score=0.5,
    alone=0.5,
    masked_forms=(r"[0-9*]{3}-[0-9*]{2}-[0-9*]{4}",),
    examples=("244-76-8917",),
    counter_examples=(
        "000-76-8917",
        "666-76-8917",
        "244-00-8917",
    ),
)

# 244768917: believed only where the column says so
BARE_SSN = Kind(
    name="bare_ssn",
    entity_type="US_SSN",
    gate=LONG_DIGITS,
    lengths=(9, 9),
    of=DIGIT,
    needs=DIGIT,
    pattern=r"(?:[0-57-8][0-9]{2}|6[0-57-9][0-9]|66[0-57-9])[0-9]{6}",
    named=0.7,
    in_text=False,
    examples=("244768917",),
    counter_examples=("944768917",),
)

KINDS = (US_SSN, BARE_SSN)
