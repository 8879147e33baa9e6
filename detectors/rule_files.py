"""Rule files as they lie on disk: hostile until shown otherwise, so size, depth and aliases have limits."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from sigma.rule.base import SigmaYAMLLoader

from detectors.errors import ContentError

_LARGEST_FILE = 2 * 1024 * 1024
_MOST_NODES = 100_000
_DEEPEST = 40
_SUFFIXES = frozenset({".yml", ".yaml"})

# What lies beside a rule and proves it: `web_shell.cases.yml` beside `web_shell.yml`.
CASES_SUFFIX = ".cases.yml"

# Sigma specification 2.1: attributes that say something about a rule; the last four are our own.
_DESCRIBING = frozenset(
    {
        "title", "description", "author", "date", "modified", "references", "tags", "falsepositives", "status", "level",
        "license", "related", "scope", "fields", "title_zh", "description_zh", "falsepositives_zh", "event_class",
    }
)  # fmt: skip

Document = dict[str, object]


@dataclass(frozen=True)
class RuleFile:
    """The documents of one file, with the line each starts at."""

    path: Path
    text: str
    documents: tuple[tuple[int, Document], ...]

    def line_of(self, culprit: str, *, after: int) -> int:
        """The first line from `after` on that holds this text, or `after` itself."""
        wanted = culprit.strip().splitlines()[0] if culprit.strip() else ""
        if wanted:
            for number, line in enumerate(self.text.splitlines(), start=1):
                if number >= after and wanted in line:
                    return number
        return after


def deciding_text(documents: Sequence[Document]) -> str:
    """All that decides what documents match, as one text: a better title must not raise every closed alert again."""
    kept = [{key: value for key, value in document.items() if key not in _DESCRIBING} for document in documents]
    return json.dumps(_named_by_text(kept), sort_keys=True, default=str)


def _named_by_text(value: object) -> object:
    """The value with every key as text: YAML reads an unquoted `off:` as a boolean, which does not sort beside text."""
    if isinstance(value, dict):
        return {str(key): _named_by_text(each) for key, each in value.items()}
    return [_named_by_text(each) for each in value] if isinstance(value, list) else value


def rule_paths(root: Path) -> Iterator[Path]:
    """Every YAML file under a folder in a fixed order but those of cases, or the file itself; links are not followed.

    Raises:
        ContentError: there is nothing at this path.
    """
    if root.is_file():
        yield root
        return
    if not root.is_dir():
        raise ContentError(root, "there is no such file or folder of rules")
    for folder, folders, names in os.walk(root):
        folders.sort()
        yield from (Path(folder) / name for name in sorted(names) if _is_rule_file(name))


def _is_rule_file(name: str) -> bool:
    return Path(name).suffix.lower() in _SUFFIXES and not name.endswith(CASES_SUFFIX)


def read_rule_file(path: Path) -> RuleFile:
    """The documents of a rule file.

    Raises:
        ContentError: it cannot be read, is no YAML, or is larger, deeper or more repetitive than a rule may be.
    """
    text = _read_text(path)
    lines = _document_lines(path, text)
    try:
        documents = list(yaml.load_all(text, Loader=SigmaYAMLLoader))
    except yaml.YAMLError as error:
        raise _yaml_error(path, error) from error
    except (ValueError, TypeError, RecursionError, OverflowError) as error:
        raise ContentError(path, f"a value cannot be read: {error}") from error
    numbered = []
    for line, document in zip(lines, documents, strict=False):
        if document is None:
            continue
        if not isinstance(document, dict) or not all(isinstance(key, str) for key in document):
            raise ContentError(path, "not a Sigma rule: the document is not a mapping of names", line=line)
        if _expanded_size(document, {}) > _MOST_NODES:
            raise ContentError(path, f"its aliases expand to more than {_MOST_NODES:,} values", line=line)
        numbered.append((line, document))
    if not numbered:
        raise ContentError(path, "not a Sigma rule: the file holds no document")
    return RuleFile(path, text, tuple(numbered))


def _read_text(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            raise ContentError(path, "not a regular file")  # reading a named pipe would wait without end
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
        if len(content) > _LARGEST_FILE:
            raise ContentError(path, f"larger than {_LARGEST_FILE // 1024 // 1024} MiB, which no rule needs")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise ContentError(path, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ContentError(path, f"not UTF-8 text (byte {error.start})") from error


def _document_lines(path: Path, text: str) -> list[int]:
    """The line each document starts at, by a pass that keeps nothing, so that depth and size are known first."""
    lines, depth, nodes = [], 0, 0
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            nodes += isinstance(event, yaml.NodeEvent)
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            line = event.start_mark.line + 1 if event.start_mark else 1
            if depth > _DEEPEST or nodes > _MOST_NODES:
                what = f"nested deeper than {_DEEPEST}" if depth > _DEEPEST else f"more than {_MOST_NODES:,} values"
                raise ContentError(path, f"{what}, which no rule needs", line=line)
            if _starts_document(event, depth):
                lines.append(line)
    except yaml.YAMLError as error:
        raise _yaml_error(path, error) from error
    return lines


def _starts_document(event: yaml.Event, depth: int) -> bool:
    if isinstance(event, yaml.CollectionStartEvent):
        return depth == 1
    return depth == 0 and isinstance(event, yaml.ScalarEvent | yaml.AliasEvent)


def _yaml_error(path: Path, error: yaml.YAMLError) -> ContentError:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return ContentError(path, f"not valid YAML: {problem}", line=mark.line + 1 if mark else 0)


def _expanded_size(node: object, sizes: dict[int, int]) -> int:
    """Values in a document with every alias written out; a document that holds itself is endless."""
    if not isinstance(node, dict | list):
        return 1
    if id(node) in sizes:
        return sizes[id(node)]
    sizes[id(node)] = _MOST_NODES + 1  # met again before it is known: it holds itself
    children = node.values() if isinstance(node, dict) else node
    size = 1 + sum(_expanded_size(child, sizes) for child in children)
    sizes[id(node)] = size
    return size
