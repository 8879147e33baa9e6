"""YAML read strictly and with the line of every key: no aliases, no own tags, no key twice, bounded size and depth."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

LARGEST_BYTES = 8 * 1024 * 1024
_DEEPEST = 20
_CORE = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset(_CORE + name for name in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq"))

Place = tuple[str | int, ...]
Value = str | None | list["Value"] | dict[str, "Value"]


class YamlRefused(ValueError):
    """A document cannot be read; the message starts with the line where there is one."""

    def at(self, path: Path) -> str:
        """The message with its place, as editors open it: `path:line: what`, or `path: what`."""
        message = str(self)
        return f"{path}:{message}" if message[:1].isdigit() else f"{path}: {message}"


@dataclass(frozen=True)
class YamlDocument:
    """The values of a document, scalars as the text written (None for null), and the line of each place in it."""

    content: Value
    lines: dict[Place, int]

    def line(self, place: Place) -> int:
        """The line, from 1, of a place or of the closest place around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read_yaml(path: Path) -> YamlDocument:
    """The one document of a YAML file.

    Raises:
        YamlRefused: the file is no readable, plain, UTF-8 YAML document of at most 8 MiB.
    """
    if path.is_fifo():
        raise YamlRefused("cannot be read: a named pipe, which would be waited for without end")
    try:
        with path.open("rb") as stream:
            raw = stream.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise YamlRefused(f"cannot be read: {error.strerror or error}") from error
    if len(raw) > LARGEST_BYTES:
        raise YamlRefused(f"larger than {LARGEST_BYTES // 1024**2} MiB: split it")
    try:
        return parse_yaml(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise YamlRefused(f"not UTF-8 at byte {error.start}: save it as UTF-8") from error


def parse_yaml(text: str) -> YamlDocument:
    """The one document of a YAML text.

    Raises:
        YamlRefused: the text is no plain YAML document.
    """
    try:
        _check_shape(text)
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise YamlRefused(f"{line}: no YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise YamlRefused(f"no YAML: {' '.join(str(error).split())}") from error
    lines: dict[Place, int] = {}
    return YamlDocument(_value(node, (), lines) if node else None, lines)


def _check_shape(text: str) -> None:
    """Refuse aliases, which can unfold without end, and nesting that would exhaust the stack, before building nodes."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise YamlRefused(f"{line}: the alias *{event.anchor} is not allowed: write the value out")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            raise YamlRefused(f"{line}: nested deeper than {_DEEPEST} levels")


def _value(node: yaml.Node, place: Place, lines: dict[Place, int]) -> Value:
    lines[place] = node.start_mark.line + 1
    if node.tag not in _PLAIN_TAGS:
        raise YamlRefused(f"{lines[place]}: the tag {node.tag} is not allowed: write a plain value")
    if isinstance(node, yaml.ScalarNode):
        return None if node.tag == f"{_CORE}null" else str(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [_value(child, (*place, index), lines) for index, child in enumerate(node.value)]
    return dict(_entries(node, place, lines))


def _entries(node: yaml.Node, place: Place, lines: dict[Place, int]) -> Iterator[tuple[str, Value]]:
    seen: dict[str, int] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise YamlRefused(f"{line}: a key is a word, not a list or a mapping")
        key = str(key_node.value)
        if key in seen:
            raise YamlRefused(f"{line}: {key} is given twice, first in line {seen[key]}")
        seen[key] = line
        value = _value(value_node, (*place, key), lines)
        lines[*place, key] = line
        yield key, value
