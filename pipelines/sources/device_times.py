"""Points in time as devices write them: months by name, any zone by name or number, formats given in Java's letters."""

import polars as pl

from pipelines.sources.times import utc_times

_UTC = pl.Datetime("us", "UTC")

# Mar 01 2026 10:00:00.250 +0800 | Mar 1 2026 10:00:00 | 01 Mar 2026 10:00:00 UTC
_NAMED = (
    r"^(?:[A-Za-z]{3},? )?(?:(?P<month>[A-Za-z]{3}) +(?P<day>\d\d?)|(?P<day2>\d\d?)[ /-](?P<month2>[A-Za-z]{3}))"
    r"[ ,/-]+(?P<year>\d{4})[ :T](?P<clock>\d\d:\d\d:\d\d)(?:[.,:](?P<fraction>\d+))?"
    r" *(?:(?P<zone>[+-]\d\d:?\d\d)|(?:GMT|UTC)?(?P<zone2>[+-]\d\d:?\d\d)|[A-Z]{1,5})?$"
)
_MONTHS = {
    name: f"{number:02}"
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
# Hours east of Greenwich of the zone names that devices write; a name that several zones share is read as China's.
HOURS_EAST = {
    "CST": "+0800",
    "JST": "+0900",
    "KST": "+0900",
    "MSK": "+0300",
    "CET": "+0100",
    "CEST": "+0200",
    "EST": "-0500",
    "EDT": "-0400",
    "PST": "-0800",
    "PDT": "-0700",
    "HKT": "+0800",
    "SGT": "+0800",
    **dict.fromkeys(("Beijing", "BEIJING", "beijing", "BJT", "BJ", "CHN", "China"), "+0800"),
}

# Letters of Java's SimpleDateFormat, which LEEF's devTimeFormat speaks.
_JAVA = (
    *(("yyyy", "%Y"), ("yy", "%y"), ("MMM", "%b"), ("MM", "%m"), ("dd", "%d"), ("d", "%d"), ("HH", "%H"), ("hh", "%I")),
    *(("mm", "%M"), ("ss", "%S"), ("SSS", "%3f"), ("EEE", "%a"), ("a", "%p"), ("XXX", "%:z"), ("Z", "%z"), ("z", "%z")),
)


def device_times(texts: pl.Series) -> pl.Series:
    """Each text as a point in time, null where it is none: what `utc_times` reads, and dates with months by name.

    A missing zone is UTC, and so is one whose name is unknown; CST is China's.
    """
    known = utc_times(texts)
    if known.null_count() == texts.null_count():
        return known
    # 2026/03/01 10:00:00 GMT+08:00
    dashed = texts.cast(pl.String).str.replace(r"^(\d{4})/(\d\d)/(\d\d)([ T])", "${1}-${2}-${3}${4}")
    plainer = utc_times(dashed.str.replace(r" (?:GMT|UTC)([+-]\d\d:?\d\d)$", "${1}"))
    known = plainer.zip_with(known.is_null(), known)
    part = pl.col("text").str.extract_groups(_NAMED).struct
    month = pl.coalesce(part.field("month"), part.field("month2")).str.to_lowercase()
    name = (
        pl.col("text")
        .str.extract(r" ([A-Z]{3,4})$", 1)
        .replace_strict(HOURS_EAST, default=None, return_dtype=pl.String)
    )
    zone = pl.coalesce(part.field("zone"), part.field("zone2"), name, pl.lit("+0000"))
    iso = pl.format(
        "{}-{}-{}T{}.{}{}",
        part.field("year"),
        month.replace_strict(_MONTHS, default=None, return_dtype=pl.String),
        pl.coalesce(part.field("day"), part.field("day2")).str.zfill(2),
        part.field("clock"),
        part.field("fraction").fill_null("0"),
        zone,
    )
    named = utc_times(texts.cast(pl.String).alias("text").to_frame().select(iso.alias("iso"))["iso"])
    return pl.select(pl.coalesce(known, named)).to_series().alias("time")


def java_times(texts: pl.Series, pattern: str) -> pl.Series:
    """Each text as a point in time by a pattern in Java's letters; null where it does not fit or is not known."""
    chrono = _chrono(pattern)
    if not chrono:
        return pl.repeat(None, len(texts), dtype=_UTC, eager=True)
    zoned = "%z" in chrono or "%:z" in chrono
    read = texts.cast(pl.String).str.to_datetime(
        chrono, time_unit="us", strict=False, time_zone="UTC" if zoned else None
    )
    return read.cast(_UTC) if zoned else read.dt.replace_time_zone("UTC").cast(_UTC)


def _chrono(pattern: str) -> str:
    found, at = "", 0
    while at < len(pattern):
        letters = next(((java, ours) for java, ours in _JAVA if pattern.startswith(java, at)), None)
        if letters is None and pattern[at].isalpha():
            return ""  # T in quotes is the only letter that stands for itself
        if pattern.startswith("'T'", at):
            found, at = found + "T", at + 3
        elif letters is None:
            found, at = found + pattern[at].replace("%", "%%"), at + 1
        else:
            found, at = found + letters[1], at + len(letters[0])
    return found.replace(".%3f", "%.f")
