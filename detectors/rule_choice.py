"""Which rule a person means: by its id, its file, or its title."""

from pathlib import Path

from detectors.errors import RuleUnknown
from detectors.rule import RuleCheck, RuleHead, RuleSet

_MOST_NAMED = 5


def chosen_rule(ruleset: RuleSet, asked: str) -> RuleHead:
    """The rule that can run and that is meant by an id, a path or a title, or by a part of a title that only it has.

    Raises:
        RuleUnknown: there is no such rule, it cannot run, or several are meant.
    """
    for found in (_by_id(ruleset, asked), _by_path(ruleset, asked), *_by_title(ruleset, asked)):
        if len(found) == 1:
            return found[0]
        if found:
            raise RuleUnknown(f"{asked!r} means {len(found)} rules: {_named(found)}; give the id of one")
    broken = _unusable(ruleset, asked)
    if broken is not None:
        raise RuleUnknown(f"{broken.title or broken.path} cannot be used: {broken.reason}")
    raise RuleUnknown(f"no rule has the id, path or title {asked!r}; `rongdun rules check` tells of every rule")


def _by_id(ruleset: RuleSet, asked: str) -> list[RuleHead]:
    return [head for head in ruleset.heads if head.id == asked.strip()]


def _by_path(ruleset: RuleSet, asked: str) -> list[RuleHead]:
    """The rules of a file; of several, those that raise alerts are meant before those that only serve them."""
    if Path(asked).suffix.lower() not in {".yml", ".yaml"}:
        return []
    wanted = Path(asked).absolute()
    found = [head for head in ruleset.heads if head.path.absolute() == wanted]
    found = found or [head for head in ruleset.heads if head.path.as_posix().endswith(f"/{Path(asked).as_posix()}")]
    return [head for head in found if head.id in ruleset.alerting_ids] or found


def _by_title(ruleset: RuleSet, asked: str) -> tuple[list[RuleHead], list[RuleHead]]:
    wanted = asked.strip().casefold()
    titles = [(head, {head.title.casefold(), head.title_zh.casefold()}) for head in ruleset.heads]
    whole = [head for head, names in titles if wanted and wanted in names]
    part = [head for head, names in titles if wanted and any(wanted in name for name in names)]
    return whole, part


def _unusable(ruleset: RuleSet, asked: str) -> RuleCheck | None:
    running = {head.id for head in ruleset.heads}
    for check in ruleset.checks:
        names = {check.id, check.title.casefold(), str(check.path.absolute())} - {""}
        if check.reason and check.id not in running and names & {asked, asked.casefold(), str(Path(asked).absolute())}:
            return check
    return None


def _named(heads: list[RuleHead]) -> str:
    named = ", ".join(f"{head.title!r} ({head.id})" for head in heads[:_MOST_NAMED])
    return named if len(heads) <= _MOST_NAMED else f"{named}, ..."
