"""The commands about prompts."""

from bot.database import reading, workspace_in, writing
from core import handover_job, prompts, registry
from core.desk import Desk
from core.errors import ConfigurationError
from core.settings import DatabaseSettings
from core.triage import PROMPT as TRIAGE
from storage.repositories import contacts, triage


async def register_all(desk: Desk, settings: DatabaseSettings) -> None:
    """Let the database know every published text, and see that the default is one.

    Raises:
        ConfigurationError: a published text was changed, or there is no such version.
    """
    try:
        prompts.verify_lock()
        await desk.run(registry.register, prompts=prompts.published())
        await desk.run(registry.version, name=TRIAGE, version=settings.prompt_version)
    except prompts.PromptError as error:
        raise ConfigurationError(str(error)) from None


def listed(settings: DatabaseSettings) -> list[str]:
    """Return a line a version."""
    defaults = {TRIAGE: settings.prompt_version, handover_job.PROMPT: handover_job.DEFAULT_VERSION}
    with reading(settings) as session:
        workspace = contacts.only_workspace(session)
        lines = []
        for each in prompts.published():
            live = None
            if workspace is not None:
                live = triage.active_prompt(session, workspace_id=workspace.id, name=each.name)
            default = live is None and each.version == defaults[each.name]
            mark = "*" if default or (live is not None and live.version == each.version) else " "
            lines.append(f"{mark} {each.name} {each.version}  {each.sha256[:12]}  {each.why}")
    return lines


def activate(settings: DatabaseSettings, name: str, version: str, why: str) -> str:
    """Make that version live; return what to tell.

    Raises:
        ConfigurationError: there is no such version, or no desk.
    """
    prompts.load(name, version)
    with writing(settings) as session:
        registry.register(session, prompts=prompts.published())
        workspace = workspace_in(session)
        registry.activate(session, workspace_id=workspace.id, name=name, to=version, reason=why)
    return f"{name}/{version} is live from now on."
