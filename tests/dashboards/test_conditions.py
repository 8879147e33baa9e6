"""Every condition on the alert page: a tree with truths and values, and plain words where it cannot be shown."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboards.translation import LANGUAGES, words_in
from dashboards.views.alert_conditions import tree_lines
from detectors.explanation import Node
from detectors.leaf_text import Asks, Wanted
from detectors.ruleset import load_ruleset
from pipelines.detect import detect
from pipelines.rule_cases import START, store_events
from store.client import Store
from tests.dashboards.desk_script import desk_script
from tests.dashboards.quotes import quotes

RULE = r"""title: Wrong password
id: 5f1c1c0e-0000-4000-8000-000000000001
name: wrong
logsource: {product: linux, service: sshd}
detection:
  refused: {message|contains: ['Failed', 'Invalid']}
  known: {user: [root, admin]}
  drill: {source_ip|cidr: 198.51.100.0/24}
  condition: refused and known and not drill
level: high
"""
MANY = """title: Many wrong passwords
id: 5f1c1c0e-0000-4000-8000-000000000002
correlation:
  type: event_count
  rules: [wrong]
  group-by: [source_ip]
  timespan: 5m
  condition: {gte: 3}
level: high
"""
Opened = Callable[..., AppTest]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    (folder / "sigma").mkdir(parents=True)
    (folder / "sigma" / "wrong.yml").write_text(RULE, encoding="utf-8")
    return folder


@pytest.fixture
def opened(store: Store, rules: Path) -> Opened:
    """The page of an alert on three wrong passwords, with its conditions opened, in a language."""
    event = {
        "product": "linux",
        "service": "sshd",
        "message": "Failed \x1b[31mpassword",
        "user": "root",
        "scope": "fuzhou",
    }
    store_events(store, [{**event, "source_ip": "192.0.2.7", "at_seconds": second} for second in range(3)])
    detect(store, load_ruleset(rules / "sigma"))

    def page(language: str, title: str = "Wrong password", *, box: bool = True) -> AppTest:
        [alert] = store.rows(
            "SELECT alert_id FROM alerts WHERE rule_title = {title:String} ORDER BY last_seen LIMIT 1", {"title": title}
        )
        app = AppTest.from_function(
            desk_script, default_timeout=120, args=(store, "alerts", "fuzhou", str(rules), f"{START}{title}{rules}")
        )
        app.query_params["alert"] = str(alert["alert_id"])
        app.session_state["language"] = language
        app.session_state[f"conditions.{alert['alert_id']}"] = box
        return app.run()

    return page


def tree(app: AppTest) -> list[str]:
    """The lines of the tree; empty where there is none."""
    assert not app.exception
    return [line for block in quotes(app) for line in block.splitlines() if "✓" in line or "✗" in line]


def test_each_leaf_says_whether_it_holds_and_what_it_saw(opened: Opened) -> None:
    lines = tree(opened("en"))
    assert lines[0] == "✓ true all of"
    assert r"message contains 'Failed' - saw 'Failed \x1b[31mpassword'" in lines[2]
    assert lines[3].strip().startswith("✗ false message contains 'Invalid'")
    assert any(line.strip() == "✓ true user is 'root' - saw 'root'" for line in lines)
    assert any(line.strip().startswith("✗ false source_ip is an address of '198.51.100.0/24'") for line in lines)


def test_the_tree_is_told_in_chinese_too(opened: Opened) -> None:
    lines = tree(opened("zh"))
    assert lines[0] == "✓ 成立 以下全部成立"
    assert any("✗ 不成立 message 包含 “Invalid”" in line for line in lines)


def test_a_closed_box_asks_nothing(opened: Opened) -> None:
    app = opened("zh", box=False)
    assert tree(app) == []
    assert "每个条件" in [each.label for each in app.expander]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param(RULE.replace("Invalid", "Illegal"), "conditions.changed", id="changed since"),
        pytest.param(None, "conditions.gone", id="file gone"),
        pytest.param("title: [", "conditions.gone", id="no rule any more"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rule_that_is_not_the_same_any_more_is_said_so(
    opened: Opened, rules: Path, changed: str | None, said: str, language: str
) -> None:
    file = rules / "sigma" / "wrong.yml"
    file.unlink() if changed is None else file.write_text(changed, encoding="utf-8")
    app = opened(language)
    assert tree(app) == []
    assert words_in(language)(said) in [each.value for each in app.info]
    assert any("root" in block for block in quotes(app))  # what was recorded


def test_a_rule_narrowed_by_a_filter_in_another_file_is_still_known(store: Store, rules: Path, opened: Opened) -> None:
    (rules / "sigma" / "filter.yml").write_text(
        "title: Not the drill\nlogsource: {product: linux, service: sshd}\n"
        "filter:\n  rules: [5f1c1c0e-0000-4000-8000-000000000001]\n"
        "  drilled: {host: drill-1}\n  condition: not drilled\n",
        encoding="utf-8",
    )
    store.execute("TRUNCATE TABLE alert_matches")
    detect(store, load_ruleset(rules / "sigma"))
    assert any("drill-1" in line for line in tree(opened("en")))


def test_a_correlation_shows_the_rules_it_counts(store: Store, rules: Path, opened: Opened) -> None:
    (rules / "sigma" / "many.yml").write_text(MANY, encoding="utf-8")
    detect(store, load_ruleset(rules / "sigma"))
    app = opened("en", title="Many wrong passwords")
    lines = tree(app)
    assert lines[0] == "✓ true Wrong password"
    assert any("message contains 'Failed'" in line for line in lines)
    assert any("Matches counted: 3" in block for block in quotes(app))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_of_a_leaf_has_words(language: str) -> None:
    assert set(words_in(language).codes("asks")) == {str(each) for each in Asks}


@pytest.mark.parametrize(
    ("kind", "name", "wanted", "seen", "line"),
    [
        (Asks.EQUALS, "User", "lin", None, "✗ false User is 'lin' - not in the event"),
        (Asks.EQUALS, "User", "lin", "lin", "✓ true User is 'lin' - saw 'lin'"),
        (Asks.EXPRESSION, "A", "/b/", "b", "✓ true A matches '/b/' - saw 'b'"),
        (Asks.CONTAINS, "A", "\n\u202e", "x\n", r"✓ true A contains '\n\u202e' - saw 'x\n'"),
        (Asks.KEYWORD, "", "mimikatz", "", "✓ true any field contains 'mimikatz'"),
    ],
)
def test_a_leaf_is_one_line(kind: Asks, name: str, wanted: str, seen: str | None, line: str) -> None:
    node = Node("leaf", seen is not None, "", name, Wanted(kind, wanted, kind is Asks.EXPRESSION), seen)
    assert list(tree_lines(words_in("en"), node)) == [line]


def test_a_leaf_tells_its_detection_whether_case_counts_and_that_nothing_supplies_its_field() -> None:
    node = Node("leaf", False, "selection", "X", Wanted(Asks.EQUALS, "b", cased=True), None, blind=True)
    assert list(tree_lines(words_in("en"), node)) == [
        "✗ false X is 'b' (case minded) - no source supplies this field  [selection]"
    ]


def test_of_a_long_list_what_decides_is_shown() -> None:
    asked = [Wanted(Asks.EQUALS, str(number)) for number in range(999)]
    leaves = tuple(Node("leaf", wanted.text == "900", "", "a", wanted, "900") for wanted in asked)
    lines = list(tree_lines(words_in("en"), Node("or", True, children=leaves)))
    assert len(lines) == 6
    assert "✓ true a is '900'" in lines[4]
    assert "995 more" in lines[5]
