"""International bank account numbers (ISO 13616)."""

from dlp.checksums import iban_holds
from dlp.kinds import Kind
from dlp.profiles import DIGIT, LETTER, SEPARATOR

# GB67VVVU41598817850490
IBAN = Kind(
    name="iban",
    entity_type="IBAN_CODE",
    gate=r"[A-Za-z]{2}[0-9]{2}[0-9A-Za-z ]{11}",
    lengths=(15, 42),
    of=DIGIT | LETTER | SEPARATOR,
    needs=DIGIT,
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
    examples=(
        "GB82WEST12345698765432",
        "GB82 WEST 1234 5698 7654 32",
    ),
    counter_examples=("GB82WEST12345698765433",),
)

KINDS = (IBAN,)
