"""Presidio at work on a column of sentences: what it sees in some of them, and what of that is believed.

Importing this module imports Presidio, which takes seconds: only a column of sentences is worth it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from presidio_analyzer import RecognizerResult

from dlp.analyzer import analyzer
from dlp.free_text import DistinctSample, TextSample, language_of
from dlp.masking import fingerprint, masked
from dlp.policy import TextPolicy
from dlp.registry import ENTITY_TYPES, KINDS
from dlp.verdicts import Verdict

_GUESSED = "PERSON"
_ADDRESSES = frozenset(kind.name for kind in KINDS if kind.entity_type == "LOCATION" and kind.in_text)
_LEAST_NAMES = 3  # texts with a guessed name, below which a hint is noise
_LEAST_CALLED = 2  # texts in which somebody is called by it, however many others there are
# 联系人：张伟, 我叫张伟, 张伟先生: right beside it, so that it is the name and nothing else that is meant.
_CALLED = re.compile(
    r"(?:姓名|名叫|我叫|我是|本人|联系人|[收寄发]件人|收货人|(?:申请|报警|报案|委托|代理|当事|经办|负责|承办|信访|举报|来访|投诉|反映|"
    r"嫌疑|代表|登记|签收|执行|借款|担保|监护)人|[户业车房]主|患者|户名|[乘旅]客|学生|[原被]告|用户|客户|经理|家属|[Nn]ame)"
    r"(?:是|为|[（(][^（）()]{1,8}[)）])?[:：\s]{0,2}$"
)
_NEAR = 16  # characters
_TITLES = re.compile(r"^\s?(?:先生|女士|小姐|同志|同学|老师|师傅|医生)")


@dataclass
class Seen:
    """What the analyzer saw of one type.

    Attributes:
        texts: distinct texts that hold it.
        rows: rows that these stand for.
        spoken_for: distinct texts in which a word nearby speaks for it, or somebody is called by it.
        recognizers: the names of those that saw it.
    """

    texts: int = 0
    rows: int = 0
    spoken_for: int = 0
    recognizers: set[str] = field(default_factory=set)
    sample: str = ""
    sample_fingerprint: str = ""


@dataclass(frozen=True)
class Analysis:
    """What the analyzer saw in a sample of a column, by type."""

    texts: int
    seen: dict[str, Seen]

    def recognizers(self) -> list[str]:
        """The names of the recognizers that saw anything."""
        return sorted({name for seen in self.seen.values() for name in seen.recognizers})


def analysed(texts: Sequence[tuple[str, int]], *, key: bytes, policy: TextPolicy) -> Analysis:
    """What Presidio sees in these texts, each with the number of rows that hold it."""
    found: dict[str, Seen] = {}
    for text, rows in texts:
        shown = text[: policy.characters]
        results = analyzer().analyze(
            shown,
            language=language_of(shown),
            entities=list(ENTITY_TYPES),
            score_threshold=policy.least_score,
            return_decision_process=True,
        )
        _count([result for result in results if _counts(result)], shown, rows, found, key)
    return Analysis(len(texts), found)


def with_text(
    verdicts: Sequence[Verdict], texts: TextSample, rows: int, *, key: bytes, policy: TextPolicy
) -> tuple[list[Verdict], Analysis]:
    """The verdicts on a column of sentences and what Presidio adds: names as a hint, and what the words speak for."""
    analysis = analysed(texts.sentences.counted(), key=key, policy=policy)
    known = {verdict.entity_type for verdict in verdicts}
    added = [
        _hint(name, analysis, rows, policy)
        for name in ENTITY_TYPES
        if name in analysis.seen and name not in known and _believed(name, analysis.seen[name], analysis.texts, policy)
    ]
    return [*verdicts, *added], analysis


def confirmed(verdicts: Sequence[Verdict], values: DistinctSample, *, policy: TextPolicy) -> str:
    """What Presidio says of some values of a column already decided, in words; '' where there is nothing to ask."""
    types = sorted({verdict.entity_type for verdict in verdicts if not verdict.masked})
    if not types or policy.confirmed_values == 0:
        return ""
    analysis = analysed(values.counted(), key=b"", policy=policy)
    told = [
        f"{name} in {seen.texts} of {analysis.texts} values ({', '.join(sorted(seen.recognizers))})"
        for name, seen in analysis.seen.items()
        if name in types
    ]
    return "Presidio sees " + "; ".join(sorted(told)) if told else ""


def _counts(result: RecognizerResult) -> bool:
    # A town is no address: of places only what one of the address recognizers sees counts.
    return result.entity_type != "LOCATION" or _recognizer(result) in _ADDRESSES


def _count(results: list[RecognizerResult], text: str, rows: int, found: dict[str, Seen], key: bytes) -> None:
    for name in {result.entity_type for result in results}:
        spans = [result for result in results if result.entity_type == name]
        seen = found.setdefault(name, Seen())
        seen.texts += 1
        seen.rows += rows
        seen.spoken_for += any(_has_word(span) or _is_called(span, text) for span in spans)
        seen.recognizers.update(_recognizer(span) for span in spans)
        if not seen.sample:
            value = text[spans[0].start : spans[0].end]
            seen.sample, seen.sample_fingerprint = masked(value, name), fingerprint(value, key)


def _believed(name: str, seen: Seen, texts: int, policy: TextPolicy) -> bool:
    if name == _GUESSED:
        often = seen.texts >= _LEAST_NAMES and seen.texts >= policy.least_names * texts
        return often or seen.spoken_for >= _LEAST_CALLED
    # Among many numbers a check digit holds by accident: beyond what was counted, only words speak.
    return seen.spoken_for > 0


def _hint(name: str, analysis: Analysis, rows: int, policy: TextPolicy) -> Verdict:
    seen = analysis.seen[name]
    what = "names guessed" if name == _GUESSED else "seen beside words that speak for it"
    return Verdict(
        entity_type=name,
        rows=rows,
        hits=min(rows, seen.rows),
        confidence=policy.hint_confidence,
        masked=False,
        masked_sample=seen.sample,
        fingerprint=seen.sample_fingerprint,
        review=f"a hint to look at: {what} in {seen.texts} of {analysis.texts} texts that Presidio analysed "
        f"({', '.join(sorted(seen.recognizers))}); the other rows were not analysed",
    )


def _has_word(result: RecognizerResult) -> bool:
    explanation = result.analysis_explanation
    return explanation is not None and explanation.score_context_improvement > 0


def _is_called(result: RecognizerResult, text: str) -> bool:
    if result.entity_type != _GUESSED:
        return False
    before, after = text[max(0, result.start - _NEAR) : result.start], text[result.end : result.end + _NEAR]
    return _CALLED.search(before) is not None or _TITLES.search(after) is not None


def _recognizer(result: RecognizerResult) -> str:
    name = str((result.recognition_metadata or {}).get(RecognizerResult.RECOGNIZER_NAME_KEY, "unknown"))
    return name.partition(" (")[0]
