"""Times as people type them: how far back a question goes, and until when something holds."""

import re
from datetime import UTC, datetime, timedelta

import typer

_SPAN = re.compile(r"(\d{1,6})([mhdw])")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str, *, now: datetime | None = None) -> datetime:
    """The moment that is so long ago, or that is named in ISO 8601 (UTC unless it says otherwise).

    Raises:
        typer.BadParameter: it is neither.
    """
    ago = _SPAN.fullmatch(text.strip())
    try:
        if ago is not None:
            return (now or datetime.now(UTC)) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        named = datetime.fromisoformat(text.strip())
        return (named if named.tzinfo else named.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(
            f"{text!r} is no time: say 30d, 12h, 90m, 2w or 2026-03-01", param_hint="--since"
        ) from error


def moment_to_come(text: str, *, now: datetime | None = None) -> datetime:
    """The moment that is so far ahead, that ends a day, or that is named in ISO 8601 (UTC unless it says otherwise).

    Raises:
        typer.BadParameter: it is none of them.
    """
    ahead = _SPAN.fullmatch(text.strip())
    try:
        if ahead is not None:
            return (now or datetime.now(UTC)) + timedelta(**{_UNITS[ahead[2]]: int(ahead[1])})
        named = datetime.fromisoformat(text.strip())
        # Until a day means that the day still counts.
        named = named + timedelta(days=1) if _DAY.fullmatch(text.strip()) else named
        return (named if named.tzinfo else named.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(
            f"{text!r} is no time: say 30d, 12h, 2w, 2026-12-31 or 2026-12-31T18:00", param_hint="--until"
        ) from error
