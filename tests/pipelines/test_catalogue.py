"""The catalogue of data assets, and decisions that outlive scans: end to end on the real engine (R36 to R39, R42)."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dlp.errors import RegistrationInvalid
from dlp.grading_policy import default_grading
from dlp.policy import default_policy
from pipelines.catalogue import import_catalogue, load_catalogue, registered_datasets
from pipelines.scan import scan
from pipelines.scan_report import ScanReport
from response.audit import verify_chain
from response.errors import ReviewRefused, StepRefused
from response.review import Correction, Decision, Reviewed, decide
from store.client import Store

KEY = b"a key for tests only, 32 bytes.."
GRADING = default_grading()
PHONES = ["13800138000", "13912345678", "15012345678", "18612345678", "17712345678", "19912345678"]  # made up

CATALOGUE = """
datasets:
  - dataset: "*/licences.csv"
    title: 证照库
    organisation: 市政务服务中心
    owner: 数据科
    cdo: 首席数据官
    industry: finance
    purpose: licences
    openness: conditional
    persons: 1200000
    harm:
      - {object: public_interest, degree: general}
    sharing:
      - {recipient: 市民政局, basis: 协议 2026-3, until: 2027-01-01}
    retention_days: 365
    backed_up_on: 2026-10-01
    encrypted: true
