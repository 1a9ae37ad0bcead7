"""Where the bot's token may be sent to fetch a file."""

import pytest

from bot.outbox.files import is_slacks

API = "http://127.0.0.1:9000/api/"


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://files.slack.com/files-pri/T1-F1/a.png", True),
        ("https://acme.slack-files.com/files-pri/T1-F1/a.png", True),
        ("http://127.0.0.1:9000/files/F1", True),
        ("http://files.slack.com/files-pri/T1-F1/a.png", False),
        ("https://files.slack.com.evil.example/a.png", False),
        ("https://files.slack.com@evil.example/a.png", False),
        ("https://evilslack-files.com/a.png", False),
        ("https://drive.example/a.png", False),
        ("http://127.0.0.1:9001/files/F1", False),
        ("http://169.254.169.254/latest/meta-data", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_files_come_from_slack_only(url: str, *, allowed: bool) -> None:
    assert is_slacks(url, API) is allowed
