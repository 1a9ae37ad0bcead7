"""A process that tries to log its secrets in every way there is; see test_logs.py."""

import asyncio
import gc
import logging
import sys
import threading
import warnings
from dataclasses import dataclass
from urllib.parse import quote

import structlog
from pydantic import SecretStr
from sqlalchemy import create_engine, text

from bot import logs
from bot.redaction import known_secrets
from core.settings import Settings, read_settings

DB_PASSWORD, SSL_PASSWORD = "g3h/e:im@wort", "another-word"
SECRETS = {
    "SLACK_BOT_TOKEN": "xoxb-99-bot.of/ours",
    "SLACK_APP_TOKEN": "xapp-1-app.of/ours",
    "SLACK_SIGNING_SECRET": 'quoted"back\\slash-ümläut',
    "OPENAI_API_KEY": "plain-words-as-a-key",
}
# Not of the settings: their form gives them away.
OTHERS = {
    "another token": "xoxp-123456789-abcdefghi",
    "a key": "sk-proj-abcdefghijklmnop1234",
    "bearer": "aaaa.bbbb-cccc1234",
    "signature": "v0=" + "5d" * 32,
    "response_url": "T0ACME/B000/abcdefghijkl",
    "private key": "MIIEowIBAAKCAQEAsecretsecret",
    "url": "pg-pass-word",
}
PATHS = (
    *("event", "value", "nested", "key", "object", "headers"),
    *("library", "extra", "exception", "cause", "stack", "task", "sql", "thread", "crash"),
    *("warning", "unraisable"),
)


def secrets() -> dict[str, str]:
    """Return everything that must not be found."""
    passwords = {"quoted": quote(DB_PASSWORD, safe=""), "sslpassword": SSL_PASSWORD}
    return {**SECRETS, **OTHERS, "DATABASE_URL": DB_PASSWORD, **passwords}


def environment() -> dict[str, str]:
    """Return the environment with which the process knows its own."""
    password = quote(DB_PASSWORD, safe="")
    query = f"password={password}&sslpassword={SSL_PASSWORD}"
    return {**SECRETS, "DATABASE_URL": f"postgresql://desk@127.0.0.1:1/desk?{query}"}


@dataclass
class Held:
    """An object whose repr tells."""

    what: str


def main(form: str) -> None:
    settings = read_settings(Settings)
    logs.set_up(level="DEBUG", form=form, secrets=known_secrets(settings))
    every = list(secrets().values())
    _our_own(every)
    _of_libraries(every)
    _of_errors(every)
    _sql(every)
    asyncio.run(_in_a_task(every))
    thread = threading.Thread(target=_fail, args=("path thread", every))
    thread.start()
    thread.join()
    _unasked(every)
    _fail("path crash", every)


def _our_own(every: list[str]) -> None:
    log = structlog.get_logger("ours")
    for each in every:
        log.info("path event %s", _dressed(each))
        log.info("path value", value=_dressed(each), raw=_dressed(each).encode())
        log.info("path nested", value={"a": [({"b": (_dressed(each),)},)]})
        log.info("path key", **{_dressed(each): 1}, value={_dressed(each): 1})
        log.info("path object", value=Held(_dressed(each)), secret=SecretStr(each))
    log.info(
        "path headers",
        headers={
            "Authorization": f"Bearer {OTHERS['bearer']}",
            "X-Slack-Signature": OTHERS["signature"],
        },
    )


def _of_libraries(every: list[str]) -> None:
    library = logging.getLogger("a.library")
    for each in every:
        library.debug("path library %s %r", _dressed(each), {"token": _dressed(each)})
        library.warning("path extra", extra={"token": each, "headers": {"token": each}})
    library.warning("%s and %s", every[0])  # a bug of the library


def _of_errors(every: list[str]) -> None:
    for each in every:
        try:
            try:
                _fail("path cause", [each])
            except RuntimeError as error:
                raise ValueError(f"path exception {_dressed(each)}") from error
        except ValueError:
            structlog.get_logger("ours").exception("it failed")
            logging.getLogger("a.library").exception("it failed")
        logging.getLogger("a.library").warning("path stack %s", _dressed(each), stack_info=True)


def _sql(every: list[str]) -> None:
    engine = create_engine("sqlite://", echo=True, hide_parameters=True)
    with engine.connect() as connection:
        for each in every:
            connection.execute(text('SELECT :each AS "path sql"'), {"each": each})


class Stubborn:
    """Cannot go in peace."""

    def __init__(self, every: list[str]) -> None:
        self.every = every

    def __del__(self) -> None:
        _fail("path unraisable", self.every)

    def __repr__(self) -> str:
        return "".join(self.every)


def _unasked(every: list[str]) -> None:
    """What the interpreter itself would write to standard error."""
    for each in every:
        warnings.warn(f"path warning {_dressed(each)}", stacklevel=1)
    Stubborn(every)
    gc.collect()


async def _in_a_task(every: list[str]) -> None:
    """Whose error nobody asks for; asyncio logs it."""
    task = asyncio.create_task(_failing("path task", every))
    await asyncio.wait({task})
    del task
    gc.collect()


async def _failing(path: str, every: list[str]) -> None:
    _fail(path, every)


def _fail(path: str, every: list[str]) -> None:
    held = [_dressed(each) for each in every]
    raise RuntimeError(f"{path}: {held!r} " + " ".join(held))


def _dressed(secret: str) -> str:
    """Return the secret as it usually stands; what only its form gives away needs that form."""
    return {
        OTHERS["bearer"]: f"Bearer {secret}",
        OTHERS["response_url"]: f"https://hooks.slack.com/actions/{secret}",
        OTHERS["private key"]: f"-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----",
        OTHERS["url"]: f"redis://desk:{secret}@cache/0",
    }.get(secret, secret)


if __name__ == "__main__":
    main(sys.argv[1])
