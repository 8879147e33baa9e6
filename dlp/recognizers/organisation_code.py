"""Organisation codes (组织机构代码, GB 11714-1997); unified social credit codes replaced them."""

from dlp.checksums import organisation_code_holds
from dlp.kinds import Kind
from dlp.profiles import DIGIT, SEPARATOR, UPPER, X

CONTEXT = ("组织机构代码", "机构代码", "代码证", "organisation code", "organization code")

# D2143569-X
ORGANISATION_CODE = Kind(
    name="organisation_code",
    entity_type="CN_ORGANISATION_CODE",
    gate=r"[0-9A-Z]{8}-[0-9X]",
    lengths=(10, 10),
    of=DIGIT | X | UPPER | SEPARATOR,
    needs=SEPARATOR,
    pattern=r"[0-9A-Z]{8}-[0-9X]",
    check=organisation_code_holds,
    check_chance=1 / 11,
    shape=r"[0-9A-Z]{8}-[0-9X]",
    shape_chance=1 / 11,
    context=CONTEXT,
    not_after=("[0-9A-Za-z]-",),  # 0591-87654321-8: a telephone and its extension
    score=0.4,
    alone=0.0,
    named_masks=(r"[0-9A-Z]{1,4}\*{2,6}[0-9A-Z]{0,3}-?[0-9X*]",),
    examples=("D2143569-X", "M000100Y-4"),
    counter_examples=("D2143569-1", "D214356-X"),
)

# 000100Y4 behind a letter, without a hyphen: any nine digits look like it, so a lone one proves nothing
BARE_ORGANISATION_CODE = Kind(
    name="bare_organisation_code",
    entity_type="CN_ORGANISATION_CODE",
    gate=r"[0-9A-Z]{8}[0-9X]",
    lengths=(9, 9),
    of=DIGIT | X | UPPER,
    pattern=r"[0-9A-Z]{8}[0-9X]",
    check=organisation_code_holds,
    check_chance=1 / 11,
    shape_chance=0.11,
    context=CONTEXT,
    score=0.1,
    in_text_alone=False,
    examples=("D2143569X", "M000100Y4", "600037341"),
    counter_examples=("600037342", "D21435691"),
)

KINDS = (ORGANISATION_CODE, BARE_ORGANISATION_CODE)
