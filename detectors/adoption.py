"""Which rules of a folder, such as a checkout of SigmaHQ, a site can take over, and why not the others."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from detectors.rule import RuleCheck, RuleHead, RuleSet, Status
from detectors.selection import Selection


class Decision(StrEnum):
    """What becomes of a rule."""

    TAKEN = "taken"
    PRESENT = "present"
    REFUSED = "refused"
    NOT_SELECTED = "not selected"


@dataclass(frozen=True)
class Wish:
    """What a site wants of the rules it is offered.

    Attributes:
        selection: by status and level.
        products: those that may be named as the log source's product; none: any.
        allow_blind: also rules that look at what nothing supplies, in whole or in part.
        replace: rules that the site added before are renewed.
    """

    selection: Selection
    products: frozenset[str] = frozenset()
    allow_blind: bool = False
    replace: bool = False


@dataclass(frozen=True)
class Present:
    """A rule that judges already.

    Attributes:
        own: whether the site added it itself, so that it may renew it.
    """

    path: Path
    version: str
    own: bool


@dataclass(frozen=True)
class Adoption:
    """What became of one rule, or of one file that holds none."""

    id: str
    title: str
    path: Path
    decision: Decision
    reason: str = ""


def adoptions(offered: RuleSet, wish: Wish, present: Mapping[str, Present]) -> list[Adoption]:
    """What becomes of every rule that is offered; a file is taken whole or not at all.

    Args:
        offered: the rules, every one that was read.
        wish: what the site wants.
        present: the rules that judge already, by id.
    """
    files: dict[Path, list[Adoption]] = defaultdict(list)
    for check in offered.checks:
        decision, reason = _of_rule(check, wish, present)
        files[check.path].append(Adoption(check.id, check.title, check.path, decision, reason))
    whole = {path: list(_whole(rules)) for path, rules in files.items()}
    _follow_references(whole, offered, present)
    return [adoption for rules in whole.values() for adoption in rules]


def _of_rule(check: RuleCheck, wish: Wish, present: Mapping[str, Present]) -> tuple[Decision, str]:
    head = check.head
    if head is not None and (unwanted := _unwanted(head, wish)):
        return Decision.NOT_SELECTED, unwanted
    if check.status is Status.UNSUPPORTED:
        return Decision.REFUSED, f"unsupported: {check.reason}"
    known = present.get(check.id)
    if known is not None and head is not None and known.version == head.version:
        return Decision.PRESENT, f"it is there as {known.path}"
    if known is not None and not (known.own and wish.replace):
        how = "; --replace renews it" if known.own else ""
        return Decision.REFUSED, f"its id is already used by {known.path}{how}"
    if check.status is Status.BLIND and not wish.allow_blind:
        return Decision.REFUSED, f"blind: {check.reason}; --allow-blind takes it all the same"
    return Decision.TAKEN, check.reason


def _unwanted(head: RuleHead, wish: Wish) -> str:
    if not wish.selection.takes_status(head):
        return f"its status is {head.status}"
    if not wish.selection.takes(head):
        return f"its level is {head.level}"
    # A correlation names no log source; its base rules decide.
    named = str(head.log_source) != "no log source"
    if wish.products and named and head.log_source.product.lower() not in wish.products:
        return f"its product is {head.log_source.product or 'not named'}"
    return ""


def _whole(rules: Sequence[Adoption]) -> Iterator[Adoption]:
    """The rules of one file: what keeps one of them out keeps out all."""
    against = next((rule for rule in rules if rule.decision in {Decision.REFUSED, Decision.NOT_SELECTED}), None)
    fresh = any(rule.decision is Decision.TAKEN for rule in rules)
    for rule in rules:
        if against is not None and rule.decision in {Decision.TAKEN, Decision.PRESENT}:
            yield _instead(
                rule, against.decision, f"{against.title or against.path} of the same file: {against.reason}"
            )
        elif fresh and rule.decision is Decision.PRESENT:
            yield _instead(rule, Decision.TAKEN, "it comes with the rest of its file")
        else:
            yield rule


def _follow_references(files: dict[Path, list[Adoption]], offered: RuleSet, present: Mapping[str, Present]) -> None:
    """A correlation goes nowhere without the rules it counts: refused where one of them is."""
    paths = {head.id: head.path for head in offered.heads}
    changed = True
    while changed:
        changed = False
        there = {rule.id for rules in files.values() for rule in rules if _judges(rule)} | present.keys()
        for correlation in offered.correlations:
            path = paths[correlation.head.id]
            lacking = [each for each in correlation.references if each not in there]
            if lacking and any(rule.decision is Decision.TAKEN for rule in files[path]):
                reason = f"it counts the rule {lacking[0]}, which is not taken"
                files[path] = [_instead(rule, Decision.REFUSED, reason) for rule in files[path]]
                changed = True


def _judges(rule: Adoption) -> bool:
    return rule.decision in {Decision.TAKEN, Decision.PRESENT}


def _instead(rule: Adoption, decision: Decision, reason: str) -> Adoption:
    return Adoption(rule.id, rule.title, rule.path, decision, reason)


def present_rules(shipped: Iterable[RuleHead], own: Iterable[RuleHead]) -> dict[str, Present]:
    """The rules that judge already, by id."""
    found = {head.id: Present(head.path, head.version, own=True) for head in own}
    return found | {head.id: Present(head.path, head.version, own=False) for head in shipped}
