"""Takes secrets out of text before it leaves for a model that is not on this machine.

A secret becomes ``[masked: password]``, ``[masked: key]``, ``[masked: card number]`` or
``[masked: bank account]``. Ordinary text stays as it is: what people write about passwords without
giving one, numbers of orders, tickets and phones, links, and UUIDs, which name things far more
often than they open them. A long random string is masked even where it may be a harmless hash.

Every pattern starts at a word or at the edge of a run and looks over that run or a bounded way
ahead, so that the time is linear in the text whatever it holds.
"""

import re

from core.masking.credentials import mask_credentials
from core.masking.label import masked
from core.masking.numbers import mask_accounts, mask_cards

__all__ = ["mask", "mask_tokens"]

_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:[A-Za-z0-9+/=\s\\:,.]|-(?!----))*"
    r"(?:-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----)?"
)
_URL_PASSWORD = re.compile(r"(://[^\s/@:]*:)(?!\[masked: )[^\s/]+(?=@)")
_WEBHOOK = re.compile(r"(hooks\.slack\.com/[a-z]+/)(?!\[masked: )[^\s|>]+")
_TOKEN = re.compile(
    r"""(?<![A-Za-z0-9_-])(?:
      xox[a-z]-[\w-]{8,} | xapp-[\w-]{8,}            # Slack
    | sk-[\w-]{16,} | [rs]k_(?:live|test)_\w{10,}    # OpenAI, Anthropic; Stripe
    | gh[oprsu]_\w{20,} | github_pat_\w{20,} | glpat-[\w-]{16,}
    | A(?:KIA|SIA)[A-Z0-9]{16}                       # AWS
    | AIza[\w-]{30,} | ya29\.[\w-]{16,}              # Google
    | npm_\w{30,} | hf_\w{30,} | pypi-[\w-]{16,} | SG\.[\w-]{16,}\.[\w-]{16,}
    | eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?           # JSON web tokens
    )""",
    re.VERBOSE | re.ASCII,
)
_AUTHORIZATION = re.compile(r"\b((?:bearer|basic)[ \t]{1,4})([\w.~+/=-]{12,})", re.IGNORECASE)
_LONG_RUN = re.compile(r"https?://[^\s<>|]+|(?<![\w+/=-])[A-Za-z0-9_+/=-]{24,}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-f]{32,}", re.IGNORECASE)
_FRAGMENT = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_RANDOM_FRAGMENT = 2.6  # mean length: 1.8 in random base64, 3 and more in paths and file names


def mask(text: str) -> str:
    """The text with its secrets replaced; masking what is masked changes nothing."""
    text = mask_tokens(text)
    text = mask_credentials(text)
    text = mask_cards(text)
    text = mask_accounts(text)
    return _LONG_RUN.sub(_long_run, text)


def mask_tokens(text: str) -> str:
    """The text without what its form alone gives away: keys, tokens, passwords in addresses."""
    text = _PRIVATE_KEY.sub(masked("key"), text)
    text = _URL_PASSWORD.sub(r"\1" + masked("password"), text)
    text = _WEBHOOK.sub(r"\1" + masked("key"), text)
    text = _TOKEN.sub(masked("key"), text)
    return _AUTHORIZATION.sub(_authorization, text)


def _authorization(found: re.Match[str]) -> str:
    """Bearer and Basic headers; a digit tells them from "basic troubleshooting"."""
    return found[1] + masked("key") if re.search("[0-9]", found[2]) else found[0]


def _long_run(found: re.Match[str]) -> str:
    """Random strings change between capitals, small letters and digits far more than words do."""
    run = found[0]
    if "://" in run or _UUID.fullmatch(run):
        return run
    fragments = _FRAGMENT.findall(run)
    length = sum(map(len, fragments))
    mixed = re.search("[0-9]", run) and re.search("[A-Za-z]", run)
    if not mixed or length < 20:
        return run
    dense = length / len(fragments) <= _RANDOM_FRAGMENT
    return masked("key") if dense or _HEX.fullmatch(run) else run
