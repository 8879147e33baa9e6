"""Settings: from the environment, checked, secrets unseen."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from rongdun.settings import Settings


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("RONGDUN_DASHBOARD_PORT", "70000"),
        ("RONGDUN_DAGSTER_PORT", "-1"),
        ("RONGDUN_DATABASE_PORT", "http"),
        ("RONGDUN_LANGUAGE", "fr"),
        ("RONGDUN_SCOPE", "../etc"),
        ("RONGDUN_CLICKHOUSE_CLUSTER", "city'; DROP"),
    ],
)
def test_a_wrong_value_is_refused_by_name(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert [problem["loc"] for problem in refused.value.errors()] == [(variable.removeprefix("RONGDUN_").lower(),)]


def test_everything_lives_below_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RONGDUN_HOME", str(tmp_path))
    settings = Settings()
    places = (settings.inbox, settings.database_folder, settings.dagster_home, settings.key_file, settings.run_folder)
    assert all(place.is_relative_to(tmp_path) for place in places)


@pytest.mark.parametrize("name", ["home", "rules", "inventory"])
def test_a_relative_path_counts_from_where_the_person_stands(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"RONGDUN_{name.upper()}", "some/place")
    monkeypatch.chdir(tmp_path)
    settings = Settings()
    monkeypatch.chdir("/")
    assert getattr(settings, name) == tmp_path / "some" / "place"


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RONGDUN_HOME", raising=False)
    default = Settings().home
    monkeypatch.setenv("RONGDUN_HOME", "")
    assert Settings().home == default


def test_the_database_password_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RONGDUN_CLICKHOUSE_URL", "clickhouses://city:open-sesame@db.example.org:8443/rongdun")
    assert "open-sesame" not in repr(Settings())
