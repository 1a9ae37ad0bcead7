"""What stops a start, and what the operator reads then."""

from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.errors import ConfigurationError
from core.modes import Mode
from core.settings import ProcessRole, Settings, read_settings

BOT = "xoxb-1-very-secret"
APP = "xapp-1-very-secret"
NEEDED = {"SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": APP}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting from this machine, and no ``.env``."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def read(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> Settings:
    for name, value in {**NEEDED, **changes}.items():
        if value is not None:
            monkeypatch.setenv(name, value)
    return read_settings(Settings)


def test_two_tokens_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch)
    assert settings.slack_bot_token.get_secret_value() == BOT
    assert settings.database_url == "sqlite:///data/ticketloop.db"
    assert settings.triage_channel == "#triage"
    assert not settings.has_model
    assert "very-secret" not in repr(settings)


def test_a_worker_needs_no_way_in(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, SLACK_APP_TOKEN=None, ROLE="worker")
    assert settings.role is ProcessRole.WORKER
    settings = read_settings(Settings, role=ProcessRole.WORKER)
    assert settings.slack_app_token is None


def test_a_signing_secret_does_in_place_of_an_app_token(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, SLACK_APP_TOKEN=None, SLACK_SIGNING_SECRET="very-secret")
    assert settings.slack_app_token is None
    assert "very-secret" not in repr(settings)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"SLACK_BOT_TOKEN": None}, ["SLACK_BOT_TOKEN is missing", "OAuth", "ticketloop demo"]),
        ({"SLACK_APP_TOKEN": None}, ["SLACK_APP_TOKEN is missing", "connections:write"]),
        (
            {"SLACK_BOT_TOKEN": None, "SLACK_APP_TOKEN": None},
            ["SLACK_BOT_TOKEN is missing", "SLACK_APP_TOKEN is missing", "SLACK_SIGNING_SECRET"],
        ),
        ({"ROLE": "web", "SLACK_APP_TOKEN": None}, ["SLACK_APP_TOKEN is missing"]),
        ({"ROLE": "cook"}, ["ROLE is wrong", "'all', 'web' or 'worker'"]),
        ({"PORT": "99999"}, ["PORT is wrong", "65535"]),
        ({"SLACK_SIGNING_SECRET": "        "}, ["SLACK_SIGNING_SECRET is wrong", "too short"]),
        ({"SLACK_BOT_TOKEN": ""}, ["SLACK_BOT_TOKEN is missing"]),
        ({"SLACK_BOT_TOKEN": APP}, ["SLACK_BOT_TOKEN is wrong", "xoxb-", "swapped"]),
        ({"SLACK_APP_TOKEN": BOT}, ["SLACK_APP_TOKEN is wrong", "xapp-", "swapped"]),
        ({"SLACK_BOT_TOKEN": "xoxb-"}, ["SLACK_BOT_TOKEN is wrong", "nothing stands after xoxb-"]),
        (
            {"SLACK_APP_TOKEN": "xapp-", "SLACK_SIGNING_SECRET": "12345678"},
            ["SLACK_APP_TOKEN is wrong", "nothing stands after xapp-"],
        ),
        (
            {"SLACK_BOT_TOKEN": APP, "SLACK_APP_TOKEN": BOT},
            ["SLACK_BOT_TOKEN is wrong", "SLACK_APP_TOKEN is wrong"],
        ),
        ({"SLACK_API_URL": "slack.com"}, ["SLACK_API_URL is wrong", "https://"]),
        ({"DATABASE_URL": "mysql://host/very-secret"}, ["DATABASE_URL is wrong", "mysql"]),
        (
            {"DATABASE_URL": "postgres://u:p@very-secret:word@host/db"},
            ["DATABASE_URL is wrong", "not a database address"],
        ),
        ({"DATABASE_URL": "sqlite:///:memory:"}, ["DATABASE_URL is wrong", "file"]),
        ({"OPENAI_BASE_URL": "localhost:11434/v1"}, ["OPENAI_BASE_URL is wrong", "http://"]),
        ({"OPENAI_BASE_URL": "http://u:very-secret@[/v1"}, ["OPENAI_BASE_URL is wrong", "no web"]),
        ({"INTAKE_CHANNELS": "#help:some"}, ["INTAKE_CHANNELS is wrong", ":all and :emoji"]),
        ({"INTAKE_CHANNELS": "#triage:emoji"}, ["must not be one of INTAKE_CHANNELS"]),
        ({"INTAKE_BOTS": "alerts"}, ["INTAKE_BOTS is wrong", "no id of a bot"]),
        ({"TICKET_EMOJI": "my ticket"}, ["TICKET_EMOJI is wrong", "name of an emoji"]),
        ({"GROUP_WINDOW": "-1"}, ["GROUP_WINDOW is wrong"]),
        ({"REQUESTS_PER_10_MINUTES": "0"}, ["REQUESTS_PER_10_MINUTES is wrong"]),
        ({"MODEL_TIMEOUT": "soon"}, ["MODEL_TIMEOUT is wrong", "number"]),
        ({"MODEL_TIMEOUT": "0"}, ["MODEL_TIMEOUT is wrong", "greater than 0"]),
        ({"MODEL_CONCURRENCY": "0"}, ["MODEL_CONCURRENCY is wrong"]),
        ({"MODEL_PRICES": "{"}, ["MODEL_PRICES is wrong", "JSON"]),
        ({"MODEL_PRICES": '{"m": 5}'}, ["MODEL_PRICES is wrong"]),
        ({"PROMPT_VERSION": "latest"}, ["PROMPT_VERSION is wrong", "v[1-9]"]),
        ({"CATEGORIES": "access, network"}, ["CATEGORIES is wrong", "JSON"]),
        ({"CATEGORIES": "[]"}, ["CATEGORIES is wrong"]),
        (
            {"CATEGORIES": '[{"key": "Access!", "label": "a", "description": "b"}]'},
            ["CATEGORIES is wrong"],
        ),
        (
            {"CATEGORIES": str([{"key": "a", "label": "a", "description": "b"}] * 2)},
            ["CATEGORIES is wrong", "JSON"],
        ),
        ({"LOG_LEVEL": "LOUD"}, ["LOG_LEVEL is wrong", "DEBUG"]),
        ({"LOG_FORMAT": "xml"}, ["LOG_FORMAT is wrong", "json"]),
        ({"DIGEST_AT": "9 o'clock"}, ["DIGEST_AT is wrong", "09:00"]),
        ({"DIGEST_AT": "25:00"}, ["DIGEST_AT is wrong", "off"]),
        ({"TIMEZONE": "Mars/Olympus"}, ["TIMEZONE is wrong", "Europe/Berlin"]),
        ({"TIMEZONE": "../etc/passwd"}, ["TIMEZONE is wrong"]),
        ({"MASK_SECRETS": "perhaps"}, ["MASK_SECRETS is wrong"]),
        ({"JOB_LEASE": "-1"}, ["JOB_LEASE is wrong"]),
        ({"JOB_LEASE": "inf"}, ["JOB_LEASE is wrong", "finite"]),
        ({"PACE_SCALE": "inf"}, ["PACE_SCALE is wrong", "finite"]),
        ({"CARD_DELAY": "nan"}, ["CARD_DELAY is wrong", "finite"]),
        ({"GROUP_WINDOW": "nan"}, ["GROUP_WINDOW is wrong", "finite"]),
        ({"MODEL_TIMEOUT": "nan"}, ["MODEL_TIMEOUT is wrong", "finite"]),
        (
            {"PRIVATE_TRIAGE_CHANNEL": "#triage"},
            ["PRIVATE_TRIAGE_CHANNEL must be neither TRIAGE_CHANNEL nor one of INTAKE_CHANNELS"],
        ),
        (
            {"TRIAGE_CHANNEL": "#help", "INTAKE_CHANNELS": "#office,#help"},
            ["TRIAGE_CHANNEL must not be one of INTAKE_CHANNELS"],
        ),
    ],
    ids=str,
)
def test_one_line_says_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str | None], said: list[str]
) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        read(monkeypatch, **changes)
    line = str(refusal.value)
    for part in said:
        assert part in line
    assert "secret" not in line
    assert "\n" not in line
    assert refusal.value.__cause__ is None


