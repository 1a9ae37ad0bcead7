"""Every setting that can be wrong is named by ``ticketloop doctor``, with what to do about it."""

import pytest

from bot.doctor.finding import State
from bot.sandbox import sample
from core.settings import Settings
from tests.e2e.conftest import Examine
from tests.e2e.test_doctor import failed, one

# Wrong in themselves, whatever the world is like.
WRONG = {
    "SLACK_BOT_TOKEN": "xapp-1",
    "SLACK_APP_TOKEN": "xoxb-1",
    "SLACK_SIGNING_SECRET": "short",
    "SLACK_API_URL": "slack.com",
    "PORT": "99999",
    "INTAKE_CHANNELS": "#help:some",
    "INTAKE_BOTS": "alerts",
    "TICKET_EMOJI": "my ticket",
    "GROUP_WINDOW": "-1",
    "REQUESTS_PER_10_MINUTES": "0",
    "API_REQUESTS_PER_MINUTE": "0",
    "RECEIPTS_PER_MINUTE": "-1",
    "WEBHOOKS_TO_PRIVATE_ADDRESSES": "perhaps",
    "ROLE": "boss",
    "DIGEST_AT": "25:00",
    "TIMEZONE": "Mars/Olympus",
    "CATEGORIES": "access, network",
    "DATABASE_URL": "mysql://a:geheim@b/c",
    "DB_ECHO": "perhaps",
    "OPENAI_BASE_URL": "localhost:11434",
    "MODEL_TIMEOUT": "soon",
    "MODEL_CONCURRENCY": "0",
    "MODEL_PRICES": "{",
    "MASK_SECRETS": "perhaps",
    "PRIVATE_TO_MODEL": "perhaps",
    "PROMPT_VERSION": "latest",
    "LOG_LEVEL": "LOUD",
    "LOG_FORMAT": "xml",
    "CARD_DELAY": "-1",
    "JOB_LEASE": "0",
    "PACE_SCALE": "0",
}
# What takes any text, or is found wrong only in the world: see ``REFUSED``.
ANY_TEXT = {
    *("TRIAGE_CHANNEL", "PRIVATE_TRIAGE_CHANNEL", "AGENT_USERGROUP", "HOST"),
    *("OPENAI_API_KEY", "OPENAI_MODEL"),
}


async def test_all_that_are_wrong_in_themselves_are_named_at_once(examine: Examine) -> None:
    assert WRONG.keys() | ANY_TEXT == {name.upper() for name in Settings.model_fields}
    findings = [each for each in await examine(**WRONG) if each.name == "settings"]
    assert {each.says.partition(" is wrong: ")[0] for each in findings} == WRONG.keys()
    assert all(".env" in each.do for each in findings)
    assert "geheim" not in str(findings)


REFUSED: list[tuple[dict[str, str | None], str, str]] = [
    ({"SLACK_BOT_TOKEN": None}, "SLACK_BOT_TOKEN is missing", "OAuth & Permissions"),
    ({"SLACK_BOT_TOKEN": "xoxb-other"}, "SLACK_BOT_TOKEN: Slack does not", "OAuth"),
    ({"SLACK_APP_TOKEN": None}, "SLACK_APP_TOKEN is missing", "SLACK_SIGNING_SECRET"),
    ({"SLACK_APP_TOKEN": "xapp-other"}, "SLACK_APP_TOKEN: Slack answers", "connections:write"),
    ({"SLACK_API_URL": "http://127.0.0.1:9/api/"}, "did not answer", "SLACK_API_URL"),
    ({"TRIAGE_CHANNEL": "#nowhere"}, "TRIAGE_CHANNEL: there is no channel #nowhere", "/invite"),
    ({"TRIAGE_CHANNEL": "#help"}, "TRIAGE_CHANNEL must not be one of INTAKE_CHANNELS", ".env"),
    ({"TRIAGE_CHANNEL": sample.HELP}, "TRIAGE_CHANNEL must not be one", "another"),
    ({"TRIAGE_CHANNEL": "#general"}, "TRIAGE_CHANNEL is a public", "AGENT_USERGROUP"),
    ({"PRIVATE_TRIAGE_CHANNEL": "#nowhere"}, "PRIVATE_TRIAGE_CHANNEL: there is no", "create it"),
    ({"PRIVATE_TRIAGE_CHANNEL": "#general"}, "PRIVATE_TRIAGE_CHANNEL is a public", "private"),
    ({"INTAKE_CHANNELS": "#help,C0NOWHERE1"}, "INTAKE_CHANNELS: there is no channel C0", "create"),
    ({"AGENT_USERGROUP": "@nobody"}, "AGENT_USERGROUP: there is no active", "handle"),
    ({"DATABASE_URL": "postgresql://a:geheim@127.0.0.1:1/c"}, "cannot be used", "DATABASE_URL"),
    ({"DATABASE_URL": "postgresql://127.0.0.1:1/c?password=geheim"}, "cannot be", "DATABASE_URL"),
    ({"DATABASE_URL": "sqlite:///nowhere.db"}, "there is no database", "ticketloop migrate"),
    ({"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}, "Connect", "OPENAI_BASE_URL"),
    ({"PROMPT_VERSION": "v99"}, "PROMPT_VERSION is wrong", "v99"),
]


@pytest.mark.parametrize(("changes", "says", "do"), REFUSED, ids=[str(each[0]) for each in REFUSED])
async def test_a_wrong_setting_is_named(
    examine: Examine, changes: dict[str, str | None], says: str, do: str
) -> None:
    findings = await examine(**changes)
    found = next((each for each in failed(findings) if says in each.says), None)
    assert found is not None, failed(findings)
    assert do in found.do
    assert "geheim" not in str(findings)


async def test_all_of_them_are_named_and_the_rest_is_looked_at(examine: Examine) -> None:
    findings = await examine(
        SLACK_BOT_TOKEN="hello", MODEL_PRICES="{", CATEGORIES="[", TRIAGE_CHANNEL="#help"
    )
    named = [each.says.split()[0] for each in failed(findings)]
    assert sorted(named) == ["CATEGORIES", "MODEL_PRICES", "SLACK_BOT_TOKEN", "TRIAGE_CHANNEL"]
    assert one(findings, "database").state is State.OK
    assert one(findings, "app_token").state is State.OK
    unseen = one(findings, "channels")
    assert unseen.state is State.SKIPPED
    assert "because SLACK_BOT_TOKEN must be mended first" in unseen.says
