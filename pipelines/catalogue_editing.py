"""One entry of the catalogue changed by a person: on the audit chain first, and never over somebody else's change."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from dlp.registrations import Registration, registration_of
from pipelines.catalogue import registered_datasets, write_entries
from response.audit import record_decided
from response.chain import AuditEvent, AuditStep, Detail, Role
from response.errors import CatalogueRefused
from store.client import Store

ENTRY = "catalogue_entry"  # the type of the object on record
_LAST = """
SELECT seq, actor, formatDateTime(event_time, '%F %T') AS at FROM audit_events
WHERE object_type = {kind:String} AND object_id = {id:String} ORDER BY seq DESC LIMIT 1
"""


@dataclass(frozen=True)
class SeenEntry:
    """The entry that a data set falls under as somebody saw it.

    Attributes:
        name: the data set or the pattern that the entry is about.
        entry: what is declared; None where nothing is yet.
        step: the number of the last change on record, 0 for none.
    """

    name: str
    entry: Registration | None
    step: int


def seen_entry(store: Store, dataset: str) -> SeenEntry:
    """The entry of a data set as it stands: its own, else that of the longest pattern, else an empty one of its own."""
    entry = registration_of(dataset, registered_datasets(store))
    name = entry.dataset if entry else dataset
    return SeenEntry(name, entry, _last(store, name)[0])


def edit_entry(
    store: Store, seen: SeenEntry, wanted: Registration, *, actor: str, reason: str, role: Role = Role.REVIEWER
) -> AuditEvent:
    """The event on record that an entry is now what somebody made of the one they saw; the entry is stored so.

    Raises:
        CatalogueRefused: nothing is changed, another entry is meant, or somebody changed it meanwhile.
        StepRefused: actor or reason is missing, or a text must not stand on record.
    """

    def step() -> AuditStep:
        _check(store, seen, wanted)
        return AuditStep(
            actor=" ".join(actor.split()),
            role=role,
            action="catalogue.edited",
            object_type=ENTRY,
            object_id=seen.name,
            basis=" ".join(reason.split()),
            details=dict(_changes(seen.entry, wanted)),
        )

    event = record_decided(store, step)
    write_entries(store, [wanted], now=event.event_time)
    return event


def confirm_entry(store: Store, seen: SeenEntry, *, actor: str, reason: str, role: Role = Role.REVIEWER) -> AuditEvent:
    """The event on record that a person stands by an entry as it is; nothing of it is changed (R37).

    Raises:
        CatalogueRefused: there is no entry, or somebody changed it meanwhile.
        StepRefused: actor or reason is missing, or a text must not stand on record.
    """

    def step() -> AuditStep:
        if seen.entry is None:
            raise CatalogueRefused(f"{seen.name}: there is no entry to confirm: declare one first")
        _check_unchanged(store, seen)
        return AuditStep(
            actor=" ".join(actor.split()),
            role=role,
            action="catalogue.confirmed",
            object_type=ENTRY,
            object_id=seen.name,
            basis=" ".join(reason.split()),
        )

    return record_decided(store, step)


def _check(store: Store, seen: SeenEntry, wanted: Registration) -> None:
    if wanted.dataset != seen.name:
        raise CatalogueRefused(f"the entry is about {seen.name}, not about {wanted.dataset}")
    if wanted == seen.entry:
        raise CatalogueRefused(f"{seen.name}: nothing is changed")
    _check_unchanged(store, seen)


def _check_unchanged(store: Store, seen: SeenEntry) -> None:
    now = next((entry for entry in registered_datasets(store) if entry.dataset == seen.name), None)
    last, actor, at = _last(store, seen.name)
    if now != seen.entry or last != seen.step:
        who = f" by {actor} at {at} UTC" if last != seen.step else " by an import"
        raise CatalogueRefused(
            f"{seen.name} was changed{who} while you looked at it: look at it as it is now, then change it"
        )


def _last(store: Store, name: str) -> tuple[int, str, str]:
    for row in store.rows(_LAST, {"kind": ENTRY, "id": name}):
        return int(str(row["seq"])), str(row["actor"]), str(row["at"])
    return 0, "", ""


def _changes(before: Registration | None, after: Registration) -> Iterator[tuple[str, Detail]]:
    """Each field that is changed with what it was and is, as texts."""
    for name in Registration.model_fields:
        was, now = (_text(getattr(entry, name)) if entry else "" for entry in (before, after))
        if was != now:
            yield name, [was, now]


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return "; ".join(map(_text, value))
    if hasattr(value, "model_dump"):
        return "|".join(_text(part) for part in value.model_dump().values())
    return value.isoformat() if isinstance(value, date | datetime) else "" if value is None else str(value)
