"""What columns say about each other: a latitude beside a longitude, a kind of document beside its number."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from dlp.column_names import NameHints, is_named, may_name, name_hints
from dlp.columns import ColumnEvidence
from dlp.policy import Policy
from dlp.profiles import LONGEST

_ALMOST_ALL = 0.95
_MOST = 0.9
_SOME = 0.1
_NEAR = 2  # columns between a kind of document and its number
_POSITION, _RESIDENT, _PERSON = "PRECISE_POSITION", "CN_RESIDENT_ID", "PERSON"
_PASSWORD, _SHORTEST_PASSWORD = "PASSWORD", 6
_ACCOUNTS = frozenset({"ACCOUNT_NAME", "QQ_NUMBER", "WECHAT_ID", "EMAIL_ADDRESS"})  # what one logs in with
_DOCUMENTS = {
    "passport": "CN_PASSPORT",
    "home_return_permit": "CN_HOME_RETURN_PERMIT",
    "exit_permit": "CN_HK_MACAO_PERMIT",
}
_LONGITUDE, _LATITUDE = "longitude_of_precise_position", "latitude_of_precise_position"


def with_neighbours(
    hints: Mapping[str, NameHints], evidence: Mapping[str, ColumnEvidence], policy: Policy
) -> dict[str, NameHints]:
    """The hints of each column, and what those beside it say of it."""
    columns = list(evidence)
    beside: dict[str, set[str]] = {column: set() for column in columns}
    for left, right in pairwise(columns):
        if _are_axes(left, right, hints, evidence) or _are_axes(right, left, hints, evidence):
            beside[left].add(_POSITION)
            beside[right].add(_POSITION)
    if any(_holds_people(column, hints, evidence) for column in columns):
        for column in columns:
            if not _says_else(hints[column], _RESIDENT) and _share("old_resident_id", evidence[column]) >= _MOST:
                beside[column].add(_RESIDENT)
    for column in columns:
        beside[column] |= _other_documents(column, hints, evidence, policy)
    for at, column in enumerate(columns):
        if _is_password_of(column, _around(columns, at), hints, evidence):
            beside[column].add(_PASSWORD)
    _add_documents(beside, hints, evidence, policy)
    return {column: replace(hints[column], beside=frozenset(beside[column])) for column in columns}


def _add_documents(
    beside: dict[str, set[str]], hints: Mapping[str, NameHints], evidence: Mapping[str, ColumnEvidence], policy: Policy
) -> None:
    columns = list(evidence)
    phrases = frozenset(
        phrase for entity in policy.entities.values() if entity.identity_number for phrase in entity.column_names
    )
    for at, column in enumerate(columns):
        documents = _documents(column, hints, evidence, policy, phrases)
        for near in _around(columns, at) if documents else ():
            if _numbers_documents(hints[near], policy):
                beside[near] |= documents


def _are_axes(first: str, second: str, hints: Mapping[str, NameHints], evidence: Mapping[str, ColumnEvidence]) -> bool:
    if _says_else(hints[first], _POSITION) or _says_else(hints[second], _POSITION):
        return False
    return _share(_LONGITUDE, evidence[first]) >= _ALMOST_ALL and _share(_LATITUDE, evidence[second]) >= _ALMOST_ALL


def _holds_people(column: str, hints: Mapping[str, NameHints], evidence: Mapping[str, ColumnEvidence]) -> bool:
    named = hints[column]
    if _PERSON in named.says and _PERSON not in named.vaguely:
        return True
    return not named.says and _share("chinese_name", evidence[column]) >= _MOST


def _documents(
    column: str,
    hints: Mapping[str, NameHints],
    evidence: Mapping[str, ColumnEvidence],
    policy: Policy,
    phrases: frozenset[str],
) -> frozenset[str]:
    """The sorts of identity documents that the values of a column name; none where it names anything else."""
    if hints[column].says or not evidence[column].valued:
        return frozenset()
    if not may_name(evidence[column].values.some(), phrases):
        return frozenset()
    values = [value for value, _ in evidence[column].values.counted()]
    types: set[str] = set()
    for value in values:
        named = name_hints(value, policy).says
        if any(not policy.entities[name].identity_number for name in named):
            return frozenset()
        types |= named
    return frozenset(types)


def _other_documents(
    column: str, hints: Mapping[str, NameHints], evidence: Mapping[str, ColumnEvidence], policy: Policy
) -> frozenset[str]:
    """The documents that a column named for any document (`证件号码`) holds besides resident IDs."""
    papers = is_named(column, policy.vague_document_names) and _share("resident_id", evidence[column]) >= _SOME
    if hints[column].about or not (papers or is_named(column, policy.document_names)):
        return frozenset()
    permits = _share("home_return_permit", evidence[column])
    # The passports of Hong Kong are written as the permits of its people are, and are rarer here.
    found = {name: _share(kind, evidence[column]) for kind, name in _DOCUMENTS.items()}
    found["CN_PASSPORT"] -= permits if found["CN_PASSPORT"] <= permits else 0
    return frozenset(name for name, share in found.items() if share > 0)


def _around(columns: Sequence[str], at: int) -> list[str]:
    return [columns[near] for near in range(max(0, at - _NEAR), min(len(columns), at + _NEAR + 1)) if near != at]


def _numbers_documents(hints: NameHints, policy: Policy) -> bool:
    if hints.machine or hints.about or hints.attributes:
        return False
    return all(policy.entities[name].identity_number for name in hints.says)


def _is_password_of(
    column: str, near: Sequence[str], hints: Mapping[str, NameHints], evidence: Mapping[str, ColumnEvidence]
) -> bool:
    """Whether a column such as `mm` is a password: beside an account it is, beside a length it is a millimetre."""
    vague = _PASSWORD in hints[column].vaguely and _are_as_long_as_passwords(evidence[column])
    return vague and any(_names_account(hints[name]) for name in near)


def _names_account(hints: NameHints) -> bool:
    return not hints.about and not hints.hashed and not _ACCOUNTS.isdisjoint(hints.says | hints.attributes)


def _are_as_long_as_passwords(evidence: ColumnEvidence) -> bool:
    long = sum(many for made, many in evidence.profiles.items() if made & LONGEST >= _SHORTEST_PASSWORD)
    return long >= _MOST * max(1, evidence.distinct)


def _says_else(hints: NameHints, name: str) -> bool:
    return hints.machine or hints.about or bool(hints.attributes) or bool(hints.says and name not in hints.says)


def _share(kind: str, evidence: ColumnEvidence) -> float:
    count = evidence.kinds.get(kind)
    return count.rows / evidence.valued if count and evidence.valued else 0.0
