"""Which alerts are one row of the queue: of one rule and one entity, none later than a window after those before it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby

# What an alert is about, the surest first.
_ENTITIES = ("asset_id", "host", "source_ip", "destination_ip")

Entity = tuple[str, str]


@dataclass(frozen=True)
class SeenAlert:
    """What of an alert decides to which group it belongs; times are UTC."""

    alert_id: str
    rule_id: str
    first_seen: datetime
    last_seen: datetime
    asset_id: str = field(default="", kw_only=True)
    host: str = field(default="", kw_only=True)
    source_ip: str = field(default="", kw_only=True)
    destination_ip: str = field(default="", kw_only=True)

    @property
    def entity(self) -> Entity:
        """What the alert is about, as kind and name; one that is about nothing known stands for itself."""
        named = ((kind, str(getattr(self, kind))) for kind in _ENTITIES)
        return next(((kind, name) for kind, name in named if name), ("alert_id", self.alert_id))


def grouped(alerts: Iterable[SeenAlert], window: timedelta) -> Iterator[list[SeenAlert]]:
    """The groups, each in order of time: a gap longer than the window after all before it starts a new one."""

    def key(alert: SeenAlert) -> tuple[str, Entity]:
        return alert.rule_id, alert.entity

    def order(alert: SeenAlert) -> tuple[tuple[str, Entity], datetime, str]:
        return key(alert), alert.first_seen, alert.alert_id

    for _, same in groupby(sorted(alerts, key=order), key=key):
        group: list[SeenAlert] = []
        ends = datetime.min.replace(tzinfo=UTC)
        for alert in same:
            if group and alert.first_seen - ends > window:
                yield group
                group = []
            group.append(alert)
            ends = max(ends, alert.last_seen)
        yield group
