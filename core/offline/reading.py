"""Reads a message as a person would skim it: its plain sentences, without greeting and thanks."""

import re
from collections.abc import Iterator

from core.text import clean

# A request says early what it is about and at its end what it wants; between are logs and quotes.
_HEAD, _TAIL = 2_500, 500

_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_LINK = re.compile(r"<(?:https?|mailto|tel):[^<>|]*(?:\|([^<>]*))?>|(?:https?://|\bwww\.)[^\s<>|]*")
_MENTION = re.compile(r"<[@#!][^<>]*>|@(?=here|channel|everyone)")
_EMOJI = re.compile(r"(?<![\w:]):[a-z_+\-][a-z0-9_+\-']*:")
_FORMAT = re.compile(r"(?<!\w)[*_~`]+(?=\S)|(?<=\S)[*_~`]+(?!\w)")
_SPACE = re.compile(r"\s+")
_SENTENCE_END = re.compile(r"(?<=[^\d][.!?…])\s+|(?<=[。！？])|\n+")
_BULLET = re.compile(r"^(?:[>•–—*\s-]+|\d{1,2}[.)]\s)+")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")

_GREETING = re.compile(
    r"""(?:hi(?:ya|\ there)?|hello|hey|dear|good\ (?:morning|afternoon|evening|day)|morning
    |hallo|moin|servus|guten\ (?:morgen|tag|abend)|liebe[rs]?|sehr\ geehrte\w*
    |hola|buen[oa]s(?:\ (?:d[ií]as|tardes|noches))?|bonjour|bonsoir|salut
    |ol[áa]|oi|bom\ dia|boa\ (?:tarde|noite)|ciao|buongiorno|hej|hoi)\b
    (?:(?:\s(?!my|our|i|we|the|a|ich|mein|wir|mi|mon|ma|je|meu|minha)[^\W\d_]+){0,2}\s*[,!.:;–—-]+
      |\s(?:team|all|everyone|everybody|folks|there|support|zusammen|leute|equipo|todos|pessoal)\b
      |[,!.:;]*)[,!.:;\s]*""",
    re.VERBOSE | re.IGNORECASE,
)
_CLOSING = re.compile(
    r"""(?:(?:many\ |kind\ |best\ )?(?:thanks|thank\ you|thx|regards|cheers|wishes)
    |(?:vielen\ |besten\ |lieben\ )?dank[e]?|(?:viele|beste|liebe)\ gr(?:ü|u)(?:ß|ss)e|mfg|lg|vg
    |(?:muchas\ )?gracias|(?:un\ )?saludos?|merci|cordialement|(?:muito\ )?obrigad[oa]|abraços?
    |grazie|bedankt)\b.{0,40}""",
    re.VERBOSE | re.IGNORECASE,
)
_VAGUE = re.compile(
    r"""(?:please\ )?(?:(?:(?:i|we)(?:['’]ve|\ have|['’]m\ having|\ need)?(?:\ got)?
      |need|can\ you|could\ you)\ )?
    (?:a|an|some|your|me)?\ ?(?:quick\ |small\ |big\ )?
    (?:question|problem|issue|help|favou?r|request)
    (?:\ (?:please|me|us|with\ this|for\ you))*[.!?:,]*""",
    re.VERBOSE | re.IGNORECASE,
)


def plain(text: str) -> str:
    """The beginning and the end of ``text`` as plain words: no markup, links, mentions or emoji."""
    if len(text) > _HEAD + _TAIL:
        text = f"{text[:_HEAD]}\n{text[-_TAIL:]}"
    text = clean(text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    text = _LINK.sub(_label, text)
    text = _EMOJI.sub(" ", _MENTION.sub(" ", text))
    return text.replace("<", " ").replace(">", " ")


def words(text: str) -> list[str]:
    """The casefolded words of the text, "don't" as one, "wi-fi" as two."""
    return _WORD.findall(text.casefold())


def sentences(plain_text: str) -> list[str]:
    """What the message says, sentence by sentence; code only where there is nothing else."""
    return list(_sentences(_CODE.sub("\n", plain_text))) or list(_sentences(plain_text))


def topic_sentence(said: list[str]) -> str | None:
    """The first sentence that tells this request from others."""
    telling = [each for each in said if len(each) > 3 and not _VAGUE.fullmatch(each)]
    return next(iter(telling or said), None)


def cut(text: str, limit: int) -> str:
    """The text, shortened after a word where there is one to end with."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    word_end = kept.rfind(" ", limit // 2)
    return kept[: word_end if word_end > 0 else None].rstrip(" ,;:-–—") + "…"


def _label(link: re.Match[str]) -> str:
    """What stands for a link: its label, unless that is an address too."""
    return link[1] if link[1] and "://" not in link[1] else "[link]"


def _sentences(text: str) -> Iterator[str]:
    for part in _SENTENCE_END.split(text):
        sentence = _SPACE.sub(" ", _FORMAT.sub("", _BULLET.sub("", part))).strip()
        sentence = _GREETING.sub("", sentence, count=1) if _GREETING.match(sentence) else sentence
        if _WORD.search(sentence) and not _CLOSING.fullmatch(sentence):
            plain_start = sentence.partition(" ")[0].islower()  # "my", but not "iPhone"
            yield sentence[0].upper() + sentence[1:] if plain_start else sentence
