"""How urgent a message says it is, in its own words."""

import re
from typing import Literal

Priority = Literal["low", "normal", "high", "urgent"]

_LOW = re.compile(
    r"""\b(?:
      (?:not|isn['’]t|no|nothing|never|nicht|keine?|nichts|pas|não)\s(?:\w+\s){0,2}?
        (?:urgent|emergency|critical|asap|dringend|eilig|pressant|crítico)\w*
    | (?:no|keine|sin|pas\ de|sem)\s(?:rush|hurry|eile|prisa|urgence|pressa|urgencia|urgência)
    | eilt\ nicht | low\ priority | when(?:ever)?\ you\ (?:have|get|find|can) | nice\ to\ have
    | at\ your\ convenience | can\ wait | wenn\ (?:ihr|du|sie)\ zeit | bei\ gelegenheit | hat\ zeit
    | cuando\ (?:puedas|tengas|pueda) | quand\ vous | quando\ (?:puder|tiver|der)
    )\b""",
    re.VERBOSE,
)
_URGENT = re.compile(
    r"""\b(?:
      urgent(?:e|es|ly)? | asap | emergency(?!\ (?:contact|exit|number)) | immediately | right\ away
    | as\ soon\ as\ possible | critical\ (?:incident|outage|issue) | data\ breach | ransomware
    | (?:prod|production|website|site|shop|checkout|payments?|server|database)
      \ (?:is\ |are\ |has\ been\ )?(?:currently\ |completely\ |all\ )?(?:down|failing|offline)
    | (?:everyone|everybody|all\ (?:users|customers)|whole\ (?:team|company|office))
      \ (?:is\ |are\ |can(?:['’]t|not)\ )?(?:\w+\ )?(?:affected|blocked|down|locked|log|work|access)
    | (?:nobody|no\ one)\ can | clicked\ (?:on\ )?(?:a|the)\ (?:link|phishing)
    | dringend | sofort | notfall | so\ schnell\ wie\ möglich | niemand\ kann
    | cuanto\ antes | de\ inmediato | au\ plus\ vite | immédiatement | o\ mais\ rápido
    | imediatamente
    )\b""",
    re.VERBOSE,
)
_HIGH = re.compile(
    r"""\b(?:
      high\ priority | blocked | blocking\ (?:me|us) | can(?:['’]t|not)\ work | stolen | hacked
    | (?:due|deadline|needed|need\ (?:it|this)|until|before|by)\b[^.!?\n]{0,30}\b
      (?:today|tonight|this\ (?:morning|afternoon|evening)|noon|eod|end\ of\ (?:the\ )?day)
    | (?:several|many|multiple|all)\ (?:people|users|colleagues|customers|of\ us)
    | outage | (?:is|are)\ down | malware | phishing
    | (?:bis|noch)\ heute | kann\ nicht\ (?:mehr\ )?arbeiten | gestohlen
    | mehrere\ (?:kollegen|leute)
    | para\ hoy | hoy\ mismo | no\ puedo\ trabajar | pour\ aujourd['’]hui | avant\ ce\ soir | volé
    | até\ hoje | ainda\ hoje | não\ consigo\ trabalhar | para\ hoje
    )\b""",
    re.VERBOSE,
)


def worded_priority(plain_text: str) -> Priority:
    """``normal`` unless the wording says otherwise; "not urgent" alone is ``low``."""
    text = " ".join(plain_text.casefold().split())
    rest = _LOW.sub(" ", text)
    if _URGENT.search(rest):
        return "urgent"
    if _HIGH.search(rest):
        return "high"
    return "normal" if rest == text else "low"
