"""International bank account numbers (ISO 13616)."""

import numpy as np
import polars as pl

from dlp.checksums import Verdicts, iban_holds
from dlp.formats import pattern_of
from dlp.kinds import Kind
from dlp.profiles import DIGIT, LETTER, SEPARATOR

_OF_COUNTRIES = f"^(?:{pattern_of('iban')})$"


def account_holds(values: pl.Series) -> Verdicts:
    """Whether the remainder of each is right; in small letters, as hashes are, those of its country must be as long."""
    fits = values.str.replace_all(" ", "").str.to_uppercase().str.contains(_OF_COUNTRIES)
    return np.asarray(iban_holds(values) & (fits | ~values.str.contains("[a-z]")).to_numpy())


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
    check=account_holds,
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
    counter_examples=("GB82WEST12345698765433", "be39096123456769abcd"),
)

KINDS = (IBAN,)
