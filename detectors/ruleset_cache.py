"""Compiled rule sets on disk: reading three thousand rules anew takes longer than judging by them.

A file is named by a hash of everything that decides its content: the rule files, the placeholders, the field mappings,
this package's own code and pySigma's version. What cannot be read is as good as absent, and is written anew.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from detectors.placeholders import Placeholders
from detectors.routing import mapping_texts
from detectors.rule import RuleSet

# Rule sets kept: the site's, one or two that a rule writer tries, and those of the version before.
_MOST_KEPT = 8


def cached_ruleset(folder: Path, key: str) -> RuleSet | None:
    """The rule set of this key, or None when the folder has none that can be read."""
    path = _path(folder, key)
    try:
        found = _adapter().validate_json(path.read_bytes())
        os.utime(path)  # used now: the one that was used longest ago goes first
    except (OSError, ValidationError):
        return None
    return found


def keep_ruleset(folder: Path, key: str, ruleset: RuleSet) -> None:
    """Write a rule set under its key, and drop those that were used longest ago.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as file:
        file.write(_adapter().dump_json(ruleset))
    Path(file.name).replace(_path(folder, key))
    kept = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in kept[_MOST_KEPT:]:
        path.unlink(missing_ok=True)


def ruleset_key(paths: Iterable[Path], placeholders: Placeholders) -> str:
    """The key of the rule set that these files make."""
    digest = hashlib.sha256(_engine().encode())
    for name, values in sorted(placeholders.items()):
        _add(digest, name, *values)
    for path in paths:
        _add(digest, str(path))
        try:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        except OSError as error:
            _add(digest, str(error))
    return digest.hexdigest()[:32]


@cache
def _engine() -> str:
    """A hash of what turns rule files into a rule set."""
    digest = hashlib.sha256(version("pysigma").encode())
    for entry in sorted(files("detectors").iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".py"):
            _add(digest, entry.name, entry.read_text(encoding="utf-8"))
    for name, text in mapping_texts():
        _add(digest, name, text)
    return digest.hexdigest()


def _add(digest: "hashlib._Hash", *texts: str) -> None:
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass"))
        digest.update(b"\0")


@cache
def _adapter() -> TypeAdapter[RuleSet]:
    return TypeAdapter(RuleSet)


def _path(folder: Path, key: str) -> Path:
    return folder / f"{key}.json"
