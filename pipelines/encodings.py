"""What a delimited text is encoded in: UTF-8 or GB18030, or lines of both where two files were put together."""

import codecs

from pipelines.errors import SourceBroken

# NUL is left out wherever it stands; \x01 parts cells in Hive.
_CONTROLS = bytes(code for code in range(32) if code not in (0, 1, 9, 10, 11, 12, 13, 27))
_MIXED = 0.2  # of the lines are UTF-8: of GB18030 alone, one line in fifty is so by accident


def check_is_text(beginning: bytes, *, whole: bool) -> None:
    """Nothing, when what begins so is text.

    Raises:
        SourceBroken: it is none.
    """
    controls = len(beginning) - len(beginning.translate(None, _CONTROLS))
    if controls > len(beginning) // 100:
        raise SourceBroken("not a text table: it holds binary data")
    for encoding in ("utf-8", "gb18030"):
        try:
            codecs.getincrementaldecoder(encoding)().decode(beginning, final=whole)
        except UnicodeDecodeError:
            continue
        return
    # A few damaged characters do not make a text unreadable.
    if text_of(beginning).count("\ufffd") > len(beginning) // 20:
        raise SourceBroken("not a text table: neither UTF-8 nor GB18030")


def text_of(content: bytes) -> str:
    """Whole lines as text without NUL and leading mark; what neither encoding has becomes U+FFFD."""
    content = content.removeprefix(codecs.BOM_UTF8).replace(b"\x00", b"")
    utf8 = _strictly(content, "utf-8")
    if utf8 is not None:
        return utf8
    lines = content.split(b"\n")
    speaking = [line for line in lines if not line.isascii()]
    mixed = sum(_strictly(line, "utf-8") is not None for line in speaking) > _MIXED * len(speaking)
    whole = None if mixed else _strictly(content, "gb18030")
    order = ("utf-8", "gb18030") if mixed else ("gb18030", "utf-8")
    return "\n".join(_line(line, order) for line in lines) if whole is None else whole


def _strictly(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _line(line: bytes, order: tuple[str, str]) -> str:
    tried = (_strictly(line, encoding) for encoding in order)
    return next((text for text in tried if text is not None), line.decode(order[0], "replace"))


def encoding_of(beginning: bytes) -> str:
    """The encoding that a copy of a text that begins so is written in: utf-8, or gb18030 where that fits better."""
    damaged = {name: beginning.decode(name, "replace").count("\ufffd") for name in ("utf-8", "gb18030")}
    return min(damaged, key=lambda name: damaged[name])
