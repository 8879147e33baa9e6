"""Uses of data held against grants and grades: without basis, outside of time, purpose or bounds (R42 to R46).

Whether a use was allowed is decided here and nowhere else; what is known of uses, grants and grades is handed in.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from dlp.access_policy import AccessPolicy
from dlp.data_uses import ANY_COLUMN
from dlp.grants import Grant, GrantUse
from dlp.uses import Breach, Grades, Use

Granted = Mapping[tuple[str, str], Sequence[Grant]]  # by account and data set


def breaches(uses: Sequence[Use], grants: Sequence[Grant], grades: Grades, policy: AccessPolicy) -> Iterator[Breach]:
    """Every breach of some uses, one for each hour or day.

    Uses of the platform's own accounts are none; exchanges between organisations are judged by `dlp.exchanges`.
    """
    foreign = [use for use in uses if use.account not in policy.own_accounts and not use.exchanged]
    found: dict[str, Breach] = {}
    for breach in _all(foreign, _grants_by_use(foreign, grants), grades, policy):
        known = found.get(breach.identity)
        found[breach.identity] = breach if known is None else known.joined(breach)
    yield from found.values()


def _grants_by_use(uses: Iterable[Use], grants: Sequence[Grant]) -> Granted:
    """The grants of each account for each data set, looked for once."""
    of_one: dict[str, list[int]] = defaultdict(list)
    of_many = [at for at, grant in enumerate(grants) if "*" in grant.subject]
    for at, grant in enumerate(grants):
        if "*" not in grant.subject:
            of_one[grant.subject].append(at)
    return {
        pair: [grants[at] for at in sorted((*of_one[pair[0]], *of_many)) if grants[at].is_for(*pair)]
        for pair in {(use.account, use.dataset) for use in uses}
    }


def _all(uses: Sequence[Use], grants: Granted, grades: Grades, policy: AccessPolicy) -> Iterator[Breach]:
    for use in uses:
        yield from _of_use(use, grants, protected_columns(use, grades, policy), grades)
    yield from _over_budget(uses, grants, grades, policy)
    yield from _bulk(uses, grants, grades, policy)


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


def _covering(use: Use, column: str, grants: Granted) -> list[Grant]:
    """The grants of the account for a column of the data set, valid at the time or not."""
    return [grant for grant in grants.get((use.account, use.dataset), ()) if grant.covers([column])]


def _valid_grants(use: Use, column: str, grants: Granted) -> list[Grant]:
    """Those of them that hold for all of the use."""
    return [grant for grant in _covering(use, column, grants) if grant.holds_at(use.first) and grant.holds_at(use.last)]


def _of_use(use: Use, grants: Granted, columns: tuple[str, ...], grades: Grades) -> Iterator[Breach]:
    """What is to be told of one use. Each column needs a grant; several grants may cover one use together."""
    if use.exported and columns and not use.ticket:
        yield Breach("export_without_ticket", (use,), columns=columns)
    valid = {column: _valid_grants(use, column, grants) for column in columns}
    without = [column for column in columns if not valid[column]]
    outside = {column: near for column in without if (near := _covering(use, column, grants))}
    unheard_of = tuple(column for column in without if column not in outside)
    if unheard_of:
        yield Breach("no_basis", (use,), columns=unheard_of)
    elif outside:
        nearest = max((grant for near in outside.values() for grant in near), key=lambda grant: grant.valid_until)
        times = {"valid_from": nearest.valid_from.isoformat(), "valid_until": nearest.valid_until.isoformat()}
        yield Breach("outside_window", (use,), nearest.grant_id, tuple(outside), times)
    elif columns:
        yield from _within_grants(use, valid, grades)


def _within_grants(use: Use, valid: Mapping[str, Sequence[Grant]], grades: Grades) -> Iterator[Breach]:
    def lacking(allows: Callable[[Grant], bool]) -> tuple[str, ...]:
        return tuple(column for column, grants in valid.items() if not any(map(allows, grants)))

    def nearest(columns: Sequence[str]) -> Grant:
        return valid[columns[0]][0]

    strange = lacking(lambda grant: grant.purpose == use.purpose) if use.purpose else ()
    if strange:
        facts = {"purpose": use.purpose, "granted": nearest(strange).purpose}
        yield Breach("other_purpose", (use,), nearest(strange).grant_id, strange, facts)
    kept = lacking(lambda grant: grant.export) if use.exported and use.ticket else ()
    if kept:
        yield Breach("export_not_granted", (use,), nearest(kept).grant_id, kept, {"ticket": use.ticket})
    masked = {column for column in valid if grades[use.dataset][column].masked}
    raw = tuple(column for column in lacking(lambda grant: grant.unmasked) if column not in masked)
    if raw:
        yield Breach("unmasked_use", (use,), nearest(raw).grant_id, raw)


def _over_budget(uses: Sequence[Use], grants: Granted, grades: Grades, policy: AccessPolicy) -> Iterator[Breach]:
    """Days on which more rows of a column were used than the most generous grant for it that holds allows."""
    for day in _by(uses, lambda use: (use.account, use.dataset.lower(), use.hour.date())):
        by_column: dict[str, list[Use]] = defaultdict(list)
        for use in day:
            for column in protected_columns(use, grades, policy):
                by_column[column].append(use)
        over = {column: bound for column, some in by_column.items() if (bound := _exceeded(some, column, grants))}
        if not over:
            continue
        column = min(over, key=lambda name: (over[name][0], name))
        rows, generous = sum(use.rows for use in by_column[column]), over[column][1]
        facts = {"rows": str(rows), "granted": str(over[column][0])}
        needed = tuple(_up_to(by_column[column], over[column][0]))
        yield Breach("over_budget", needed, generous, tuple(sorted(over)), facts)


def _up_to(uses: Sequence[Use], bound: int) -> Iterator[Use]:
    """The uses until the bound is exceeded, oldest first."""
    rows = 0
    for use in uses:
        yield use
        rows += use.rows
        if rows > bound:
            return


def _exceeded(uses: Sequence[Use], column: str, grants: Granted) -> tuple[int, str] | None:
    """The bound that the rows of a column exceed, and whose it is; None where a grant has none."""
    bounds = {grant.grant_id: grant.rows_per_day for use in uses for grant in _valid_grants(use, column, grants)}
    known = {name: rows for name, rows in bounds.items() if rows is not None}
    if not known or len(known) < len(bounds):
        return None
    generous = max(known, key=lambda name: known[name])
    return (known[generous], generous) if sum(use.rows for use in uses) > known[generous] else None


def _bulk(uses: Sequence[Use], grants: Granted, grades: Grades, policy: AccessPolicy) -> Iterator[Breach]:
    """Hours in which one account read much of what is protected, and no grant that holds speaks of as much."""
    for hour in _by(uses, lambda use: (use.account, use.dataset.lower(), use.hour)):
        protected = {use: columns for use in hour if (columns := protected_columns(use, grades, policy))}
        rows = sum(use.rows for use in protected)
        if not protected or rows < policy.bulk_rows:
            continue
        granted = [
            grant
            for use, columns in protected.items()
            for column in columns
            for grant in _valid_grants(use, column, grants)
        ]
        if not any(grant.rows_per_day is not None and grant.rows_per_day >= rows for grant in granted):
            columns = tuple(sorted({column for columns in protected.values() for column in columns}))
            yield Breach("bulk_read", tuple(protected), columns=columns, facts={"rows": str(rows)})


def _by(uses: Sequence[Use], key: Callable[[Use], object]) -> Iterator[list[Use]]:
    together: dict[object, list[Use]] = defaultdict(list)
    for use in uses:
        together[key(use)].append(use)
    yield from (sorted(group, key=lambda use: use.first) for group in together.values())
