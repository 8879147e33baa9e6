"""What analysts and rule writers ask of their rules, as they type it."""

from pathlib import Path

import pytest

from tests.rongdun.command import Rongdun

FAILED = "Mar  1 08:00:{second:02d} web-1 sshd[811]: Failed password for root from 192.0.2.7 port 52211 ssh2\n"


@pytest.fixture(scope="module")
def home(shared_rongdun: Rongdun, tmp_path_factory: pytest.TempPathFactory) -> Rongdun:
    """A home in which somebody guessed passwords."""
    log = tmp_path_factory.mktemp("logs") / "auth.log"
    log.write_text("".join(FAILED.format(second=second) for second in range(30)), encoding="utf-8")
    shared_rongdun.json("ingest", log)
    shared_rongdun.json("detect")
    return shared_rongdun


def first_event(home: Rongdun) -> str:
    return str(home.rows("SELECT event_id FROM log_events ORDER BY event_time LIMIT 1")[0]["event_id"])


def test_an_explanation_is_a_tree_with_what_each_leaf_saw(home: Rongdun) -> None:
    told = home.run("detect", "--explain", "SSH password refused", "--event", first_event(home))
    assert told.returncode == 0, told.stderr
    assert "SSH password refused: matches (the condition holds)" in told.stdout
    assert "\x1b" not in told.stdout
    assert "saw 'failure'" in told.stdout


def test_an_explanation_of_a_correlation_tells_what_was_counted(home: Rongdun) -> None:
    told = home.json("detect", "--explain", "SSH brute force", "--event", first_event(home))
    assert isinstance(told, dict)
    assert told["matches"]
    assert told["bases"][0]["matches"]
    assert sum(match["is_event"] for match in told["counted"]) == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["detect", "--explain", "no such rule", "--event", "x"], "no such rule"),
        (["detect", "--explain", "SSH", "--event", "x"], "means"),
        (["detect", "--explain", "SSH brute force", "--event", "no-such-event"], "no-such-event"),
        (["detect", "--explain", "SSH brute force"], "--event"),
        (["detect", "--event", "x"], "--explain"),
        (["detect", "--status", "ripe"], "ripe"),
        (["detect", "--min-level", "severe"], "severe"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_message(words: list[str], says: str, home: Rongdun) -> None:
    finished = home.run(*words)
    assert finished.returncode == 2, finished.stdout
    assert says in finished.stderr
    assert "Traceback" not in finished.stderr
