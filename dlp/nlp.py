"""An offline language engine for Presidio: jieba cuts Chinese, a regular expression English."""

import logging
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine
from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from dlp.recognizers.person import SURNAMES

Token = tuple[str, str]  # the word, and jieba's part of speech ('' in English)

_ENGLISH_TOKEN = re.compile(r"\s+|[A-Za-z]+(?:'[A-Za-z]+)?|[0-9]+|.", re.DOTALL)
_ENTITIES = {"nr": "PERSON", "nrfg": "PERSON", "nrt": "PERSON", "ns": "LOCATION", "nt": "ORGANIZATION"}
_CHINESE_STOPWORDS = frozenset("的了是在和与就都而及或我你他她它这那")
_ENGLISH_STOPWORDS = frozenset({"a", "an", "the", "of", "to", "and", "or", "is", "are", "was", "in", "on", "at", "my"})
# What follows the name of a place or of a company.
_OF_PLACES = re.compile(
    r"[路街道巷弄桥村镇乡区县市站寺山河湖]|小区|花园|公寓|大厦|广场|[\u4e00-\u9fff]{0,10}(?:有限|股份|集团)"
)
_COMMON = 1000  # times that the dictionary has seen a word: a word and no name
_SCORES = {"PERSON": 0.5, "LOCATION": 0.4, "ORGANIZATION": 0.4}


class OfflineNlpEngine(NlpEngine):
    """Words and guessed names for Chinese (jieba's dictionary and its model for new words) and words for English."""

    def __init__(self) -> None:
        self._vocabulary = Vocab()

    def load(self) -> None:
        """Read jieba's dictionary, which takes about a second the first time."""
        _tagger()

    def is_loaded(self) -> bool:
        """Whether there is anything left to load before the first text: never, jieba loads on first use."""
        return True

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        """The words of a text with their positions, and in Chinese the names that jieba guesses."""
        tokens = _cut(text, language)
        words = [word for word, _ in tokens]
        document = Doc(self._vocabulary, words=words, spaces=[False] * len(words))
        entities = _entities(document, tokens)
        return NlpArtifacts(
            entities=entities,
            tokens=document,
            tokens_indices=[token.idx for token in document],
            lemmas=[word.lower() for word in words],
            nlp_engine=self,
            language=language,
            scores=[_SCORES[entity.label_] for entity in entities],
        )

    def process_batch(
        self, texts: Iterable[str], language: str, batch_size: int = 1, n_process: int = 1, **_: Any
    ) -> Iterator[tuple[str, NlpArtifacts]]:
        """Every text with its words, one after the other; the sizes are Presidio's, and change nothing here."""
        del batch_size, n_process
        for text in texts:
            yield text, self.process_text(text, language)

    def is_stopword(self, word: str, language: str) -> bool:
        """Whether a word carries no meaning of its own."""
        del language
        return word.lower() in _ENGLISH_STOPWORDS or word in _CHINESE_STOPWORDS

    def is_punct(self, word: str, language: str) -> bool:
        """Whether a word is blanks or punctuation."""
        del language
        return not any(character.isalnum() for character in word)

    def get_supported_entities(self) -> list[str]:
        """The types that jieba's parts of speech stand for."""
        return sorted(set(_ENTITIES.values()))

    def get_supported_languages(self) -> list[str]:
        """Chinese and English."""
        return ["zh", "en"]


def _cut(text: str, language: str) -> list[Token]:
    if language == "zh":
        return [(pair.word, pair.flag) for pair in _tagger().cut(text)]
    return [(word, "") for word in _ENGLISH_TOKEN.findall(text)]


def _entities(document: Doc, tokens: list[Token]) -> list[Span]:
    found = []
    for at, (word, flag) in enumerate(tokens):
        label = _ENTITIES.get(flag)
        following = "".join(word for word, _ in tokens[at + 1 : at + 7])
        if label is not None and (label != "PERSON" or (_may_be_a_name(word) and not _OF_PLACES.match(following))):
            found.append(Span(document, at, at + 1, label=label))
    return found


def _may_be_a_name(word: str) -> bool:
    # jieba tags many common words nr; a Chinese name begins with a surname and has two to four characters.
    common = word.endswith("人") or (len(word) == 2 and (_tagger().tokenizer.FREQ.get(word) or 0) >= _COMMON)
    return 2 <= len(word) <= 4 and word[0] in SURNAMES and not common


@cache
def _tagger() -> Any:
    import jieba  # noqa: PLC0415  # a second to load: only when Chinese text is cut
    import jieba.posseg  # noqa: PLC0415

    jieba.setLogLevel(logging.ERROR)
    tokenizer = jieba.Tokenizer()
    # What jieba's own initialisation does, less its cache file in the temporary folder, which others could plant.
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    return jieba.posseg.POSTokenizer(tokenizer)
