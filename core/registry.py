"""Which prompt texts the database knows, and which of them is live."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from core.errors import ConfigurationError
from core.prompts import Prompt
from storage.repositories import triage
from storage.tables import PromptActivation, PromptVersion
from storage.upsert import insert_if_absent


def register(session: Session, *, prompts: Sequence[Prompt]) -> None:
    """Store the texts that are new.

    Raises:
        ConfigurationError: a stored text differs from the file, so one of them is not what was
            published, and the ledger would name a text that was never used.
    """
    for prompt in prompts:
        insert_if_absent(
            session,
            PromptVersion,
            name=prompt.name,
            version=prompt.version,
            sha256=prompt.sha256,
            text=prompt.text,
        )
        stored = version(session, name=prompt.name, version=prompt.version)
        if stored.sha256 != prompt.sha256:
            raise ConfigurationError(
                f"prompts/{prompt.name}/{prompt.version}.md is not the text that this database "
                "knows under that version: restore the file, and write a new version instead"
            )


def version(session: Session, *, name: str, version: str) -> PromptVersion:
    """Return that version.

    Raises:
        ConfigurationError: it is not there.
    """
    found = triage.prompt_version(session, name=name, version=version)
    if found is None:
        raise ConfigurationError(
            f"PROMPT_VERSION is wrong: there is no prompts/{name}/{version}.md"
        )
    return found


def activate(
    session: Session, *, workspace_id: int, name: str, to: str, reason: str
) -> PromptVersion:
    """Make that version the live one in the workspace from now on.

    Raises:
        ConfigurationError: it is not there.
    """
    chosen = version(session, name=name, version=to)
    session.add(
        PromptActivation(workspace_id=workspace_id, prompt_version_id=chosen.id, reason=reason)
    )
    return chosen


def live(session: Session, *, workspace_id: int, name: str, default: str) -> PromptVersion:
    """Return the version that was activated last, or else the default one.

    Raises:
        ConfigurationError: the default is not there.
    """
    active = triage.active_prompt(session, workspace_id=workspace_id, name=name)
    return active or version(session, name=name, version=default)
