"""The terminal: what a log line says is shown, never obeyed."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongdun.console import harmless, print_json, print_json_rows, print_table


@given(st.text())
def test_no_control_character_survives(value: str) -> None:
    assert harmless(value).isprintable()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("two\nlines", "two\\nlines"),
        ("福州", "福州"),
        (datetime(2026, 3, 1, 8, 0, tzinfo=UTC), "2026-03-01 08:00:00"),
        (datetime(2026, 3, 1, 8, 0, tzinfo=timezone(timedelta(hours=8))), "2026-03-01 08:00:00+08:00"),
        (0.5, "0.5"),
        (b"a1", "a1"),
    ],
)
def test_values_read_well(value: object, shown: str) -> None:
    assert harmless(value) == shown


def test_json_is_json_whatever_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    print_json(
        {"at": datetime(2026, 3, 1, tzinfo=UTC), "share": float("nan"), "name": "榕盾", "ids": ("a",), "raw": b"\xff"}
    )
    assert json.loads(capsys.readouterr().out) == {
        "at": "2026-03-01T00:00:00+00:00",
        "share": None,
        "name": "榕盾",
        "ids": ["a"],
        "raw": "\\xff",
    }


def test_markup_in_a_cell_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("alerts", [{"title": "[bold red]boom[/]"}])
    assert "[bold red]boom[/]" in capsys.readouterr().out


def test_headings_and_titles_are_shown_and_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("\x1b[2Jalerts", [{"\x1b[31mwho": "a"}])
    print_table("\x1b[2Jnone", [])
    assert "\x1b" not in capsys.readouterr().out


def test_a_file_name_that_is_no_text_leaves_json_whole(capsys: pytest.CaptureFixture[str]) -> None:
    name = b"a\xff.log".decode(errors="surrogateescape")
    print_json({"path": name, name: 1})
    assert json.loads(capsys.readouterr().out) == {"path": "a\\udcff.log", "a\\udcff.log": 1}


@pytest.mark.parametrize("blocks", [[], [[]], [[{"a": 1}]], [[{"a": 1}, {"a": None}], [], [{"a": "榕"}]]])
def test_rows_by_the_block_are_the_document_of_all_rows(
    blocks: list[list[dict[str, object]]], capsys: pytest.CaptureFixture[str]
) -> None:
    print_json([row for block in blocks for row in block])
    whole = capsys.readouterr().out
    print_json_rows(iter(blocks))
    assert capsys.readouterr().out == whole


def test_a_failure_half_way_leaves_no_document_that_reads_as_whole(capsys: pytest.CaptureFixture[str]) -> None:
    def blocks() -> Iterator[list[dict[str, object]]]:
        yield [{"a": 1}]
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        print_json_rows(blocks())
    with pytest.raises(json.JSONDecodeError):
        json.loads(capsys.readouterr().out)
