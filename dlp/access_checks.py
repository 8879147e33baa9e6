"""Uses of data held against grants and grades: without basis, outside of time, purpose or bounds (R42 to R46).

Whether a use was allowed is decided here and nowhere else; what is known of uses, grants and grades is handed in.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dlp.access_policy import AccessPolicy
from dlp.data_uses import ANY_COLUMN
from dlp.grants import Grant, GrantUse


@dataclass(frozen=True)
class Use:
    """What one account did with one data set within an hour, of one kind, under one ticket and purpose.

    Attributes:
        columns: columns used; `*` for all.
        hour: when the hour begins, UTC; `first`, `last`: the first and last of its events.
        rows: rows read or taken out, as far as the log says.
        exported: whether rows left the database; `written`: whether rows were changed.
        event_ids: some of its events.
    """

    account: str
    dataset: str
    columns: frozenset[str]
    hour: datetime
    first: datetime
    last: datetime
    rows: int = 0
    exported: bool = False
    written: bool = False
    ticket: str = ""
    purpose: str = ""
    event_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class GradedColumn:
    """The grade of a column as it stands, and whether its values are masked."""

    grade: str
    masked: bool = False


Grades = Mapping[str, Mapping[str, GradedColumn]]  # by data set, then by column


@dataclass(frozen=True)
class Breach:
    """A use that is to be told of.

    Attributes:
        check: the name of the check, a key of `detections/data_access.yml`.
        uses: what it is about, oldest first; none for a grant that lies unused.
        grant_id: the grant that comes closest, '' for none.
        columns: the protected columns concerned.
        facts: what else to show, as text.
    """

    check: str
    uses: tuple[Use, ...]
    grant_id: str = ""
    columns: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """The same for the same breach, however often it is looked for."""
        if not self.uses:
            return f"{self.check}\0{self.grant_id}"
        first = self.uses[0]
        return f"{self.check}\0{first.account}\0{first.dataset}\0{first.hour.isoformat()}\0{self.grant_id}"


def breaches(uses: Sequence[Use], grants: Sequence[Grant], grades: Grades, policy: AccessPolicy) -> Iterator[Breach]:
    """Every breach of some uses, in their order; uses of the platform's own accounts are none."""
    foreign = [use for use in uses if use.account not in policy.own_accounts]
    for use in foreign:
        yield from _of_use(use, grants, protected_columns(use, grades, policy), grades)
    yield from _over_budget(foreign, grants, grades, policy)
    yield from _bulk(foreign, grants, grades, policy)


def dormant(known: Iterable[GrantUse], *, now: datetime, policy: AccessPolicy) -> Iterator[Breach]:
    """The grants that hold and that nobody used for too long."""
    longest = timedelta(days=policy.dormant_days)
    for each in known:
        grant = each.grant
        since = max(filter(None, (each.last_used, grant.valid_from)))
        if grant.holds_at(now) and now - since > longest:
            facts = {"subject": grant.subject, "purpose": grant.purpose, "days": str((now - since).days)}
            yield Breach("dormant_grant", (), grant.grant_id, grant.columns, facts)


def protected_columns(use: Use, grades: Grades, policy: AccessPolicy) -> tuple[str, ...]:
    """The columns of a use that need a grant, by their grade; letter case does not count."""
    known = grades.get(use.dataset, {})
    touched = {column.lower() for column in use.columns}
    return tuple(
        sorted(
            column
            for column, graded in known.items()
            if policy.protects(graded.grade) and (column.lower() in touched or ANY_COLUMN in touched)
        )
    )


def covering(use: Use, columns: Iterable[str], grants: Iterable[Grant]) -> list[Grant]:
    """The grants of the account for these columns of the data set, valid at the time or not."""
    wanted = tuple(columns)
    return [grant for grant in grants if grant.is_for(use.account, use.dataset) and grant.covers(wanted)]


