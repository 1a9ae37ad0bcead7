"""Which category a message belongs in: its words against those of the categories' descriptions."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log

from core.categories import Category
from core.offline.reading import words
from core.offline.vocabulary import canonical

_BETWEEN_TERMS = re.compile(r"[,;:.()&/]| or | and | und | oder | y | et | ou ")
_SMALL_WORDS = """
    a an the of for in on to is are it with new several none that this any other others else
    whatever fits something not up out can my our der die das ein eine el la le les un time day work
"""
_EMPTY = frozenset(map(canonical, _SMALL_WORDS.split()))
_WITHIN_PHRASE = 0.5  # the weight of a word that a description has only as part of a phrase
_IN_TOPIC = 1.5  # terms in the topic sentence weigh that much more
_CONVINCING = 6.0  # the score from which on only the runner-up leaves doubt
_LEAST, _MOST = 0.1, 0.6  # wording alone is never sure


@dataclass(frozen=True)
class Choice:
    """A category, with the canonical terms of the message that spoke for it."""

    category: Category
    confidence: float
    terms: frozenset[str]


def choose(text: str, topic: str, categories: Sequence[Category]) -> Choice:
    """The category whose description shares the rarest terms with ``text``.

    ``topic`` is its most telling sentence. If no term is shared, it is the category with the key
    ``other``, else the last one.
    """
    said, stressed = _canonical(text), _canonical(topic)
    found: list[tuple[float, Category, frozenset[str]]] = []
    for category, weights in _profiles(tuple(categories)):
        terms = frozenset(term for term in weights if f" {term} " in said)
        score = sum(weights[each] * (_IN_TOPIC if f" {each} " in stressed else 1) for each in terms)
        found.append((score, category, terms))
    (best, category, terms), *others = sorted(found, key=lambda each: -each[0])
    if not terms:
        return Choice(_fallback(categories), _LEAST, terms)
    margin = (best - max((score for score, _, _ in others), default=0)) / best
    confidence = _LEAST + (_MOST - _LEAST) * margin * min(1, best / _CONVINCING)
    return Choice(category, round(confidence, 2), terms)


def mentions(sentence: str, terms: frozenset[str]) -> int:
    """How many of the terms the sentence holds."""
    said = _canonical(sentence)
    return sum(f" {term} " in said for term in terms)


@lru_cache(maxsize=16)
def _profiles(categories: tuple[Category, ...]) -> tuple[tuple[Category, dict[str, float]], ...]:
    """Every category with its terms and their weights: the fewer categories share one, the more."""
    terms = [dict(_terms(category)) for category in categories]
    shared = Counter(term for each in terms for term in each)
    return tuple(
        (
            category,
            {term: share * log(1 + len(categories) / shared[term]) for term, share in each.items()},
        )
        for category, each in zip(categories, terms, strict=True)
    )


def _terms(category: Category) -> Iterator[tuple[str, float]]:
    """The terms of label and description: the words within phrases, then whole terms on top."""
    phrases = [
        [canonical(word) for word in words(phrase)]
        for phrase in _BETWEEN_TERMS.split(f"{category.label}, {category.description}".casefold())
    ]
    for phrase in phrases:
        if len(phrase) > 1:
            yield from ((word, _WITHIN_PHRASE) for word in phrase if word not in _EMPTY)
    for phrase in phrases:
        if phrase and not _EMPTY.issuperset(phrase):
            yield " ".join(phrase), 1.0


def _fallback(categories: Sequence[Category]) -> Category:
    return next((each for each in categories if each.key == "other"), categories[-1])


def _canonical(text: str) -> str:
    return f" {' '.join(map(canonical, words(text)))} "
