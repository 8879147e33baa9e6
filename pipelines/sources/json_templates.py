"""The template that one line of JSON makes for all lines that differ from it in nothing but their values."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from pipelines.sources.cutting import Places
from pipelines.sources.json_records import JsonObject, flattened, parsed_or_reason

_PLACE = 0xF0000  # private use: in what flattening gives, every such character is one of ours
_LIST = re.compile(r"(.*\[ *)([^\[\]{}]*[^\[\]{} ])( *\].*)", re.DOTALL)
_BARE = re.compile(r"[^\s\[\]{}:,]+")

# A text, a bare value (a number, true, false or null), or the bare values of a list.
Kind = Literal["text", "bare", "list"]


@dataclass(frozen=True)
class Constant:
    """What stands between two values, the same in all lines of a shape.

    Attributes:
        content: UTF-8.
        begins: after which mark it starts, counted from the start of the line, and how many bytes behind it.
        ends: likewise where it ends.
    """

    content: bytes
    begins: tuple[int, int]
    ends: tuple[int, int]

    def start(self, marks: Places) -> Places:
        """Where it starts in lines with these marks."""
        at, behind = self.begins
        places: Places = marks[at] + behind
        return places

    def end(self, marks: Places) -> Places:
        """Where it ends."""
        at, behind = self.ends
        places: Places = marks[at] + behind
        return places


@dataclass
class Template:
    """What the first line of a shape says of all of them, by the numbers of its pieces.

    Attributes:
        pieces: of the line, cut at its quotation marks.
        constant: those that are the same in all lines.
        quoted: those that are texts.
        bare: those with a bare value, with what stands before and after it, and whether it is the values of a list.
        content: the object, with placeholders.
        flat: the same flattened.
        told: the text that tells objects apart, None where there is none.
    """

    pieces: Sequence[str]
    constant: list[int] = field(default_factory=list)
    quoted: list[int] = field(default_factory=list)
    bare: dict[int, tuple[str, str, bool]] = field(default_factory=dict)
    content: JsonObject = field(default_factory=dict)
    flat: dict[str, str] = field(default_factory=dict)
    told: str | None = None

    @property
    def constants(self) -> list[Constant]:
        """All that stands before, between and behind the values; the marks are quotation marks and both line ends."""
        found, text, begins = list[Constant](), "", (0, 1)
        for at, piece in enumerate(self.pieces):
            mark = '"' if at + 1 < len(self.pieces) else ""
            if at in self.constant:
                text += piece + mark
                continue
            before, after, _ = self.bare.get(at, ("", "", False))
            found.append(Constant((text + before).encode(), begins, (at, 1 + len(before.encode()))))
            text, begins = after + mark, (at + 1, -len(after.encode()))
        return [*found, Constant(text.encode(), begins, (len(self.pieces), 0))]

    @property
    def places(self) -> list[int]:
        """The pieces that hold a value."""
        return [*self.quoted, *self.bare]

    @property
    def kinds(self) -> dict[str, Kind]:
        """Of what kind each value is, by placeholder."""
        kinds: dict[str, Kind] = {placeholder(at): "text" for at in self.quoted}
        return kinds | {placeholder(at): "list" if is_list else "bare" for at, (_, _, is_list) in self.bare.items()}


def placeholder(at: int) -> str:
    """What stands in a template for the value in a piece: one character."""
    return chr(_PLACE + at)


def template_of(pieces: Sequence[str], told_by: str) -> Template | None:
    """The template that a line makes; None where it has to be read by itself."""
    template, written = Template(pieces), list[str]()
    for at in range(len(pieces)):
        part = _text(template, at, told_by) if at % 2 else _between(template, at)
        if part is None:
            return None
        written.append(part)
    content = parsed_or_reason("".join(written))
    if isinstance(content, str):
        return None
    template.content, template.flat = content, flattened(content)
    # A value that a later one of its name takes the place of would go unchecked.
    if {place for text in template.flat.values() for place in text} - {","} != set(template.kinds):
        return None
    told = content.get(told_by)
    at = ord(told) - _PLACE if isinstance(told, str) and len(told) == 1 else -1
    if at in template.constant and pieces[at].isprintable() and "\\" not in pieces[at]:
        template.told = pieces[at]
    return template


def _text(template: Template, at: int, told_by: str) -> str:
    """A name as it stands, or the place of a text."""
    pieces = template.pieces
    named = pieces[at + 1].lstrip().startswith(":")
    tells = at > 1 and pieces[at - 2] == told_by and pieces[at - 1].strip() == ":"
    if named or tells:
        template.constant.append(at)
    if not named:
        template.quoted.append(at)
    return f'"{pieces[at]}"' if named else f'"{placeholder(at)}"'


def _between(template: Template, at: int) -> str | None:
    """The punctuation as it stands; None where it holds bare values that cannot be told apart."""
    piece = template.pieces[at]
    bare = list(_BARE.finditer(piece))
    if not bare:
        template.constant.append(at)
        return piece
    whole = _LIST.fullmatch(piece)
    before, after = (whole[1], whole[3]) if whole else (piece[: bare[0].start()], piece[bare[0].end() :])
    if _BARE.search(before) or _BARE.search(after):
        return None
    template.bare[at] = before, after, whole is not None
    return f'{before}"{placeholder(at)}"{after}'