def test_a_file_that_cannot_be_read_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_bytes("SLACK_BOT_TOKEN=xoxb-sécret\n".encode("latin-1"))
    with pytest.raises(
        ConfigurationError, match=r"\.env cannot be read: it is not UTF-8"
    ) as refusal:
        read(monkeypatch)
    assert "secret" not in str(refusal.value).replace("é", "e")
    file.unlink()
    file.symlink_to("/proc/self/mem")  # nobody may read its beginning, root included
    with pytest.raises(ConfigurationError, match=r"\.env cannot be read: Input/output error"):
        read(monkeypatch)


def test_lists_and_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        f"SLACK_BOT_TOKEN={BOT}\nSLACK_APP_TOKEN={APP}\nINTAKE_CHANNELS=#help, C012:emoji ,\n"
        "TRIAGE_CHANNEL=\nOPENAI_API_KEY=sk-very-secret\nUNKNOWN=1\nSLACK_API_URL=http://h/api\n"
        'CATEGORIES=[{"key": "all", "label": "All", "description": "everything"}]\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("OPENAI_MODEL", "m")
    settings = read_settings(Settings)
    assert settings.intake_channels == {"#help": Mode.ALL, "C012": Mode.EMOJI}
    assert settings.triage_channel == "#triage"
    assert settings.slack_api_url == "http://h/api/"
    assert settings.has_model
    assert [category.key for category in settings.categories] == ["all"]
    assert settings.category("all") == settings.categories[0]
    assert settings.category("other") is None
    assert settings.category(None) is None


@pytest.mark.parametrize(
    ("written", "read_as"),
    [(None, time(9)), ("", time(9)), ("8:30", time(8, 30)), ("16:00", time(16)), ("Off", None)],
)
def test_the_hour_of_the_digest(
    monkeypatch: pytest.MonkeyPatch, written: str | None, read_as: time | None
) -> None:
    settings = read(monkeypatch, DIGEST_AT=written, TIMEZONE="America/New_York")
    assert settings.digest_at == read_as
    assert settings.timezone == ZoneInfo("America/New_York")
