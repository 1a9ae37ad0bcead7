"""Passwords and keys that are assigned to a word: ``password: x``, ``my PIN is x``, ``API_KEY=x``.

English, German, Spanish, French and Portuguese, and the Dutch and Russian for password.
"""

import re

from core.masking.label import masked

_CREDENTIAL = re.compile(
    r"""(?=[acéeklmpstwп])(?:
    (?P<password>(?<!1)pass(?:word|wd|wort|phrase|code) | pswd | kennwort | contrase[ñn]a | senha
      | mot\ de\ passe | palavra-passe | wachtwoord | пароль
      | (?<![a-z0-9])(?:pwd?|pin|mdp|clave|pass(?=\ ?=))(?![a-z0-9]))
    | (?:api|access|secret|private|client|encryption|signing|licen[cs]e|product)[ _-]?key
    | secret | token(?!s) | api-schlüssel | clé\ api | clave\ api
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_ASSIGNED = re.compile(
    r"""["'*_`]{0,3}
    (?P<about>[^\S\n](?:for|of|on|to|at|für|fürs|vom|von|zum|de|del|para|du|pour|do|da)
      (?:[^\S\n][\w.@-]{1,30}){1,4}?)?
    [^\S\n]{0,8}
    (?:(?P<sign>:=|=>|->|→|[:=]|>(?=[^\s<]))
      | (?<=\s)(?P<verb>is|was|to|ist|war|lautet|es|est|é)\b:?)
    [*_]{0,2}[^\S\n]{0,8}(?P<line>\n[^\S\n]{0,8})?""",
    re.VERBOSE | re.IGNORECASE,
)
_VALUE = re.compile(
    r"""(?!\[masked:\ |<?https?://|<[@\#!])
    (?:["'`“„‘«](?P<quoted>[^"'`“”„‘’«»\n]{1,128})["'`”“’»] | (?P<bare>\S{3,64}))""",
    re.VERBOSE,
)
_REST = re.compile(r"\S*")
_LETTER, _DIGIT = re.compile(r"[^\W\d_]"), re.compile(r"\d")
_SYMBOL = re.compile(r"[a-zß-ÿ][A-Z]|[!#$%&*+=@^~?§€£\\|]|\d{4}")
_PRODUCT = re.compile(r"(?:office|windows|win|microsoft|ms|m|o)[ -]?\d+", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[.)\]}]*(?:\s*\n|\s*\Z|[,;])")
_REMARK = re.compile(  # what people say of passwords
    r"""accepted|active|blocked|broken|case-sensitive|changed?|compromised|correct|default|denied
    |different|disabled|empty|error|expir(?:ed|es|ing)|fail(?:ed|s|ure)|fine|forgotten|gone|help|here|hidden
    |incorrect|in?valid|issue|known|leaked|locked|lost|missing|mandatory|needed|new|none|null|not
    |okay|old|optional|outdated|problem|question|refused|rejected|request|required?|reset|right|safe
    |same|saved|secure|sent|set|shared|stolen|stored|strong|temporary|there|too|true|false
    |undefined|unknown|unlocked|weak|working|wrong
    |abgelaufen|falsch|gesperrt|gültig|hilfe|korrekt|leer|nicht|richtig|ungültig|unbekannt|vergessen
    |verloren|weg|zurücksetzen
    |bloqueada|caducada|correcta|errónea|incorrecta|inválida|olvidada|perdida|restablecer|vencida
    |bloqué|erroné|expiré|faux|invalide|oublié|perdu|errada|esquecida|expirada|incorreta""",
    re.VERBOSE | re.IGNORECASE,
)


def mask_credentials(text: str) -> str:
    """The text without what is assigned to a word such as password, PIN or API key."""
    parts, done = list[str](), 0
    for word in _CREDENTIAL.finditer(text):
        if word.start() >= done and (secret := _assigned(word) or _attached(word)):
            start, end = secret
            parts += text[done:start], masked("password" if word["password"] else "key")
            done = end
    return "".join([*parts, text[done:]])


def _assigned(word: re.Match[str]) -> tuple[int, int] | None:
    """Where the secret stands in "password: x" or "the password for the lab is x".

    A plain word counts only where the clause ends with it, and if it is no remark ("is wrong").
    """
    text = word.string
    if (link := _ASSIGNED.match(text, word.end())) is None:
        return None
    if (value := _VALUE.match(text, link.end())) is None:
        return None
    if value["quoted"]:
        return None if link["about"] or _REMARK.fullmatch(value["quoted"]) else value.span("quoted")
    bare = value["bare"].rstrip(".,;:)]}\"'`")
    if len(bare) < 3 or _REMARK.fullmatch(bare.strip("!?*_")):
        return None
    if link["verb"] == "to":  # "send the password to bob@example.com"
        return _span(value, bare) if _mixed(bare) and "@" not in bare else None
    if link["sign"] == "=" or _mixed(bare) or _SYMBOL.search(bare.rstrip("?")):
        return _span(value, bare)
    plain = bare.isalpha() and not (link["about"] or link["line"])
    ends = _CLAUSE_END.match(text, value.start() + len(bare))
    return _span(value, bare) if plain and ends else None


def _attached(word: re.Match[str]) -> tuple[int, int] | None:
    """Where the secret stands in "password hunter2": six or more characters, letters and digits."""
    value = _VALUE.match(word.string, word.end() + 1)
    if not word["password"] or value is None or not word.string[word.end()].isspace():
        return None
    bare = (value["bare"] or "").rstrip(".,;:)]}\"'`")
    if len(bare) < 6 or _PRODUCT.match(bare):
        return None
    return _span(value, bare) if _mixed(bare) else None


def _span(value: re.Match[str], bare: str) -> tuple[int, int]:
    """Where ``bare`` stands; to the end of the run if that is longer than what was looked at."""
    cut_off = _REST.match(value.string, value.end())
    if cut_off and cut_off[0]:
        return value.start(), cut_off.end()
    return value.start(), value.start() + len(bare)


def _mixed(value: str) -> bool:
    return bool(_LETTER.search(value) and _DIGIT.search(value))
