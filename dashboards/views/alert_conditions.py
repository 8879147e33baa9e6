"""Every condition of an alert's rule, true or false for its event, with the value that it saw: asked when opened."""

from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import streamlit as st

from dashboards.desk import Desk
from dashboards.harmless import one_line
from dashboards.quoted import quote
from dashboards.translation import Words
from detectors.errors import DetectorError
from detectors.explain_correlation import CorrelationExplanation
from detectors.explanation import Explanation, Node
from detectors.selection import RuleStatus, Selection
from pipelines.content import Content, load_content
from pipelines.errors import PipelineError
from pipelines.explaining_correlations import explain_rule
from pipelines.spans import Span
from store.errors import QueryFailed

_LARGEST = 1_000_000
_MOST_SHOWN = 200_000  # characters of a tree
_LONGEST = 300
_MOST_CHILDREN = 12
_FEW = 3
_INDENT = "    "
_SLACK = timedelta(seconds=1)  # event times are cut to milliseconds on their way here


def every_condition(desk: Desk, alert: dict[str, Any]) -> None:
    """A closed box; once it is opened, the rule's condition as a tree over the alert's last event."""
    words = desk.words
    box = st.expander(words("conditions.title"), key=f"conditions.{alert['alert_id']}", on_change="rerun")
    if not box.open:
        return
    with box:
        content = _content_of(desk, alert)
        if content is None or not alert["event_ids"]:
            return
        try:
            with st.spinner(words("conditions.asking")):
                first, last = (alert[each].astimezone(UTC) for each in ("first_seen", "last_seen"))
                span = Span(first - _SLACK, last + _SLACK)
                said = explain_rule(desk.store, content, alert["rule_id"], alert["event_ids"][-1], within=span)
        except (DetectorError, PipelineError, QueryFailed) as error:
            st.warning(words("conditions.failed"))
            quote(one_line(str(error), longest=2000))
            return
        st.caption(words("conditions.lead"))
        lines = _correlation(words, said) if isinstance(said, CorrelationExplanation) else _single(words, said)
        quote("\n".join(lines), longest=_MOST_SHOWN)


def tree_lines(words: Words, node: Node, depth: int = 0) -> Iterator[str]:
    """A condition as lines of plain text, parts below what they are parts of."""
    name = f"  [{one_line(node.name)}]" if node.name else ""
    mark = f"{_INDENT * depth}{words('conditions.true' if node.holds else 'conditions.false')}"
    if node.kind == "leaf":
        yield f"{mark} {_asked(words, node)}{_saw(words, node)}{name}"
        return
    joined = words(f"conditions.joined.{node.kind}")
    yield f"{mark} {joined}{name}"
    parts = _telling(node)
    for child in parts:
        yield from tree_lines(words, child, depth + 1)
    if len(parts) < len(node.children):
        hidden = words("conditions.more", count=len(node.children) - len(parts))
        yield f"{_INDENT * (depth + 1)}{hidden}"


def _content_of(desk: Desk, alert: dict[str, Any]) -> Content | None:
    """The alert's rule as it was when it matched; a word of why not, where it is not there any more."""
    words, changed = desk.words, False
    for path in _files(desk, str(alert["rule_path"])):
        for content in _readings(desk, path):
            versions = {head.id: head.version for head in content.ruleset.heads}
            if versions.get(alert["rule_id"]) == alert["rule_version"]:
                return content
            changed = changed or alert["rule_id"] in versions
    st.info(words("conditions.changed" if changed else "conditions.gone"))
    return None


def _readings(desk: Desk, path: Path) -> Iterator[Content]:
    """The file alone, which is quick; then all the content, for rules that others narrow or serve."""
    every = Selection(tuple(RuleStatus))
    for rules in ([path], ()):
        try:
            yield load_content(desk.rules, rules=rules, site=desk.site, selection=every)
        except DetectorError:
            continue


def _files(desk: Desk, path: str) -> Iterator[Path]:
    """Where the file may be; the path comes from a table and must not lead out of the folders of rules."""
    folders = [desk.rules, *([desk.site] if desk.site else [])]
    for base in (desk.rules, desk.rules / "sigma", *folders[1:]):
        found = (base / path).resolve()
        inside = any(found.is_relative_to(folder.resolve()) for folder in folders)
        if path and inside and found.is_file() and found.stat().st_size <= _LARGEST:
            yield found
            return


def _single(words: Words, said: Explanation) -> Iterator[str]:
    if not said.covered or said.tree is None:
        yield words("conditions.not_covered")
    if said.tree is not None:
        yield from tree_lines(words, said.tree)


def _correlation(words: Words, said: CorrelationExplanation) -> Iterator[str]:
    for base in said.bases:
        title = (words.language == "zh" and base.rule.title_zh) or base.rule.title
        yield f"{words('conditions.true' if base.matches else 'conditions.false')} {one_line(title)}"
        if base.tree is not None:
            yield from tree_lines(words, base.tree, 1)
        yield ""
    yield words("conditions.counted", count=len(said.counted))


def _telling(node: Node) -> list[Node]:
    """A list of thousands says little: what decides is shown, and the first few of the others."""
    if len(node.children) <= _MOST_CHILDREN:
        return list(node.children)
    decides = node.kind == "or"
    return [child for place, child in enumerate(node.children) if place < _FEW or child.holds is decides]


def _asked(words: Words, node: Node) -> str:
    if node.wanted is None:
        return one_line(node.field)
    text = f" {words.quoted(one_line(node.wanted.text, longest=_LONGEST))}" if node.wanted.text else ""
    cased = words("conditions.cased") if node.wanted.cased and node.wanted.asks != "expression" else ""
    return f"{one_line(node.field)} {words.label('asks', node.wanted.asks)}{text}{cased}".strip()


def _saw(words: Words, node: Node) -> str:
    if node.blind:
        return words("conditions.blind")
    if not node.field:
        return ""
    if node.seen is None:
        return words("conditions.absent")
    return words("conditions.saw", value=words.quoted(one_line(node.seen, longest=_LONGEST)))
