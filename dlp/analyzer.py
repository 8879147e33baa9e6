"""Presidio over the same kinds that columns are judged by: spans in text, with context and an explanation.

Importing Presidio takes seconds: import this module only where text is analysed.
"""

import copy
from functools import cache

import polars as pl
from presidio_analyzer import (
    AnalyzerEngine,
    ContextAwareEnhancer,
    EntityRecognizer,
    Pattern,
    PatternRecognizer,
    RecognizerRegistry,
    RecognizerResult,
)
from presidio_analyzer.nlp_engine import NlpArtifacts
from presidio_analyzer.predefined_recognizers import (
    CryptoRecognizer,
    PhoneRecognizer,
    SpacyRecognizer,
    UsItinRecognizer,
)

from dlp.context import speaking_word
from dlp.kinds import Kind
from dlp.nlp import OfflineNlpEngine
from dlp.registry import KINDS

LANGUAGES = ("zh", "en")

# Seen anywhere, these are what they look like; a column has to be asked for the others.
_IN_TEXT_ONLY_NAMES = {"english_name"}


class KindRecognizer(PatternRecognizer):
    """One kind as a Presidio recognizer: its pattern with edges that hold in Chinese text, its check, its context."""

    def __init__(self, kind: Kind, language: str) -> None:
        # Presidio compiles every pattern without regard to case, which a plate or a code number does not bear.
        pattern = Pattern(name=kind.name, regex=f"(?-i:{kind.bounded})", score=kind.score)
        super().__init__(
            supported_entity=kind.entity_type,
            name=f"{kind.name} ({language})",
            supported_language=language,
            patterns=[pattern],
            context=list(kind.words),
        )
        self._kind = kind

    def validate_result(self, pattern_text: str) -> bool | None:
        """True when the check holds, False when it does not, None when there is nothing to check."""
        if self._kind.check is None:
            return None
        holds = bool(self._kind.holds(pl.Series([pattern_text]))[0])
        # A check that is often passed by accident refutes, and proves nothing.
        return None if holds and self._kind.score < 0.4 else holds


class NearbyWords(ContextAwareEnhancer):
    """Raises the score of spans that a word nearby speaks for, by the same rule as where columns are counted.

    Presidio's own enhancer compares whole words, and jieba cuts 住院号 in two.
    """

    def enhance_using_context(
        self,
        text: str,
        raw_results: list[RecognizerResult],
        nlp_artifacts: NlpArtifacts,
        recognizers: list[EntityRecognizer],
        context: list[str] | None = None,
    ) -> list[RecognizerResult]:
        """The results, with a better score and the word in their explanation where one speaks for them."""
        del nlp_artifacts
        words = {recognizer.id: (*(recognizer.context or ()), *(context or ())) for recognizer in recognizers}
        results = copy.deepcopy(raw_results)
        for result in results:
            made_by = (result.recognition_metadata or {}).get(RecognizerResult.RECOGNIZER_IDENTIFIER_KEY, "")
            word = speaking_word(words.get(made_by, ()), text, result.start, result.end)
            if word and result.analysis_explanation is not None:
                raised = max(result.score + self.context_similarity_factor, self.min_score_with_context_similarity)
                result.score = min(raised, ContextAwareEnhancer.MAX_SCORE)
                result.analysis_explanation.set_supportive_context_word(word)
                result.analysis_explanation.set_improved_score(result.score)
        return results


@cache
def analyzer() -> AnalyzerEngine:
    """The Presidio engine for Chinese and English: seconds to build, safe to share, never on the network."""
    engine = OfflineNlpEngine()
    registry = RecognizerRegistry(recognizers=_recognizers(), supported_languages=list(LANGUAGES))
    return AnalyzerEngine(
        registry=registry,
        nlp_engine=engine,
        supported_languages=list(LANGUAGES),
        context_aware_enhancer=NearbyWords(
            context_similarity_factor=0.4,
            min_score_with_context_similarity=0.4,
            context_prefix_count=8,
            context_suffix_count=4,
        ),
    )


def _recognizers() -> list[EntityRecognizer]:
    wanted = [kind for kind in KINDS if kind.in_text or kind.name in _IN_TEXT_ONLY_NAMES]
    kinds = [KindRecognizer(kind, language) for language in LANGUAGES for kind in wanted]
    # Presidio's own, where they hold: the others rely on \b, on a spaCy model, or on a suffix list from the network.
    own = [CryptoRecognizer(), UsItinRecognizer(), PhoneRecognizer(supported_regions=("US", "GB"), leniency=1)]
    guessed = SpacyRecognizer(
        supported_language="zh", name="words of jieba", supported_entities=["PERSON", "LOCATION", "ORGANIZATION"]
    )
    return [*kinds, *own, guessed]
