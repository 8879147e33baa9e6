"""Whatever is wrong with what was typed: one message that says what and where, exit code 2, no traceback."""

import socket
from pathlib import Path

import pytest

from tests.rongdun.command import Rongdun


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["ingest", "nowhere.pcap"], "nowhere.pcap"),
        (["detect", "--rules", "nowhere"], "nowhere"),
        (["rules", "check", "nowhere"], "nowhere"),
        (["dlp", "scan", "nowhere.csv"], "nowhere.csv"),
        (["dlp", "scan", "table:no_such_table"], "no_such_table"),
        (["assets", "import", "nowhere.yml"], "nowhere.yml"),
        (["db", "query", "SELECT no_such_column FROM alerts"], "no_such_column"),
        (["db", "query", "INSERT INTO rejects (reason) VALUES ('x')"], "only reads"),
        (["alerts", "acknowledge", "no-such-alert"], "no-such-alert"),
        (["db", "query", b"SELECT '\xff'".decode(errors="surrogateescape")], "not UTF-8"),
        (["demo", "--day", "tomorrow"], "tomorrow"),
        (["fly"], "fly"),
        (["detect", "--fail-on", "severe"], "severe"),
    ],
    ids=lambda value: ascii(" ".join(value)) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_message(words: list[str], says: str, shared_rongdun: Rongdun) -> None:
    finished = shared_rongdun.run(*words)
    assert finished.returncode == 2, finished.stdout
    assert says in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("RONGDUN_DASHBOARD_PORT", "70000", "RONGDUN_DASHBOARD_PORT"),
        ("RONGDUN_LANGUAGE", "fr", "RONGDUN_LANGUAGE"),
        ("RONGDUN_RULES", "/no/such/rules", "/no/such/rules"),
        ("RONGDUN_CLICKHOUSE_URL", "clickhouse://city:secret@127.0.0.1:9/rongdun", "127.0.0.1:9"),
    ],
)
def test_a_wrong_setting_is_named(setting: str, value: str, says: str, tmp_path: Path) -> None:
    finished = Rongdun(tmp_path, {setting: value}).run("detect")
    assert finished.returncode == 2
    assert says in finished.stderr
    assert "Traceback" not in finished.stderr
    assert "secret" not in finished.stderr


def test_a_taken_port_is_named_with_its_setting(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        finished = Rongdun(tmp_path, {"RONGDUN_DATABASE_PORT": port}).run("db", "start")
    assert finished.returncode == 2
    assert port in finished.stderr
    assert "Traceback" not in finished.stderr


def test_an_invalid_inventory_is_told_line_by_line(shared_rongdun: Rongdun, tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.yml"
    inventory.write_text("assets:\n  - asset_id: pump-1\n    sector: magic\n", encoding="utf-8")
    finished = shared_rongdun.run("assets", "import", inventory)
    assert finished.returncode == 2
    assert "inventory.yml" in finished.stderr
    assert "magic" in finished.stderr
