"""The detection content of a folder: Sigma rules with the site's placeholders, and the rule for silent sources."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from detectors.placeholders import load_placeholders
from detectors.rule import RuleSet
from detectors.ruleset import load_ruleset
from detectors.silence import SilenceRule, load_silence_rule


@dataclass(frozen=True)
class Content:
    """What a detection run judges by."""

    ruleset: RuleSet
    silence: SilenceRule | None


def load_content(folder: Path, *, rules: Sequence[Path] = ()) -> Content:
    """The content of a folder laid out like `rules/`, or these Sigma rules alone with the folder's placeholders.

    Raises:
        ContentError: a folder is missing, or one of the files that all rules share is wrong.
    """
    placeholders = folder / "placeholders.yml"
    ruleset = load_ruleset(
        *(rules or [folder / "sigma"]), placeholders=load_placeholders(placeholders) if placeholders.is_file() else None
    )
    silence = folder / "detections" / "silent_source.yml"
    return Content(ruleset, load_silence_rule(silence) if silence.is_file() and not rules else None)
