"""The app's Home, published for one person."""

from contextlib import suppress

from bot.blocks.home import home
from bot.outbox.office import Office
from bot.posting import Unreachable
from core import home as homes
from storage.tables import Job


async def publish(office: Office, job: Job) -> None:
    """Show the person what holds now. Where the app has no Home there is nothing to do.

    https://docs.slack.dev/reference/methods/views.publish
    """
    user_id = str(job.payload["user_id"])
    shown = await office.desk.run(
        homes.of_person, installation=office.installation, user_id=user_id
    )
    view = home(shown, installation=office.installation, notice=str(job.payload["notice"]))
    with suppress(Unreachable):
        await office.poster.call(office.client.views_publish, user_id=user_id, view=view)
