"""The reply draft: a greeting, thanks, the next question; nothing is taken from the text."""

import re

from core.offline.phrases import PHRASES
from core.offline.question import Need

_HONORIFIC = re.compile(r"(?:dr|prof|mrs?|ms|herr|frau|sr|sra|mme|m)\.?", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LONGEST_NAME = 30


def ask(need: Need | None, language: str) -> str | None:
    """The question, in the draft's language."""
    return PHRASES[_spoken(language)].questions[need] if need else None


def reply_draft(need: Need | None, language: str, requester_name: str | None) -> str:
    """A short draft in ``language``, or in English if it is none of those that drafts speak."""
    phrases = PHRASES[_spoken(language)]
    first_name = _first_name(requester_name or "")
    hello = phrases.hello.format(name=f" {first_name}" if first_name else "")
    if need is None:
        return f"{hello}\n\n{phrases.thanks}"
    return f"{hello}\n\n{phrases.thanks_and_question}\n\n{phrases.questions[need]}"


def _spoken(language: str) -> str:
    return language if language in PHRASES else "en"


def _first_name(name: str) -> str | None:
    """The given name in "Dr. Anna Weber" or "Weber, Anna"; None for what is not plainly a name."""
    family, comma, given = name.partition(",")
    for word in (given if comma else family).split():
        if not _HONORIFIC.fullmatch(word):
            return word if _NAME.fullmatch(word) and len(word) <= _LONGEST_NAME else None
    return None
