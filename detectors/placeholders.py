"""Values for `%placeholders%` in rules: what only the site knows, such as its engineering stations."""

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_network
from pathlib import Path

import yaml
from sigma.rule import SigmaRule
from sigma.rule.detection import SigmaDetection, SigmaDetectionItem
from sigma.types import Placeholder, SigmaCIDRExpression, SigmaExpansion, SigmaRegularExpression, SigmaString, SigmaType

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


def fill(rule: SigmaRule, placeholders: Placeholders) -> list[str]:
    """Put the values into the rule; gives back the names that have none, whose leaves are now false.

    A value that is a network (`192.0.2.0/24`) and stands alone matches the addresses in it.
    """
    empty: dict[str, None] = {}
    for detection in rule.detection.detections.values():
        for item in _items(detection):
            item.value = [_filled(value, placeholders, empty) for value in item.value]
    return list(empty)


def _items(detection: SigmaDetection) -> Iterator[SigmaDetectionItem]:
    for item in detection.detection_items:
        if isinstance(item, SigmaDetection):
            yield from _items(item)
        else:
            yield item


def _filled(value: SigmaType, placeholders: Placeholders, empty: dict[str, None]) -> SigmaType:
    if isinstance(value, SigmaExpansion):
        return SigmaExpansion([_filled(each, placeholders, empty) for each in value.values])
    if not isinstance(value, SigmaString | SigmaRegularExpression) or not value.contains_placeholder():
        return value
    text = value.regexp if isinstance(value, SigmaRegularExpression) else value
    empty.update(dict.fromkeys(part.name for part in _named(text) if not placeholders.get(part.name)))
    if isinstance(value, SigmaString) and len(value.s) == 1:
        return SigmaExpansion([_alone(each) for part in _named(value) for each in placeholders.get(part.name, ())])

    def values_of(placeholder: Placeholder) -> Iterator[SigmaString | str]:
        for each in placeholders.get(placeholder.name, ()):
            yield re.escape(each) if isinstance(value, SigmaRegularExpression) else SigmaString(each)

    return SigmaExpansion(list(value.replace_placeholders(values_of)))


def _named(text: SigmaString) -> list[Placeholder]:
    return [part for part in text.s if isinstance(part, Placeholder)]


def _alone(text: str) -> SigmaType:
    if "/" in text:
        try:
            return SigmaCIDRExpression(str(ip_network(text, strict=False)))
        except ValueError:
            return SigmaString(text)
    return SigmaString(text)
