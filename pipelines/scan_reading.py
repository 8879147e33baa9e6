"""What was read of one data set, column by column, and what is made of it when all of it was read."""

from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from dlp.column_names import NameHints, name_hints, shown_name
from dlp.columns import ColumnEvidence
from dlp.counting import observe_table
from dlp.findings import PiiFinding
from dlp.grading import combined, graded
from dlp.policy import Policy
from dlp.tables import table_verdicts
from dlp.verdicts import Verdict
from pipelines.pieces import Piece
from pipelines.row_sample import RowSample

_MOST_COLUMNS = 10_000
_STRUCTURED = ("PERSON", "LOCATION")
_MOST = 0.5


@dataclass
class Reading:
    """What was read of one data set so far.

    Attributes:
        key: behind the fingerprints.
        rows: rows read.
        rejected: rows that could not be read.
        evidence: what was counted, by column.
        passed_over: columns beyond the most that are looked at.
        sampled: columns of which not every distinct value was read.
        analysed: what Presidio read, in words.
        sample: some of its rows, whole, for what is compared row by row.
        how: which rows were looked at, in words; nothing: every row.
        notes: what happened while it was read, in words, each once.
    """

    key: bytes
    policy: Policy
    rows: int = 0
    rejected: int = 0
    evidence: dict[str, ColumnEvidence] = field(default_factory=dict)
    passed_over: set[str] = field(default_factory=set)
    sampled: set[str] = field(default_factory=set)
    analysed: list[str] = field(default_factory=list)
    sample: RowSample = field(default_factory=RowSample)
    how: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def observe(self, column: str, values: pl.DataFrame) -> None:
        """Count the distinct values of one more piece of a column."""
        if column not in self.evidence and len(self.evidence) >= _MOST_COLUMNS:
            self.passed_over.add(column)
            return
        self.evidence.setdefault(column, ColumnEvidence()).observe(values, key=self.key, policy=self.policy)

    def observe_table(self, table: pl.DataFrame) -> None:
        """Count one piece of all columns, side by side."""
        for column in table.columns:
            if column not in self.evidence and len(self.evidence) < _MOST_COLUMNS:
                self.evidence[column] = ColumnEvidence()
        self.passed_over.update(column for column in table.columns if column not in self.evidence)
        observe_table(table, self.evidence, key=self.key, policy=self.policy)

    def take(self, piece: Piece) -> None:
        """Count a piece of the table, and keep some of its rows whole; its rows are counted by who reads."""
        self.rejected += piece.rejected
        if piece.note and piece.note not in self.notes:
            self.notes.append(piece.note)
        if piece.frame.width:
            self.observe_table(piece.frame)
        self.sample.add(piece.whole())

    def findings(self, on: datetime) -> list[PiiFinding]:
        """The findings of the whole data set, graded as of that day."""
        hints = {column: name_hints(column, self.policy) for column in self.evidence}
        counted = table_verdicts(self.evidence, hints, self.policy, key=self.key)
        judged = self._with_presidio(counted, hints)
        found = [
            graded(shown_name(column), verdict, self.policy, on=on.date())
            for column, column_verdicts in judged.items()
            for verdict in column_verdicts
        ]
        return combined(found, self.policy)

    def left_out(self) -> str:
        """What was not looked at, in words; '' when everything was."""
        left = len(self.passed_over)
        return f"only the first {_MOST_COLUMNS} columns were looked at, {left} were left out" if left else ""

    def method(self) -> str:
        """How the data set was read, in words."""
        words = [*(self.how or ["every row, counted over distinct values"]), *self.notes, *self.analysed]
        if self.sampled:
            words.append("a sample of the distinct values of " + ", ".join(sorted(map(shown_name, self.sampled))))
        return "; ".join(words)

    def _with_presidio(
        self, counted: dict[str, list[Verdict]], hints: dict[str, NameHints]
    ) -> dict[str, list[Verdict]]:
        texts = [column for column in counted if self._is_text(column, counted[column], hints[column])]
        if not texts:
            return counted
        # Seconds to import: only a data set with sentences in it pays for that.
        from dlp.text_analysis import confirmed, with_text  # noqa: PLC0415

        judged = dict(counted)
        for column in texts:
            evidence = self.evidence[column]
            judged[column], analysis = with_text(
                counted[column], evidence.texts, evidence.rows, key=self.key, policy=self.policy.text
            )
            seen = ", ".join(analysis.recognizers()) or "nothing"
            self.analysed.append(f"{shown_name(column)}: {analysis.texts} texts analysed by Presidio, which saw {seen}")
        for column in sorted(set(counted) - set(texts)):
            shown = confirmed(counted[column], self.evidence[column].values, policy=self.policy.text)
            if shown:
                self.analysed.append(f"{shown_name(column)}: {shown}")
        return judged

    def _is_text(self, column: str, found: list[Verdict], hints: NameHints) -> bool:
        evidence = self.evidence[column]
        # A column of names or of addresses is no prose, however long they are.
        structured = any(
            verdict.entity_type in _STRUCTURED and verdict.hits > _MOST * evidence.rows for verdict in found
        )
        return not structured and not hints.machine and evidence.texts.is_free_text(evidence.rows, self.policy.text)
