"""Presidio over the same kinds that columns are judged by: spans in text, with context and an explanation.

Importing Presidio takes seconds: import this module only where text is analysed.
"""

from functools import cache

import polars as pl
from presidio_analyzer import AnalyzerEngine, EntityRecognizer, Pattern, PatternRecognizer, RecognizerRegistry
from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer
from presidio_analyzer.predefined_recognizers import (
    CryptoRecognizer,
    PhoneRecognizer,
    SpacyRecognizer,
    UsItinRecognizer,
)

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
            context=list(kind.context),
        )
        self._kind = kind

    def validate_result(self, pattern_text: str) -> bool | None:
        """True when the check holds, False when it does not, None when there is nothing to check."""
        if self._kind.check is None:
            return None
        holds = bool(self._kind.holds(pl.Series([pattern_text]))[0])
        # A check that is often passed by accident refutes, and proves nothing.
        return None if holds and self._kind.score < 0.4 else holds


@cache
def analyzer() -> AnalyzerEngine:
    """The Presidio engine for Chinese and English: seconds to build, safe to share, never on the network."""
    engine = OfflineNlpEngine()
    registry = RecognizerRegistry(recognizers=_recognizers(), supported_languages=list(LANGUAGES))
    return AnalyzerEngine(
        registry=registry,
        nlp_engine=engine,
        supported_languages=list(LANGUAGES),
        context_aware_enhancer=LemmaContextAwareEnhancer(
            context_prefix_count=8, context_suffix_count=4, context_similarity_factor=0.4
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
