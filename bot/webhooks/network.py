"""The way out: to addresses that somebody named, but never into a network that is not public."""

import asyncio
import socket
from datetime import timedelta
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractCookieJar
from aiohttp.connector import AddrInfoType

from core.addresses import NotPublic, UnusableAddress, check_url, is_public

# For everything together: name, connection, certificate, answer.
TIMEOUT = aiohttp.ClientTimeout(total=10)
LOOK_UP = timedelta(seconds=5)
# A container need not have the system's list of them.
PORTS = {"http": 80, "https": 443}


class PrivateAddress(OSError):
    """A name leads into a private network, whatever it led to when the webhook was added."""


def open_socket(address: AddrInfoType) -> socket.socket:
    """Make the socket for one connection, if everybody could connect to that address.

    This is asked for the very address that is connected to next, after all names are resolved and
    all spellings of numbers read, so that nothing can change in between.
    """
    family, kind, protocol, _, place = address
    if not is_public(str(place[0])):
        raise PrivateAddress("a private address")
    return socket.socket(family, kind, protocol)


def client(*, to_private: bool) -> aiohttp.ClientSession:
    """Make a client that goes straight to the address: no proxy, no cookies, nothing remembered."""
    connector = aiohttp.TCPConnector(
        resolver=aiohttp.ThreadedResolver(),
        use_dns_cache=False,
        force_close=True,
        socket_factory=None if to_private else open_socket,
    )
    return aiohttp.ClientSession(
        connector=connector, timeout=TIMEOUT, cookie_jar=_no_cookies(), trust_env=False
    )


def _no_cookies() -> AbstractCookieJar:
    return aiohttp.DummyCookieJar()


async def look(url: str, *, to_private: bool) -> None:
    """Look where an address leads before it is saved.

    Raises:
        UnusableAddress: the desk would not send anything there.
    """
    check_url(url, to_private=to_private)
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(LOOK_UP.total_seconds()):
            found = await asyncio.get_running_loop().getaddrinfo(
                parts.hostname, parts.port or PORTS[parts.scheme], type=socket.SOCK_STREAM
            )
    except (OSError, UnicodeError, TimeoutError):
        raise UnusableAddress(
            "The name in this address was not found. Is it spelled right?"
        ) from None
    if not to_private and not all(is_public(str(place[0])) for *_, place in found):
        raise NotPublic
