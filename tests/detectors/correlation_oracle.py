"""What a correlation means, by brute force: every window is gathered anew and judged by the definition, nothing slides.

It shares no code with the engine and reads the correlation as YAML gives it. The decisions it makes explicit are those
of docs/rules.md: closed windows that end at a match, groups that need every value, numbers as they are written.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "M": 2629746, "y": 31556952}
_MEETS = {
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "eq": lambda a, b: a == b,
    "neq": lambda a, b: a != b,
}

Correlation = Mapping[str, object]  # the `correlation` section of a rule
Group = tuple[str, ...]


@dataclass(frozen=True)
class Hit:
    """A rule met at a moment (seconds) by these events, which have these fields."""

    rule: str
    at: Fraction
    events: frozenset[str]
    fields: Mapping[str, str]
    correlation: bool = False

    def identity(self) -> tuple[object, ...]:
        """What fills a place in a sequence: an event, or a correlation, which is no event."""
        return (self.rule if self.correlation else "", self.events)

    def key(self) -> tuple[object, ...]:
        return (self.rule, self.at, self.events)


@dataclass(frozen=True)
class FoundEpisode:
    """An episode: its group, when it begins and ends, what was measured and by which events at its beginning."""

    group: Group
    at: Fraction
    until: Fraction
    measured: Fraction
    events: frozenset[str]


@dataclass(frozen=True)
class Truth:
    """A statement of which may be known that it holds, and may be known that it does not."""

    holds: bool
    fails: bool

    def __invert__(self) -> "Truth":
        return Truth(self.fails, self.holds)

    def __and__(self, other: "Truth") -> "Truth":
        return Truth(self.holds and other.holds, self.fails or other.fails)

    def __or__(self, other: "Truth") -> "Truth":
        return Truth(self.holds or other.holds, self.fails and other.fails)


def found_episodes(name: str, correlations: Mapping[str, Correlation], hits: Sequence[Hit]) -> list[FoundEpisode]:
    """Every episode of the correlation that goes by this name, among hits of single-event rules in any order."""
    return sorted(
        _episodes(correlations[name], _seen_by(name, correlations, hits)), key=lambda each: (each.at, each.group)
    )


def met_moments(name: str, correlations: Mapping[str, Correlation], hits: Sequence[Hit]) -> set[tuple[Group, Fraction]]:
    """Every group and moment at which the correlation is met."""
    correlation = correlations[name]
    groups = _groups(correlation, _seen_by(name, correlations, hits)).items()
    return {(group, at) for group, members in groups for _, met in _runs(correlation, group, members) for at in met}


def _seen_by(name: str, correlations: Mapping[str, Correlation], hits: Sequence[Hit]) -> list[Hit]:
    """The hits of the rules that a correlation names, those of other correlations among them."""
    correlation = correlations[name]
    seen: dict[object, Hit] = {}
    for rule in _rules(correlation):
        if rule in correlations:
            inner = correlations[rule]
            own = list(_upward(rule, inner, _seen_by(rule, correlations, hits), correlation))
        else:
            own = [hit for hit in hits if hit.rule == rule]
        seen |= {hit.key(): hit for hit in own}
    return list(seen.values())


def _upward(name: str, inner: Correlation, hits: Sequence[Hit], outer: Correlation) -> Iterator[Hit]:
    names = _list(inner.get("group-by"))
    for group, members in _groups(inner, hits).items():
        fields = dict(zip(names, group, strict=True))
        for episode, moments in _runs(inner, group, members):
            together = str(outer["type"]).startswith("temporal")
            for at in moments if together else moments[:1]:
                yield Hit(name, at, episode.events, fields, correlation=True)


def _episodes(correlation: Correlation, hits: Sequence[Hit]) -> list[FoundEpisode]:
    return [
        episode
        for group, members in _groups(correlation, hits).items()
        for episode, _ in _runs(correlation, group, members)
    ]


def _runs(correlation: Correlation, group: Group, members: Sequence[Hit]) -> list[tuple[FoundEpisode, list[Fraction]]]:
    """The episodes of a group, each with the moments at which it is met."""
    span = _span(correlation)
    moments = sorted({hit.at for hit in members})
    verdicts = [_verdict(correlation, members, moment, span) for moment in moments]
    runs: list[tuple[list[Fraction], tuple[Fraction, frozenset[str]]]] = []
    for position, (moment, verdict) in enumerate(zip(moments, verdicts, strict=True)):
        if verdict is None:
            continue
        goes_on = position and verdicts[position - 1] is not None and moment - moments[position - 1] <= span
        if goes_on:
            runs[-1][0].append(moment)
        else:
            runs.append(([moment], verdict))
    return [(FoundEpisode(group, met[0], met[-1], measured, events), met) for met, (measured, events) in runs]


def _groups(correlation: Correlation, hits: Sequence[Hit]) -> dict[Group, list[Hit]]:
    groups: dict[Group, list[Hit]] = {}
    for hit in hits:
        group = tuple(
            hit.fields.get(_field(correlation, name, hit.rule), "") for name in _list(correlation.get("group-by"))
        )
        if all(group) and _value(correlation, hit) is not None:
            groups.setdefault(group, []).append(hit)
    return groups


def _verdict(
    correlation: Correlation, members: Sequence[Hit], moment: Fraction, span: Fraction
) -> tuple[Fraction, frozenset[str]] | None:
    window = [hit for hit in members if moment - span <= hit.at <= moment]
    everything = frozenset(event for hit in window for event in hit.events)
    condition, kind = correlation.get("condition"), correlation["type"]
    rules, there = _rules(correlation), {hit.rule for hit in window}
    if kind == "temporal_ordered":
        chains = {size: _chains(rules, window, moment, size) for size in range(len(rules), 0, -1)}
        if isinstance(condition, str):
            absent = [rule for rule in rules if rule not in there]
            for size in range(len(rules), -1, -1):
                for chain in chains.get(size, [((), everything)]):
                    if _just_needed(condition, rules, chain[0], absent):
                        return Fraction(size), chain[1]
            return None
        longest = max(size for size, found in chains.items() if found)
        condition = condition or {"gte": len(rules)}
        return (Fraction(longest), chains[longest][0][1]) if _within(condition, Fraction(longest)) else None
    if isinstance(condition, str):
        truths = {each: Truth(each in there, each not in there) for each in rules}
        return (Fraction(len(there)), everything) if _true(condition, truths) else None
    if kind == "temporal":
        condition, measured = condition or {"gte": len(rules)}, Fraction(len(there))
    elif kind == "event_count":
        measured = Fraction(len(window))
    elif kind == "value_count":
        measured = Fraction(len({_value(correlation, hit) for hit in window}))
    else:
        measured = _statistic(str(kind), condition, [Fraction(str(_value(correlation, hit))) for hit in window])
    return (measured, everything) if _within(condition, measured) else None


def _just_needed(condition: str, rules: Sequence[str], chain: Sequence[str], absent: Sequence[str]) -> bool:
    """Whether the condition is met by these rules and the absence of some others, and needs every one of them."""

    def met(there: set[str], gone: set[str]) -> bool:
        return _true(condition, {rule: Truth(rule in there, rule in gone) for rule in rules})

    for size in range(len(absent) + 1):
        for chosen in combinations(absent, size):
            there, gone = set(chain), set(chosen)
            if met(there, gone) and not any(met(there - {each}, gone - {each}) for each in there | gone):
                return True
    return False


def _chains(
    rules: Sequence[str], window: Sequence[Hit], moment: Fraction, size: int
) -> list[tuple[tuple[str, ...], frozenset[str]]]:
    """So many of the rules, one after the other, the last at this moment, each by events of its own."""
    found = []
    for chosen in combinations(rules, size):
        for chain in product(*([hit for hit in window if hit.rule == rule] for rule in chosen)):
            times = [hit.at for hit in chain]
            if times == sorted(times) and times[-1] == moment and len({hit.identity() for hit in chain}) == size:
                found.append((chosen, frozenset(event for hit in chain for event in hit.events)))
                break
    return found


def _statistic(kind: str, condition: object, numbers: list[Fraction]) -> Fraction:
    numbers.sort()
    if kind == "value_sum":
        return sum(numbers, Fraction(0))
    if kind == "value_avg":
        return sum(numbers, Fraction(0)) / len(numbers)
    percent = Fraction(50)
    if kind == "value_percentile" and isinstance(condition, Mapping):
        percent = Fraction(str(condition["percentile"]))
    place = percent / 100 * (len(numbers) - 1)
    below = numbers[int(place)]
    above = numbers[min(int(place) + 1, len(numbers) - 1)]
    return below + (above - below) * (place - int(place))


def _within(condition: object, measured: Fraction) -> bool:
    if not isinstance(condition, Mapping):
        raise TypeError(condition)
    bounds = {name: value for name, value in condition.items() if name in _MEETS}
    return all(_MEETS[name](measured, Fraction(str(value))) for name, value in bounds.items())


def _true(condition: str, truths: Mapping[str, Truth]) -> bool:
    python, values = [], {}
    for number, word in enumerate(re.findall(r"[()]|[^\s()]+", condition)):
        if word in "()":
            python.append(word)
        elif word.lower() in ("and", "or", "not"):
            python.append({"and": "&", "or": "|", "not": "~"}[word.lower()])
        else:
            python.append(f"_{number}")
            values[f"_{number}"] = truths[word]
    result = eval(" ".join(python), {"__builtins__": {}}, values)  # noqa: S307 - names and operators written here
    return isinstance(result, Truth) and result.holds


def _value(correlation: Correlation, hit: Hit) -> object:
    """What a hit has to be counted or measured; None where it takes no part."""
    kind, condition = str(correlation["type"]), correlation.get("condition")
    if not kind.startswith("value_") or not isinstance(condition, Mapping):
        return True
    values = tuple(hit.fields.get(_field(correlation, name, hit.rule), "") for name in _list(condition["field"]))
    if kind == "value_count":
        return values if all(values) else None
    text = values[0]
    # Every number within the range of doubles is one; what is longer than 100 characters is none.
    if len(text) > 100 or not _NUMBER.fullmatch(text):
        return None
    number = Fraction(text)
    return text if number == 0 or Fraction(10) ** -307 <= abs(number) < Fraction(10) ** 308 else None


def _rules(correlation: Correlation) -> list[str]:
    if "rules" in correlation:
        return _list(correlation["rules"])
    named = re.findall(r"[^\s()]+", str(correlation["condition"]))
    return list(dict.fromkeys(word for word in named if word.lower() not in ("and", "or", "not")))


def _field(correlation: Correlation, name: str, rule: str) -> str:
    aliases = correlation.get("aliases")
    alias = aliases.get(name) if isinstance(aliases, Mapping) else None
    return str(alias.get(rule, name)) if isinstance(alias, Mapping) else name


def _list(value: object) -> list[str]:
    if value is None:
        return []
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _span(correlation: Correlation) -> Fraction:
    text = str(correlation["timespan"])
    return Fraction(int(text[:-1]) * _UNITS[text[-1]])
