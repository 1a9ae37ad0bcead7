"""What is to be done in Slack, step by step. Pure: facts in, text out."""

from collections.abc import Mapping
from typing import Any

import yaml

APPS = "https://api.slack.com/apps"


def over_socket(path: str) -> str:
    """How to make the app for Socket Mode from the manifest at that path."""
    return f"""\
In Slack, as somebody who may install apps:

  1. Open {APPS} and choose Create New App, From a manifest.
     Pick the workspace, choose YAML, and paste the text of
       {path}
  2. Install App: install it to the workspace, and copy the Bot User OAuth Token.
  3. Basic Information, App-Level Tokens: generate one with the scope connections:write.
"""


def over_http(manifest: Mapping[str, Any]) -> str:
    """How to make the app for HTTP from that manifest."""
    text = yaml.safe_dump(dict(manifest), sort_keys=False, allow_unicode=True, width=1_000)
    return f"""\
In Slack, as somebody who may install apps:

  1. Open {APPS} and choose Create New App, From a manifest.
     Pick the workspace, choose YAML, and paste what stands between the lines:

{"-" * 72}
{text}{"-" * 72}

  2. Install App: install it to the workspace, and copy the Bot User OAuth Token.
  3. Basic Information, App Credentials: copy the Signing Secret.
  4. Once the desk runs: Event Subscriptions, Retry, so that Slack sees that it answers.
"""


def channels() -> str:
    """What the channels are for."""
    return """\
In Slack, make two channels and invite the bot to both with /invite @Ticketloop:
one where people ask, and a private one for those who answer. Who is in it is an agent.
"""


def finished(*, is_fit: bool) -> str:
    """What comes next."""
    if is_fit:
        return "Start the desk with: make run (without make: ticketloop run)"
    return (
        "Mend what is marked with ✗, then look again with: make doctor (without make: ticketloop "
        "doctor)\nTo answer differently, start this again: it remembers."
    )
