"""Dates of birth (GB/T 7408): any past date may be one, so the column's name or a word near it must say so."""

from datetime import UTC, datetime

import polars as pl

from dlp.checksums import Verdicts
from dlp.kinds import Kind
from dlp.profiles import BEYOND, DIGIT, DOT, LOWER, OTHER, SEPARATOR, UPPER

_CLOCK = r"[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:\.[0-9]{1,6})?Z?"
_FORMS = ("%Y-%m-%d", "%Y%m%d", "%Y-%m", "%Y%m", "%m-%d-%Y", "%d-%m-%Y", "%d-%b-%Y")


def birth_date_holds(values: pl.Series) -> Verdicts:
    """Whether each is a day or a month of the calendar, from 1900 to today."""
    bare = (
        values.str.replace(r"[ T].*$|(?:[0-9]{1,2}[时時].*)?(?:出生|生)$", "")
        .str.replace_all("[年月./]", "-")
        .str.strip_suffix("日")
        .str.strip_chars("-")
    )
    bare = bare.str.replace(r"^([0-9]{4})-([0-9])$", "${1}-0${2}")
    dates = pl.Series([None] * len(values), dtype=pl.Date)
    for form in _FORMS:
        dates = dates.zip_with(dates.is_not_null(), bare.str.to_date(form, strict=False))
    today = datetime.now(UTC).date()
    return ((dates.dt.year() >= 1900) & (dates <= today)).fill_null(value=False).to_numpy()


BIRTH_DATE = Kind(
    name="birth_date",
    entity_type="BIRTH_DATE",
    gate=r"(?:19|20)[0-9]{2}",
    lengths=(6, 26),
    of=DIGIT | UPPER | LOWER | SEPARATOR | DOT | OTHER | BEYOND,
    needs=DIGIT,
    pattern=rf"(?:19|20)[0-9]{{2}}[-./][0-9]{{1,2}}(?:[-./][0-9]{{1,2}}(?:{_CLOCK})?)?"
    r"|[0-9]{1,2}[-./](?:[0-9]{1,2}|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[-./](?:19|20)[0-9]{2}"
    r"|(?:19|20)[0-9]{2}年[0-9]{1,2}月(?:[0-9]{1,2}日)?|(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:[0-3][0-9])?",
    check=birth_date_holds,
    context=("出生", "生日", "生于", "birth", "born", "dob", "csrq", "csny"),
    score=0.05,
    named=0.6,
    in_text_alone=False,
    named_masks=(r"(?:19|20)[0-9*]{2}[-./年]?[0-9*]{2}[-./月]?[0-9*]{2}日?", r"\*{4}[-./][0-9*]{2}[-./][0-9*]{2}"),
    examples=(
        "1990-03-07",
        "1990年3月7日",
        "19900307",
        "1990/3/7",
        "1990-03",
        "1990-03-07 00:00:00",
        "03/07/1990",
        "7-Mar-1990",
    ),
    counter_examples=("1990-02-30", "1890-01-01", "2999-01-01", "19901307"),
)

# 1990年3月7日生: as courts and the police write it
BORN_ON = Kind(
    name="born_on",
    entity_type="BIRTH_DATE",
    gate=r"[日月时時分](?:出)?生",
    lengths=(8, 19),
    of=DIGIT | BEYOND,
    needs=DIGIT | BEYOND,
    pattern=r"(?:19|20)[0-9]{2}年[0-9]{1,2}月(?:[0-9]{1,2}日(?:[0-9]{1,2}[时時](?:[0-9]{1,2}分)?)?)?(?:出生|生)",
    check=birth_date_holds,
    shape_chance=1e-4,
    context=BIRTH_DATE.context,
    score=0.5,
    alone=0.0,
    not_before=("[效产活成意鲜物机态动长日命殖]",),
    examples=("1990年3月7日生", "1990年3月出生", "1990年3月7日08时15分出生"),
    counter_examples=("1990年13月7日生", "2999年1月1日生"),
)

KINDS = (BIRTH_DATE, BORN_ON)
