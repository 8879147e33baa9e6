"""`rongdun dlp exchanges`, `flows`, `catalogue freshness` and `confirm`: what they show, and when they fail."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.rongdun.command import Rongdun

CATALOGUE = """
parties:
  - {name: Province data office, level: province, aliases: [Province]}
  - {name: Civil affairs, level: department}
  - {name: County office, level: county}
datasets:
  - dataset: civil.residents
    organisation: Civil affairs
    owner: Data section
    sharing: [{recipient: Province, basis: Agreement 3, until: 2030-01-01}]
  - {dataset: civil.never, organisation: Civil affairs, owner: Data section}
"""
PHONES = [f"1380013{at:04}" for at in range(20)]


def _record(at: int, receiver: str) -> str:
    told = {
        "time": f"2026-11-02T09:{at:02}:00Z",
        "account": "gateway",
        "dataset": "civil.residents",
        "columns": "phone",
        "rows": 10 * at,
        "receiver": receiver,
    }
    return json.dumps(told) + "\n"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rongdun]:
    """A home with a catalogue, a scanned table, and three exchanges of which one has no ground."""
    folder = tmp_path_factory.mktemp("city")
    command = Rongdun(folder / "home")
    (folder / "catalogue.yml").write_text(CATALOGUE, encoding="utf-8")
    (folder / "civil.residents").write_text("phone\n" + "\n".join(PHONES) + "\n", encoding="utf-8")
    records = _record(1, "Province") + _record(2, "Province") + _record(3, "County office")
    (folder / "exchange.jsonl").write_text(records, encoding="utf-8")
    for words in (
        ("dlp", "catalogue", "import", folder / "catalogue.yml", "--actor", "chen"),
        ("dlp", "scan", folder / "civil.residents", "--actor", "lin"),
        ("ingest", folder / "exchange.jsonl"),
        ("dlp", "accesses"),
    ):
        command.json(*words)
    yield command
    command.run("stop")


WHEN = ("--since", "2026-11-01", "--until", "2026-11-30")


def _json(city: Rongdun, *words: str) -> Any:
    return city.json("dlp", *words)


def test_the_log_shows_failing_exchanges_first_in_utc(city: Rongdun) -> None:
    rows = _json(city, "exchanges", *WHEN)["exchanges"]
    told = [(row["receiver"], row["direction"], row["rows"], row["grade"], row["breaches"]) for row in rows]
    assert told == [
        ("County office", "across", 30, "general-2", ["exchange_without_basis"]),
        ("Province data office", "up", 20, "general-2", []),
        ("Province data office", "up", 10, "general-2", []),
    ]
    assert rows[0]["event_time"] == "2026-11-02T09:03:00+00:00"


@pytest.mark.parametrize(
    ("words", "rows", "code"),
    [
        ((), 3, 0),
        (("--failing",), 1, 0),
        (("--direction", "up"), 2, 0),
        (("--direction", "down"), 0, 0),
        (("--limit", "1"), 1, 0),
        (("--fail-on", "any"), 3, 1),
        (("--fail-on", "exchange_without_basis"), 3, 1),
        (("--fail-on", "exchange_unmasked"), 3, 0),
        (("--direction", "up", "--fail-on", "any"), 2, 0),
        (("--scope", "fuzhou/gulou"), 0, 0),
    ],
)
def test_what_is_asked_for_is_shown_and_fails_when_asked_to(
    city: Rongdun, words: tuple[str, ...], rows: int, code: int
) -> None:
    finished = city.run("dlp", "exchanges", *WHEN, *words, "--json")
    assert finished.returncode == code, finished.stderr
    assert len(json.loads(finished.stdout)["exchanges"]) == rows


def test_a_period_without_an_exchange_shows_none(city: Rongdun) -> None:
    assert _json(city, "exchanges", "--until", "2026-11-01")["exchanges"] == []


def test_flows_are_told_by_organisation_and_by_level(city: Rongdun) -> None:
    flows = _json(city, "flows", *WHEN)["flows"]
    assert [(row["sender"], row["receiver"], row["exchanges"], row["rows"], row["failing"]) for row in flows] == [
        ("Civil affairs", "Province data office", 2, 30, 0),
        ("Civil affairs", "County office", 1, 30, 1),
    ]
    levels = _json(city, "flows", *WHEN, "--by", "level")["flows"]
    keys = ("sender_level", "receiver_level", "direction", "exchanges")
    assert [tuple(row[key] for key in keys) for row in levels] == [
        ("department", "county", "across", 1),
        ("department", "province", "up", 2),
    ]


@pytest.mark.parametrize("words", [("exchanges", *WHEN), ("flows", *WHEN), ("catalogue", "freshness")])
def test_people_get_a_table(city: Rongdun, words: tuple[str, ...]) -> None:
    finished = city.run("dlp", *words)
    assert finished.returncode == 0, finished.stderr
    assert re.search(r"residents|Province|never", finished.stdout)
    assert not any(phone in finished.stdout for phone in PHONES)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 0),
        (("--fail-on", "low"), 1),
        (("--fail-on", "high"), 0),
        (("--kind", "gone", "--fail-on", "low"), 0),
        (("--kind", "never_met", "--kind", "gone", "--fail-on", "low"), 1),
        (("--fail-on", "sometimes"), 2),
        (("--kind", "lost"), 2),
    ],
)
def test_the_freshness_of_the_catalogue_fails_when_asked_to(city: Rongdun, words: tuple[str, ...], code: int) -> None:
    assert city.run("dlp", "catalogue", "freshness", *words).returncode == code


def test_the_freshness_is_told_entry_by_entry(city: Rongdun) -> None:
    told = _json(city, "catalogue", "freshness", "--all")
    rows = {row["dataset"] or row["entry"]: [drift["kind"] for drift in row["drifts"]] for row in told["rows"]}
    assert {name.rpartition("/")[2]: kinds for name, kinds in rows.items()} == {
        "civil.never": ["never_met"],
        "civil.residents": [],
    } or rows["civil.never"] == ["never_met"]
    assert told["entries"] == len(told["rows"])


def test_an_entry_is_confirmed_on_record_and_a_strange_one_is_not(city: Rongdun) -> None:
    confirmed = city.run("dlp", "catalogue", "confirm", "civil.never", "--reason", "looked at", "--actor", "wu")
    assert confirmed.returncode == 0, confirmed.stderr
    assert "on record as step" in confirmed.stdout
    strange = city.run("dlp", "catalogue", "confirm", "civil.none", "--reason", "looked at", "--actor", "wu")
    assert strange.returncode == 2
    assert "there is no entry to confirm" in strange.stderr


def test_a_wrong_limit_is_one_line_with_its_key(city: Rongdun, tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    (rules / "dlp").mkdir(parents=True)
    shipped = Path(__file__).parents[2] / "rules" / "dlp" / "access.yml"
    text = shipped.read_text(encoding="utf-8").replace("down: {highest: general-4", "down: {highest: general-9")
    (rules / "dlp" / "access.yml").write_text(text, encoding="utf-8")
    refused = Rongdun(city.home, {"RONGDUN_RULES": str(rules)}).run("dlp", "accesses")
    assert refused.returncode == 2
    assert "exchange.ways.down.highest" in refused.stderr
    assert "Traceback" not in refused.stderr
