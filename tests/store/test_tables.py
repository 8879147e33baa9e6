"""The reference of the tables knows every table, every view and every column, and nothing else."""

import re
from pathlib import Path

from store.client import Store

_REFERENCE = Path(__file__).parents[2] / "docs" / "tables.md"
_COLUMNS = "SELECT table, name, type FROM system.columns WHERE database = currentDatabase()"


def _documented() -> set[tuple[str, str, str]]:
    found = set()
    for section in _REFERENCE.read_text(encoding="utf-8").split("\n## ")[1:]:
        table = section.partition("\n")[0]
        found |= {
            (table, name, kind) for name, kind in re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|", section, re.MULTILINE)
        }
    return found


def test_every_column_is_in_the_reference_and_the_reference_invents_none(store: Store) -> None:
    real = {(str(row["table"]), str(row["name"]), str(row["type"])) for row in store.rows(_COLUMNS)}
    assert real - _documented() == set(), "add these to docs/tables.md"
    assert _documented() - real == set(), "remove these from docs/tables.md"
