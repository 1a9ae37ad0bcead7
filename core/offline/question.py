"""The next question: what a request of its kind needs and its text does not say yet."""

import re
from typing import Literal

Need = Literal[
    "what", "system", "error", "since", "device", "affected", "where", "opened", "reference",
    "dates", "deadline",
]  # fmt: skip

# What an agent asks about, in this order, where something fails and where something is wanted;
# by the keys of the default categories, and for all others the last two lines.
_FAULT: dict[str, tuple[Need, ...]] = {
    "access": ("system", "error", "since"),
    "hardware": ("device", "since"),
    "software": ("system", "error", "since"),
    "network": ("where", "since", "affected"),
    "outage": ("system", "affected", "since"),
    "security": ("opened",),
    "finance": ("reference",),
    "people": ("dates",),
    "facilities": ("where", "since"),
}
_WISH: dict[str, tuple[Need, ...]] = {
    "access": ("system",),
    "software": ("system", "deadline"),
    "security": ("opened",),
    "finance": ("reference",),
    "people": ("dates",),
}
_OTHER_FAULT: tuple[Need, ...] = ("error", "since")
_OTHER_WISH: tuple[Need, ...] = ("deadline",)

# All patterns below are for casefolded text and start at a word, which keeps them fast.
_FAILS = re.compile(
    r"""\b(?:
      (?:ca|wo|do|does|did|is|are|was|has|have|could)n?['’]t | cannot
    | not(?!\ (?:\w+\ )?urgent) | unable | no\ longer | nobody | fail\w* | broken?
    | errors? | crash\w* | down | slow\w* | locked\ out | fr[eo]ez\w* | disconnect\w* | wrong | lost
    | cracked | problems? | issues? | stuck | drops | expired | leak\w*
    | keeps | too\ (?:hot|cold|loud|slow)
    | nicht | kein\w* | kaputt | fehler\w* | gesperrt | langsam | defekt
    | no\ (?:puedo|funciona|se|me|hay|va) | rot[oa] | pas | panne | cassée?
    | não | erro | quebrad[oa]
    )\b""",
    re.VERBOSE,
)
_WISHES = re.compile(
    r"""\b(?:
      need | needs | want | please | (?:i['’]d|would)\ like | (?:can|could)\ (?:you|i|we)
    | request | order | brauch\w* | bitte | möchte\w* | hätte | necesito | quiero | quisiera
    | por\ favor | besoin | voudrais | souhaite | merci\ de | preciso | gostaria | quero
    )\b""",
    re.VERBOSE,
)
_TIME = r"""
    \d{1,2}[:.]\d\d\b | \d{1,2}\s?(?:am|pm|uhr|h)\b | \d{1,4}[./-]\d{1,2}\b
    | (?:mon|tues|wednes|thurs|fri|satur|sun)day | (?:mon|diens|donners|frei|sams|sonn)tag
    | (?:mittwoch|lunes|martes|jueves|viernes|lundi|mardi|mercredi|jeudi|vendredi|segunda|terça)\b
    | (?:today|tonight|tomorrow|heute|morgen|hoy|mañana|aujourd['’]hui|demain|hoje|amanhã)\b
    | (?:january|february|march|april|june|july|august|september|october|november|december)\b
    | (?:week|month|woche|monat|semana|mes|semaine|mois|mês)\b
"""
_TELLS: dict[Need, str] = {
    "system": r"""(?:outlook|gmail|e?-?mail|mailbox|slack|teams|zoom|jira|confluence|git
        |github|gitlab|google|drive|calendar|excel|word|powerpoint|office|sharepoint|onedrive
        |salesforce|hubspot|sap|datev|figma|notion|miro|okta|aws|azure|chrome|firefox|safari|edge
        |photoshop|adobe|vpn|wi-?fi|wlan|windows|crm|erp|intranet|shop|checkout|website|api|database|laptop|production
        |server)\b""",
    "error": r"(?:error|code|fehler|erreur|erro)\W{0,3}\w*\d | 0x[0-9a-f] | [45]\d\d\b | says\b",
    "since": rf"""(?:since|seit|desde|depuis|yesterday|gestern|ayer|ontem|this\ morning|just\ now
        |for\ (?:\w+\ )?(?:minutes|hours|days|weeks)|ago|vor\ \w+\ \w+|hace|il\ y\ a|há)\b
        | {_TIME}""",
    "device": r"""(?:macbook|thinkpad|dell|lenovo|hp|surface|iphone|ipad|samsung|pixel|logitech
        |jabra|epson|canon|brother|model|inventory|serial|\w*\d{3,}\w*)\b""",
    "affected": r"""(?:everyone|everybody|nobody|no\ one|only\ me|just\ me|all\ of\ us|whole|several
        |many|all\ users|customers|colleagues|alle|niemand|nur\ ich|kollegen|todos|nadie|tous
        |personne|ninguém)\b""",
    "where": r"""(?:home|office|hotel|train|room|floor|building|zu\ hause|büro|raum|etage|stock
        |gebäude|casa|oficina|sala|piso|planta|maison|bureau|salle|étage|escritório|andar|kitchen
        |küche|entrance|garage|conference|lobby|remotely)\b""",
    "opened": r"""(?:click|open|enter|typed|download|replied|forwarded|gave|stolen|lost|leak|pushed
        |geklickt|geöffnet|eingegeben|gestohlen|abierto|clic|ouvert|abri)""",
    "reference": r"\w*\d{3,} | (?:inv|po|nr|no)[.\#-]?\s?\d",
    "dates": _TIME,
    "deadline": rf"""(?:by|until|before|asap|urgent\w*|bis|antes|avant|até|rush|hurry|eilt|dringend
        |when(?:ever)?\ you)\b | {_TIME}""",
}
_GIVEN = {need: re.compile(rf"\b(?:{tells})", re.VERBOSE) for need, tells in _TELLS.items()}
_QUOTE = re.compile(r"[\"“„«`‘][^\"”“»`’]{6,}[\"”“»`’]")
_NAME = re.compile(r"(?<![.!?:]\s)(?<=\s)(?!I\b)[A-Z]\w{2,}")  # a capital within a sentence
_FEW_WORDS = 3


def next_need(text: str, *, words: int, category: str, known: bool, language: str) -> Need | None:
    """What to ask next about ``text``, or None if it says what its category needs.

    ``words`` is its length, ``category`` a key, ``known`` whether any wording spoke for it.
    """
    folded = text.casefold()
    if words < _FEW_WORDS and not known:
        return "what"
    if _FAILS.search(folded):
        needs = _FAULT.get(category, _OTHER_FAULT)
    else:
        needs = _WISH.get(category, _OTHER_WISH)
    return next((need for need in needs if not _is_given(need, text, folded, language)), None)


def _is_given(need: Need, text: str, folded: str, language: str) -> bool:
    if _GIVEN[need].search(folded):
        return True
    if need in ("dates", "deadline"):  # only who wants something is asked for when
        return not _WISHES.search(folded)
    if need == "error":
        return _QUOTE.search(text) is not None
    # German writes every noun with a capital: there it is no sign of a name.
    return need == "system" and language != "de" and _NAME.search(text) is not None
