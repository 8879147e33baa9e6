"""Dagster's folder in a home, and how its daemon is to treat runs: `dagster.yaml` beside this module."""

from importlib.resources import files
from pathlib import Path

from rongdun.settings import Settings


def dagster_home(settings: Settings) -> Path:
    """Dagster's folder, made if absent, with its configuration in place."""
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    configuration = files("rongdun").joinpath("dagster.yaml").read_text(encoding="utf-8")
    (settings.dagster_home / "dagster.yaml").write_text(configuration, encoding="utf-8")
    return settings.dagster_home
