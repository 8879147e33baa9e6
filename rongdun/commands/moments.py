"""How far back a question goes, as people type it: `30d`, `12h`, or a moment."""

import re
from datetime import UTC, datetime, timedelta

import typer

_AGO = re.compile(r"(\d{1,6})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str, *, now: datetime | None = None) -> datetime:
    """The moment that is so long ago, or that is named in ISO 8601 (UTC unless it says otherwise).

    Raises:
        typer.BadParameter: it is neither.
    """
    ago = _AGO.fullmatch(text.strip())
    try:
        if ago is not None:
            return (now or datetime.now(UTC)) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        named = datetime.fromisoformat(text.strip())
        return (named if named.tzinfo else named.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(
            f"{text!r} is no time: say 30d, 12h, 90m, 2w or 2026-03-01", param_hint="--since"
        ) from error
