"""What the documents tell people to type is there."""

import re
from pathlib import Path

import pytest
import typer

from bot import cli

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
CODE = re.compile(r"```sh\n(.*?)```|`([^`\n]+)`", re.DOTALL)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.name)
def test_each_command_is_there(document: Path) -> None:
    code = "\n".join(a or b for a, b in CODE.findall(document.read_text(encoding="utf-8")))
    targets = set(
        re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert set(re.findall(r"^make ([a-z]+)", code, re.MULTILINE)) <= targets
    commands = set(getattr(typer.main.get_command(cli.app), "commands", ()))
    assert set(re.findall(r"\bticketloop ([a-z-]*[a-z])", code)) <= commands
    files = re.findall(r"\.venv/bin/([a-z-]+)", code)
    installed = {"alembic", "python", "pre-commit", "pytest", "ticketloop"}
    assert set(files) <= installed


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.name)
def test_each_link_to_a_file_leads_somewhere(document: Path) -> None:
    """Pictures are no links: they are made."""
    link = r"(?<!!)\[[^\]]+\]\((?!https?://)([^)#]+)"
    links = re.findall(link, document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []
