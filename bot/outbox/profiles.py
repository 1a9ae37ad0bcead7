"""Who people are, and who of them is an agent."""

from functools import partial

from bot import people
from bot.outbox.office import Office
from core import tickets
from core.jobs import Closing
from storage.tables import Job


async def profile(office: Office, job: Job) -> Closing:
    """Fetch the name of a person who was seen for the first time."""
    fetched = await people.fetch_profile(
        office.poster, office.client, str(job.payload["user_id"]), office.installation
    )
    return partial(tickets.introduced, installation=office.installation, profile=fetched)


async def membership(office: Office, _job: Job) -> Closing:
    """Find out who the agents are, and who of them sees private tickets."""
    return await people.refresh_agents(
        office.poster, office.client, office.desk, office.installation
    )
