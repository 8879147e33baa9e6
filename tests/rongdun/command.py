"""The real command, as a person types it, in a home of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Rongdun:
    """`rongdun` with its own `RONGDUN_HOME`; `stop` when done."""

    home: Path
    settings: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str | Path, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """What one call printed, and its exit code."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("RONGDUN_")}
        return subprocess.run(
            [sys.executable, "-m", "rongdun", *map(str, words)],
            env={**clean, "RONGDUN_HOME": str(self.home), **self.settings},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def json(self, *words: str | Path, timeout: float = 300) -> object:
        """The JSON document that a call printed; the call must succeed."""
        finished = self.run(*words, "--json", timeout=timeout)
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout)

    def rows(self, sql: str) -> list[dict[str, object]]:
        """The rows of a question to the database."""
        found = self.json("db", "query", sql)
        assert isinstance(found, list)
        return found
