"""Whoever calls the API of a desk in the sandbox."""

from typing import Any

import httpx
from sqlalchemy import select

from core import tokens
from core.caller import Scope
from storage.tables import Contact, Workspace
from tests.e2e.story import Story

EVERYTHING = tuple(Scope)


class Caller:
    """Calls the API with one token, over a real socket."""

    def __init__(self, story: Story, *scopes: Scope, name: str = "Web form", **more: Any) -> None:
        self.story = story
        self.secret = made_token(story, name, scopes or EVERYTHING, **more)
        self._others: list[Caller] = []
        self.client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{story.settings.port}/api/v1",
            headers={"authorization": f"Bearer {self.secret}"},
            timeout=30,
        )

    def another(self, *scopes: Scope, **more: Any) -> "Caller":
        """Return somebody else who calls the same desk."""
        name = f"{'+'.join(scopes)} {len(self._others)}"
        self._others.append(Caller(self.story, *scopes, **{"name": name, **more}))
        return self._others[-1]

    async def get(self, path: str, status: int = 200, /, **params: Any) -> Any:
        """Get it, and return the JSON."""
        return checked(await self.client.get(path, params=params), status)

    async def post(
        self, path: str, body: Any = None, status: int = 200, *, key: str = "", **params: Any
    ) -> Any:
        """Post it, and return the JSON."""
        headers = {"idempotency-key": key} if key else {}
        return checked(
            await self.client.post(path, json=body, params=params, headers=headers), status
        )

    async def patch(self, path: str, body: Any = None, status: int = 200) -> Any:
        """Patch it, and return the JSON."""
        return checked(await self.client.patch(path, json=body), status)

    async def open(self, text: str = "I cannot log in", status: int = 201, **more: Any) -> Any:
        """Hand in a ticket."""
        return await self.post("/tickets", {"raw_text": text, **more}, status)

    async def close(self) -> None:
        """Close the connections."""
        for other in self._others:
            await other.close()
        await self.client.aclose()


def checked(response: httpx.Response, status: int) -> Any:
    """Return the JSON of an answer that is what it must be: a problem is one, and nothing else."""
    assert response.status_code == status, response.text
    is_problem = response.headers["content-type"] == "application/problem+json"
    assert is_problem == (status >= 400), response.headers
    return response.json()


def made_token(
    story: Story, name: str, scopes: tuple[Scope, ...], *, agent: str | None = None, **more: Any
) -> str:
    """Make a token for the desk, as the command does."""
    with story.database.writing() as session:
        team = story.sandbox.workspace.team_id
        workspace = session.scalars(select(Workspace).where(Workspace.team_id == team)).one()
        made = tokens.create(
            session,
            workspace_id=workspace.id,
            name=name,
            scopes=scopes,
            agent=agent,
            **{"expires_at": None, **more},
        )
        return made.secret


def contact_of(story: Story, user_id: str) -> Contact:
    """Return the contact of somebody in Slack."""
    with story.database.reading() as session:
        found: Contact | None = session.scalars(
            select(Contact).where(Contact.slack_user_id == user_id)
        ).one_or_none()
    assert found is not None
    return found
