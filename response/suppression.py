"""What a suppression is and which alerts it hides: by equality of everything it names, never a more severe one."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from response.errors import SuppressionRefused

# Columns of an alert that a suppression may name, beside whatever its rule looked at (`matched_fields`).
COLUMNS = ("asset_id", "host", "user", "source_ip", "destination_ip", "scope")
LONGEST = timedelta(days=366)


class Standing(StrEnum):
    """Whether a suppression hides anything now."""

    ACTIVE = "active"
    EXPIRED = "expired"
    ENDED = "ended"


@dataclass(frozen=True)
class AlertFacts:
    """What of an alert decides whether a suppression hides it.

    Attributes:
        severity: 1 informational .. 5 critical.
        columns: its values of `COLUMNS`; '' or absent where it has none.
        matched_fields: what its rule looked at, as seen in the event.
    """

    alert_id: str
    rule_id: str
    severity: int
    columns: Mapping[str, str] = field(default_factory=dict)
    matched_fields: Mapping[str, str] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """The value of a field, the alert's own column before what its rule saw under that name; ''."""
        own = self.columns.get(name, "") if name in COLUMNS else ""
        return own or self.matched_fields.get(name, "")

    @property
    def fields(self) -> dict[str, str]:
        """Every field that a suppression can name, columns first; those without a value cannot be named."""
        named = {name: self.value(name) for name in (*COLUMNS, *sorted(self.matched_fields))}
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True)
class Suppression:
    """Alerts that need nobody's eyes until a day: of one rule, with these values, no more severe than this.

    Attributes:
        severity: of the alert it was made from: 1 informational .. 5 critical.
        fields: the values that an alert must have, each exactly.
        owner: who made or renewed it last, and answers for it.
        until: the moment (UTC) from which it hides nothing.
    """

    suppression_id: str
    rule_id: str
    severity: int
    fields: Mapping[str, str]
    owner: str
    reason: str
    until: datetime
    ended: bool = False

    def standing(self, now: datetime) -> Standing:
        """Where it stands at a moment."""
        if self.ended:
            return Standing.ENDED
        return Standing.ACTIVE if now < self.until else Standing.EXPIRED

    def hides(self, alert: AlertFacts, now: datetime) -> bool:
        """Whether it hides an alert at a moment."""
        return (
            self.standing(now) is Standing.ACTIVE
            and alert.rule_id == self.rule_id
            and alert.severity <= self.severity
            and all(alert.value(name) == value for name, value in self.fields.items())
        )


def suppression_id(alert_id: str, names: Iterable[str]) -> str:
    """The id of the suppression by these fields of an alert: one for one wish, however often it is uttered."""
    return hashlib.sha256("\x00".join([alert_id, *sorted(set(names))]).encode()).hexdigest()[:16]


def named_values(alert: AlertFacts, names: Iterable[str]) -> dict[str, str]:
    """The alert's values of the fields by which it is to be suppressed, in order of their names.

    Raises:
        SuppressionRefused: none is named, or the alert has no value of one: that would hide more than anybody saw.
    """
    wanted = sorted({name.strip() for name in names} - {""})
    known = alert.fields
    if not wanted:
        raise SuppressionRefused(f"name at least one field, or the whole rule falls silent: {', '.join(known)}")
    if missing := [name for name in wanted if name not in known]:
        raise SuppressionRefused(
            f"alert {alert.alert_id} has no value of {', '.join(missing)[:200]}: use some of {', '.join(known)}"
        )
    return {name: known[name] for name in wanted}


def check_expiry(until: datetime, now: datetime) -> None:
    """Refuse what would never hide anything, or for good.

    Raises:
        SuppressionRefused: the moment is past, or more than 366 days away.
    """
    if until <= now:
        raise SuppressionRefused(f"{until:%Y-%m-%d %H:%M} UTC is past: name a moment to come")
    if until - now > LONGEST:
        raise SuppressionRefused(
            f"{until:%Y-%m-%d} is more than {LONGEST.days} days away: somebody has to look at it again before; "
            "renew it then, or change the rule"
        )
