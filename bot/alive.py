"""Whether the desk on this machine answers: asked again and again, so it loads little."""

import httpx

from bot import worker_socket
from core.errors import ConfigurationError
from core.settings import Settings

# Addresses that mean "all of this machine's", and one at which such a server can be asked.
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound
PATIENCE = 3


def is_alive(settings: Settings) -> bool:
    """Ask ``/health`` of the process that was told to serve there; of workers, each one.

    The event loop answers it, so a process in which that hangs does not.

    Raises:
        ConfigurationError: it is not known where to ask.
    """
    if not settings.role.takes_events:
        places = list(worker_socket.of_living(settings.database_url))
        return bool(places) and all(
            _answers(httpx.HTTPTransport(uds=str(place)), httpx.URL("http://worker/health"))
            for place in places
        )
    if not settings.port:
        raise ConfigurationError("PORT is 0, any free port: set one to know where to ask")
    host = ANY_ADDRESS.get(settings.host, settings.host)
    address = httpx.URL(scheme="http", host=host, port=settings.port, path="/health")
    return _answers(httpx.HTTPTransport(), address)


def _answers(transport: httpx.HTTPTransport, address: httpx.URL) -> bool:
    try:
        # It is on this machine: no proxy of the environment stands between.
        with httpx.Client(transport=transport, timeout=PATIENCE, trust_env=False) as client:
            return client.get(address).is_success
    except httpx.HTTPError:
        return False
