"""The modals and App Homes that people have before them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from bot.sandbox.changes import Changes
from bot.sandbox.errors import SlackError
from bot.sandbox.ids import new_hash, new_id
from bot.sandbox.records import Change, Json, View

# https://docs.slack.dev/surfaces/modals#adding_views: three views at most in a stack.
STACK_LIMIT = 3


class Views:
    """A stack of modals and one App Home for each person."""

    def __init__(self, changes: Changes[Change]) -> None:
        self._changes = changes
        self._stacks: dict[str, list[View]] = defaultdict(list)
        self.homes: dict[str, View] = {}

    def stack(self, user: str) -> tuple[View, ...]:
        """The person's open modals, the one on top last."""
        return tuple(self._stacks[user])

    def top(self, user: str) -> View | None:
        """The modal the person sees."""
        return self._stacks[user][-1] if self._stacks[user] else None

    def find(self, view_id: str) -> View:
        """An open modal or a home. Raises SlackError `not_found`."""
        for view in self._all():
            if view.id == view_id:
                return view
        raise SlackError("not_found")

    def find_external(self, external_id: str) -> View:
        """Raises SlackError `not_found`."""
        for view in self._all():
            if external_id and view.body.get("external_id") == external_id:
                return view
        raise SlackError("not_found")

    def _all(self) -> list[View]:
        modals = [view for stack in self._stacks.values() for view in stack]
        return [*modals, *self.homes.values()]

    def open(self, user: str, body: Json) -> View:
        """Show a modal in place of whatever stack was there."""
        self._refuse_known_external_id(body)
        view_id = new_id("V")
        view = View(view_id, user, body, new_hash(), root_view_id=view_id)
        self._stacks[user] = [view]
        self._changes.publish(Change("view_opened", user=user, view=view))
        return view

    def push(self, user: str, body: Json) -> View:
        """Put a modal on the stack. Raises SlackError `not_found`, `push_limit_reached`."""
        top = self.top(user)
        if top is None:
            raise SlackError("not_found")
        if len(self._stacks[user]) >= STACK_LIMIT:
            raise SlackError("push_limit_reached")
        self._refuse_known_external_id(body)
        view = View(new_id("V"), user, body, new_hash(), top.root_view_id, top.id)
        self._stacks[user].append(view)
        self._changes.publish(Change("view_opened", user=user, view=view))
        return view

    def update(self, view_id: str, body: Json, view_hash: str | None = None) -> View:
        """Replace a view's content. Raises SlackError `not_found`, `hash_conflict`."""
        old = self.find(view_id)
        if view_hash and view_hash != old.hash:
            raise SlackError("hash_conflict")
        return self._put(replace(old, body=body, hash=new_hash(), errors={}), "view_updated")

    def show_errors(self, view_id: str, errors: Mapping[str, str]) -> View:
        """The bot answered a submission with errors, by block id; the modal stays open."""
        return self._put(replace(self.find(view_id), errors=dict(errors)), "view_updated")

    def publish(self, user: str, body: Json, view_hash: str | None = None) -> View:
        """Set a person's App Home. Raises SlackError `hash_conflict`."""
        old = self.homes.get(user)
        if view_hash and (old is None or view_hash != old.hash):
            raise SlackError("hash_conflict")
        view_id = old.id if old else new_id("V")
        view = View(view_id, user, body, new_hash(), root_view_id=view_id)
        self.homes[user] = view
        self._changes.publish(Change("home_published", user=user, view=view))
        return view

    def close(self, user: str, view_id: str) -> None:
        """Take one modal off the person's stack."""
        view = self.find(view_id)
        self._stacks[user] = [other for other in self._stacks[user] if other.id != view_id]
        self._changes.publish(Change("view_closed", user=user, view=view))

    def clear(self, user: str) -> None:
        """Close all the person's modals."""
        for view in reversed(self.stack(user)):
            self.close(user, view.id)

    def _put(self, view: View, kind: str) -> View:
        if self.homes.get(view.user, view).id == view.id and view.type == "home":
            self.homes[view.user] = view
        else:
            stack = self._stacks[view.user]
            stack[:] = [view if other.id == view.id else other for other in stack]
        self._changes.publish(Change(kind, user=view.user, view=view))
        return view

    def _refuse_known_external_id(self, body: Json) -> None:
        external_id = body.get("external_id")
        if external_id and any(view.body.get("external_id") == external_id for view in self._all()):
            raise SlackError("duplicate_external_id")
