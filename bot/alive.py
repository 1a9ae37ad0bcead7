"""Whether the desk on this machine answers: asked again and again, so it loads little."""

import httpx

from core.errors import ConfigurationError

# Addresses that mean "all of this machine's", and one at which such a server can be asked.
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound


def is_alive(host: str, port: int) -> bool:
    """Ask ``/health`` of the desk that was told to serve there.

    Raises:
        ConfigurationError: it is not known where that is.
    """
    if not port:
        raise ConfigurationError("PORT is 0, any free port: set one to know where to ask")
    address = httpx.URL(scheme="http", host=ANY_ADDRESS.get(host, host), port=port, path="/health")
    try:
        # It is on this machine: no proxy of the environment stands between.
        return httpx.get(address, timeout=3, trust_env=False).is_success
    except httpx.HTTPError:
        return False
