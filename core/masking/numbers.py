"""Card numbers and bank accounts, told from other numbers by their check digits."""

import re
from functools import cache

from stdnum import iban, luhn, numdb

from core.masking.label import masked

_CARD_NUMBER = re.compile(
    r"""(?<![\w-])(?:
      4\d{15}(?:\d{3})? | 5\d{15} | 2[2-7]\d{14} | 6\d{15,18}  # Visa, Mastercard, UnionPay
    | 3[47]\d{13} | 3[0689]\d{12} | 35\d{14}                  # American Express, Diners, JCB
    | (?=[2-6])\d{4}(?P<gap>[ -])\d{4}(?P=gap)\d{4}(?P=gap)\d{1,7}
    | 3\d{3}(?P<space>[ -])\d{6}(?P=space)\d{4,5}
    )(?!\w|-\d)""",
    re.VERBOSE,
)
_ACCOUNT_START = re.compile(r"(?<![A-Za-z0-9])([A-Z]{2})[0-9]{2}")


def mask_cards(text: str) -> str:
    """The text without card numbers: the prefixes and lengths that card schemes use, and Luhn."""
    return _CARD_NUMBER.sub(_card, text)


def mask_accounts(text: str) -> str:
    """The text without IBANs, in groups of four or in one piece."""
    parts, done = list[str](), 0
    for start in _ACCOUNT_START.finditer(text):
        account = _account(start[1]).match(text, start.start())
        if account and account.start() >= done and iban.is_valid(account[0], check_country=False):
            parts += text[done : account.start()], masked("bank account")
            done = account.end()
    return "".join([*parts, text[done:]])


def _card(found: re.Match[str]) -> str:
    return masked("card number") if luhn.is_valid(re.sub("[ -]", "", found[0])) else found[0]


@cache
def _account(country: str) -> re.Pattern[str]:
    """The shape of the country's IBANs, whose length is fixed; nothing for other letters."""
    ((_, known),) = numdb.get("iban").info(country)
    length = sum(map(int, re.findall(r"(\d+)!", known.get("bban", ""))))
    return re.compile(rf"[A-Z]{{2}}[0-9]{{2}}(?: ?[A-Z0-9]){{{length}}}(?![A-Za-z0-9])")
