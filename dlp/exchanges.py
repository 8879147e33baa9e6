"""Exchanges of data between organisations held against sharing lists, grants and limits (R41, R42, R46).

Whether an exchange was allowed is decided here and nowhere else; what is known of it is handed in.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from dlp.data_uses import ANY_COLUMN
from dlp.exchange_policy import ExchangePolicy
from dlp.grants import Grant
from dlp.policy import GRADES
from dlp.registrations import Registration, Sharing
from dlp.uses import GradedColumn

WITHOUT_BASIS = "exchange_without_basis"
BASIS_ENDED = "exchange_basis_ended"
GRADE_FORBIDDEN = "exchange_grade_forbidden"
UNMASKED = "exchange_unmasked"
EXCHANGE_CHECKS = (WITHOUT_BASIS, BASIS_ENDED, GRADE_FORBIDDEN, UNMASKED)

Same = Callable[[str, str], bool]


@dataclass(frozen=True)
class Exchange:
    """What went from one organisation to another.

    Attributes:
        dataset: as the record names it.
        at: when it went, UTC.
        columns: that went; `*` for all.
        direction: up, down, across or unknown.
        grade: of what went, '' where none is known.
        masked: whether it went masked; None: nothing tells.
    """

    dataset: str
    at: datetime
    receiver: str
    receiver_level: str = ""
    direction: str = "unknown"
    columns: frozenset[str] = frozenset({ANY_COLUMN})
    account: str = ""
    grade: str = ""
    masked: bool | None = None


@dataclass(frozen=True)
class Basis:
    """The ground of an exchange.

    Attributes:
        kind: `sharing` (the catalogue's list), `grant`, `open` (needs none), '' for none.
        reference: the ground on the list, or the grant's id.
        until: the last day of it, None without an end.
        holds: whether it did on the day of the exchange.
    """

    kind: str = ""
    reference: str = ""
    until: date | None = None
    holds: bool = False


def basis_of(
    exchange: Exchange, entry: Registration | None, grants: Sequence[Grant], policy: ExchangePolicy, same: Same
) -> Basis:
    """The ground that holds, else the one that held longest, else none.

    The sharing list of the catalogue's entry goes before grants. A grant counts for the account or the receiver where
    it allows exports. The day of `until` (UTC) still counts.
    """
    if entry is not None and entry.openness in policy.open:
        return Basis("open", entry.openness, holds=True)
    found = [*_shared(exchange, entry, same), *_granted(exchange, grants, same)]
    holding = [basis for basis in found if basis.holds]
    if holding:
        return holding[0]
    return max(found, key=lambda basis: basis.until or date.max, default=Basis())


def failed_checks(exchange: Exchange, basis: Basis, policy: ExchangePolicy) -> tuple[str, ...]:
    """The checks that an exchange fails."""
    bounds = policy.bounds(exchange.direction, exchange.receiver_level)
    failed = []
    if not basis.holds:
        failed.append(BASIS_ENDED if basis.kind else WITHOUT_BASIS)
    if bounds.forbids(exchange.grade):
        failed.append(GRADE_FORBIDDEN)
    elif bounds.wants_mask(exchange.grade) and not exchange.masked:
        failed.append(UNMASKED)
    return tuple(failed)


def grade_of(columns: Iterable[str], known: dict[str, GradedColumn], whole: str) -> str:
    """The grade of some columns of a data set whose grade as a whole is known.

    What a person declared important or core is so in every part of it; of all columns the data set's grade counts; some
    columns have their own, and the lowest where a scan found nothing in them.
    """
    wanted = {name.lower() for name in columns}
    touched = [graded.grade for name, graded in known.items() if ANY_COLUMN in wanted or name.lower() in wanted]
    if whole in ("important", "core") or (ANY_COLUMN in wanted and whole):
        touched.append(whole)
    if not touched and whole:
        touched.append(GRADES[0])
    return max((grade for grade in touched if grade in GRADES), key=GRADES.index, default="")


def went_masked(columns: Iterable[str], known: dict[str, GradedColumn]) -> bool | None:
    """Whether every column that went and holds personal data is masked in the data set; None where none is known."""
    wanted = {name.lower() for name in columns}
    masked = [graded.masked for name, graded in known.items() if ANY_COLUMN in wanted or name.lower() in wanted]
    return all(masked) if masked else None


def _shared(exchange: Exchange, entry: Registration | None, same: Same) -> Iterator[Basis]:
    for share in entry.sharing if entry else ():
        if same(share.recipient, exchange.receiver):
            yield Basis("sharing", share.basis, share.until, _day_counts(share, exchange.at))


def _day_counts(share: Sharing, at: datetime) -> bool:
    return share.until is None or at.astimezone(UTC).date() <= share.until


def _granted(exchange: Exchange, grants: Sequence[Grant], same: Same) -> Iterator[Basis]:
    for grant in grants:
        concerned = grant.is_for(exchange.account, exchange.dataset) or (
            grant.is_about(exchange.dataset) and same(grant.subject, exchange.receiver)
        )
        # All columns are covered by a grant for all of them only.
        if grant.export and concerned and grant.covers(exchange.columns):
            yield Basis("grant", grant.grant_id, grant.valid_until.date(), grant.holds_at(exchange.at))
