"""What a command does not need is not imported for it."""

import subprocess
import sys

import pytest

LOADED = """
import sys
from typer.main import get_command
from rongdun.cli import app

assert getattr(get_command(app), "commands")[sys.argv[1]].name == sys.argv[1]
print(*sys.modules)
"""


def loaded(command: str) -> set[str]:
    """The modules that are there once a command is found."""
    asked = subprocess.run([sys.executable, "-c", LOADED, command], capture_output=True, text=True, check=True)
    return set(asked.stdout.split())


@pytest.mark.parametrize("command", ["db", "stop", "audit"])
def test_a_command_imports_no_readers_of_captures(command: str) -> None:
    assert "pipelines.sources.registry" not in loaded(command)


def test_the_command_that_reads_captures_does() -> None:
    assert "pipelines.sources.registry" in loaded("ingest")
