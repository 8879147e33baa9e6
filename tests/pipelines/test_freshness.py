"""The catalogue against what scans, uses and people say, on the real engine (R37)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dlp.freshness_policy import default_freshness_policy
from dlp.grading_policy import default_grading
from dlp.policy import default_policy
from pipelines.catalogue import import_catalogue
from pipelines.catalogue_editing import confirm_entry, edit_entry, seen_entry
from pipelines.freshness import Freshness, catalogue_freshness
from pipelines.scan import scan_all
from response.errors import CatalogueRefused, StepRefused
from response.review import Correction, Decision, Reviewed, decide
from rongdun.settings import Settings
from store.client import Store
from tests.pipelines.test_accesses import PHONES, _ingested, _judged, _query

TODAY = datetime.now(UTC)
Scan = Callable[..., None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "exports"
    made.mkdir()
    return made


@pytest.fixture
def scans(store: Store, tmp_path: Path) -> Scan:
    """Scan targets as the command does."""
    settings = Settings(home=tmp_path / "home")

    def scanned(*targets: Path) -> None:
        scan_all([str(target) for target in targets], store, settings)

    return scanned


def _people(path: Path, *, rows: int = 30, header: str = "phone,district", phone: str = "") -> Path:
    cells = [f"{phone or PHONES[at % 6][:7] + f'{at:04}'},鼓楼" for at in range(rows)]
    path.write_text("\n".join([header, *cells]) + "\n", encoding="utf-8")
    return path


def _declared(store: Store, tmp_path: Path, *entries: str) -> None:
    path = tmp_path / "catalogue.yml"
    lines = [f"  - {{organisation: Civil affairs, owner: Data section, {entry}}}" for entry in entries]
    path.write_text("\n".join(["datasets:", *lines]) + "\n", encoding="utf-8")
    import_catalogue(path, store, default_grading(), actor="chen")


def _found(store: Store, *, after: timedelta = timedelta()) -> list[Freshness]:
    return catalogue_freshness(store, default_freshness_policy(), default_policy(), datetime.now(UTC) + after)


def _told(store: Store, *, after: timedelta = timedelta()) -> dict[str, list[tuple[str, str]]]:
    return {
        row.standing.name.rpartition("/")[2]: [(drift.kind, drift.about) for drift in row.drifts]
        for row in _found(store, after=after)
    }


def test_entries_and_data_sets_are_held_against_each_other(
    store: Store, tmp_path: Path, folder: Path, scans: Scan
) -> None:
    _people(folder / "known.csv")
    _people(folder / "strange.csv")
    scans(folder)
    _declared(store, tmp_path, 'dataset: "*/known.csv"', 'dataset: "*/nowhere.csv"', "dataset: civil.cards")
    _ingested(store, tmp_path, _query(1, "etl", "SELECT no FROM cards"))
    _judged(store)
    assert _told(store) == {
        "known.csv": [],
        "strange.csv": [("no_entry", "")],
        "nowhere.csv": [("never_met", "")],
        "civil.cards": [],
    }


def test_a_scan_that_reads_nothing_again_still_came_by(store: Store, tmp_path: Path, folder: Path, scans: Scan) -> None:
    _people(folder / "known.csv")
    _declared(store, tmp_path, 'dataset: "*/known.csv"')
    scans(folder)
    (first,) = _found(store)
    scans(folder)
    assert store.value("SELECT count() FROM pii_scans") == 1
    (second,) = _found(store)
    assert first.standing.looked_at is not None
    assert second.standing.looked_at is not None
    assert second.standing.looked_at > first.standing.looked_at
    assert [drift.kind for drift in _found(store, after=timedelta(days=91))[0].drifts] == ["scan_overdue"]


@pytest.mark.parametrize(
    ("look", "told"),
    [
        pytest.param("folder", [("gone", "")], id="a scan of its folder did not meet it"),
        pytest.param("everything", [("gone", "")], id="a scan of all that is known did not find it"),
        pytest.param("elsewhere", [], id="a scan of another folder says nothing of it"),
        pytest.param("unmounted", [], id="nor does one while its folder is not there"),
    ],
)
def test_what_is_gone_is_told_once_a_scan_looked(
    store: Store, tmp_path: Path, folder: Path, scans: Scan, look: str, told: list[tuple[str, str]]
) -> None:
    path = _people(folder / "known.csv")
    _people(folder / "other.csv")
    (tmp_path / "elsewhere").mkdir()
    _people(tmp_path / "elsewhere" / "more.csv")
    _declared(store, tmp_path, 'dataset: "*/known.csv"')
    scans(folder)
    path.unlink()
    assert _told(store)["known.csv"] == []
    if look == "unmounted":
        folder.rename(tmp_path / "away")
    scans(*{"folder": [folder], "elsewhere": [tmp_path / "elsewhere"]}.get(look, []))
    assert _told(store)["known.csv"] == told
    if look == "folder":
        _people(path)
        scans(folder)
        assert _told(store)["known.csv"] == []


def test_a_table_that_left_its_database_is_gone_and_one_of_a_damaged_file_is_not(
    store: Store, tmp_path: Path, folder: Path, scans: Scan
) -> None:
    import sqlite3  # noqa: PLC0415

    path = folder / "population.sqlite"
    with sqlite3.connect(path) as database:
        for table in ("residents", "kept"):
            database.execute(f"CREATE TABLE {table} (phone TEXT)")
            database.execute(f"INSERT INTO {table} VALUES ('13800138000')")
    database.close()
    _declared(store, tmp_path, 'dataset: "*#residents"', 'dataset: "*#kept"')
    scans(folder)
    with sqlite3.connect(path) as database:
        database.execute("DROP TABLE residents")
    database.close()
    scans(path)
    assert _told(store) == {"population.sqlite#kept": [], "population.sqlite#residents": [("gone", "")]}
    path.write_bytes(path.read_bytes()[:600])
    scans(path)
    assert _told(store)["population.sqlite#kept"] == []


def test_columns_and_grades_that_change_are_told_until_somebody_confirms(
    store: Store, tmp_path: Path, folder: Path, scans: Scan
) -> None:
    path = _people(folder / "known.csv")
    _declared(store, tmp_path, 'dataset: "*/known.csv"')
    scans(folder)
    assert _told(store) == {"known.csv": []}
    rows = "".join(f"{PHONES[at % 6][:7]}{at:04},鼓楼,11010519491231002X\n" for at in range(30))
    path.write_text(f"phone,district,id_no\n{rows}", encoding="utf-8")
    scans(folder)
    told = dict(_told(store)["known.csv"])
    assert set(told) == {"columns_changed", "regraded"}
    assert "id_no (CN_RESIDENT_ID): new" in told["columns_changed"]
    assert "columns: 2 → 3" in told["columns_changed"]
    assert told["regraded"].endswith("→ general-4")
    confirm_entry(store, seen_entry(store, str(path)), actor="wu", reason="looked at")
    assert _told(store) == {"known.csv": []}


def test_a_column_that_is_masked_or_no_longer_is_a_change(
    store: Store, tmp_path: Path, folder: Path, scans: Scan
) -> None:
    path = _people(folder / "known.csv", phone="138****8000")
    _declared(store, tmp_path, 'dataset: "*/known.csv"')
    scans(folder)
    _people(path)
    scans(folder)
    assert "phone (PHONE_NUMBER): unmasked" in dict(_told(store)["known.csv"])["columns_changed"]


def test_a_grade_that_a_person_corrects_is_no_drift(store: Store, tmp_path: Path, folder: Path, scans: Scan) -> None:
    path = _people(folder / "known.csv")
    _declared(store, tmp_path, 'dataset: "*/known.csv"')
    scans(folder)
    correction = Correction("general-4", "", "")
    decide(store, Reviewed.DATASET, str(path), Decision.CORRECTED, actor="wu", reason="merged", correction=correction)
    (row,) = _found(store)
    assert (row.standing.grade, row.drifts) == ("general-4", ())


def test_persons_declared_are_held_against_persons_counted(
    store: Store, tmp_path: Path, folder: Path, scans: Scan
) -> None:
    _people(folder / "known.csv", rows=30)
    _declared(store, tmp_path, 'dataset: "*/known.csv", persons: 10')
    scans(folder)
    assert _told(store) == {"known.csv": [("persons_differ", "10 → 30")]}


def test_an_entry_that_nobody_confirms_is_overdue_and_one_of_destroyed_data_is_not(
    store: Store, tmp_path: Path, folder: Path, scans: Scan
) -> None:
    _people(folder / "known.csv")
    _people(folder / "old.csv")
    _declared(store, tmp_path, 'dataset: "*/known.csv"', 'dataset: "*/old.csv", destroyed_on: 2026-01-01')
    scans(folder)
    told = _told(store, after=timedelta(days=400))
    assert ([kind for kind, _ in told["known.csv"]], told["old.csv"]) == (["scan_overdue", "entry_overdue"], [])


def test_only_who_saw_the_entry_as_it_is_confirms_it(store: Store, tmp_path: Path) -> None:
    _declared(store, tmp_path, "dataset: civil.cards")
    seen = seen_entry(store, "civil.cards")
    assert seen.entry is not None
    edit_entry(store, seen, seen.entry.model_copy(update={"owner": "Other"}), actor="lin", reason="moved")
    with pytest.raises(CatalogueRefused, match="was changed by lin"):
        confirm_entry(store, seen, actor="wu", reason="looked at")
    with pytest.raises(CatalogueRefused, match="no entry to confirm"):
        confirm_entry(store, seen_entry(store, "civil.none"), actor="wu", reason="looked at")
    with pytest.raises(StepRefused):
        confirm_entry(store, seen_entry(store, "civil.cards"), actor="wu", reason=" ")
    confirm_entry(store, seen_entry(store, "civil.cards"), actor="wu", reason="looked at")
    (row,) = _found(store)
    assert row.standing.confirmed_at is not None
    assert row.standing.changed_at is not None
    assert row.standing.confirmed_at > row.standing.changed_at
