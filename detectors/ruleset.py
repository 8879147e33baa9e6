"""A folder of rules into a rule set: what can run, and an account of every rule that was read."""

import gc
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from detectors.placeholders import Placeholders
from detectors.rule import RuleSet
from detectors.rule_compiling import RuleCompiling
from detectors.rule_files import rule_paths
from detectors.rule_head import SigmaDocument
from detectors.rule_reading import RuleReading
from detectors.ruleset_cache import cached_ruleset, keep_ruleset, ruleset_key

_LOG = logging.getLogger(__name__)


def load_ruleset(*roots: Path, placeholders: Placeholders | None = None, cache: Path | None = None) -> RuleSet:
    """The rules of these folders or files, compiled; whatever is wrong with one is in its check and stops no other.

    Args:
        roots: folders of rules, or single files.
        placeholders: what the site's placeholders stand for.
        cache: a folder of compiled rule sets, where this one is looked for first and kept, if it can be.

    Raises:
        ContentError: one of the roots does not exist.
        MappingError: a field mapping file is wrong.
    """
    paths = [path for root in roots for path in rule_paths(root)]
    if cache is None:
        return _compiled(paths, placeholders or {})
    key = ruleset_key(paths, placeholders or {})
    found = cached_ruleset(cache, key)
    if found is None:
        found = _compiled(paths, placeholders or {})
        _kept(cache, key, found)
    return found


def _kept(cache: Path, key: str, ruleset: RuleSet) -> None:
    """Without a cache every start compiles anew, which is slow but not wrong."""
    try:
        keep_ruleset(cache, key, ruleset)
    except OSError as error:
        _LOG.warning("compiled rules cannot be kept in %s (%s): every run compiles them anew", cache, error)


def _compiled(paths: Sequence[Path], placeholders: Placeholders) -> RuleSet:
    with _collector_at_rest(), warnings.catch_warnings():
        # Python warns of `[[` in expressions, whose meaning it may change one day; RE2's is spelled out.
        warnings.simplefilter("ignore", FutureWarning)
        return RuleCompiling(_read(paths), placeholders).ruleset()


def parsed_rules(*paths: Path) -> dict[str, SigmaDocument]:
    """The rules of these files by id, as pySigma reads them, narrowed by the Sigma filters among them."""
    reading = _read(paths)
    reading.apply_filters()
    return {key: rule.sigma for key, rule in reading.loaded.items()}


def _read(paths: Sequence[Path]) -> RuleReading:
    reading = RuleReading()
    for path in paths:
        reading.read(path)
    return reading


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Nearly all that loading makes is kept: looking for garbage in it again and again costs a fifth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
