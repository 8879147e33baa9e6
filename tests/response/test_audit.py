"""The record in the database: one chain whoever writes, and a verification that sees what was done to it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from response.audit import chain_head, record, record_decided, verify_chain
from response.chain import AuditStep, ChainHead, Detail, Role
from response.errors import RecordCut, StepRefused
from store.client import Store

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
WRITERS, STEPS_EACH = 6, 12


def _step(object_id: str = "d1", *, basis: str = "daily scan", details: dict[str, Detail] | None = None) -> AuditStep:
    return AuditStep("rongdun", Role.SYSTEM, "dlp.scan", "dataset", object_id, basis, details=details or {})


def test_steps_are_stored_as_they_were_hashed(store: Store) -> None:
    event = record(store, _step("数据集一", details={"rows": 7, "tables": ["a", "b"]}), now=NOW)
    assert (event.seq, event.event_time, event.previous_hash) == (1, NOW, "0" * 64)
    assert chain_head(store) == ChainHead(1, event.hash, NOW)
    row = store.rows("SELECT object_id, details, algorithm FROM audit_events")[0]
    assert row == {"object_id": "数据集一", "details": '{"rows":7,"tables":["a","b"]}', "algorithm": "sha256"}
    assert record(store, _step(), now=NOW).previous_hash == event.hash
    assert verify_chain(store).intact


def test_an_empty_record_holds(store: Store) -> None:
    report = verify_chain(store)
    assert report.as_json() == {"events": 0, "intact": True, "head": {"seq": 0, "hash": "0" * 64}, "problems": []}


def test_many_writers_make_one_chain(store: Store) -> None:
    database = store.value("SELECT currentDatabase()")

    def write(writer: int) -> list[int]:
        with Store.connect("chdb://memory") as own:
            own.execute("USE {database:Identifier}", {"database": database})
            return [record(own, _step(f"{writer}-{index}")).seq for index in range(STEPS_EACH)]

    with ThreadPoolExecutor(WRITERS) as pool:
        numbers = [number for written in pool.map(write, range(WRITERS)) for number in written]
    assert sorted(numbers) == list(range(1, WRITERS * STEPS_EACH + 1))
    report = verify_chain(store)
    assert (report.events, report.intact) == (WRITERS * STEPS_EACH, True)
    assert store.value("SELECT uniqExact(object_id) FROM audit_events") == WRITERS * STEPS_EACH


def test_a_writer_who_comes_second_decides_again(store: Store) -> None:
    decisions: list[str] = []

    def decide() -> AuditStep:
        if not decisions:
            record(store, _step("somebody-else"))
        decisions.append("decided")
        return _step(f"ours-{len(decisions)}")

    event = record_decided(store, decide)
    assert (event.seq, event.object_id, len(decisions)) == (2, "ours-2", 2)
    assert verify_chain(store).events == 2


@pytest.mark.parametrize(
    ("forgery", "found"),
    [
        pytest.param("ALTER TABLE audit_events UPDATE basis = 'none' WHERE seq = 2", [(2, "edited")], id="edited"),
        pytest.param("DELETE FROM audit_events WHERE seq = 2", [(3, "gap")], id="removed"),
        pytest.param("DELETE FROM audit_events WHERE seq < 3", [(3, "gap")], id="beginning-removed"),
        pytest.param(
            "INSERT INTO audit_events SELECT * REPLACE ('x' AS actor) FROM audit_events WHERE seq = 3",
            [(3, "edited"), (3, "fork")],
            id="doubled",
        ),
        pytest.param("DELETE FROM audit_events WHERE seq = 4", [(4, "cut")], id="end-cut-off"),
        pytest.param("TRUNCATE TABLE audit_events", [(4, "cut")], id="everything-gone"),
    ],
)
def test_a_changed_record_does_not_verify(store: Store, forgery: str, found: list[tuple[int, str]]) -> None:
    for index in range(4):
        record(store, _step(f"d{index}"), now=NOW)
    anchor = chain_head(store)
    assert verify_chain(store, anchor=anchor).intact
    store.execute(forgery, settings={"mutations_sync": 2})
    problems = verify_chain(store, anchor=anchor).problems
    assert sorted((problem.seq, problem.kind) for problem in problems if problem.kind != "unlinked") == found


@pytest.mark.parametrize(
    ("step", "said"),
    [
        pytest.param(lambda: _step(basis=""), "needs its basis", id="no-basis"),
        pytest.param(lambda: _step(""), "needs its object_id", id="no-object"),
        pytest.param(lambda: _step(basis="x" * 3000), "3000 characters", id="endless"),
        pytest.param(lambda: _step(basis="\x1b[2J"), "control characters", id="terminal-escape"),
        pytest.param(lambda: _step(basis="\ud800"), "control characters", id="half-a-surrogate-pair"),
        pytest.param(lambda: _step(details={"who": "someone@example.org"}), "an e-mail address", id="e-mail"),
        pytest.param(lambda: _step(details={"who": ["13800000000"]}), "a mobile number", id="mobile-in-a-list"),
        pytest.param(lambda: _step(details={"13800000000": 1}), "a mobile number", id="mobile-as-a-key"),
    ],
)
def test_what_must_not_stand_on_record_is_refused(store: Store, step: Callable[[], AuditStep], said: str) -> None:
    with pytest.raises(StepRefused, match=said):
        record(store, step())
    assert verify_chain(store).events == 0


def test_a_long_record_is_verified_page_by_page(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("response.audit._PAGE_ROWS", 2)
    for index in range(5):
        record(store, _step(f"d{index}"))
    assert verify_chain(store).events == 5
    store.execute("INSERT INTO audit_events SELECT * FROM audit_events WHERE seq = 2")
    assert [problem.kind for problem in verify_chain(store).problems] == ["fork"]


def test_a_step_after_a_cut_says_what_happened(store: Store) -> None:
    for index in range(3):
        record(store, _step(f"d{index}"))
    store.execute("DELETE FROM audit_events WHERE seq = 3", settings={"mutations_sync": 2})
    with pytest.raises(RecordCut, match=r"ends at step 2, but the database has taken a step 3 before"):
        record(store, _step("d4"))
    assert verify_chain(store).events == 2
