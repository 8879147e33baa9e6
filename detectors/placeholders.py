"""Values for `%placeholders%` in rules: what only the site knows, such as its engineering stations."""

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import as_file, files
from ipaddress import ip_network
from pathlib import Path

import yaml
from sigma.types import Placeholder, SigmaCIDRExpression, SigmaRegularExpression, SigmaString, SigmaType

from detectors.errors import ContentError

Placeholders = Mapping[str, Sequence[str]]


def load_placeholders(path: Path) -> dict[str, tuple[str, ...]]:
    """Placeholder name to its values, from a YAML mapping of names to lists.

    Raises:
        ContentError: the file cannot be read or is not such a mapping.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ContentError(path, f"cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise ContentError(path, "must map placeholder names to lists of values")
    for name, values in content.items():
        if not isinstance(name, str) or not isinstance(values, list):
            raise ContentError(path, f"{name}: must be a list of values")
    return {name: tuple(str(value) for value in values) for name, values in content.items()}


def default_placeholders() -> dict[str, tuple[str, ...]]:
    """The values that come with the rules, in `rules/placeholders.yml`."""
    with as_file(files("rules") / "placeholders.yml") as path:
        return load_placeholders(path)


def has_placeholder(value: SigmaType) -> bool:
    """Whether a value names a placeholder."""
    return isinstance(value, SigmaString | SigmaRegularExpression) and value.contains_placeholder()


def names_in(value: SigmaType) -> list[str]:
    """The placeholders that a value names."""
    text = value.regexp if isinstance(value, SigmaRegularExpression) else value
    parts = text.s if isinstance(text, SigmaString) else []
    return [part.name for part in parts if isinstance(part, Placeholder)]


def filled(value: SigmaType, placeholders: Placeholders) -> list[SigmaType]:
    """The values that a value with placeholders stands for; none when one of them is empty.

    A placeholder that stands alone and holds a network (`192.0.2.0/24`) matches the addresses in it.
    """
    if isinstance(value, SigmaString) and len(value.s) == 1:
        return [_alone(each) for name in names_in(value) for each in placeholders.get(name, ())]
    if not isinstance(value, SigmaString | SigmaRegularExpression):
        return [value]
    in_regex = isinstance(value, SigmaRegularExpression)

    def values_of(placeholder: Placeholder) -> Iterator[SigmaString | str]:
        for each in placeholders.get(placeholder.name, ()):
            yield re.escape(each) if in_regex else SigmaString(each)

    return list(value.replace_placeholders(values_of))


def _alone(text: str) -> SigmaType:
    if "/" in text:
        try:
            return SigmaCIDRExpression(str(ip_network(text, strict=False)))
        except ValueError:
            return SigmaString(text)
    return SigmaString(text)
