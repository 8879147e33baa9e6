"""`rongdun dlp review` and `dlp catalogue`, as a reviewer types them (R36, R38)."""

from pathlib import Path
from typing import Any

import pytest

from tests.rongdun.command import Rongdun

CATALOGUE = "datasets:\n  - {dataset: '*/people.csv', organisation: civil affairs, owner: data section, purpose: x}\n"
NEVER = "  - {dataset: '*/never.csv', organisation: civil affairs, owner: data section}\n"


@pytest.fixture
def scanned(rongdun: Rongdun, tmp_path: Path) -> Rongdun:
    """A home with one scanned table of made-up telephone numbers and a catalogue."""
    table, catalogue = tmp_path / "people.csv", tmp_path / "catalogue.yml"
    table.write_text("n,手机号\n" + "".join(f"{n},1391234{n:04}\n" for n in range(50)), encoding="utf-8")
    catalogue.write_text(CATALOGUE + NEVER, encoding="utf-8")
    assert rongdun.json("dlp", "catalogue", "import", catalogue, "--actor", "wu") == {
        "path": str(catalogue),
        "entries": 2,
        "added": 2,
        "updated": 0,
        "removed": 0,
    }
    rongdun.json("dlp", "scan", table)
    return rongdun


def _queue(rongdun: Rongdun, *words: str) -> Any:
    return rongdun.json("dlp", "review", "list", *words)


def test_a_reviewer_works_the_queue(scanned: Rongdun) -> None:
    queue = _queue(scanned)
    (dataset,), (finding,) = queue["datasets"], queue["findings"]
    assert (finding["review_state"], finding["grade"], dataset["persons"]) == ("open", "general-2", 50)
    wanted, name = finding["finding_id"], f"dataset:{dataset['dataset']}"
    for words in (
        ("correct", wanted, "--grade", "general-3", "--reason", "with addresses elsewhere"),
        ("accept", name, "--reason", "seen"),
    ):
        done = scanned.run("dlp", "review", *words, "--actor", "lin")
        assert (done.returncode, "on record as step" in done.stdout) == (0, True), done.stderr
    assert _queue(scanned) == {"datasets": [], "findings": []}
    assert [row["effective_grade"] for row in _queue(scanned, "--state", "corrected")["findings"]] == ["general-3"]
    history: Any = scanned.json("dlp", "review", "history", wanted)
    assert [(step["actor"], step["action"]) for step in history["history"]] == [("lin", "review.corrected")]


def test_the_catalogue_lists_what_is_known_and_what_was_never_scanned(scanned: Rongdun) -> None:
    listed: Any = scanned.json("dlp", "catalogue", "list")
    assert [(row["owner"], row["purpose"], row["grade"]) for row in listed["datasets"]] == [
        ("data section", "x", "general-2")
    ]
    assert [row["dataset"] for row in listed["never_scanned"]] == ["*/never.csv"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("accept", "nothing", "--reason", "x"), "no finding 'nothing'"),
        (("correct", "nothing", "--reason", "x"), "a correction says what stands instead"),
        (("correct", "nothing", "--reason", "x", "--grade", "secret"), "'secret' is no grade"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(shared_rongdun: Rongdun, words: tuple[str, ...], says: str) -> None:
    done = shared_rongdun.run("dlp", "review", *words, "--actor", "lin")
    assert (done.returncode, done.stderr.count("Traceback")) == (2, 0)
    assert says in " ".join(done.stderr.split())
