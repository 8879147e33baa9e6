"""Rules of others into a site's own folder: chosen by `detectors.adoption`, copied as they are."""

from collections.abc import Sequence
from pathlib import Path

from detectors.adoption import Adoption, Decision, Present, Wish, adoptions, present_rules
from detectors.placeholders import Placeholders
from detectors.rule import RuleSet
from detectors.rule_files import read_rule_file
from detectors.ruleset import load_ruleset
from store.files import write_whole


def adopt(
    sources: Sequence[Path],
    *,
    shipped: Path,
    site: Path,
    wish: Wish,
    placeholders: Placeholders,
    dry_run: bool = False,
) -> list[Adoption]:
    """What became of every rule in these files and folders; those that are taken are in the site's folder afterwards.

    Args:
        sources: where the rules are.
        shipped: the rules that judge in every home.
        site: the folder of the site's own rules; made when something is taken.
        wish: what the site wants.
        placeholders: what the site's placeholders stand for.
        dry_run: tell only, and copy nothing.

    Raises:
        ContentError: there is nothing at a path.
        OSError: the site's folder cannot be written.
    """
    own = load_ruleset(site, placeholders=placeholders) if site.is_dir() else RuleSet("")
    present = present_rules(load_ruleset(shipped, placeholders=placeholders).heads, own.heads)
    found: list[Adoption] = []
    for source in sources:
        offered = load_ruleset(source, placeholders=placeholders)
        decided = adoptions(offered, wish, present)
        found += decided
        versions = {head.id: head.version for head in offered.heads}
        for path in dict.fromkeys(rule.path for rule in decided if rule.decision is Decision.TAKEN):
            ids = [rule.id for rule in decided if rule.path == path]
            text = read_rule_file(path).text
            replaced = next((present[each].path for each in ids if each in present and present[each].own), None)
            place = site / (path.relative_to(source) if source.is_dir() else Path(path.name))
            target = replaced or _free(place, text)
            if not dry_run:
                write_whole(target, text)
            present |= {each: Present(target, versions[each], own=True) for each in ids if each in versions}
    return found


def _free(place: Path, text: str) -> Path:
    """The place itself, or the next to it that nothing else has: another rule may have the same name."""
    candidate, number = place, 1
    while candidate.exists() and candidate.read_text(encoding="utf-8") != text:
        number += 1
        candidate = place.with_name(f"{place.stem}_{number}{place.suffix}")
    return candidate
