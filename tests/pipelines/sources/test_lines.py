import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import SourceBroken
from pipelines.sources.lines import LINE_LIMIT, line_blocks


def _texts(content: bytes, block_bytes: int = 64) -> dict[int, str]:
    blocks = list(line_blocks(io.BytesIO(content), block_bytes))
    return {offset: text for block in blocks for offset, text, _ in block.lines.iter_rows()}


_CASES: dict[str, tuple[bytes, dict[int, str]]] = {
    "ends and blanks": (b"a\r\n\n  \nb\n", {0: "a", 3: "b"}),
    "no end": (b"a\nb", {0: "a", 1: "b"}),
    "byte order mark": (b"\xef\xbb\xbfa\n", {0: "a"}),
    "UTF-8": ("福州\n".encode(), {0: "福州"}),
    "GB18030": ("福州\n".encode("gb18030"), {0: "福州"}),
    "both": ("福州\n".encode() + "福州\n".encode("gb18030"), {0: "福州", 1: "福州"}),
    "neither": (b"a\xff\xff\n", {0: r"a\xff\xff"}),
    "NULs around": (b"\0\0a\0b\0\n", {0: "a\0b"}),
    "terminal escapes": (b"\x1b[31mred\n", {0: "\x1b[31mred"}),
    "nothing": (b"", {}),
}


@pytest.mark.parametrize(("content", "expected"), _CASES.values(), ids=_CASES)
def test_lines_are_numbered_and_decoded(content: bytes, expected: dict[int, str]) -> None:
    assert _texts(content) == expected


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"]), max_size=30)),
    st.integers(1, 50),
)
def test_the_size_of_a_block_changes_nothing(lines: list[str], block_bytes: int) -> None:
    content = "\n".join(lines).encode()
    assert _texts(content, block_bytes) == _texts(content, 1_000_000)


@pytest.mark.parametrize("block_bytes", [1000, 700_000, 10_000_000])
def test_a_line_without_bounds_is_rejected_with_its_number(block_bytes: int) -> None:
    content = b"a\n" + b"x" * (LINE_LIMIT * 2) + b"\nb\n" + b"y" * (LINE_LIMIT + 1)
    blocks = list(line_blocks(io.BytesIO(content), block_bytes))
    assert [offset for block in blocks for offset in block.lines["offset"]] == [0, 2]
    rejects = [row for block in blocks for row in block.rejects.iter_rows()]
    assert [(offset, reason) for offset, reason, _ in rejects] == [
        (1, "line longer than 1024 KiB"),
        (3, "line longer than 1024 KiB"),
    ]
    assert all(len(content) == 4096 for *_, content in rejects)


def test_lines_of_nothing_but_nul_are_rejected() -> None:
    (block,) = line_blocks(io.BytesIO(b"a\n\0\0\0\nb\n"))
    assert block.rejects.rows() == [(1, "nothing but NUL bytes", "")]
    assert block.lines["offset"].to_list() == [0, 2]


class _Breaking(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        if piece := super().read(size):
            return piece
        raise SourceBroken("cut off")


def test_where_a_stream_breaks_off_the_lines_before_are_kept() -> None:
    with pytest.raises(SourceBroken):
        list(line_blocks(_Breaking(b"a\nb")))
    blocks = line_blocks(_Breaking(b"a\nb"))
    assert [next(blocks).lines["text"].to_list(), next(blocks).lines["text"].to_list()] == [["a"], ["b"]]
