"""Which prompt is live, and that a published text stays what it was."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import ConfigurationError
from core.prompts import load, published
from core.registry import activate, live, register, version
from storage.tables import PromptVersion

FIRST = load("triage", "v1")
SECOND = replace(FIRST, version="v77", text="Anew", sha256="7" * 64)


def live_version(session: Session, default: str = "v1") -> str:
    return live(session, workspace_id=1, name="triage", default=default).version


def test_registering_twice_changes_nothing(session: Session) -> None:
    before = session.scalars(select(PromptVersion.id)).all()
    register(session, prompts=published())
    assert session.scalars(select(PromptVersion.id)).all() == before
    stored = version(session, name="triage", version="v1")
    assert (stored.text, stored.sha256) == (FIRST.text, FIRST.sha256)


def test_a_changed_text_is_refused(session: Session) -> None:
    with pytest.raises(ConfigurationError, match=r"prompts/triage/v1\.md is not the text"):
        register(session, prompts=[replace(FIRST, text="Be rude", sha256="0" * 64)])


def test_the_default_is_live_until_another_is_activated(session: Session) -> None:
    register(session, prompts=[SECOND])
    assert live_version(session) == "v1"
    assert live_version(session, "v77") == "v77"
    activate(session, workspace_id=1, name="triage", to="v77", reason="better")
    assert live_version(session) == "v77"
    activate(session, workspace_id=1, name="triage", to="v1", reason="back")
    assert live_version(session, "v77") == "v1"


@pytest.mark.parametrize("missing", ["v99", ""])
def test_what_is_not_there_cannot_be_live(session: Session, missing: str) -> None:
    with pytest.raises(ConfigurationError, match="there is no prompts/triage"):
        live_version(session, missing)
    with pytest.raises(ConfigurationError):
        activate(session, workspace_id=1, name="triage", to=missing, reason="")
