"""The rules behind breaches of grants: a head for each check, from `detections/data_access.yml`."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from detectors.errors import ContentError
from detectors.rule import RuleHead

_STRICT = ConfigDict(extra="forbid", frozen=True)


class _Check(BaseModel):
    model_config = _STRICT
    id: str
    title: str
    title_zh: str = ""
    level: Literal["informational", "low", "medium", "high", "critical"]


class _File(BaseModel):
    model_config = _STRICT
    event_class: str
    tags: tuple[str, ...] = ()
    checks: dict[str, _Check]


def access_rules_of(folder: Path) -> Mapping[str, RuleHead]:
    """The rule of each check of a content folder, by the check's name; none where the folder has no such file.

    Raises:
        ContentError: the file cannot be read, or says something that is not allowed.
    """
    path = folder / "detections" / "data_access.yml"
    if not path.is_file():
        return {}
    try:
        text = path.read_text(encoding="utf-8")
        content = _File.model_validate(yaml.safe_load(text))
    except (OSError, ValueError, yaml.YAMLError, ValidationError) as error:
        raise ContentError(path, f"not the checks of data accesses: {error}") from error
    return {
        name: RuleHead(
            id=check.id,
            # A check's meaning lies in the code: its version follows its own entry only, so that alerts stay the same.
            version=hashlib.sha256(f"{name}\0{check.level}".encode()).hexdigest()[:32],
            title=check.title,
            path=path,
            level=check.level,
            tags=content.tags,
            event_class=content.event_class,
            title_zh=check.title_zh,
        )
        for name, check in content.checks.items()
    }
