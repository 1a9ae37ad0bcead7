"""What stays out of logs, whichever way it gets there, and what they say instead."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.logs import Seldom
from bot.redaction import Redactor, redact
from tests.bot import leaky

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("said", "logged"),
    [
        ("token xoxb-1234567890-abcdef!", "token [redacted]!"),
        ("xapp-1-A0-123-abc", "[redacted]"),
        ("xoxe.xoxp-1-abcdefgh", "[redacted]"),
        ("redis://:s3cret@cache", "redis://[redacted]@cache"),
        ("key sk-proj-abcdef123456", "key [redacted]"),
        ("data/desk-backup.db", "data/desk-backup.db"),
        ("key sk-proj_abc-def_123456", "key [redacted]"),
        ("postgresql://desk:s3cret@db/x", "postgresql://[redacted]@db/x"),
        ("postgresql://desk:p@ss@db/x", "postgresql://[redacted]@db/x"),
        (
            "wss://a.slack.com/link/?ticket=1f-2e&app_id=3",
            "wss://a.slack.com/link/?ticket=[redacted]&app_id=3",
        ),
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer [redacted]"),
        ("ticket 42 of U0ANA000001 in C0HELP00001", "ticket 42 of U0ANA000001 in C0HELP00001"),
    ],
)
def test_no_secret_in_a_log(said: str, logged: str) -> None:
    assert redact(said) == logged


def test_what_is_not_plain_becomes_a_text_of_bounded_length() -> None:
    redactor = Redactor(["hush-hush"])
    circle: list[object] = ["hush-hush"]
    circle.append(circle)
    assert "hush" not in json.dumps(redactor.value(circle))
    assert redactor.value({"hush-hush": (1, 2.5, None, True, b"hush-hush!")}) == {
        "[redacted]": [1, 2.5, None, True, "[redacted]!"]
    }
    long = redactor.value("start " + "x" * 100_000 + " the end")
    assert len(long) < 9_000
    assert long.startswith("start ")
    assert long.endswith(" the end")


def test_a_word_is_no_secret_because_it_is_a_short_password() -> None:
    assert Redactor(["", "desk"]).text("the desk is open") == "the desk is open"


def test_what_a_library_says_all_the_time_is_said_once_in_ten_minutes() -> None:
    now = 0.0
    seldom = Seldom(lambda: now)
    there = logging.LogRecord("slack_bolt", logging.ERROR, "sdk.py", 12, "lost", None, None)
    elsewhere = logging.LogRecord("slack_bolt", logging.ERROR, "sdk.py", 99, "back", None, None)
    assert [seldom.filter(each) for each in (there, there, elsewhere)] == [True, False, True]
    now = 599.0
    assert not seldom.filter(there)
    now = 600.0
    assert seldom.filter(there)


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_secret_gets_out_of_a_process(form: str, tmp_path: Path) -> None:
    """Every path is fed in a process of its own, which ends with a crash."""
    kept = {name: value for name, value in os.environ.items() if name not in leaky.SECRETS}
    ended = subprocess.run(
        [sys.executable, "-m", "tests.bot.leaky", form],
        cwd=tmp_path,
        env=kept | leaky.environment() | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = ended.stdout + ended.stderr
    assert ended.returncode == 1, said
    assert ended.stdout == ""
    for path in leaky.PATHS:
        assert f"path {path}" in said, path
    for name, secret in leaky.secrets().items():
        assert secret not in said, name
    if form == "json":
        lines = ended.stderr.splitlines()
        assert all(json.loads(line)["level"] for line in lines if line.startswith("{"))
        others = [line for line in lines if not line.startswith("{")]
        assert others == ["a line of a.library could not be logged: " + others[0].split(": ", 1)[1]]
