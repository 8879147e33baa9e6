"""Which column of a table is masked how: decided from what a scan read of it, the policy and the names."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from dlp.column_names import is_named
from dlp.documents import fields_of
from dlp.mask_columns import ColumnFacts
from dlp.mask_fields import field_types, fields_replaced
from dlp.mask_findings import MaskCheck, MaskFinding
from dlp.mask_operators import COARSER, KEYED, replaced
from dlp.mask_policy import Declaration, Declared, MaskingPolicy, Operator, Purpose
from dlp.mask_spans import spans_replaced
from dlp.policy import TextPolicy
from dlp.registry import ENTITY_TYPES

_MOSTLY = 0.5
_MOST_FIELDS = 256  # of a column
_GONE = COARSER | {"redact", "replace"}
# What only looks unreadable is a value like any other; a keyed name for it joins as well as it did.
_UNREADABLE = Operator(operator="pseudonym")


@dataclass(frozen=True)
class Treatment:
    """How one column is masked.

    Attributes:
        entity_type: the type of the column, '' where only its name or the policy says what to do.
        operator: for the whole of every value; None for text, in which spans are replaced.
        spans: for text: the operator of each type.
        sure: for text: types that the column is known to hold.
        guess_names: for text: whether Presidio guesses names.
        fields: for text: its fields whose names say what their values are, each with the type; with '' what only looks
            unreadable, such as base64.
    """

    column: str
    entity_type: str = ""
    operator: Operator | None = None
    spans: tuple[tuple[str, Operator], ...] = ()
    sure: frozenset[str] = frozenset()
    guess_names: bool = False
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def words(self) -> str:
        """The treatment in words."""
        return f"{self.operator.operator}" if self.operator else "spans in text"

    @property
    def declares(self) -> Declared | None:
        """What the masked column holds; None for text, for what was only made coarser, and for what was left out."""
        if self.operator is None or self.operator.operator in _GONE:
            return None
        return "token" if self.operator.operator in KEYED else "mask"

    @property
    def is_coarser(self) -> bool:
        """Whether the values are only less precise."""
        return self.operator is not None and self.operator.operator in COARSER

    @property
    def hides(self) -> bool:
        """Whether the whole of every value is hidden, so that it must not stand in a text of the same row either."""
        return self.operator is not None and not self.is_coarser

    def masker(self, key: bytes) -> Callable[[str], str]:
        """The function that masks a value of the column."""
        if self.operator is not None:
            operator, entity_type = self.operator, self.entity_type
            return lambda value: replaced(value, entity_type, operator, key)
        operators, sure, guess = {**dict(self.spans), "": _UNREADABLE}, self.sure, self.guess_names
        types = dict(self.fields)

        def masked(value: str) -> str:
            told = fields_replaced(value, types, operators, key) if types else value
            return spans_replaced(told, operators, sure, key, guess_names=guess)

        return masked


def planned(
    columns: Sequence[ColumnFacts],
    findings: Sequence[MaskFinding],
    masking: MaskingPolicy,
    text: TextPolicy,
    purpose: Purpose,
    *,
    fields: Sequence[ColumnFacts] = (),
) -> list[Treatment]:
    """How each column is to be masked; columns that hold nothing are not in it.

    Args:
        columns: of the table.
        findings: of the checks on them, and on `fields`.
        masking: operators.
        text: what counts as text.
        purpose: what the copy is for.
        fields: inside of the cells.
    """
    coded = {
        one.columns[0]: one.entity_type
        for one in findings
        if one.check in (MaskCheck.digest, MaskCheck.encoding) and one.severity != "informational"
    }
    unreadable: dict[str, list[str]] = {}
    for field in fields:
        if field.name in coded:
            unreadable.setdefault(field.inside, []).append(_label(field))
    found = [_treatment(column, coded, masking, text, purpose, unreadable.get(column.name, ())) for column in columns]
    return [treatment for treatment in found if treatment is not None]


def declarations(treatments: Sequence[Treatment]) -> tuple[Declaration, ...]:
    """What the masked copy holds, for its checks."""
    return tuple(
        Declaration(column=_literal(treatment.column), holds=treatment.declares)
        for treatment in treatments
        if treatment.declares is not None
    )


def fields_declared(treatments: Sequence[Treatment]) -> tuple[Declaration, ...]:
    """What the fields inside of masked text hold, for its checks: stand-ins, where any type gets some."""
    return tuple(
        Declaration(column=f"{_literal(treatment.column)}.*", holds="token")
        for treatment in treatments
        if any(operator.operator in KEYED for _, operator in treatment.spans)
    )


def _treatment(
    column: ColumnFacts,
    coded: dict[str, str],
    masking: MaskingPolicy,
    text: TextPolicy,
    purpose: Purpose,
    unreadable: Sequence[str],
) -> Treatment | None:
    for named in masking.columns:
        if fnmatchcase(column.name, named.column):
            chosen = Operator(**named.model_dump(exclude={"column"}))
            return None if chosen.operator == "keep" else Treatment(column.name, column.entity_type, chosen)
    if column.name in coded:
        return Treatment(column.name, coded[column.name], _UNREADABLE)
    for coarser in masking.generalised:
        if is_named(column.name, coarser.names) and not column.hints.about:
            return Treatment(column.name, "", Operator(**coarser.model_dump(exclude={"names"})))
    whole = _whole_type(column)
    if whole:
        operator = masking.operator(whole, purpose)
        return None if operator.operator == "keep" else Treatment(column.name, whole, operator)
    for fact in column.attributes:
        operator = masking.operator(fact, purpose)
        if operator.operator != "keep":
            return Treatment(column.name, fact, operator)
    return _text(column, masking, text, purpose, unreadable)


def _whole_type(column: ColumnFacts) -> str:
    """The type that the column as a whole is of; '' for text and for columns that hold a type only here and there."""
    rows = max(1, column.evidence.rows)
    whole = {name: count.masked + column.whole_rows(name) for name, count in column.counts.items()}
    most = max(whole, key=lambda name: whole[name], default="")
    if most and whole[most] > rows * _MOSTLY:
        return most
    # Where the name says it, values of the form are enough: a wrong check digit may be a slip of the pen.
    named = column.hints.says - column.hints.vaguely
    # Dates and fractions are not counted: there the name alone tells.
    uncounted = not column.evidence.rows and column.sample.count() > 0
    return next(
        (name for name in ENTITY_TYPES if name in named and (uncounted or whole.get(name) or column.has_form(name))), ""
    )


def _text(
    column: ColumnFacts, masking: MaskingPolicy, text: TextPolicy, purpose: Purpose, unreadable: Sequence[str]
) -> Treatment | None:
    sentences = column.evidence.texts.is_free_text(column.evidence.rows, text) and not column.hints.machine
    documents = column.evidence.documents.kept.counted() or column.evidence.texts.sentences.counted()
    fields = tuple({**field_types(fields_of(documents, most=_MOST_FIELDS)), **dict.fromkeys(unreadable, "")}.items())
    if not sentences and not column.counts and not fields:
        return None
    operators = tuple((name, masking.operator(name, purpose)) for name in ENTITY_TYPES)
    # Facts without a form are told by the names of fields alone.
    named = {name for _, name in fields if name} - set(ENTITY_TYPES)
    operators += tuple((name, masking.operator(name, purpose)) for name in sorted(named))
    spans = tuple((name, operator) for name, operator in operators if operator.operator != "keep")
    guess = sentences and masking.text_names == "presidio"
    return Treatment(column.name, spans=spans, sure=frozenset(column.counts), guess_names=guess, fields=fields)


def _label(field: ColumnFacts) -> str:
    """What a field is called where it stands: the last part of its path, without the number of an item."""
    return re.sub(r" \([0-9]+\)$", "", field.name[len(field.inside) + 1 :]).rpartition(".")[2]


def _literal(name: str) -> str:
    return "".join(f"[{character}]" if character in "*?[" else character for character in name)
