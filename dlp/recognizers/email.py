"""E-mail addresses, ASCII only, so that Chinese text around them is not taken for a part of them."""

import polars as pl

from dlp.checksums import Verdicts
from dlp.kinds import Kind
from dlp.profiles import ASCII, DOT, OTHER

_FILE_ENDINGS = (
    r"(?i)\.(?:png|jpe?g|gif|svg|webp|css|js|html?|txt|json|xml|zip"
    r"|service|socket|target|local|lan|localdomain|invalid)$"
)


def domain_holds(values: pl.Series) -> Verdicts:
    """Whether the part after the sign is a public domain and no file name, unit, local host or reserved name.

    The user of a URL or of a path on another host is none either.
    """
    dotted = values.str.contains(r"\.\.|^\.|\.@|://|@[^@]*:")
    return (~(values.str.contains(_FILE_ENDINGS) | dotted)).to_numpy()


EMAIL = Kind(
    name="email",
    entity_type="EMAIL_ADDRESS",
    gate="@|%40",
    lengths=(6, 320),
    of=ASCII,
    needs=OTHER | DOT,
    # The user and password of a URL are read with what they stand before, and refused: ssh://git@example.org
    pattern=r"(?:[a-z][a-z0-9+.-]{1,15}://[!\x22$-.0-<>A-~]{0,64}@|[A-Za-z0-9._%+-]{1,64}?(?:@|%40))(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
    r"(?::[A-Za-z0-9._-]{1,64}/[!-~]{0,200})?",  # git@example.org:city/tool.git
    check=domain_holds,
    check_chance=0.01,
    shape_chance=0.01,
    context=("邮箱", "邮件", "电邮", "mail", "email", "e-mail"),
    marked=True,
    # Message-ID: <20240102.7@mail.example.org>, which is nobody's address
    not_after=tuple(f"(?i:{header}): <" for header in ("message-id", "in-reply-to", "references")),
    score=0.9,
    alone=0.0,
    # The part before the sign hidden, or the domain alone.
    masked_forms=(
        r"[A-Za-z0-9._+-]{0,64}\*+[A-Za-z0-9._+*-]{0,64}@[A-Za-z0-9*.-]+",
        r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{0,32}\*+[A-Za-z0-9.*-]*",
    ),
    examples=("zhang@example.org",),
    counter_examples=(
        "zhang@host",
        "a..b@example.org",
        "icon@2x.png",
        "git@example.org:city/",
    ),
)

KINDS = (EMAIL,)
