"""What is built in where a model is not: no network, the same answer for the same text.

The triage serves a desk without a model. It reads wording, not meaning, so its confidence is low,
and its drafts only ask for what is missing.
"""

from collections.abc import Sequence

from core.answer import TriageAnswer
from core.categories import Category
from core.offline.category import choose, mentions
from core.offline.draft import ask, reply_draft
from core.offline.handover import summarise
from core.offline.language import detect
from core.offline.priority import worded_priority
from core.offline.question import next_need
from core.offline.reading import cut, plain, sentences, topic_sentence, words
from core.text import TITLE_LIMIT, one_line

__all__ = ["summarise", "triage"]

_NO_TITLE = "Request without text"
_NO_SUMMARY = "The request holds no text."
_SUMMARY_LIMIT, _SENTENCE_LIMIT, _SENTENCES = 1000, 320, 3


def triage(
    text: str, *, categories: Sequence[Category], requester_name: str | None = None
) -> TriageAnswer:
    """Triages ``text``, whatever it holds; never raises and reads at most its ends.

    ``categories`` must not be empty.
    """
    body = plain(text)
    said = sentences(body)
    topic = topic_sentence(said) or ""
    spoken = words(body)
    language = detect(spoken)
    # Where nothing but a greeting is said, it has to do.
    whole = one_line(body, _SUMMARY_LIMIT) if spoken else ""
    choice = choose(body, topic, categories)
    need = next_need(
        body,
        words=len(spoken),
        category=choice.category.key,
        known=bool(choice.terms),
        language=language,
    )
    return TriageAnswer(
        title=cut((topic or whole).rstrip(".,;: "), TITLE_LIMIT) or _NO_TITLE,
        summary=_summary(said, topic, choice.terms) or whole or _NO_SUMMARY,
        category=choice.category.key,
        priority=worded_priority(body),
        language=language,
        confidence=choice.confidence,
        question=ask(need, language),
        reply_draft=reply_draft(need, language, requester_name),
    )


def _summary(said: Sequence[str], topic: str, terms: frozenset[str]) -> str:
    """The topic sentence and those that say most about the category, in the order of the text."""
    telling = sorted(said, key=lambda each: (each != topic, -mentions(each, terms)))
    kept = telling[:_SENTENCES]
    return cut(
        " ".join(cut(each, _SENTENCE_LIMIT) for each in said if each in kept), _SUMMARY_LIMIT
    )
