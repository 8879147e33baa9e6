"""`rongdun dlp scan` as one types it: what changed, what was sampled, and no password on the screen."""

from pathlib import Path
from typing import Any

from tests.rongdun.command import Rongdun

MAILS = "mail,n\n" + "".join(f"lin{at}@example.org,{at}\n" for at in range(200))


def _one(rongdun: Rongdun, *words: str | Path) -> Any:
    scanned: Any = rongdun.json("dlp", "scan", *words)
    (report,) = scanned["datasets"]
    return report


def test_a_scan_goes_on_says_what_changed_and_states_its_sample(rongdun: Rongdun, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(MAILS, encoding="utf-8")
    first = _one(rongdun, path)
    second = _one(rongdun, path)
    assert (first["unchanged"], second["unchanged"]) == (False, True)
    assert second["findings"] == first["findings"]
    assert rongdun.run("dlp", "scan", path, "--fail-on", "unmasked").returncode == 1
    sampled = _one(rongdun, path, "--sample", "50")
    assert "a random sample of 50 of 200 rows" in sampled["method"]
    assert sampled["sampled"] is True
    path.write_text("mail,n\n1,2\n", encoding="utf-8")
    told = rongdun.run("dlp", "scan", path).stdout
    assert "changed since the last scan" in told
    assert "gone" in told


def test_a_database_that_cannot_be_reached_is_named_without_its_account(rongdun: Rongdun) -> None:
    done = rongdun.run("dlp", "scan", "mysql://reader:pw-canary@127.0.0.1:1/civil")
    assert done.returncode == 2
    assert "mysql://127.0.0.1:1" in done.stderr
    assert "cannot be reached" in done.stderr
    assert "list of processes" in done.stderr
    assert "pw-canary" not in done.stdout + done.stderr
