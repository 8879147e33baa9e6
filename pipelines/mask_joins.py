"""Masks of the same key in two data sets: what one hides the other shows. Compared in memory, never stored."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import polars as pl

from dlp.column_names import shown_name
from dlp.mask_beside import spans
from dlp.mask_columns import ColumnFacts, masks_of, raw_of
from dlp.mask_findings import MaskFinding
from dlp.mask_policy import ChecksPolicy
from dlp.mask_windows import joined, together, window_finding
from dlp.normal import normalised
from dlp.policy import Masks

_FEWEST_KEYS = 3
_MANY = 3
_SEED = 11
_LONGEST = 2000  # characters of a text in which a value is looked for

Rows = Callable[[Sequence[str]], Iterator[pl.DataFrame]]  # gives some columns of a data set as text, piece by piece


@dataclass(frozen=True)
class Joinable:
    """A data set that may be joined with another one.

    Attributes:
        dataset: its name as findings show it.
        columns: what is known of its columns.
        rows: gives its rows, once more.
    """

    dataset: str
    columns: Sequence[ColumnFacts]
    rows: Rows


def windows_between(sets: Sequence[Joinable], checks: ChecksPolicy, masks: Masks) -> list[tuple[str, MaskFinding]]:
    """Findings on columns that show more of the same value together, each with the data set whose mask it breaks."""
    found = []
    for first, second in combinations(sets, 2):
        for masking, other in ((first, second), (second, first)):
            for one, two in _pairs(masking, other):
                # Two masked columns are one pair, not two.
                if two.masked_type and masking is second:
                    continue
                finding = _compared(masking, one, other, two, checks, masks)
                if finding is not None:
                    found.append((masking.dataset, finding))
    known = {finding.entity_type for _, finding in found}
    return found + [item for item in _between_many(sets, checks, masks) if item[1].entity_type not in known]


def _between_many(sets: Sequence[Joinable], checks: ChecksPolicy, masks: Masks) -> Iterator[tuple[str, MaskFinding]]:
    """Three or more data sets that show too much together, where no two of them do."""
    masking = [(one, column) for one in sets for column in one.columns if column.masked_type]
    for entity_type in dict.fromkeys(column.masked_type for _, column in masking):
        sources = [(one, column) for one, column in masking if column.masked_type == entity_type]
        names = [{_plain(column.name): column.name for column in one.columns} for one, _ in sources]
        keys = [key for key, _ in _keys(*sources[0], *sources[0])] if len(sources) >= _MANY else []
        for key in keys:
            if all(_plain(key) in its for its in names):
                finding = _joined_by(key, names, sources, entity_type, checks, masks)
                if finding is not None:
                    yield sources[0][0].dataset, finding
                    break


def _joined_by(
    key: str,
    names: Sequence[dict[str, str]],
    sources: Sequence[tuple[Joinable, ColumnFacts]],
    entity_type: str,
    checks: ChecksPolicy,
    masks: Masks,
) -> MaskFinding | None:
    frames = [
        _by_key(one.rows, its[_plain(key)], column.name, entity_type, checks.joined_keys)
        for (one, column), its in zip(sources, names, strict=True)
    ]
    wide = frames[0]
    for at, frame in enumerate(frames[1:], start=1):
        wide = wide.join(frame.rename({"shown": f"shown_{at}"}), on="key", how="left")
    shown = [wide[name].to_list() for name in wide.columns if name != "key"]
    rest = together(shown[1:], entity_type)
    both = joined(shown[0], rest, entity_type, masks, wanted=checks.candidates_wanted(entity_type))
    columns = (
        sources[0][1].name,
        *(f"{one.dataset}: {shown_name(column.name)}" for one, column in sources[1:]),
    )
    return window_finding(columns, entity_type, both, checks, key=shown_name(key))


def _pairs(masking: Joinable, other: Joinable) -> Iterator[tuple[ColumnFacts, ColumnFacts]]:
    for one in masking.columns:
        if one.masked_type:
            for two in other.columns:
                if two.masked_type == one.masked_type or two.holds_raw(one.masked_type) or _tells(two, one):
                    yield one, two


def _tells(two: ColumnFacts, one: ColumnFacts) -> bool:
    """Whether a column of texts holds values of the type that another masks."""
    count = two.counts.get(one.masked_type)
    return count is not None and count.raw > 0 and not two.holds


def _compared(
    masking: Joinable, one: ColumnFacts, other: Joinable, two: ColumnFacts, checks: ChecksPolicy, masks: Masks
) -> MaskFinding | None:
    entity_type = one.masked_type
    for key, its in _keys(masking, one, other, two):
        left = _by_key(masking.rows, key, one.name, entity_type, checks.joined_keys)
        right = _by_key(other.rows, its, two.name, entity_type, checks.joined_keys)
        both = left.join(right, on="key")
        if both.height < _FEWEST_KEYS:
            continue
        told = joined(
            both["shown"].to_list(),
            both["shown_right"].to_list(),
            entity_type,
            masks,
            wanted=checks.candidates_wanted(entity_type),
        )
        names = (one.name, f"{other.dataset}: {shown_name(two.name)}")
        finding = window_finding(names, entity_type, told, checks, key=shown_name(key))
        if finding is not None:
            return finding
    return None


def _keys(masking: Joinable, one: ColumnFacts, other: Joinable, two: ColumnFacts) -> Iterator[tuple[str, str]]:
    """Columns of both that are called the same and may tell rows apart."""
    theirs = {_plain(column.name): column.name for column in other.columns if column.name != two.name}
    for column in masking.columns:
        name = theirs.get(_plain(column.name))
        if name is not None and column.name != one.name and not column.masked_type:
            values = column.sample.drop_nulls()
            if len(values) and values.n_unique() > len(values) / 2:
                yield column.name, name


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "").replace(" ", "")


def _by_key(rows: Rows, key: str, column: str, entity_type: str, most: int) -> pl.DataFrame:
    """`key` and `shown` of the keys with the smallest hashes, so that both sides choose the same ones."""
    held = pl.DataFrame(schema={"hash": pl.UInt64, "key": pl.String, "value": pl.String})
    for frame in rows([key, column]):
        if key not in frame.columns or column not in frame.columns:
            continue
        piece = frame.select(key=normalised(frame[key].cast(pl.String)), value=pl.col(column).cast(pl.String))
        piece = piece.drop_nulls().filter(pl.col("key") != "").with_columns(hash=pl.col("key").hash(_SEED))
        held = pl.concat([held, piece.select("hash", "key", "value")]).unique(["key", "value"])
        if held.height > 4 * most:
            held = _smallest(held, most)
    held = _smallest(held, most)
    values = normalised(held["value"])
    masks = masks_of(values, entity_type)
    raws = raw_of(values, entity_type)
    shown = [mask or raw or _only_one(text, entity_type) for mask, raw, text in zip(masks, raws, values, strict=True)]
    pairs = held.select("key").with_columns(pl.Series("shown", shown, dtype=pl.String)).drop_nulls().unique()
    # A key with several values says nothing of any of them.
    return pairs.unique("key", keep="none")


def _only_one(text: str, entity_type: str) -> str | None:
    """The value of a type that a text holds, when it is the only one."""
    found = set(spans(text[:_LONGEST], entity_type))
    return found.pop() if len(found) == 1 else None


def _smallest(held: pl.DataFrame, most: int) -> pl.DataFrame:
    kept = held["hash"].unique().sort().head(most)
    return held.filter(pl.col("hash") <= kept[-1]) if len(kept) else held
