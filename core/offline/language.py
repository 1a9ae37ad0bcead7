"""Which language a message is in: by its script, and for Latin letters by its commonest words."""

from collections.abc import Sequence

UNDETERMINED = "und"  # BCP 47

# Letters that decide, looked up in this order: a script, or a letter of one language within it.
_SCRIPTS: tuple[tuple[str, str, str], ...] = (
    ("ja", "\u3041", "\u30ff"),
    ("ko", "\uac00", "\ud7a3"),
    ("zh", "\u4e00", "\u9fff"),
    ("th", "\u0e01", "\u0e5b"),
    ("hi", "\u0900", "\u097f"),
    ("he", "\u05d0", "\u05ea"),
    ("ar", "\u0620", "\u064a"),
    ("el", "\u0370", "\u03ff"),
    ("ru", "\u0400", "\u04ff"),
)
_TELLING_LETTERS = {"ru": ("uk", "іїєґ"), "ar": ("fa", "پچژگ")}

_COMMON_WORDS: dict[str, frozenset[str]] = {
    tag: frozenset(common.split())
    for tag, common in {
        "en": "where who do does find want am me if or but so all they got slow error about "
        "the a an and is are was i i'm my we our you your it this that to of in on for with "
        "not can can't cannot doesn't don't isn't please need have has from since when how "
        "what any help down broken working new hi hello thanks get after be there still would "
        "could",
        "de": "der die das den dem ein eine einen einem einer und ist sind war ich mein meine "
        "meinen meinem wir unser uns es nicht kein keine mit auf für von zu zum zur im am bei "
        "kann bitte seit wenn wie was auch noch nach hallo danke hilfe geht brauche kaputt "
        "habe hat mehr",
        "es": "el la los las un una y es son mi mis nuestro yo no se me que en de del con para por "
        "está están puedo puede necesito tengo hola gracias ayuda favor desde cuando cómo "
        "como al funciona mañana hoy hay muy",
        "fr": "le la les un une des et est sont mon ma mes notre je j'ai nous ne pas plus que qui "
        "en de du dans avec pour sur au aux ce cette il bonjour merci aide depuis quand "
        "comment besoin c'est s'il n'arrive fonctionne peux être très",
        "pt": "o os as um uma e é são meu minha meus nosso eu não se me que em de do da dos das no "
        "na com para por está estão posso pode preciso tenho olá obrigado obrigada ajuda "
        "desde quando como você funciona hoje muito consigo",
        "it": "il lo la gli i un una e è sono mio mia nostro io non si mi che in di del della con "
        "per posso può ho ciao grazie aiuto da quando come questo nel alla funziona "
        "buongiorno",
        "nl": "de het een en is zijn was ik mijn wij we ons niet geen met op voor van naar bij kan "
        "kunnen alstublieft graag sinds wanneer hoe wat ook nog hallo bedankt hulp heb heeft "
        "doet",
        "sv": "det en ett och är var jag min mitt mina vi inte med på för av till kan hej tack "
        "hjälp har sedan när hur vad också som den",
        "da": "det en et og er var jeg min mit mine vi ikke med på for af til kan hej tak hjælp "
        "har siden når hvordan hvad også som den",
        "pl": "i w na z do się nie jest są mój moja moje mam proszę od kiedy jak co też dla po "
        "dzień dobry dziękuję pomoc działa mogę to że",
        "cs": "a v na z do se není je jsou můj moje mám prosím od kdy jak co také pro po dobrý den "
        "děkuji pomoc nefunguje mohu to že",
        "tr": "ve bir bu için ile ben benim bizim değil var yok ne nasıl lütfen merhaba "
        "teşekkürler yardım çalışmıyor da de mi olarak",
    }.items()
}
_ENOUGH = 100  # words


def detect(words: Sequence[str]) -> str:
    """The BCP 47 tag of the language of casefolded ``words``; ``und`` if there is no telling."""
    words = words[:_ENOUGH]
    return _by_script("".join(words)) or _by_words([each.replace("’", "'") for each in words])


def _by_script(letters: str) -> str | None:
    """The language of the script that most letters are in; any kana makes Han letters Japanese."""
    if letters.isascii():
        return None
    counts = {
        tag: sum(first <= letter <= last for letter in letters) for tag, first, last in _SCRIPTS
    }
    tag = max(counts, key=lambda each: counts[each])
    if 2 * sum(counts.values()) < len(letters):
        return None
    if tag == "zh" and counts["ja"]:
        return "ja"
    other, telling = _TELLING_LETTERS.get(tag, (tag, ""))
    return other if any(letter in telling for letter in letters) else tag


def _by_words(words: Sequence[str]) -> str:
    counts = {tag: sum(each in common for each in words) for tag, common in _COMMON_WORDS.items()}
    first, second = sorted(counts, key=lambda each: -counts[each])[:2]
    return first if counts[first] > counts[second] else UNDETERMINED
