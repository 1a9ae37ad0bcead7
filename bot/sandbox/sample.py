"""The demo workspace: a small company with a help desk."""

from bot.sandbox.workspace import Workspace

ANA = "U0ANA000001"  # asks for help
BEN = "U0BEN000001"  # an agent
CY = "U0CY0000001"  # another agent
DEE = "U0DEE000001"  # asks, too
FAY = "U0FAY000001"  # asks, too
GUS = "U0GUS000001"  # a guest

HELP = "C0HELP00001"
GENERAL = "C0GENERAL01"
TRIAGE = "C0TRIAGE001"  # private: agents and the bot


def acme() -> Workspace:
    """Acme: six people, three channels, one bot."""
    workspace = Workspace("Acme")
    for user, name, real_name in (
        (ANA, "ana", "Ana Alvarez"),
        (BEN, "ben", "Ben Okafor"),
        (CY, "cy", "Cy Lindqvist"),
        (DEE, "dee", "Dee Nakamura"),
        (FAY, "fay", "Fay Nilsson"),
    ):
        workspace.add_person(name, real_name, id=user, email=f"{name}@acme.example")
    workspace.add_person("gus", "Gus Moreau", id=GUS, email="gus@guest.example", is_restricted=True)
    bot = workspace.bot.id
    workspace.add_channel("help", id=HELP, members={ANA, BEN, CY, DEE, FAY, GUS, bot})
    workspace.add_channel("general", id=GENERAL, members={ANA, BEN, CY, DEE, FAY, bot})
    workspace.add_channel("triage", id=TRIAGE, members={BEN, CY, bot}, is_private=True)
    return workspace
