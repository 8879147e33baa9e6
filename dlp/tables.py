"""The verdicts on all columns of a table, each in the light of the others."""

from collections.abc import Mapping

import polars as pl

from dlp.attributes import attribute_verdicts
from dlp.column_names import NameHints, name_hints, shown_name
from dlp.columns import ColumnEvidence
from dlp.documents import fields_of
from dlp.neighbours import with_neighbours
from dlp.password_values import may_be_password
from dlp.policy import Policy
from dlp.verdicts import Verdict, verdicts

_LEAST_SURE = 0.6  # a field of a cell is judged by fewer values than a column
_LEAST_TEXTS = 3
_PERSON, _ACCOUNT, _PASSWORD = "PERSON", "ACCOUNT_NAME", "PASSWORD"
_COUNTED = pl.Schema({"value": pl.String, "rows": pl.Int64})
_MOST = 0.5
_LIKE_COLUMNS = 20  # documents, from which their fields tell as much as columns do


def table_verdicts(
    evidence: Mapping[str, ColumnEvidence], hints: Mapping[str, NameHints], policy: Policy, *, key: bytes | None = None
) -> dict[str, list[Verdict]]:
    """What each column holds; the columns in the order of the table, since neighbours speak for each other.

    With a `key`, behind the fingerprints, the fields of cells that are JSON or labelled text are judged by their names,
    as columns are.
    """
    judged = _judged(evidence, hints, policy)
    if key is None:
        return judged
    return {column: [*found, *_within(evidence[column], found, policy, key)] for column, found in judged.items()}


def _judged(
    evidence: Mapping[str, ColumnEvidence], hints: Mapping[str, NameHints], policy: Policy
) -> dict[str, list[Verdict]]:
    informed = with_neighbours(hints, evidence, policy)
    return {column: _of_column(evidence[column], informed[column], policy) for column in evidence}


def _of_column(column: ColumnEvidence, hints: NameHints, policy: Policy) -> list[Verdict]:
    formed = verdicts(column, hints, policy)
    people = any(found.entity_type == _PERSON and found.hits > _MOST * column.rows for found in formed)
    # What is called an account holds the names of people themselves.
    attributes = [
        found
        for found in attribute_verdicts(column, hints, policy)
        if not (people and found.entity_type == _ACCOUNT and not found.masked)
    ]
    return [*formed, *attributes]


def _within(column: ColumnEvidence, known: list[Verdict], policy: Policy, key: bytes) -> list[Verdict]:
    """What the fields of the cells hold beyond what is known of the column: names of people, addresses, diagnoses."""
    types = {verdict.entity_type for verdict in known}
    found: dict[str, Verdict] = {}
    cells = column.documents.kept.counted()
    documents = [cell for cell in cells if cell[0][:1] in "{["]
    others = [cell for cell in cells if cell[0][:1] not in "{["] or column.texts.sentences.counted()
    for texts, whole in ((documents, len(documents) >= _LIKE_COLUMNS), (others, False)):
        for verdict in _of_fields(texts, column.rows, policy, key, whole=whole):
            if verdict.entity_type not in types:
                found.setdefault(verdict.entity_type, verdict)
    return list(found.values())


def _of_fields(texts: list[tuple[str, int]], rows: int, policy: Policy, key: bytes, *, whole: bool) -> list[Verdict]:
    """What the fields hold that their names speak for; where they are as good as columns (`whole`), all they hold."""
    fields = fields_of(texts)
    hints = {name: name_hints(name, policy) for name in fields}
    evidence = {name: ColumnEvidence() for name, hint in hints.items() if whole or hint.says or hint.attributes}
    for name, inner in evidence.items():
        read = {
            value: count
            for value, count in fields[name].items()
            if _PASSWORD not in hints[name].says or may_be_password(value)
        }
        counted = pl.DataFrame({"value": list(read), "rows": list(read.values())}, schema=_COUNTED)
        inner.observe(counted, key=key, policy=policy)
    found: dict[str, Verdict] = {}
    for name, inner_verdicts in _judged(evidence, {name: hints[name] for name in evidence}, policy).items():
        for verdict in inner_verdicts:
            named = whole or verdict.entity_type in _named(hints[name])
            enough = sum(fields[name].values()) >= min(_LEAST_TEXTS, len(texts))
            if named and enough and verdict.confidence >= _LEAST_SURE:
                found[verdict.entity_type] = _together(
                    found.get(verdict.entity_type), _told(verdict, name, rows, len(texts))
                )
    return list(found.values())


def _named(hints: NameHints) -> frozenset[str]:
    """The types that a field's name speaks for; those of accounts are people's names as often."""
    people = frozenset({_PERSON} if _ACCOUNT in hints.attributes else ())
    return hints.says | hints.attributes | people


def _told(verdict: Verdict, name: str, rows: int, texts: int) -> Verdict:
    where = f"in the field {shown_name(name)!r} of cells that hold fields; {texts} different ones were read"
    review = f"{verdict.review}; {where}" if verdict.review else where
    return Verdict(
        entity_type=verdict.entity_type,
        rows=rows,
        hits=min(rows, verdict.hits),
        confidence=verdict.confidence,
        masked=verdict.masked,
        masked_sample=verdict.masked_sample,
        fingerprint=verdict.fingerprint,
        review=review,
        distinct=verdict.distinct,
    )


def _together(one: Verdict | None, other: Verdict) -> Verdict:
    """Of two fields of one type the one that is in the clear, else the one with more."""
    if one is None:
        return other
    return max(one, other, key=lambda verdict: (not verdict.masked, verdict.hits))
