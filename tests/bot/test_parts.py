"""What a button carries, and where private answers may go."""

from typing import Any

import pytest
from pydantic import SecretStr

from bot.ids import Target
from bot.parts import Parts
from core.settings import Settings


@pytest.mark.parametrize(
    "target", [Target(1), Target(42, 7), Target(42, verb="edit"), Target(1, 2, "a:b:c")]
)
def test_a_target_is_read_back(target: Target) -> None:
    assert Target.parse(str(target)) == target


@pytest.mark.parametrize("value", ["", "1", "1:2", "a:1:x", "1:b:x"])
def test_what_is_no_target(value: str) -> None:
    with pytest.raises(ValueError, match=r"unpack|invalid literal"):
        Target.parse(value)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://hooks.slack.com/actions/T1/2/x", True),
        ("https://hooks.slack-gov.com/actions/T1/2/x", True),
        ("http://127.0.0.1:9000/response/x", True),
        ("http://hooks.slack.com/actions/T1/2/x", False),
        ("https://hooks.slack.com.evil.example/x", False),
        ("https://evil.example/hooks.slack.com", False),
        ("https://hooks.slack.com@evil.example/x", False),
        ("http://127.0.0.1:9001/response/x", False),
        ("https://127.0.0.1:9000/response/x", False),
        ("http://169.254.169.254/latest/meta-data", False),
        ("file:///etc/passwd", False),
        ("//hooks.slack.com/x", False),
    ],
)
def test_a_private_answer_goes_to_slack_only(url: str, *, allowed: bool) -> None:
    settings = Settings(
        _env_file=None,
        slack_bot_token=SecretStr("xoxb-1"),
        slack_app_token=SecretStr("xapp-1"),
        slack_api_url="http://127.0.0.1:9000/api/",
    )
    nobody: Any = None
    parts = Parts(nobody, nobody, settings, nobody, nobody)
    assert parts._is_slack(url) is allowed
