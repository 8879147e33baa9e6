from importlib.resources import files
from pathlib import Path

import pytest

from dlp.errors import PolicyError
from dlp.policy import load_policy

SHIPPED = files("rules").joinpath("dlp", "policy.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("grade: general-4", "grade: general-9"), "general-4"),
        (("category: identity", "category: identty"), "identty"),
        (("jrt_level: 3", "jrt_level: 7"), "jrt_level"),
        (("weak_below: 10000", "weak_under: 10000"), "weak_under"),
        (("  CN_RESIDENT_ID:", "  CN_RESIDENT:"), "CN_RESIDENT_ID"),
        (("version:", "version: ["), "not YAML"),
    ],
    ids=["grade", "category", "level", "key", "missing type", "syntax"],
)
def test_a_wrong_policy_is_refused_with_file_and_key(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    path = tmp_path / "policy.yml"
    path.write_text(SHIPPED.replace(*change), encoding="utf-8")
    with pytest.raises(PolicyError, match=says) as caught:
        load_policy(path)
    assert str(path) in str(caught.value)


def test_a_missing_policy_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"nowhere\.yml"):
        load_policy(tmp_path / "nowhere.yml")