def valid_grants(use: Use, columns: Iterable[str], grants: Iterable[Grant]) -> list[Grant]:
    """Those of them that hold for all of the use."""
    fitting = covering(use, columns, grants)
    return [grant for grant in fitting if grant.holds_at(use.first) and grant.holds_at(use.last)]


def _of_use(use: Use, grants: Sequence[Grant], columns: tuple[str, ...], grades: Grades) -> Iterator[Breach]:
    if use.exported and columns and not use.ticket:
        yield Breach("export_without_ticket", (use,), columns=columns)
    if not columns:
        return
    fitting = covering(use, columns, grants)
    valid = [grant for grant in fitting if grant.holds_at(use.first) and grant.holds_at(use.last)]
    if not fitting:
        yield Breach("no_basis", (use,), columns=columns)
    elif not valid:
        nearest = max(fitting, key=lambda grant: grant.valid_until)
        until = {"valid_from": nearest.valid_from.isoformat(), "valid_until": nearest.valid_until.isoformat()}
        yield Breach("outside_window", (use,), nearest.grant_id, columns, until)
    else:
        yield from _within_grant(use, valid, columns, grades)


def _within_grant(use: Use, valid: Sequence[Grant], columns: tuple[str, ...], grades: Grades) -> Iterator[Breach]:
    first = valid[0]
    if use.purpose and all(use.purpose != grant.purpose for grant in valid):
        facts = {"purpose": use.purpose, "granted": first.purpose}
        yield Breach("other_purpose", (use,), first.grant_id, columns, facts)
    if use.exported and not any(grant.export for grant in valid) and use.ticket:
        yield Breach("export_not_granted", (use,), first.grant_id, columns, {"ticket": use.ticket})
    raw = tuple(column for column in columns if not grades[use.dataset][column].masked)
    if raw and not any(grant.unmasked for grant in valid):
        yield Breach("unmasked_use", (use,), first.grant_id, raw)


def _over_budget(
    uses: Sequence[Use], grants: Sequence[Grant], grades: Grades, policy: AccessPolicy
) -> Iterator[Breach]:
    """Days on which more rows were used than the most generous of the grants that hold allows."""
    for days in _by(uses, lambda use: (use.account, use.dataset, use.hour.date())):
        protected = [use for use in days if protected_columns(use, grades, policy)]
        budgets: dict[str, int | None] = {}
        for use in protected:
            for grant in valid_grants(use, protected_columns(use, grades, policy), grants):
                budgets[grant.grant_id] = grant.rows_per_day
        bounds = [rows for rows in budgets.values() if rows is not None]
        rows = sum(use.rows for use in protected)
        if budgets and len(bounds) == len(budgets) and rows > max(bounds):
            generous = max(budgets, key=lambda name: budgets[name] or 0)
            facts = {"rows": str(rows), "granted": str(max(bounds))}
            columns = protected_columns(protected[0], grades, policy)
            yield Breach("over_budget", tuple(protected), generous, columns, facts)


def _bulk(uses: Sequence[Use], grants: Sequence[Grant], grades: Grades, policy: AccessPolicy) -> Iterator[Breach]:
    """Hours in which one account read much of what is protected, and no grant that holds speaks of as much."""
    for hour in _by(uses, lambda use: (use.account, use.dataset, use.hour)):
        protected = [use for use in hour if protected_columns(use, grades, policy)]
        rows = sum(use.rows for use in protected)
        if not protected or rows < policy.bulk_rows:
            continue
        columns = protected_columns(protected[0], grades, policy)
        granted = [grant for use in protected for grant in valid_grants(use, columns, grants)]
        if not any(grant.rows_per_day is not None and grant.rows_per_day >= rows for grant in granted):
            yield Breach("bulk_read", tuple(protected), columns=columns, facts={"rows": str(rows)})


def _by(uses: Sequence[Use], key: Callable[[Use], object]) -> Iterator[list[Use]]:
    together: dict[object, list[Use]] = defaultdict(list)
    for use in uses:
        together[key(use)].append(use)
    yield from (sorted(group, key=lambda use: use.first) for group in together.values())
