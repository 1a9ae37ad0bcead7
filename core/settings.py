"""What an operator can set, read once at the start and passed on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from core.categories import DEFAULT_CATEGORIES, Category
from core.errors import ConfigurationError
from core.modes import Mode
from core.prices import Prices
from core.setting_values import (
    Channels,
    Names,
    from_json,
    handle,
    local_time,
    long_enough,
    prefixed,
    refuse_other_schemes,
    zone,
)
from storage.url import DEFAULT_URL, UnusableUrl, normalise

LONGEST_CATEGORIES = 800


class ProcessRole(StrEnum):
    """Which part of the desk's work a process does: what Slack sends, the jobs, or both."""

    ALL = "all"
    WEB = "web"
    WORKER = "worker"

    @property
    def takes_events(self) -> bool:
        """Whether Slack, and who watches over the desk, reach this process."""
        return self is not ProcessRole.WORKER

    @property
    def does_jobs(self) -> bool:
        """Whether it takes from the queue and minds the clock."""
        return self is not ProcessRole.WEB


class DatabaseSettings(BaseSettings):
    """What the commands need that only work on the database."""

    model_config = SettingsConfigDict(
        env_file=".env",
        extra="ignore",
        frozen=True,
        env_ignore_empty=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )

    database_url: str = DEFAULT_URL
    db_echo: bool = False
    prompt_version: Annotated[str, Field(pattern=r"^v[1-9][0-9]*$")] = "v1"
    webhooks_to_private_addresses: bool = False

    @field_validator("database_url")
    @classmethod
    def _usable_database(cls, value: str) -> str:
        try:
            normalise(value)
        except UnusableUrl as error:
            raise ValueError(str(error)) from None
        return value


