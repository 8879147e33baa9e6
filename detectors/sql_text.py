"""Text into SQL: the only place where a rule's words become part of a statement."""

_ESCAPES = {
    "\\": "\\\\",
    "'": "\\'",
    "\0": "\\0",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}
_TABLE = str.maketrans(_ESCAPES)
_LIKE_TABLE = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


def literal(text: str) -> str:
    """A ClickHouse string literal that reads back as exactly this text.

    A lone surrogate (YAML can spell one) has no UTF-8 form: it becomes U+FFFD, as in stored text.
    """
    return f"'{storable(text).translate(_TABLE)}'"


def storable(text: str) -> str:
    """The text as a database of UTF-8 can hold it."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def folded(text: str) -> str:
    """A literal, lower-cased as the engine lower-cases values (ICU's mapping, as `lowerUTF8` does it)."""
    if text.isascii():
        return literal(text.lower())
    return f"lowerUTF8({literal(text)})"


def like_escaped(text: str) -> str:
    """Text in which a LIKE pattern reads every character as itself."""
    return text.translate(_LIKE_TABLE)


def array(items: list[str]) -> str:
    """A ClickHouse array of these expressions."""
    return f"[{', '.join(items)}]"
