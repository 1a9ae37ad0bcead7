"""The Home, as blocks that Slack takes."""

import pytest

from bot.blocks.home import TITLE_SHOWN, home
from bot.sandbox.blockkit import check_view
from core.home import SHOWN, SHOWN_RESOLVED, Home
from core.installation import Installation
from storage.repositories.lists import Claim, Some
from storage.tables import Contact, Status, Ticket, TicketPriority, utcnow

RITA = Contact(id=1, slack_user_id="U0RITA", name="Rita *the* <!channel>")


def ticket(number: int, **changes: object) -> Ticket:
    values = {
        "title": "<!channel> *Paper* & ink " * 20,
        "status": Status.NEW,
        "priority": TicketPriority.NORMAL,
        "private": True,
        "requester": RITA,
        "channel": "C0HELP",
        "root_ts": "17.1",
        "card_channel": "C0TRIAGE",
        "card_ts": "18.1",
        "created_at": utcnow(),
    }
    return Ticket(id=number, **{**values, **changes})


@pytest.fixture
def fullest() -> Home:
    many = Some([ticket(number) for number in range(1, SHOWN + 1)], 1_000)
    over = {"status": Status.RESOLVED, "resolved_at": utcnow(), "resolved_by": RITA}
    return Home(
        channels=["C0HELP", "C0IT", "C0HR", "C0MORE"],
        own=many,
        resolved=[ticket(number, **over) for number in range(1, SHOWN_RESOLVED + 1)],
        work=dict.fromkeys(Claim, many),
    )


def test_the_fullest_home_is_one_that_slack_takes(
    fullest: Home, installation: Installation
) -> None:
    view = home(fullest, installation=installation, notice="Too late").to_dict()
    assert len(check_view(view)["blocks"]) < 100
    shown = str(view)
    assert shown.count("and 990 more: `/ticket list`") == 4
    assert "C0MORE" not in shown


def test_what_people_wrote_stays_text(fullest: Home, installation: Installation) -> None:
    view = home(fullest, installation=installation).to_dict()
    texts = [block["text"]["text"] for block in view["blocks"] if block["type"] == "section"]
    assert not [text for text in texts if "<!channel>" in text or "*Paper*" in text]
    assert all("· private" in text for text in texts if "|#" in text)
    assert max(len(text) for text in texts) < 4 * TITLE_SHOWN + 300
