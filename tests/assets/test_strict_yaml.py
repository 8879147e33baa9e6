"""YAML read strictly: what is refused, where, and that nothing else is lost."""

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from assets.strict_yaml import LARGEST_BYTES, YamlRefused, parse_yaml, read_yaml

_LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(20)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("a: 1\nb: 2\na: 3\n", "^3: a is given twice, first in line 1", id="key-twice"),
        pytest.param("x:\n  - {a: 1, a: 2}\n", "^2: a is given twice", id="key-twice-deep"),
        pytest.param(_LAUGHS, r"^2: the alias \*a", id="billion-laughs"),
        pytest.param("a: !!python/object:os.system x\n", "^1: the tag .* not allowed", id="python-tag"),
        pytest.param("a: !own x\n", "^1: the tag !own", id="own-tag"),
        pytest.param("[" * 100_000, "^1: nested deeper than 20", id="deep-flow"),
        pytest.param("\n".join(" " * i + "- " for i in range(500)), "nested deeper than 20", id="deep-block"),
        pytest.param("? [a, b]\n: c\n", "a key is a word", id="list-as-key"),
        pytest.param("a: [1, 2\nb: 3\n", "no YAML", id="unclosed"),
        pytest.param("a: 1\n---\nb: 2\n", "no YAML", id="two-documents"),
        pytest.param("a: \x00\n", "no YAML", id="nul"),
        pytest.param("a: \x1b[31m\n", "no YAML", id="terminal-escape"),
    ],
)
def test_what_is_not_plain_yaml_is_refused(text: str, said: str) -> None:
    with pytest.raises(YamlRefused, match=said):
        parse_yaml(text)


def test_scalars_keep_their_text_and_places_their_lines() -> None:
    document = parse_yaml("id: 007\nnorway: no\nday: 2026-01-05\nnone: ~\nempty:\nlist:\n  - a\n  - b\n")
    expected = {"id": "007", "norway": "no", "day": "2026-01-05", "none": None, "empty": None, "list": ["a", "b"]}
    assert document.content == expected
    assert document.line(("list", 1)) == 8
    assert document.line(("list", 9)) == 6
    assert document.line(("nowhere",)) == 1


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        pytest.param(b"\xff\xfea\x00", "not UTF-8 at byte 0", id="utf-16"),
        pytest.param("名称: 水厂".encode("gb18030"), "not UTF-8", id="gb18030"),
        pytest.param(b"#" * (LARGEST_BYTES + 1), "larger than 8 MiB", id="too-large"),
    ],
)
def test_a_file_that_is_no_utf8_text_of_bounded_size_is_refused(tmp_path: Path, raw: bytes, said: str) -> None:
    path = tmp_path / "inventory.yml"
    path.write_bytes(raw)
    with pytest.raises(YamlRefused, match=said):
        read_yaml(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(YamlRefused, match="cannot be read: No such file"):
        read_yaml(tmp_path / "none.yml")
    with pytest.raises(YamlRefused, match="cannot be read: Is a directory"):
        read_yaml(tmp_path)


def test_a_byte_order_mark_is_no_content(tmp_path: Path) -> None:
    path = tmp_path / "inventory.yml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read_yaml(path).content == {"a": "1"}


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        content = parse_yaml(text).content
    except YamlRefused:
        return
    assert content is None or isinstance(content, dict | list | str)


@given(st.dictionaries(st.text("abcxyz", min_size=1), st.lists(st.text(max_size=10), max_size=3), max_size=5))
def test_what_a_yaml_writer_wrote_is_read_back(content: dict[str, list[str]]) -> None:
    assert (parse_yaml(yaml.safe_dump(content)).content or {}) == content


def test_ten_thousand_assets_are_read() -> None:
    entry = "  - {asset_id: a, name: b, addresses: [192.0.2.1, 192.0.2.2], hosts: [a.example.org]}\n"
    content = parse_yaml("assets:\n" + entry * 10_000).content
    assert isinstance(content, dict)
    assert isinstance(content["assets"], list)
    assert len(content["assets"]) == 10_000


def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yml")
    with pytest.raises(YamlRefused, match="named pipe"):
        read_yaml(tmp_path / "pipe.yml")
