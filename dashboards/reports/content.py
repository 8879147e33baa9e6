"""What a report on data protection says: tables from the database, labelled, the stored codes kept beside."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from dashboards.figures import moment
from dashboards.queries import ZONE, ask
from dashboards.reports.freshness import freshness_rows
from dashboards.reports.sections import SECTIONS, Row, Section, section
from dashboards.translation import Words
from store.client import Store

_FLOWS = {"flows": "data_flows", "exchanges": "exchanges"}
_MONTH = timedelta(days=30)
_MOST_EXCHANGES = 5000


@dataclass(frozen=True)
class Report:
    """A report on data protection; times are UTC, shown in the city's zone.

    Attributes:
        since: when the last one was made; None for the first.
        grades: data sets by grade, highest first, for the chart: code, label, number.
        methods: how it was found out and what it cannot say.
    """

    language: str
    title: str
    scope: str
    place: str
    made_at: datetime
    since: datetime | None
    period: str
    sections: tuple[Section, ...]
    grades: tuple[tuple[str, str, int], ...] = ()
    methods: tuple[str, ...] = field(default=())


def gathered(
    store: Store,
    words: Words,
    *,
    scope: str,
    root: str,
    since: datetime | None = None,
    now: datetime | None = None,
    rules: Path | None = None,
) -> Report:
    """The report on a scope as things stand, with what changed since then (UTC), or since the last report on it.

    How fresh the catalogue must be is said in a rules folder, by default the one that ships.

    Raises:
        QueryFailed: ClickHouse refused a question.
        PolicyError: a policy of the rules folder is wrong.
    """
    made_at = now or datetime.now(UTC)
    where = {"scope": scope, "root": root, "language": words.language}
    if since is None:
        last = ask(store, "report_last", where).row(0, named=True)
        since = last["made_at"] if last["reports"] else None
    begin = since or datetime(1970, 1, 2, tzinfo=UTC)
    asked = {**where, "since": _sql_time(begin), "until": _sql_time(made_at)}
    # Flows are of a month at least: those of the days since the last report show no map.
    month = {**asked, "since": _sql_time(min(begin, made_at - _MONTH) if since else made_at - _MONTH)}
    fresh = freshness_rows(store, words, asked, made_at, rules)
    sections = tuple(
        section(words, key, fresh if key == "freshness" else _rows(store, key, month if key in _FLOWS else asked))
        for key in SECTIONS
    )
    return Report(
        language=words.language,
        title=words("report.title"),
        scope=scope,
        place=words.whole_place(scope),
        made_at=made_at,
        since=since,
        period=_period(words, since, made_at),
        sections=sections,
        grades=tuple(_grades(words, sections[0])),
        methods=tuple(words(f"report.method.{name}") for name in ("scan", "grade", "uses", "limits", "values")),
    )


def _rows(store: Store, key: str, asked: Mapping[str, object]) -> Sequence[Row]:
    more = {"way": "", "failing": 0, "most": _MOST_EXCHANGES} if key == "exchanges" else {}
    return ask(store, _FLOWS.get(key, f"report_{key}"), {**asked, **more}).to_dicts()


def _grades(words: Words, inventory: Section) -> Iterator[tuple[str, str, int]]:
    counted: dict[str, int] = {}
    for row in inventory.rows:
        counted[str(row["grade"])] = counted.get(str(row["grade"]), 0) + int(str(row["datasets"]))
    for grade, number in counted.items():
        yield grade, words.label("grade", grade) if grade else words("report.ungraded"), number


def _period(words: Words, since: datetime | None, until: datetime) -> str:
    ends = moment(_in_city(until))
    return (
        words("report.period", since=moment(_in_city(since)), until=ends) if since else words("report.first", at=ends)
    )


def _in_city(at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(ZONE))


def _sql_time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
