"""How fresh the catalogue is: its entries with what scans, uses and people last said of their data sets (R37)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from dlp.freshness import ColumnChange, Drift, Standing, drifts
from dlp.freshness_policy import FreshnessPolicy
from dlp.policy import Policy
from dlp.registrations import Registration
from pipelines.alert_rows import utc
from pipelines.catalogue import registered_datasets
from pipelines.catalogue_names import EntriesByName
from store.client import Store

_SCANNED = """
SELECT catalogue.dataset AS dataset, scope, toString(grade) AS grade, scanned_at, decided_at,
    review_state IN ('accepted', 'corrected') AS decided, partial
FROM data_catalogue AS catalogue
INNER JOIN (SELECT scan_id, partial FROM pii_scans) AS scans ON catalogue.scan_id = scans.scan_id
ORDER BY dataset
"""
_LOOKS = "SELECT dataset, looked_at, toString(found) AS found FROM dataset_looks FINAL"
_CHANGED = "SELECT dataset, updated_at FROM dataset_registrations"
_CONFIRMED = """
SELECT object_id AS dataset, max(event_time) AS confirmed_at FROM audit_events
WHERE object_type = 'catalogue_entry' GROUP BY object_id
"""
_USED = """
SELECT dataset, max(used_at) AS used_at
FROM (
    SELECT toString(dataset) AS dataset, max(event_time) AS used_at FROM data_accesses GROUP BY dataset
    UNION ALL
    SELECT dataset, max(event_time) AS used_at FROM data_exchange_records
    WHERE NOT removed AND origin != 'declared' GROUP BY dataset
)
GROUP BY dataset
"""
_COUNTED = """
SELECT dataset, max(distinct_hits) AS persons FROM pii_findings
WHERE NOT masked AND entity_type IN {direct:Array(String)} GROUP BY dataset
"""
_SCANS = "SELECT dataset, scan_id, finished_at, columns, toString(grade) AS grade FROM pii_scans ORDER BY finished_at"
_FOUND = """
SELECT scan_id, column, toString(entity_type) AS entity_type, toString(grade) AS grade, masked
FROM pii_finding_records WHERE scan_id IN {scans:Array(String)}
"""
_AT_ONCE = 400

Found = dict[tuple[str, str], tuple[str, bool]]  # by column and type: grade, and whether it is masked


@dataclass(frozen=True)
class Freshness:
    """One entry with one of its data sets, and what is to be told of it."""

    standing: Standing
    drifts: tuple[Drift, ...]

    def as_json(self) -> dict[str, object]:
        """The row as plain values; times are ISO 8601, UTC."""
        told = {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(self.standing).items()
        }
        return {**told, "drifts": [asdict(drift) for drift in self.drifts]}


def catalogue_freshness(
    store: Store, freshness: FreshnessPolicy, policy: Policy, now: datetime | None = None
) -> list[Freshness]:
    """Every entry with each of its data sets, entries without one, and data sets without an entry.

    Args:
        store: where the catalogue and the scans are.
        freshness: the periods.
        policy: which types are direct identifiers, by which persons are counted.
        now: the time to judge at, UTC; the present when not given.

    Raises:
        QueryFailed: ClickHouse refused a question.
    """
    moment = now or datetime.now(UTC)
    found = sorted(_Look(store, policy).standings(), key=lambda each: (each.entry == "", each.entry, each.dataset))
    return [Freshness(standing, drifts(standing, freshness, moment)) for standing in found]


class _Look:
    """One look at all that is known."""

    def __init__(self, store: Store, policy: Policy) -> None:
        self._store = store
        entries = registered_datasets(store)
        self._scanned = store.rows(_SCANNED)
        self._entries = EntriesByName(entries, (str(row["dataset"]) for row in self._scanned))
        self._changed = _times(store, _CHANGED, "updated_at")
        self._confirmed = _times(store, _CONFIRMED, "confirmed_at")
        self._looks = {str(row["dataset"]): row for row in store.rows(_LOOKS)}
        direct = [name for name, entity in policy.entities.items() if entity.direct_identifier]
        self._persons = {
            str(row["dataset"]): int(str(row["persons"])) for row in store.rows(_COUNTED, {"direct": direct})
        }
        self._used = self._used_by_entry()

    def standings(self) -> Iterator[Standing]:
        met: set[str] = set()
        bases = self._baselines()
        for row in self._scanned:
            dataset = str(row["dataset"])
            entry = self._entries.entry_of_scanned(dataset)
            met.add(entry.dataset if entry else "")
            yield self._standing(row, entry, bases[dataset])
        for entry in self._entries.all_entries:
            if entry.dataset not in met:
                yield Standing(**self._of_entry(entry))  # type: ignore[arg-type]  # its own fields by name

    def _standing(self, row: Mapping[str, object], entry: Registration | None, base: "_Baseline") -> Standing:
        dataset, look = str(row["dataset"]), self._looks.get(str(row["dataset"]), {})
        scanned_at = utc(row["scanned_at"])
        looked_at = utc(look["looked_at"]) if look else scanned_at
        is_gone = look.get("found") == "gone" and looked_at > scanned_at
        told = self._of_entry(entry) if entry else {"entry": ""}
        return Standing(
            **{  # type: ignore[arg-type]  # its own fields by name
                **told,
                "dataset": dataset,
                "scope": str(row["scope"]),
                "grade": str(row["grade"]),
                "grade_found": base.grade_found,
                "grade_then": base.grade_then,
                "confirmed_at": self._stood_by(row, entry),
                "looked_at": scanned_at if is_gone or look.get("found") == "unread" else max(scanned_at, looked_at),
                "is_gone": is_gone,
                "columns_changed": base.changed if entry else (),
                "persons_counted": self._persons.get(dataset, 0),
                "is_counted_whole": not row["partial"],
            }
        )

    def _of_entry(self, entry: Registration) -> dict[str, object]:
        return {
            "entry": entry.dataset,
            "organisation": entry.organisation,
            "owner": entry.owner,
            "changed_at": self._changed.get(entry.dataset),
            "confirmed_at": self._entry_stood_by(entry),
            "used_at": self._used.get(entry.dataset),
            "is_destroyed": entry.destroyed_on is not None,
            "persons_declared": entry.persons,
        }

    def _entry_stood_by(self, entry: Registration) -> datetime | None:
        known = (self._changed.get(entry.dataset), self._confirmed.get(entry.dataset))
        return max(filter(None, known), default=None)

    def _stood_by(self, row: Mapping[str, object], entry: Registration | None) -> datetime | None:
        """When a person last stood by what is declared: changed or confirmed the entry, or decided on the grade."""
        decided = utc(row["decided_at"]) if row["decided"] else None
        return max(filter(None, (self._entry_stood_by(entry) if entry else None, decided)), default=None)

    def _used_by_entry(self) -> dict[str, datetime]:
        last: dict[str, datetime] = {}
        for name, used_at in _times(self._store, _USED, "used_at").items():
            entry = self._entries.entry_of(name)
            if entry is not None:
                last[entry.dataset] = max(used_at, last.get(entry.dataset, used_at))
        return last

    def _baselines(self) -> dict[str, "_Baseline"]:
        """What was so of each data set when its entry was confirmed: by the last scan before, else the first one."""
        scans: dict[str, list[Mapping[str, object]]] = defaultdict(list)
        for scan in self._store.rows(_SCANS):
            scans[str(scan["dataset"])].append(scan)
        pairs = dict[str, tuple[Mapping[str, object], Mapping[str, object]]]()
        for row in self._scanned:
            dataset = str(row["dataset"])
            stood_by = self._stood_by(row, self._entries.entry_of_scanned(dataset))
            before = [each for each in scans[dataset] if stood_by is not None and utc(each["finished_at"]) <= stood_by]
            pairs[dataset] = (before[-1] if before else scans[dataset][0], scans[dataset][-1])
        asked = {str(scan["scan_id"]) for then, last in pairs.values() for scan in (then, last) if then is not last}
        findings = self._findings(sorted(asked))
        return {name: _baseline(then, last, findings) for name, (then, last) in pairs.items()}

    def _findings(self, scans: list[str]) -> dict[str, Found]:
        found: dict[str, Found] = defaultdict(dict)
        for start in range(0, len(scans), _AT_ONCE):
            for row in self._store.rows(_FOUND, {"scans": scans[start : start + _AT_ONCE]}):
                key = str(row["column"]), str(row["entity_type"])
                found[str(row["scan_id"])][key] = str(row["grade"]), bool(row["masked"])
        return found


@dataclass(frozen=True)
class _Baseline:
    grade_then: str
    grade_found: str
    changed: tuple[ColumnChange, ...]


def _baseline(then: Mapping[str, object], last: Mapping[str, object], findings: Mapping[str, Found]) -> _Baseline:
    """What the last scan says otherwise than the one that was current when the entry was confirmed."""
    was, now = (findings.get(str(scan["scan_id"]), {}) for scan in (then, last))
    told = [_told(*key, was.get(key), now.get(key)) for key in sorted({*was, *now}) if was.get(key) != now.get(key)]
    if then["columns"] != last["columns"]:
        told.append(ColumnChange("number", before=str(then["columns"]), after=str(last["columns"])))
    return _Baseline(str(then["grade"]), str(last["grade"]), tuple(told))


def _told(column: str, entity_type: str, was: tuple[str, bool] | None, now: tuple[str, bool] | None) -> ColumnChange:
    grades = (was[0] if was else "", now[0] if now else "")
    if was is None or now is None:
        change = "new" if was is None else "gone"
    else:
        change = "regraded" if was[1] == now[1] else "masked" if now[1] else "unmasked"
    return ColumnChange(change, column, entity_type, *grades)


def _times(store: Store, question: str, column: str) -> dict[str, datetime]:
    return {str(row["dataset"]): utc(row[column]) for row in store.rows(question)}
