"""The words on the screen: one language at a time, from `locale/`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

import yaml

from dashboards.errors import UnknownWord
from dashboards.harmless import one_line

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True)
class Words:
    """The words of one language, by dotted key."""

    language: Language
    entries: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key, with `{name}` filled in.

        Raises:
            UnknownWord: no such key.
        """
        if key not in self.entries:
            raise UnknownWord(f"dashboards/locale/{self.language}.yml has no {key!r}: add it to every language")
        return self.entries[key].format(**values) if values else self.entries[key]

    def label(self, group: str, code: str) -> str:
        """The label of a stored code as plain text; a code that no label exists for is shown as it is."""
        return self.entries.get(f"{group}.{code}") or one_line(code) or "–"

    def listed(self, items: Iterable[str]) -> str:
        """The items one after the other, separated as the language does it."""
        return ("、" if self.language == "zh" else ", ").join(items)

    def quoted(self, text: str) -> str:
        """The text within the language's quotation marks."""
        return f"“{text}”" if self.language == "zh" else f"'{text}'"

    def bracketed(self, text: str) -> str:
        """The text within the language's brackets."""
        return f"（{text}）" if self.language == "zh" else f"({text})"

    def explained(self, text: str, more: str) -> str:
        """The text with more about it in brackets behind it."""
        return f"{text}{self.bracketed(more)}" if self.language == "zh" else f"{text} {self.bracketed(more)}"

    def place(self, path: str) -> str:
        """The name of the last step of a scope, or that step as it is."""
        last = path.rsplit("/", 1)[-1]
        return self.entries.get(f"place.{path}") or self.entries.get(f"place.{last}") or one_line(last)

    def whole_place(self, path: str) -> str:
        """The names of a scope's steps, from the city down."""
        steps = path.split("/")
        return " / ".join(self.place("/".join(steps[: depth + 1])) for depth in range(len(steps)))

    def codes(self, group: str) -> list[str]:
        """The codes of a group that have a label, in the order of the file."""
        return [key.removeprefix(f"{group}.") for key in self.entries if key.startswith(f"{group}.")]


@cache
def words_in(language: Language) -> Words:
    """Every word of a language."""
    text = files("dashboards").joinpath("locale", f"{language}.yml").read_text(encoding="utf-8")
    return Words(language, dict(_flat(yaml.load(text, Loader=yaml.CSafeLoader))))


def _flat(tree: Mapping[str, object], prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in tree.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{prefix}{key}.")
        else:
            found.append((f"{prefix}{key}", str(value)))
    return found
