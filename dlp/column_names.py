"""What the name of a column says about its values: `hotel_no` is not a telephone, `email_verified` not an address."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from dlp.masking import masked
from dlp.policy import EntityPolicy, Policy
from dlp.registry import ENTITY_TYPES, KINDS
from dlp.traditional import SIMPLIFIED

_PIECES = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[\u4e00-\u9fff]+|[0-9]+")
_APART = "\x00"
_NO_PIECE = re.compile(f"[^A-Za-z\u4e00-\u9fff{_APART}]+")
_SUFFIXES = ("", "no", "num", "number", "code", "nbr", "cn")
_SHORTEST_TOGETHER = 2
_VOWELS = frozenset("aeiou")
_ALTERNATIVES = re.compile(r"[/、或及]")
_NUMBERS = re.compile("(?:号码?|编号)?")  # 护照号 is of 护照
_NOWHERE = (0, 0)
_FORMED = frozenset(ENTITY_TYPES)
_DATE = "BIRTH_DATE"


@dataclass(frozen=True)
class NameHints:
    """What a column's name says.

    Attributes:
        says: the types that the name names.
        speaks: there is a real name at all; `column_1` and an empty header say nothing.
        about: it says something about a value, such as whether it was verified.
        machine: it names a number made by a machine, such as an order number or a time.
        hashed: it names a hash of the value; `keyed` when the hash has a key.
        vaguely: of the types, those whose word may name other things as well.
        roles: of these, those whose word is what somebody is, such as a driver.
        attributes: the types without a form of their own that the name names.
        beside: types that a neighbouring column speaks for.
    """

    says: frozenset[str] = frozenset()
    speaks: bool = False
    about: bool = False
    machine: bool = False
    hashed: bool = False
    keyed: bool = False
    vaguely: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()
    beside: frozenset[str] = frozenset()


def name_hints(column: str, policy: Policy) -> NameHints:
    """What a column's name says about the type of its values."""
    column = column.translate(SIMPLIFIED)
    parts = [part for part in _ALTERNATIVES.split(column) if part.strip()]
    if len(parts) > 1:
        return _together([name_hints(part, policy) for part in parts])
    tokens = tuple(_PIECES.findall(column))
    words = tuple(token.lower() for token in tokens if not token.isdigit())
    if not words or re.fullmatch(r"(?i)(?:column|col|field|c|f|unnamed|_c)[_: ]*[0-9]+", column.strip()):
        return NameHints()
    text = "".join(words)
    ranks = _ranks(words, text, policy)
    formed = {name: rank for name, rank in ranks.items() if name in _FORMED}
    about = max(_rank(words, text, policy.about_words), _last(words, text, policy, formed))
    says = frozenset() if about > _NOWHERE else frozenset(_best(formed))
    # A status may be what is asked for: the marital one.
    attributes = {name: rank for name, rank in ranks.items() if name not in _FORMED and rank >= about}
    last = max((rank[0] for name, rank in formed.items() if name in says), default=0)
    named = frozenset(name for name in _best(attributes) if attributes[name][0] >= last)
    roles = frozenset(name for name in says if _is_role(words, text, policy.entities[name]))
    return NameHints(
        says=says,
        speaks=True,
        about=about > _NOWHERE and not named,
        machine=not says - roles and not named and _any(words, text, policy.machine_words),
        hashed=_any(words, text, policy.hash_words),
        keyed=_any(words, text, policy.keyed_words),
        vaguely=frozenset(name for name in says | named if _is_vague(words, text, policy.entities[name])),
        roles=roles,
        attributes=named,
    )


def _together(hints: list[NameHints]) -> NameHints:
    """What a name such as `QQ/微信号` says, which names several things."""
    return NameHints(
        says=frozenset[str]().union(*(hint.says for hint in hints)),
        speaks=any(hint.speaks for hint in hints),
        about=any(hint.about for hint in hints),
        machine=all(hint.machine for hint in hints),
        hashed=any(hint.hashed for hint in hints),
        keyed=any(hint.keyed for hint in hints),
        vaguely=frozenset[str]().union(*(hint.vaguely for hint in hints)),
        roles=frozenset[str]().union(*(hint.roles for hint in hints)),
        attributes=frozenset[str]().union(*(hint.attributes for hint in hints)),
    )


def shown_name(column: str) -> str:
    """The name as a finding may show it: a header that is itself personal data, as in a table of keys, is masked."""
    shown = column
    for kind in KINDS:
        if kind.in_text and kind.in_text_alone:
            shown = re.sub(kind.bounded, partial(_masked_match, kind.entity_type), shown)
    return shown


def is_named(column: str, phrases: tuple[str, ...]) -> bool:
    """Whether the name of a column holds one of the phrases, as words of its own or as a run of Chinese characters."""
    words = tuple(token.lower() for token in _PIECES.findall(column) if not token.isdigit())
    return _any(words, "".join(words), phrases)


def may_name(values: Iterable[str], phrases: frozenset[str]) -> bool:
    """Whether one of these values, read as names, may hold one of the phrases; False is certain, True is not."""
    text = _NO_PIECE.sub("", _APART.join(values)).lower()
    return any(needle in text for needle in _needles_of(phrases))


