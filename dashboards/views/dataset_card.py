"""One data set of the catalogue: how it is graded and why, whose it is, and what a person should look at."""

from collections.abc import Iterable, Iterator

import streamlit as st

from dashboards.desk import Desk
from dashboards.figures import amount, moment
from dashboards.harmless import one_line, plain
from dashboards.views.cataloguing import cataloguing
from dashboards.views.reviewing import deciding, standing
from pipelines.grades_in_use import names_in_use
from pipelines.lineage import Direction, lineage
from response.review import Reviewed

_MOST_WAYS = 12
_WAYS: tuple[tuple[Direction, str], ...] = (("up", "from"), ("down", "to"))


def dataset_card(desk: Desk, dataset: str) -> None:
    """The card of one data set, and the form to decide on its grade."""
    words = desk.words
    found = desk.ask("dataset", named=dataset)
    if found.is_empty():
        st.info(words("catalogue.outside"))
        return
    row = found.row(0, named=True)
    left, right = st.columns([3, 2], gap="medium")
    with left, st.container(border=True):
        st.subheader(plain(row["title"] or dataset.rsplit("/", 1)[-1]), anchor=False)
        st.text(one_line(dataset))
        for line in _facts(desk, row):
            st.text(line)
        _listed(desk, "catalogue.grounds", (_ground(desk, text) for text in row["grounds"]))
        _listed(desk, "catalogue.questions", (_question(desk, text) for text in row["questions"]))
        if row["triggers"]:
            names = words.listed(words.label("trigger", name) for name in row["triggers"])
            st.warning(words("catalogue.triggers", names=names))
        _changes(desk, dataset)
        _ways(desk, dataset)
    with right:
        graded, declared = st.tabs([words("review.title"), words("catalogue.edit")])
        with graded:
            deciding(desk, Reviewed.DATASET, dataset)
        with declared:
            cataloguing(desk, dataset)


def _facts(desk: Desk, row: dict[str, object]) -> Iterator[str]:
    words = desk.words
    suggested, grade = (words.label("grade", str(row[name])) for name in ("suggested_grade", "grade"))
    yield words("catalogue.grade", suggested=suggested, grade=grade)
    yield standing(desk, str(row["review_state"]), str(row["decided_by"]))
    if row["jrt_level"]:
        yield words("catalogue.jrt", level=row["jrt_level"])
    if row["persons"]:
        yield words("catalogue.persons", persons=amount(words, int(str(row["persons"]))))
    if row["organisation"]:
        people = {name: one_line(str(row[name])) or "–" for name in ("organisation", "owner", "cdo")}
        yield words("catalogue.owner", **people)
    if row["purpose"]:
        yield words("catalogue.purpose", purpose=one_line(str(row["purpose"])))
    shared = row["share_recipients"]
    if isinstance(shared, list) and shared:
        yield words("catalogue.shared", names=words.listed(one_line(str(name)) for name in shared))
    if row["destroyed_on"]:
        yield words("catalogue.destroyed", day=str(row["destroyed_on"]))
    if row["assessment"]:
        yield words("catalogue.assessment", reference=one_line(str(row["assessment"])))


def _changes(desk: Desk, dataset: str) -> None:
    found = desk.ask("dataset_changes", named=dataset)
    if not found.is_empty():
        st.caption(desk.words("catalogue.changes", time=moment(found["found_at"][0])))
        st.text("\n".join(f"· {_change(desk, row)}" for row in found.iter_rows(named=True)))


def _ways(desk: Desk, dataset: str) -> None:
    """Where the data came from and where it went, declared or seen in statements; for readers of the whole city."""
    if desk.scope != desk.root:
        return
    words = desk.words
    for direction, side in _WAYS:
        told: dict[str, str] = {}
        for name in sorted(names_in_use(dataset)):
            for step in lineage(desk.store, name, direction=direction):
                kind, other = words(f"lineage.{step.kind}"), str(getattr(step, f"{side}_dataset"))
                told.setdefault(other, words.explained(one_line(other), kind))
        _listed(desk, f"lineage.{direction}", list(told.values())[:_MOST_WAYS])


def _change(desk: Desk, row: dict[str, object]) -> str:
    """One change in words: `phone · telephone: no longer masked`."""
    words = desk.words
    kind = str(row["change"])

    def side(name: str) -> str:
        code = str(row[name])
        return words.label("share", code) if kind == "share" else words.label("grade", code)

    told = words(f"scan_change.{kind}", before=side("before"), after=side("after"))
    return f"{one_line(str(row['column']))} · {words.label('entity', str(row['entity_type']))}: {told}"


def _listed(desk: Desk, title: str, lines: Iterable[str]) -> None:
    told = list(lines)
    if told:
        st.caption(desk.words(title))
        st.text("\n".join(f"· {line}" for line in told))


def _ground(desk: Desk, text: str) -> str:
    """A stored ground, `code=about`, in words."""
    words = desk.words
    code, _, about = text.partition("=")
    named = words.label("floor", about) if code == "floor" else one_line(about)
    return words(f"ground.{code}", about=named) if f"ground.{code}" in words.entries else one_line(text)


def _question(desk: Desk, text: str) -> str:
    """A stored question, `code=about`, in words."""
    words = desk.words
    code, _, about = text.partition("=")
    return words(f"question.{code}", about=one_line(about)) if f"question.{code}" in words.entries else one_line(text)