class ModelSettings(DatabaseSettings):
    """What triages need: a model, and the database."""

    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None
    openai_model: str = "gpt-5-mini"
    model_timeout: Annotated[float, Field(gt=0, le=600)] = 60
    model_concurrency: Annotated[int, Field(ge=1, le=1000)] = 8
    model_prices: Annotated[Prices, NoDecode, BeforeValidator(from_json)] = Prices()
    mask_secrets: bool = True
    private_to_model: bool = False
    categories: Annotated[
        tuple[Category, ...],
        Field(min_length=1, max_length=20),
        NoDecode,
        BeforeValidator(from_json),
    ] = DEFAULT_CATEGORIES
    job_lease: Annotated[float, Field(gt=0)] = 30

    @field_validator("openai_base_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is not None:
            refuse_other_schemes(value)
        return value

    @field_validator("categories")
    @classmethod
    def _distinct_keys(cls, value: tuple[Category, ...]) -> tuple[Category, ...]:
        if len({category.key for category in value}) < len(value):
            raise ValueError("two categories have the same key")
        # Every card carries them all, and Slack takes some 13,000 characters of blocks a message.
        if sum(len(category.key) + len(category.label) for category in value) > LONGEST_CATEGORIES:
            raise ValueError(f"keys and labels are over {LONGEST_CATEGORIES} characters together")
        return value

    @property
    def has_model(self) -> bool:
        """Whether a model is set up; without one the offline triage serves."""
        return self.openai_api_key is not None or self.openai_base_url is not None

    def category(self, key: str | None) -> Category | None:
        """Return the category of that key, or None."""
        return next((category for category in self.categories if category.key == key), None)


class Settings(ModelSettings):
    """The environment's settings, then ``.env``'s. Frozen."""

    role: ProcessRole = ProcessRole.ALL
    slack_bot_token: Annotated[SecretStr, prefixed("xoxb-", "a bot token")]
    # With an app-level token the desk asks Slack for events over a socket; with a signing secret
    # it takes them over HTTP.
    slack_signing_secret: Annotated[SecretStr | None, AfterValidator(long_enough)] = None
    slack_app_token: Annotated[
        SecretStr | None, prefixed("xapp-", "an app-level token"), Field(validate_default=True)
    ] = None
    slack_api_url: str = "https://slack.com/api/"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 3000

    triage_channel: str = "#triage"
    private_triage_channel: str | None = None
    agent_usergroup: Annotated[str | None, AfterValidator(handle)] = None
    intake_channels: Channels = {"#help": Mode.ALL}
    intake_bots: Names = ()
    ticket_emoji: str = "ticket"
    group_window: Annotated[float, Field(ge=0, le=86_400)] = 120
    requests_per_10_minutes: Annotated[int, Field(ge=1)] = 10
    receipts_per_minute: Annotated[int, Field(ge=0)] = 30
    api_requests_per_minute: Annotated[int, Field(ge=1)] = 600
    # The local time of the digest, or None for none.
    digest_at: Annotated[time | None, BeforeValidator(local_time)] = time(9)
    timezone: Annotated[ZoneInfo, BeforeValidator(zone)] = ZoneInfo("UTC")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["console", "json"] = "console"

    pace_scale: Annotated[float, Field(gt=0)] = 1.0
    card_delay: Annotated[float, Field(ge=0)] = 2.0

    @field_validator("slack_app_token")
    @classmethod
    def _one_way_in(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        takes_events = info.data.get("role", ProcessRole.ALL).takes_events
        if takes_events and value is None and info.data.get("slack_signing_secret") is None:
            raise PydanticCustomError("missing", "neither it nor SLACK_SIGNING_SECRET is set")
        return value

    @field_validator("slack_api_url")
    @classmethod
    def _ends_with_slash(cls, value: str) -> str:
        refuse_other_schemes(value)
        return value.rstrip("/") + "/"

    @field_validator("ticket_emoji")
    @classmethod
    def _emoji_name(cls, value: str) -> str:
        name = value.strip().strip(":")
        if not re.fullmatch(r"[a-z0-9_+'-]+", name):
            raise ValueError("it is the name of an emoji in Slack, such as ticket")
        return name

    @field_validator("intake_bots")
    @classmethod
    def _bot_ids(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            if not re.fullmatch(r"[AB][A-Z0-9]+", each):
                raise ValueError(f"{each} is no id of a bot (B…) or an app (A…)")
        return value

    @model_validator(mode="after")
    def _separate_channels(self) -> "Settings":
        if self.triage_channel in self.intake_channels:
            raise ValueError("TRIAGE_CHANNEL must not be one of INTAKE_CHANNELS")
        if self.private_triage_channel in {self.triage_channel, *self.intake_channels}:
            raise ValueError(
                "PRIVATE_TRIAGE_CHANNEL must be neither TRIAGE_CHANNEL nor one of INTAKE_CHANNELS"
            )
        return self


Read = TypeVar("Read", bound=DatabaseSettings)


@dataclass(frozen=True)
class Problem:
    """What is wrong with the settings ``names``, as written in ``.env``, and how to mend it."""

    names: tuple[str, ...]
    says: str
    do: str


def read_settings(kind: type[Read], **values: Any) -> Read:
    """Read the settings; ``values`` come before the environment's.

    Raises:
        ConfigurationError: one is missing or wrong, or ``.env`` cannot be read; the text names it,
            and no secret.
    """
    try:
        return kind(**values)
    except ValidationError as error:
        raise ConfigurationError(_in_one_line(_explained(error))) from None
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(error) from None


def unreadable(error: OSError | UnicodeDecodeError) -> ConfigurationError:
    """Return the refusal that says why ``.env`` cannot be read, and shows nothing of it."""
    if isinstance(error, UnicodeDecodeError):
        return ConfigurationError(".env cannot be read: it is not UTF-8; save it as UTF-8")
    why = error.strerror or type(error).__name__
    return ConfigurationError(f".env cannot be read: {why}; let the desk's user read it")


def problems(kind: type[Read], **values: Any) -> tuple[Problem, ...]:
    """Return all that is wrong with the settings; ``values`` come before the environment's."""
    try:
        kind(**values)
    except ValidationError as error:
        return _explained(error)
    return ()


_CHANNELS = ("TRIAGE_CHANNEL", "PRIVATE_TRIAGE_CHANNEL", "INTAKE_CHANNELS")
_MEND = "mend it in the environment or in .env; README.md has the list of settings"
_HOW_TO_GET = {
    "SLACK_BOT_TOKEN": "it is under OAuth & Permissions of your app at api.slack.com/apps",
    "SLACK_APP_TOKEN": "make one with the scope connections:write under Basic Information (or set "
    "SLACK_SIGNING_SECRET, which stands there too, to take events over HTTP)",
}


def _explained(error: ValidationError) -> tuple[Problem, ...]:
    return tuple(_explain(each) for each in error.errors(include_input=False, include_url=False))


def _explain(problem: Mapping[str, Any]) -> Problem:
    reason = str(problem["msg"]).removeprefix("Value error, ")
    if not problem["loc"]:  # about several of them; only the channels are compared
        return Problem(_CHANNELS, reason, _MEND)
    name = str(problem["loc"][0]).upper()
    if problem["type"] == "missing":
        hint = _HOW_TO_GET.get(name, "set it in the environment or in .env")
        return Problem((name,), f"{name} is missing", hint)
    return Problem((name,), f"{name} is wrong: {reason}", _MEND)


def _in_one_line(found: tuple[Problem, ...]) -> str:
    return "; ".join(
        f"{each.says}: {each.do}, or try the desk with: ticketloop demo"
        if each.says.endswith(" is missing")
        else each.says
        for each in found
    )
