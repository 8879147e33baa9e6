"""The check of digests: whether values beside them, of other data sets, or possible ones undo them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from dlp.column_names import is_named
from dlp.digests import Undone, digest_hex, digest_length, is_whole_length, undone, written_ways
from dlp.mask_columns import ColumnFacts
from dlp.mask_enumeration import fitting_values, possible_values
from dlp.mask_findings import MaskCheck, MaskFinding, rate
from dlp.policy import Policy
from dlp.residual import candidates_left, whole_mask

_MOSTLY = 0.9
_MOST_FITTING = 20_000  # values that fit a mask beside a digest, for them all to be tried
_ROWS_TRIED = 20
# Salts of examples and of haste; and what columns of salts are called.
_SALTS = ("salt", "123456", "password", "admin", "abc123", "secret", "666666", "888888", "md5", "test", "key")
_SALT_NAMES = ("salt", "nonce", "yan", "盐", "盐值", "加盐")
_SOMEBODY = ("id", "uid", "user", "person", "member", "customer", "identity", "用户", "客户", "会员", "身份")
_SALTED = 20  # values tried with each salt: one hit is proof


def digest_finding(
    column: ColumnFacts,
    others: Sequence[ColumnFacts],
    known: Callable[[], Iterable[str]],
    *,
    budget: int,
    policy: Policy,
) -> MaskFinding | None:
    """The finding on a column of digests: undone by known or possible values, bare, or keyed.

    Args:
        column: the column to judge.
        others: the other columns of the same rows; their values are tried, and what fits their masks.
        known: gives values of other data sets, tried too.
        budget: how many digests may be computed.
        policy: names of types, and what completes a mask.
    """
    values = [value for value in column.sample.drop_nulls().to_list() if value]
    alike = [digest for value in values if (digest := digest_hex(value)) is not None]
    usual = Counter(map(len, alike)).most_common(1)
    digests = [digest for digest in alike if len(digest) == usual[0][0]]
    length = digest_length(digests) if len(digests) >= len(values) * _MOSTLY else 0
    if not length:
        return None
    wanted = set(digests)
    evidence: dict[str, object] = {"rows": column.evidence.rows, "digest_bytes": length // 2}
    personal = column.entity_type or next(iter(sorted(column.hints.says)), "")
    left = budget
    # Whole digests first; parts of longer ones only where values are at hand.
    for parts in (False, True):
        for source, tried in _dictionaries(column, others, known, "" if parts else personal, policy):
            hit = undone(wanted, written_ways(tried), budget=left, parts=parts)
            if hit.matches:
                return _proven(column, personal or _type_of(source, others), hit, len(wanted), source, evidence)
            left -= hit.spent
    if not is_whole_length(length) or not (personal or _of_somebody(column)):
        return None
    if not personal:
        return MaskFinding(MaskCheck.digest, (column.name,), "low", "", evidence, mend="digest_bare")
    evidence["digests_tried"] = budget - left
    if column.hints.keyed or column.holds == "token":
        return MaskFinding(MaskCheck.digest, (column.name,), "informational", personal, evidence, mend="digest_keyed")
    return MaskFinding(MaskCheck.digest, (column.name,), "medium", personal, evidence, mend="digest_bare")


def _of_somebody(column: ColumnFacts) -> bool:
    """Whether the name says a digest of what tells people apart, without saying of which number."""
    return column.holds == "hash" and not column.hints.keyed and is_named(column.name, _SOMEBODY)


def _dictionaries(
    column: ColumnFacts,
    others: Sequence[ColumnFacts],
    known: Callable[[], Iterable[str]],
    personal: str,
    policy: Policy,
) -> Iterator[tuple[str, Iterable[str]]]:
    for other in others:
        if other.name != column.name and other.holds != "hash":
            yield f"column {other.name}", dict.fromkeys(value for value in other.sample.drop_nulls().to_list() if value)
            yield f"a salt, and column {other.name}", _salted(other, others)
    yield "other data sets", known()
    for other in others:
        if other.masked_type:
            yield f"what fits the masks of {other.name}", _fitting(other, policy)
    if personal:
        yield "possible values", possible_values(personal, policy.masks)


def _type_of(source: str, others: Sequence[ColumnFacts]) -> str:
    """The type of the column that undid the digests, '' where it was none or has none."""
    return next((other.entity_type for other in others if source.endswith(f" {other.name}")), "")


def _fitting(column: ColumnFacts, policy: Policy) -> Iterator[str]:
    entity_type = column.masked_type
    tried = 0
    for mask in column.masks(entity_type):
        whole = whole_mask(mask, entity_type) if mask else ""
        left = candidates_left(whole, entity_type, policy.masks) if whole else None
        if left is None or left > _MOST_FITTING or tried >= _ROWS_TRIED:
            continue
        tried += 1
        yield from islice(fitting_values(whole, entity_type, policy.masks), _MOST_FITTING)


def _proven(
    column: ColumnFacts, personal: str, hit: Undone, digests: int, source: str, evidence: dict[str, object]
) -> MaskFinding:
    told = {
        **evidence,
        "algorithm": hit.algorithm,
        "undone": hit.matches,
        "digests": digests,
        "values_tried": hit.tried,
        "undone_by": source,
        **rate(hit.matches, digests),
    }
    names = (column.name, source.removeprefix("column ")) if source.startswith("column ") else (column.name,)
    return MaskFinding(MaskCheck.digest, names, "critical" if personal else "high", personal, told)


def _salted(column: ColumnFacts, others: Sequence[ColumnFacts]) -> Iterator[str]:
    """Some values with salts before and behind them: those of a column of salts, else what is the same in every row."""
    values = column.sample.to_list()
    own = [other for other in others if is_named(other.name, _SALT_NAMES) and other.name != column.name]
    for other in own:
        for value, salt in islice(zip(values, other.sample.to_list(), strict=True), _SALTED):
            if value and salt:
                yield from (f"{value}{salt}", f"{salt}{value}")
    for salt in (*_SALTS, *_constants(others)):
        for value in islice(filter(None, values), _SALTED):
            yield from (f"{value}{salt}", f"{salt}{value}")


def _constants(columns: Sequence[ColumnFacts]) -> list[str]:
    """Texts that are the same in every row, and names of columns of a table."""
    same = [column.sample.drop_nulls().unique() for column in columns if column.evidence.distinct == 1]
    return [str(values[0]) for values in same if len(values) == 1]