@lru_cache(maxsize=16)
def _needles_of(phrases: frozenset[str]) -> tuple[str, ...]:
    return tuple({_needle(phrase) for phrase in phrases})


def _masked_match(entity_type: str, match: re.Match[str]) -> str:
    return masked(match.group(), entity_type)


def _ranks(words: tuple[str, ...], text: str, policy: Policy) -> dict[str, tuple[int, int]]:
    # A thousand phrases, of which a name holds one or two: whose needle is not in it need not be looked at.
    names = tuple(policy.entities)
    spoken: dict[str, list[str]] = {}
    for needle, phrases in _needles(tuple(entity.column_names for entity in policy.entities.values())):
        if needle in text:
            for at, phrase in phrases:
                spoken.setdefault(names[at], []).append(phrase)
    ranks = {
        name: max(_rank(words, text, spoken.get(name, ())), _role(words, text, entity))
        for name, entity in policy.entities.items()
    }
    return {
        name: rank
        for name, rank in ranks.items()
        if rank > _NOWHERE and not _any(words, text, policy.entities[name].not_names)
    }


@lru_cache(maxsize=16)
def _needles(lists: tuple[tuple[str, ...], ...]) -> list[tuple[str, list[tuple[int, str]]]]:
    """What must stand in a name for phrases to be in it, and which of which list those are."""
    found: dict[str, list[tuple[int, str]]] = {}
    for at, phrases in enumerate(lists):
        for phrase in phrases:
            found.setdefault(_needle(phrase), []).append((at, phrase))
    return list(found.items())


def _needle(phrase: str) -> str:
    return _parts(phrase)[-1] if phrase.isascii() else phrase


def _best(ranks: dict[str, tuple[int, int]]) -> list[str]:
    best = max(ranks.values(), default=_NOWHERE)
    return [name for name, rank in ranks.items() if rank == best]


def _last(words: tuple[str, ...], text: str, policy: Policy, formed: dict[str, tuple[int, int]]) -> tuple[int, int]:
    """The rank of a word that stands behind all that names a type, as in `密码更新时间`: the type is not there."""
    last = _rank(words, text, policy.about_last_words)
    if last[0] < len(text) or not formed or _DATE in _best(formed):
        return _NOWHERE
    return last if last > max(formed.values()) else _NOWHERE


def _is_vague(words: tuple[str, ...], text: str, entity: EntityPolicy) -> bool:
    vague = max(_rank(words, text, entity.vague_names), _role(words, text, entity))
    return vague > _NOWHERE and vague >= _rank(words, text, entity.column_names)


def _is_role(words: tuple[str, ...], text: str, entity: EntityPolicy) -> bool:
    role = _role(words, text, entity)
    return role > _NOWHERE and role >= _rank(words, text, entity.column_names)


def _role(words: tuple[str, ...], text: str, entity: EntityPolicy) -> tuple[int, int]:
    """The rank of a word for what somebody is, known to the policy or by how it ends: `值班员`, `河长`."""
    ends = bool(entity.role_endings) and len(text) > 1 and text.endswith(entity.role_endings)
    ends = ends and not (entity.not_roles and text.endswith(entity.not_roles))
    return max(_rank(words, text, entity.role_names), (len(text), 1) if ends else _NOWHERE)


def _any(words: tuple[str, ...], text: str, phrases: tuple[str, ...]) -> bool:
    return _rank(words, text, phrases) > _NOWHERE


# The last phrase of a name says what it is ("contact person's phone"), and the longest of those that end there.
def _rank(words: tuple[str, ...], text: str, phrases: Sequence[str]) -> tuple[int, int]:
    return max(
        ((_end(words, text, phrase), len(phrase)) for phrase in phrases if _end(words, text, phrase)), default=_NOWHERE
    )


def _end(words: tuple[str, ...], text: str, phrase: str) -> int:
    """How many characters of the name (`text`, its words joined) end with the phrase; 0 when it is not there."""
    if not phrase.isascii():
        end = text.rfind(phrase) + len(phrase)
        return end + len(_NUMBERS.match(text, end)[0]) if phrase in text else 0  # type: ignore[index]  # it may be empty
    parts = _parts(phrase)
    joined = "".join(parts)
    if parts[-1] not in text:
        return 0
    for at in reversed(range(len(words))):
        if _is_said(words[max(0, at + 1 - len(parts)) : at + 1], parts) or _is_written_together(words[at], joined):
            return len("".join(words[: at + 1]))
    return 0


def _is_said(words: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    plural = len(parts[-1]) > _SHORTEST_TOGETHER and words[-1] == parts[-1] + "s"
    return words == parts or (plural and words[:-1] == parts[:-1])


def _is_written_together(word: str, joined: str) -> bool:
    if len(joined) <= _SHORTEST_TOGETHER:
        return False
    if word.startswith(joined) and word[len(joined) :] in _SUFFIXES:
        return True
    # Initials of pinyin, such as sqrsfzh: the applicant's (sqr) identity number (sfzh).
    return word.endswith(joined) and not _VOWELS.intersection(word)


@lru_cache(maxsize=4096)
def _parts(phrase: str) -> tuple[str, ...]:
    return tuple(part.lower() for part in _PIECES.findall(phrase))
