"""Whether a message says thanks and nothing else."""

import re

_WORD = re.compile(r"[^\W\d_]+")
_EMOJI_NAME = re.compile(r":[a-z0-9_+'-]+:")
_POLITE_WORDS = """
thanks thank you so much very many a lot thx ty tysm cheers great perfect awesome super cool nice ok
okay it works now works again all good solved fixed got
danke schön sehr vielen dank dir euch ihnen prima klasse passt geht wieder
gracias muchas mil perfecto vale merci beaucoup bien parfait obrigado obrigada muito
grazie mille tack bedankt
"""
_POLITE = frozenset(_POLITE_WORDS.split())
# A message of many words says more than thanks, even if each of them is polite.
MOST_WORDS = 8


def is_only_thanks(text: str) -> bool:
    """Whether there is nothing to act on: polite words, emoji, or punctuation alone."""
    words = _WORD.findall(_EMOJI_NAME.sub(" ", text.casefold()))
    return "?" not in text and len(words) <= MOST_WORDS and _POLITE.issuperset(words)
