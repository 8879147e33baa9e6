"""One form for values that were written in many: full-width digits, invisible characters, quotes, float endings."""

import polars as pl

_INVISIBLE = "[\u00ad\u200b-\u200f\u2060\ufeff\\x00]"
_LONGEST = 65_536  # characters of one value that are looked at


def normalised(values: pl.Series) -> pl.Series:
    """The values in NFKC (UAX 15), without invisible characters, surrounding blanks and quotes, and `.0` endings."""
    texts = values.str.head(_LONGEST)
    if texts.str.contains(r"[^\x01-\x7f]").any():
        texts = texts.str.normalize("NFKC").str.replace_all(_INVISIBLE, "")
    # A spreadsheet writes ="138..." or '138... to keep a number as text, and 138....0 when it did not.
    return texts.str.replace(r"\.0$", "").str.strip_chars("\t\r\n =\"'`")
