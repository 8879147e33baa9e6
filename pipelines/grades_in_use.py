"""Grades of columns by the names under which statements use their tables."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from dlp.policy import GRADES
from dlp.uses import GradedColumn, Grades
from store.client import Store

ScannedColumns = Mapping[str, Sequence[tuple[str, GradedColumn]]]

_GRADES = """
SELECT dataset, column, effective_grade AS grade, masked FROM reviewed_findings WHERE effective_grade != ''
"""


def graded_columns(store: Store, used: Iterable[str]) -> Grades:
    """The grades of the columns of the data sets that were used, by the names under which they were used.

    A scan may know a table by a longer name (`postgresql://host/base/civil.residents`), or a shorter one (`residents`).
    Where several scans fit, the highest grade counts. Letter case does not count: databases differ in it.
    """
    scanned = columns_by_name(store)
    return {name: columns_of(scanned, name) for name in used}


def columns_by_name(store: Store) -> ScannedColumns:
    """Every graded column of every scanned data set, by the names under which statements may use it."""
    scanned: dict[str, list[tuple[str, GradedColumn]]] = defaultdict(list)
    for row in store.rows(_GRADES):
        graded = GradedColumn(str(row["grade"]), bool(row["masked"]))
        for known in names_in_use(str(row["dataset"])):
            scanned[known].append((str(row["column"]), graded))
    return dict(scanned)


def columns_of(scanned: ScannedColumns, name: str) -> dict[str, GradedColumn]:
    """The graded columns of a data set, by a name under which it is used."""
    columns: dict[str, GradedColumn] = {}
    known = name.lower()
    for column, graded in scanned.get(known) or scanned.get(known.rsplit(".", 1)[-1]) or ():
        columns[column] = max(columns.get(column, graded), graded, key=_strictness)
    return columns


def names_in_use(dataset: str) -> set[str]:
    """The names under which statements may use a scanned data set, in small letters.

    PostgreSQL's log names the database and leaves out the schema that is searched first:
    `postgresql://host/civil/public.residents` is used as `public.residents` and as `civil.residents`. A table of a
    database's copy in SQLite, `backup/civil.db#residents`, stands for `civil.residents`.
    """
    parts = dataset.lower().split("/")
    names = {parts[-1]}
    if "#" in parts[-1]:
        file, _, table = parts[-1].rpartition("#")
        names.add(f"{file.partition('.')[0]}.{table}")
    if "://" in dataset and len(parts) > 4:
        names.add(f"{parts[-2]}.{parts[-1].rsplit('.', 1)[-1]}")
    return names


def _strictness(column: GradedColumn) -> tuple[int, bool]:
    return GRADES.index(column.grade) if column.grade in GRADES else -1, not column.masked
