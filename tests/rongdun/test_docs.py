"""The documentation names every command and every setting, and nothing that does not exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from rongdun.cli import app
from rongdun.settings import Settings

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")


def commands() -> Iterator[str]:
    """Every command, as it is typed."""
    for name, command in getattr(get_command(app), "commands", {}).items():
        inner = getattr(command, "commands", None)
        yield from (f"rongdun {name} {child}" for child in inner) if inner else [f"rongdun {name}"]


def test_every_command_is_in_the_reference_and_the_other_way_round() -> None:
    assert set(re.findall(r"^\| `(rongdun [a-z ]+)` \|", REFERENCE, re.MULTILINE)) == set(commands())


def test_every_setting_is_in_the_reference_and_the_other_way_round() -> None:
    settings = {f"RONGDUN_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"^\| `(RONGDUN_[A-Z_]+)` \|", REFERENCE, re.MULTILINE)) == settings


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_every_link_of_the_readme_leads_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (ROOT / link).exists()]
    assert links
    assert missing == []
