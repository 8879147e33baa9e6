"""The grading file: what ships is whole, and a wrong one is told with its key."""

import copy
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from dlp.errors import PolicyError
from dlp.grading_policy import default_grading, grading_of, load_grading

SHIPPED = yaml.safe_load(files("rules").joinpath("dlp", "grading.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("harmed", "degree", "grade"),
    [
        # GB/T 43697-2024 table 1, and the sub-grades of annex H.1 where the table says `general`
        ("national_security", "especially_serious", "core"),
        ("national_security", "serious", "core"),
        ("national_security", "general", "important"),
        ("economic_operation", "especially_serious", "core"),
        ("social_order", "serious", "important"),
        ("public_interest", "general", "general-4"),
        ("personal_rights", "especially_serious", "general-4"),
        ("personal_rights", "serious", "general-3"),
        ("organisation_rights", "general", "general-2"),
    ],
)
def test_the_grade_that_follows_from_harm(harmed: str, degree: str, grade: str) -> None:
    assert default_grading().impact.grade(harmed, degree) == grade


def _without_a_degree(content: dict[str, Any]) -> None:
    del content["impact"]["matrix"]["social_order"]["serious"]


def _too_high_for_a_person(content: dict[str, Any]) -> None:
    content["impact"]["matrix"]["personal_rights"]["serious"] = "important"


def _unknown_grade(content: dict[str, Any]) -> None:
    content["floors"]["labels"] = "general-9"


def _unknown_industry(content: dict[str, Any]) -> None:
    content["finance"]["industries"] = ["banking"]


def _no_factor(content: dict[str, Any]) -> None:
    del content["triggers"]["size_change"]["factor"]


def _unknown_key(content: dict[str, Any]) -> None:
    content["scale"]["persons"] = 3


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_without_a_degree, "matrix.social_order: no level for serious"),
        (_too_high_for_a_person, "matrix.personal_rights: important is above general-4"),
        (_unknown_grade, "floors.labels"),
        (_unknown_industry, "'banking' is none of"),
        (_no_factor, "size_change needs a factor"),
        (_unknown_key, "scale.persons"),
    ],
)
def test_a_wrong_file_is_told_with_its_key(tmp_path: Path, spoil: Any, says: str) -> None:
    content = copy.deepcopy(SHIPPED)
    spoil(content)
    path = tmp_path / "grading.yml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with pytest.raises(PolicyError, match=says) as told:
        load_grading(path)
    assert str(path) in str(told.value)


def test_a_rules_folder_without_the_file_means_what_ships(tmp_path: Path) -> None:
    assert grading_of(tmp_path) == default_grading()


def test_harm_to_something_unknown_is_refused() -> None:
    with pytest.raises(PolicyError, match="weather/serious is not in the matrix"):
        default_grading().impact.grade("weather", "serious")
