"""Text from outside, made safe to look at: nothing in it is executed, rendered or hidden."""

import re
import string
import unicodedata

_LONGEST = 20_000

# Characters that a reader does not see or that reorder what is seen: controls, formats (bidi overrides, zero width,
# byte-order mark), lone surrogates, private use, unassigned, line and paragraph separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# What Streamlit replaces in a piece of text after Markdown is parsed, when a backslash no longer protects it: emoji and
# icon short codes, bare links and mail addresses, arrows, dashes and comparisons.
_LATE = r"[:.@/]|-(?=[->])|[<>~](?=[-=])"
# Small text that is empty: it ends the piece and leaves nothing on the page, so that what is copied is the text.
_BREAK = ":small[]"
_PUNCTUATION = re.compile(f"(?P<late>{_LATE})|[{re.escape(string.punctuation)}]")


def harmless(text: str, *, longest: int = _LONGEST) -> str:
    """The text with every unseen character shown as its code, line breaks and tabs kept, cut where it is too long."""
    shown = "".join(_visible(character) for character in text[:longest])
    return shown if len(text) <= longest else f"{shown} … (+{len(text) - longest})"


def one_line(text: str, *, longest: int = 300) -> str:
    """The text on a single line, with line breaks and tabs shown as their codes too."""
    return harmless(text, longest=longest).replace("\n", "\\n").replace("\t", "\\t")


def plain(text: str, *, longest: int = 300) -> str:
    """The text as Markdown that shows exactly the text: for headings and labels, where Streamlit renders Markdown."""
    return _PUNCTUATION.sub(_escaped, one_line(text, longest=longest).strip())


def searchable(text: str) -> str:
    """What somebody looks for, without the unseen characters that copied text brings along."""
    return "".join(character for character in text if unicodedata.category(character) not in _HIDDEN).strip()


def _escaped(found: re.Match[str]) -> str:
    return f"\\{found[0]}{_BREAK if found['late'] else ''}"


def _visible(character: str) -> str:
    if character in "\n\t" or unicodedata.category(character) not in _HIDDEN:
        return character
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