"""


def _written(folder: Path, text: str = CATALOGUE, name: str = "catalogue.yml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _scanned(store: Store, path: Path) -> ScanReport:
    (report,) = scan(path, store, key=KEY, scope="fuzhou", policy=default_policy())
    return report


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "licences.csv"
    path.write_text("id,手机号\n" + "".join(f"{at},{PHONES[at % 6]}\n" for at in range(60)), encoding="utf-8")
    return path


def _finding(store: Store) -> dict[str, object]:
    (row,) = store.rows("SELECT * FROM reviewed_findings")
    return row


def _dataset(store: Store) -> dict[str, object]:
    (row,) = store.rows("SELECT * FROM data_catalogue")
    return row


def test_what_is_declared_is_read_back_as_it_was(store: Store, tmp_path: Path) -> None:
    path = _written(tmp_path)
    report = import_catalogue(path, store, GRADING)
    assert (report.added, report.updated, report.removed) == (1, 0, 0)
    assert list(registered_datasets(store)) == load_catalogue(path, GRADING)


def test_importing_again_changes_nothing_and_a_changed_entry_is_updated(store: Store, tmp_path: Path) -> None:
    path = _written(tmp_path)
    import_catalogue(path, store, GRADING, now=datetime(2026, 11, 1, tzinfo=UTC))
    again = import_catalogue(path, store, GRADING)
    changed = import_catalogue(_written(tmp_path, CATALOGUE.replace("数据科", "信息科")), store, GRADING)
    assert (again.added, again.updated) == (0, 0)
    assert (changed.added, changed.updated) == (0, 1)
    assert [entry.owner for entry in registered_datasets(store)] == ["信息科"]
    other = _written(tmp_path, "datasets:\n  - {dataset: t, organisation: o, owner: w}\n")
    assert import_catalogue(other, store, GRADING, remove_missing=True).removed == 1
    assert [entry.dataset for entry in registered_datasets(store)] == ["t"]


def test_a_spreadsheet_of_entries_says_the_same(tmp_path: Path) -> None:
    rows = (
        "dataset,title,organisation,owner,cdo,industry,purpose,openness,persons,harm,sharing,retention_days,backed_up_on,encrypted\n"
        "*/licences.csv,证照库,市政务服务中心,数据科,首席数据官,finance,licences,conditional,1200000,"
        "public_interest/general,市民政局|协议 2026-3|2027-01-01,365,2026-10-01,true\n"
    )
    spreadsheet = load_catalogue(_written(tmp_path, rows, "catalogue.csv"), GRADING)
    assert spreadsheet == load_catalogue(_written(tmp_path), GRADING)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("datasets:\n  - {dataset: t, owner: w}\n", r":2: organisation: Field required"),
        ("datasets:\n  - {dataset: t, organisation: o, owner: w, colour: red}\n", r":2: colour"),
        ("datasets:\n  - {dataset: t, organisation: o, owner: w, industry: banking}\n", r"'banking' is none of"),
        (
            "datasets:\n  - {dataset: t, organisation: o, owner: w, harm: [{object: x, degree: serious}]}\n",
            r"harm.object: 'x' is none of national_security",
        ),
        ("datasets:\n  - {dataset: t, organisation: o, owner: w, derived_from: [a]}\n", "without derivation"),
        ("datasets:\n" + "  - {dataset: t, organisation: o, owner: w}\n" * 2, r":3: t is given twice, first in"),
        ('datasets:\n  - {dataset: t, organisation: "o\\u001b[31m", owner: w}\n', "control characters"),
        ("owners: []\n", "a mapping with the keys datasets, parties"),
        ("datasets: &a [*a]\n", "alias"),
    ],
)
def test_a_wrong_entry_is_told_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(RegistrationInvalid, match=says):
        load_catalogue(_written(tmp_path, text), GRADING)


def test_a_scan_knows_what_was_declared(store: Store, tmp_path: Path, table: Path) -> None:
    assert _scanned(store, table).grade == "general-2"
    import_catalogue(_written(tmp_path), store, GRADING)
    report = _scanned(store, table)
    assert (report.grade, report.suggested.jrt_level, report.suggested.persons) == ("general-4", 3, 1_200_000)
    row = _dataset(store)
    assert (row["owner"], row["review_state"], row["questions"]) == ("数据科", "open", ["large_scale=1200000"])
    assert row["grounds"] == ["harm=public_interest/general"]


def _accept(store: Store, finding_id: str, actor: str = "lin") -> None:
    decide(store, Reviewed.FINDING, finding_id, Decision.ACCEPTED, actor=actor, reason="seen")


def test_a_decision_outlives_scans_until_its_evidence_changes(store: Store, table: Path) -> None:
    _scanned(store, table)
    assert _finding(store)["review_state"] == "open"
    _accept(store, str(_finding(store)["finding_id"]))
    _scanned(store, table)
    assert (_finding(store)["review_state"], _finding(store)["decided_by"]) == ("accepted", "lin")
    masked = "".join(f"{at},{PHONES[at % 6][:3]}********\n" for at in range(60))
    table.write_text(f"id,手机号\n{masked}", encoding="utf-8")
    _scanned(store, table)
    assert _finding(store)["review_state"] == "outdated"


@pytest.mark.parametrize(
    ("decision", "correction", "state", "grade", "kind"),
    [
        (Decision.ACCEPTED, None, "accepted", "general-2", "PHONE_NUMBER"),
        (Decision.REJECTED, None, "rejected", "", "PHONE_NUMBER"),
        (Decision.CORRECTED, Correction(grade="general-3"), "corrected", "general-3", "PHONE_NUMBER"),
        (Decision.CORRECTED, Correction(entity_type="VIN"), "corrected", "general-2", "VIN"),
        (Decision.APPEALED, Correction(grade="general-1"), "appealed", "general-2", "PHONE_NUMBER"),
    ],
)
def test_what_a_decision_makes_of_a_finding(
    store: Store, table: Path, decision: Decision, correction: Correction | None, state: str, grade: str, kind: str
) -> None:
    _scanned(store, table)
    wanted = str(_finding(store)["finding_id"])
    decide(store, Reviewed.FINDING, wanted, decision, actor="lin", reason="seen", correction=correction)
    row = _finding(store)
    assert (row["review_state"], row["effective_grade"], row["effective_type"]) == (state, grade, kind)
    assert verify_chain(store).intact


def test_who_appeals_does_not_decide_the_appeal(store: Store, table: Path) -> None:
    _scanned(store, table)
    wanted = str(_finding(store)["finding_id"])
    decide(store, Reviewed.FINDING, wanted, Decision.APPEALED, actor="lin", reason="a hotline, not a person")
    with pytest.raises(ReviewRefused, match="another reviewer does"):
        _accept(store, wanted, actor="lin")
    _accept(store, wanted, actor="wu")
    assert _finding(store)["review_state"] == "accepted"


def _nothing(store: Store) -> None:
    _accept(store, "nothing")


def _nobody(store: Store) -> None:
    _accept(store, str(_finding(store)["finding_id"]), actor=" ")


def _no_correction(store: Store) -> None:
    wanted = str(_finding(store)["finding_id"])
    decide(store, Reviewed.FINDING, wanted, Decision.CORRECTED, actor="lin", reason="seen")


def _too_high(store: Store) -> None:
    wanted, asked = str(_finding(store)["finding_id"]), Correction(grade="core")
    decide(store, Reviewed.FINDING, wanted, Decision.CORRECTED, actor="lin", reason="seen", correction=asked)


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (_nothing, "no finding 'nothing'"),
        (_nobody, "needs its actor"),
        (_no_correction, "a correction says what stands instead"),
        (_too_high, "the grade of a data set as a whole"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(
    store: Store, table: Path, step: Callable[[Store], None], says: str
) -> None:
    _scanned(store, table)
    with pytest.raises((ReviewRefused, StepRefused), match=says):
        step(store)


def test_a_confirmed_grade_of_a_data_set_is_opened_by_what_changed(store: Store, tmp_path: Path, table: Path) -> None:
    import_catalogue(_written(tmp_path), store, GRADING)
    name = _scanned(store, table).dataset
    important = Correction(grade="important")
    decide(store, Reviewed.DATASET, name, Decision.CORRECTED, actor="cdo", reason="annex G", correction=important)
    assert (_dataset(store)["review_state"], _dataset(store)["grade"]) == ("corrected", "important")
    assert _scanned(store, table).suggested.triggers == ()
    assert _dataset(store)["review_state"] == "corrected"
    import_catalogue(_written(tmp_path, CATALOGUE.replace("licences\n", "research\n")), store, GRADING)
    assert _scanned(store, table).suggested.triggers == ("scenario_change",)
    assert (_dataset(store)["review_state"], _dataset(store)["grade"]) == ("outdated", "general-4")
    decide(store, Reviewed.DATASET, name, Decision.ACCEPTED, actor="cdo", reason="looked again")
    assert _dataset(store)["review_state"] == "accepted"
    decide(store, Reviewed.DATASET, name, Decision.DEMANDED, actor="lin", reason="letter 2026-9")
    assert _dataset(store)["review_state"] == "demanded"
