"""The detection content of a home: the rules that ship and the site's own, with placeholders and what else judges."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from assets.weights import thresholds_in
from detectors.placeholders import Placeholders, load_placeholders
from detectors.rule import RuleHead, RuleSet
from detectors.ruleset import load_ruleset
from detectors.selection import RuleStatus, Selection, left_out, selected
from detectors.silence_rule import SilenceRule, load_silence_rule
from pipelines.risk_rule import RiskRule, load_risk_rule
from rongdun.settings import Settings


@dataclass(frozen=True)
class Content:
    """What a detection run judges by.

    Attributes:
        left_out: rules that could raise alerts, but are not selected to.
        placeholders: what the site's placeholders stand for.
    """

    ruleset: RuleSet
    silence: SilenceRule | None
    left_out: tuple[RuleHead, ...] = ()
    placeholders: Placeholders = field(default_factory=dict)
    risk: RiskRule | None = None


def load_content(
    folder: Path,
    *,
    rules: Sequence[Path] = (),
    site: Path | None = None,
    selection: Selection | None = None,
    cache: Path | None = None,
) -> Content:
    """The content of a folder laid out like `rules/`, or these Sigma rules alone with the folder's placeholders.

    Args:
        folder: the content.
        rules: Sigma rules instead of the folder's.
        site: a folder of further Sigma rules; it need not exist.
        selection: which rules run; without it, all that their own authors have not withdrawn.
        cache: where compiled rule sets are kept.

    Raises:
        ContentError: a folder is missing, or one of the files that all rules share is wrong.
    """
    placeholders = placeholders_of(folder)
    roots = list(rules) or [folder / "sigma", *([site] if site is not None and site.is_dir() else [])]
    everything = load_ruleset(*roots, placeholders=placeholders, cache=cache)
    ruleset = selected(everything, selection or Selection())
    silence = folder / "detections" / "silent_source.yml"
    return Content(
        ruleset,
        load_silence_rule(silence) if silence.is_file() and not rules else None,
        left_out(everything, ruleset),
        placeholders,
        None if rules else risk_rule_of(folder),
    )


def risk_rule_of(folder: Path) -> RiskRule | None:
    """When a content folder sees an entity under attack; None where it has no rule for that.

    Raises:
        ContentError: the rule or its thresholds are wrong.
    """
    path = folder / "detections" / "entity_risk.yml"
    shipped = Path(str(files("rules").joinpath("thresholds.yml")))
    return load_risk_rule(path, thresholds=thresholds_in(folder), shipped=shipped) if path.is_file() else None


def placeholders_of(folder: Path) -> Placeholders:
    """What the placeholders of a content folder stand for.

    Raises:
        ContentError: its file of them is wrong.
    """
    named = folder / "placeholders.yml"
    return load_placeholders(named) if named.is_file() else {}


def home_content(settings: Settings, *, rules: Sequence[Path] = (), selection: Selection | None = None) -> Content:
    """The content that a home judges by: the rules that ship, and those that were added to it.

    Raises:
        ContentError: a folder is missing, or one of the files that all rules share is wrong.
    """
    chosen = selection or Selection(tuple(RuleStatus(each) for each in settings.rule_status), settings.min_level)
    return load_content(
        settings.rules_folder, rules=rules, site=settings.site_rules, selection=chosen, cache=settings.rule_cache
    )
