"""`rongdun detect --explain`: a rule's condition as a tree, with what each leaf saw in the event."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.text import Text
from rich.tree import Tree

from detectors.explain_correlation import CorrelationExplanation
from detectors.explanation import Explanation, Node
from detectors.leaf_text import Asks
from detectors.rule_choice import chosen_rule
from detectors.selection import RuleStatus, Selection
from pipelines.content import home_content
from pipelines.explaining_correlations import explain_rule
from rongdun.console import harmless, out, print_json
from rongdun.settings import Settings
from store.session import open_store

# A list of thousands says little: what decides is shown, and the first few of the others.
_MOST_CHILDREN = 12
_FEW = 3
_MOST_MATCHES = 50
_LONGEST = 200

_WORDS: Mapping[Asks, str] = {
    Asks.EQUALS: "is",
    Asks.CONTAINS: "contains",
    Asks.STARTS_WITH: "starts with",
    Asks.ENDS_WITH: "ends with",
    Asks.LIKE: "is like",
    Asks.EMPTY: "is empty",
    Asks.PRESENT: "is there",
    Asks.ABSENT: "is not there",
    Asks.EXPRESSION: "matches",
    Asks.NETWORK: "is an address of",
    Asks.LESS: "<",
    Asks.AT_MOST: "<=",
    Asks.GREATER: ">",
    Asks.AT_LEAST: ">=",
    Asks.FIELD: "is the value of",
    Asks.TIME: "is a time with",
    Asks.ONE_OF: "is one of",
    Asks.KEYWORD: "any field contains",
}
_JOINED = {"and": "all of", "or": "one of", "not": "not"}


def show_explanation(settings: Settings, rules: Sequence[Path], asked: str, event_id: str, *, as_json: bool) -> None:
    """Print what a rule says of an event.

    Raises:
        RuleUnknown: no rule, or more than one, is meant.
        EventUnknown: there is no such event.
    """
    # Whoever asks about a withdrawn rule means it.
    content = home_content(settings, rules=rules, selection=Selection(tuple(RuleStatus)))
    head = chosen_rule(content.ruleset, asked)
    with open_store(settings, user="reader") as store:
        explanation = explain_rule(store, content, head.id, event_id)
    if as_json:
        print_json(_as_json(explanation))
        return
    console = out()
    tree = _correlation(explanation) if isinstance(explanation, CorrelationExplanation) else _single(explanation)
    # A line that a pipe reads is one line.
    console.print(tree, highlight=False, soft_wrap=not console.is_terminal)


def _as_json(explanation: Explanation | CorrelationExplanation) -> dict[str, object]:
    told = {**asdict(explanation), "reason": explanation.reason}
    if isinstance(explanation, CorrelationExplanation):
        told["bases"] = [_as_json(base) for base in explanation.bases]
    return told


def _single(explanation: Explanation) -> Tree:
    tree = Tree(_headline(explanation.matches, explanation.rule.title, explanation.reason))
    if explanation.tree is not None:
        _grow(tree, explanation.tree)
    return tree


def _correlation(explanation: CorrelationExplanation) -> Tree:
    tree = Tree(_headline(explanation.matches, explanation.rule.title, explanation.reason))
    tree.add(Text(harmless(explanation.condition)))
    rules = tree.add(Text("the event by itself"))
    for base in explanation.bases:
        rules.add(_single(base))
    counted = tree.add(Text(f"matches counted: {len(explanation.counted)}"))
    for match in explanation.counted[:_MOST_MATCHES]:
        mark = " <- the event" if match.is_event else ""
        ids = match.event_ids[0] if len(match.event_ids) == 1 else f"{len(match.event_ids)} events"
        lasting = f" to {match.until:%Y-%m-%d %H:%M:%S}" if match.until > match.time else ""
        counted.add(Text(harmless(f"{match.time:%Y-%m-%d %H:%M:%S}{lasting} {match.title} {ids}{mark}")))
    if len(explanation.counted) > _MOST_MATCHES:
        counted.add(Text(f"... and {len(explanation.counted) - _MOST_MATCHES} more"))
    return tree


def _headline(matches: bool, title: str, reason: str) -> Text:
    word = Text("matches", "bold green") if matches else Text("does not match", "bold red")
    return Text.assemble((harmless(title), "bold"), ": ", word, harmless(f" ({reason})"))


def _grow(tree: Tree, node: Node) -> None:
    name = f" [{harmless(node.name)}]" if node.name else ""
    if node.kind == "leaf":
        tree.add(Text.assemble(_truth(node), harmless(f" {_asked(node)}{_saw(node)}"), (name, "dim")))
        return
    branch = tree.add(Text.assemble(_truth(node), f" {_JOINED[node.kind]}", (name, "dim")))
    shown = _shown(node)
    for child in shown:
        _grow(branch, child)
    if len(shown) < len(node.children):
        hidden = len(node.children) - len(shown)
        branch.add(Text(f"... and {hidden} more, all {'true' if node.kind == 'and' else 'false'}", "dim"))


def _shown(node: Node) -> list[Node]:
    if len(node.children) <= _MOST_CHILDREN:
        return list(node.children)
    decides = node.kind == "or"
    return [child for place, child in enumerate(node.children) if place < _FEW or child.holds is decides]


def _truth(node: Node) -> Text:
    return Text("true ", "green") if node.holds else Text("false", "red")


def _asked(node: Node) -> str:
    if node.wanted is None:
        return ""
    words = _WORDS[node.wanted.asks]
    text = f" '{_cut(node.wanted.text)}'" if node.wanted.text else ""
    cased = ", case minded" if node.wanted.cased and node.wanted.asks is not Asks.EXPRESSION else ""
    return f"{node.field} {words}{text}{cased}".strip()


def _saw(node: Node) -> str:
    if node.blind:
        return " - no source supplies this field"
    if not node.field:
        return ""
    return f" - saw '{_cut(node.seen)}'" if node.seen is not None else " - not in the event"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
