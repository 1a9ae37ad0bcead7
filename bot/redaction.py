"""Takes secrets out of what is logged: the settings' own wherever they stand, others by form."""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from pydantic import SecretStr

from core.masking import mask_tokens
from core.settings import DatabaseSettings, ModelSettings
from storage.url import normalise, secrets_of

REDACTED = "[redacted]"
LINE_LIMIT = 8_000
# Nothing that is shorter is looked for: it would be found in words.
SHORTEST = 6
DEEPEST = 8

# Shorter ones than in what people write: a log may rather lose a word than show a key.
_SECRET = re.compile(
    r"(xox[a-z]-|xapp-|xoxe\.|(?<!\w)sk-)[\w-]{6,}"
    r"|(?<!\w)tl_[\w-]{6,}"  # a token of the API
    r"|whsec_[\w+/=-]{6,}"  # with which a webhook is signed
    r"|(?<=://)[^/\s:@]*:[^/\s]+(?=@)"
    r"|(?i:(?<=bearer )[A-Za-z0-9._-]{8,})"
    r"|v0=[0-9a-f]{64}"  # how Slack signs a request
    r"|(?<=[?&]ticket=)[\w-]+"  # with which anybody may open the socket
)


def redact(text: str) -> str:
    """Return the text without tokens, keys, signatures, and passwords in addresses."""
    return mask_tokens(_SECRET.sub(REDACTED, text))


def known_secrets(settings: DatabaseSettings) -> set[str]:
    """Return every secret that the settings hold."""
    secrets = {
        value.get_secret_value()
        for name in type(settings).model_fields
        if isinstance(value := getattr(settings, name), SecretStr)
    }
    if isinstance(settings, ModelSettings) and settings.openai_base_url is not None:
        secrets |= _of_gateway(settings.openai_base_url)
    return secrets | secrets_of(normalise(settings.database_url))


def _of_gateway(address: str) -> set[str]:
    """Return what a model's address holds by way of a key, also as it is sent in a header."""
    parts = urlsplit(address)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    sent = b64encode(f"{user}:{password}".encode()).decode() if user or password else ""
    return {password or user, sent}


class Redactor:
    """Makes anything fit for a log: plain data of bounded texts, in which no secret stands."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = {form for secret in secrets for form in _forms(secret) if len(form) >= SHORTEST}
        longest_first = sorted(known, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if known else None

    def text(self, text: str) -> str:
        """Return the text without secrets, cut to what a log takes."""
        if self._known is not None:
            text = self._known.sub(REDACTED, text)
        text = redact(text)
        if len(text) <= LINE_LIMIT:
            return text
        half = LINE_LIMIT // 2  # a traceback says at its end what went wrong
        return f"{text[:half]} […] {text[-half:]}"

    def value(self, value: Any, depth: int = 0) -> Any:
        """Return the same without secrets, in keys too; what is no plain data becomes a text."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return self.text(value.decode(errors="replace"))
        if depth < DEEPEST:
            if isinstance(value, dict):
                within = value.items()
                return {self.text(str(key)): self.value(each, depth + 1) for key, each in within}
            if isinstance(value, list | tuple | set | frozenset):
                return [self.value(each, depth + 1) for each in value]
        return self.text(repr(value))


def _forms(secret: str) -> set[str]:
    """Return how a secret may be written: as it is, and as JSON, Python and addresses spell it."""
    spelled: tuple[Callable[[str], str], ...] = (json.dumps, repr)
    return {secret, quote(secret, safe=""), *(spell(secret)[1:-1] for spell in spelled)}
