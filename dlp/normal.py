"""One form for values that were written in many: full-width digits, invisible characters, quotes, float endings."""

import polars as pl

_INVISIBLE = "[\u00ad\u200b-\u200f\u2060\ufeff\\x00]"
_SCIENTIFIC = r"^[1-9]\.[0-9]{6,15}[eE]\+?1[0-5]$"
_LONGEST = 65_536  # characters of one value that are looked at


def normalised(values: pl.Series) -> pl.Series:
    """The values in NFKC (UAX 15), without invisible characters, surrounding blanks and quotes, and float endings."""
    texts = values.str.head(_LONGEST)
    odd = (texts.str.len_bytes() > texts.str.len_chars()) | texts.str.contains("\x00", literal=True)
    if odd.any():
        at = odd.arg_true()
        texts = texts.scatter(at, texts.gather(at).str.normalize("NFKC").str.replace_all(_INVISIBLE, ""))
    # A spreadsheet writes ="138..." or '138... to keep a number as text, and 138....0 when it did not.
    # ... or 1.3800138E+10, where every digit is still there.
    scientific = texts.str.contains(_SCIENTIFIC)
    if scientific.any():
        whole = texts.cast(pl.Float64, strict=False).cast(pl.Int64, strict=False).cast(pl.String)
        texts = whole.zip_with(scientific & whole.is_not_null(), texts)
    # The last part of an address of a network is none: 192.0.2.0.
    ended = texts.str.ends_with(".0")
    if ended.any():
        at = ended.arg_true()
        texts = texts.scatter(at, texts.gather(at).str.replace(r"^([^.]*)\.0$", "${1}"))
    return texts.str.strip_chars("\t\r\n =\"'`")
