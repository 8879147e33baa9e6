"""Data that should be gone, end to end: catalogue, scans and logged uses on the real engine (R44)."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from dlp.grading_policy import default_grading
from pipelines.access_judging import judge_accesses
from pipelines.access_rules import access_rules_of
from pipelines.catalogue import import_catalogue
from store.client import Store
from tests.pipelines.test_accesses import POLICY, RULES, _ingested, _query, scanned

__all__ = ["scanned"]

TODAY = datetime.now(UTC)


def _registered(store: Store, folder: Path, dataset: str, **says: object) -> None:
    lines = [f"datasets:\n  - dataset: '{dataset}'\n    organisation: 市民政局\n    owner: 数据科"]
    path = folder / "catalogue.yml"
    path.write_text("\n    ".join([*lines, *(f"{name}: {value}" for name, value in says.items())]), encoding="utf-8")
    import_catalogue(path, store, default_grading(), actor="chen", remove_missing=True)


def _standing(store: Store, *, after: timedelta = timedelta()) -> dict[str, str]:
    """The state of each alert by its check, after a run at some time from now."""
    judge_accesses(store, POLICY, access_rules_of(RULES), scope="fuzhou", now=TODAY + after)
    rows = store.rows("SELECT matched_fields['check'] AS check, state FROM alerts ORDER BY check")
    return {str(row["check"]): str(row["state"]) for row in rows}


@pytest.mark.parametrize("dataset", ["*/civil.residents", "civil.*", "*"])
@pytest.mark.parametrize(
    ("says", "after", "told"),
    [
        ({}, timedelta(days=900), {}),
        ({"retention_days": 30}, timedelta(days=29), {}),
        ({"retention_days": 30}, timedelta(days=31), {"kept_too_long": "new"}),
        ({"destroyed_on": date(2026, 11, 1)}, timedelta(), {"found_after_destruction": "new"}),
        ({"destroyed_on": TODAY.date()}, timedelta(days=31), {}),
    ],
)
def test_what_a_scan_still_finds_is_told_of(
    scanned: Store, tmp_path: Path, dataset: str, says: dict[str, object], after: timedelta, told: dict[str, str]
) -> None:
    _registered(scanned, tmp_path, dataset, **says)
    expected = told if dataset.startswith("*") else {}  # the scan knows it by its path
    assert _standing(scanned, after=after) == expected
    assert _standing(scanned, after=after) == expected


def test_an_entry_that_is_put_right_settles_the_matter(scanned: Store, tmp_path: Path) -> None:
    _registered(scanned, tmp_path, "*/civil.residents", retention_days=30)
    later = timedelta(days=31)
    assert _standing(scanned, after=later) == {"kept_too_long": "new"}
    _registered(scanned, tmp_path, "*/civil.residents", retention_days=60)
    assert _standing(scanned, after=later) == {"kept_too_long": "closed"}
    assert scanned.value("SELECT verdict FROM alerts") == "benign"


@pytest.mark.parametrize("dataset", ["civil.residents", "*/civil.residents"])
def test_a_use_after_destruction_is_told_of_once_the_catalogue_says_so(
    scanned: Store, tmp_path: Path, dataset: str
) -> None:
    _ingested(scanned, tmp_path, _query(1, "student", "SELECT district FROM residents"))
    assert _standing(scanned) == {}
    _registered(scanned, tmp_path, dataset, destroyed_on=date(2026, 11, 1))
    found = _standing(scanned)
    assert found.pop("used_after_destruction") == "new"
    (alert,) = scanned.rows("SELECT user, level FROM alerts WHERE matched_fields['check'] = 'used_after_destruction'")
    assert (alert["user"], alert["level"]) == ("student", "high")
    _registered(scanned, tmp_path, dataset, destroyed_on=date(2026, 11, 3))
    assert _standing(scanned)["used_after_destruction"] == "closed"
