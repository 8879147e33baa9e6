"""Which ATT&CK tactics and techniques a rule set looks for, by the rules' own tags: nothing else is known of ATT&CK."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from detectors.rule import RuleCheck, RuleSet, Status

# As in the matrices; a tactic that is not here comes last, by its name.
_ORDER = (
    "reconnaissance", "resource-development", "initial-access", "execution", "persistence", "privilege-escalation",
    "defense-evasion", "stealth", "defense-impairment", "evasion", "credential-access", "discovery",
    "lateral-movement", "collection", "command-and-control", "exfiltration", "inhibit-response-function",
    "impair-process-control", "impact",
)  # fmt: skip
_TECHNIQUE = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)")
_TACTIC = re.compile(r"attack\.([a-z]+(?:[-_][a-z]+)*)")
_ICS = re.compile(r"t0\d{3}")
_MOST_NAMED = 10
_COLOURS = ["#e8f4ea", "#1f7a3d"]


class Domain(StrEnum):
    """ATT&CK's matrices that rules can be told apart by: techniques of the one for control systems begin with T0."""

    enterprise = "enterprise-attack"
    ics = "ics-attack"


@dataclass(frozen=True)
class TacticCoverage:
    """What looks for a tactic.

    Attributes:
        usable: rules that can find what they are meant to.
        blind: rules that look at something that nothing supplies.
        unsupported: rules that do not run.
        matched: rules that have matched of late.
        matches: how often they did.
    """

    tactic: str
    usable: int
    blind: int
    unsupported: int
    matched: int
    matches: int


def tactic_coverage(ruleset: RuleSet, matches: Mapping[str, int]) -> list[TacticCoverage]:
    """What looks for each tactic that a rule is tagged with, in the order of the matrices.

    Args:
        ruleset: the rules; one that only serves correlations does not count.
        matches: how often each rule matched of late, by id.
    """
    rules: dict[str, list[RuleCheck]] = defaultdict(list)
    for check in _alerting(ruleset):
        for tactic in _named(_TACTIC, check):
            rules[tactic.replace("_", "-")].append(check)
    return [_tactic(tactic, rules[tactic], matches) for tactic in sorted(rules, key=_place)]


def navigator_layer(
    ruleset: RuleSet, matches: Mapping[str, int], *, domain: Domain, name: str, described: str
) -> dict[str, object]:
    """A layer for the ATT&CK Navigator, format 4.5: a technique's score is the number of rules that can find it."""
    techniques = [
        _technique(technique, rules, matches) for technique, rules in sorted(techniques_of(ruleset, domain).items())
    ]
    highest = max((int(str(each["score"])) for each in techniques), default=0)
    return {
        "name": name,
        "versions": {"navigator": "4.9.0", "layer": "4.5"},
        "domain": domain.value,
        "description": described,
        "sorting": 3,
        "layout": {"layout": "side", "showID": True, "showName": True, "expandedSubtechniques": "annotated"},
        "techniques": techniques,
        "gradient": {"colors": _COLOURS, "minValue": 0, "maxValue": max(highest, 1)},
        "legendItems": [{"label": "no rule that can find it", "color": _COLOURS[0]}],
    }


def techniques_of(ruleset: RuleSet, domain: Domain) -> dict[str, list[RuleCheck]]:
    """The rules for each technique and sub-technique of a domain, by its id."""
    rules: dict[str, list[RuleCheck]] = defaultdict(list)
    for check in _alerting(ruleset):
        for technique in _named(_TECHNIQUE, check):
            if (_ICS.match(technique) is not None) is (domain is Domain.ics):
                rules[technique.upper()].append(check)
    return rules


def _alerting(ruleset: RuleSet) -> Iterator[RuleCheck]:
    """The account of every rule that raises alerts or would; not of what only serves correlations or is withdrawn."""
    serving = {head.id for head in ruleset.heads} - ruleset.alerting_ids
    return (check for check in ruleset.checks if check.id not in serving and check.status is not Status.WITHDRAWN)


def _named(pattern: re.Pattern[str], check: RuleCheck) -> list[str]:
    tags = check.head.tags if check.head is not None else ()
    found = (pattern.fullmatch(tag.lower()) for tag in tags)
    return list(dict.fromkeys(match[1] for match in found if match is not None))


def _tactic(tactic: str, rules: Sequence[RuleCheck], matches: Mapping[str, int]) -> TacticCoverage:
    counted = {status: sum(check.status is status for check in rules) for status in Status}
    seen = [matches[check.id] for check in rules if matches.get(check.id)]
    return TacticCoverage(
        tactic, counted[Status.USABLE], counted[Status.BLIND], counted[Status.UNSUPPORTED], len(seen), sum(seen)
    )


def _technique(technique: str, rules: Sequence[RuleCheck], matches: Mapping[str, int]) -> dict[str, object]:
    usable = [check for check in rules if check.status is Status.USABLE]
    blind = sum(check.status is Status.BLIND for check in rules)
    titles = [check.title for check in rules]
    more = [f"and {len(titles) - _MOST_NAMED} more"] if len(titles) > _MOST_NAMED else []
    figures = {"usable": len(usable), "blind": blind, "matches": sum(matches.get(check.id, 0) for check in rules)}
    return {
        "techniqueID": technique,
        "score": len(usable),
        "comment": "\n".join(titles[:_MOST_NAMED] + more),
        "metadata": [{"name": label, "value": str(figure)} for label, figure in figures.items()],
    }


def _place(tactic: str) -> tuple[int, str]:
    return (_ORDER.index(tactic) if tactic in _ORDER else len(_ORDER), tactic)
