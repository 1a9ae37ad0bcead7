"""No webhook leads into a network that is not public, whatever names and spellings say."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import aiohttp
import pytest

from bot.webhooks import network
from bot.webhooks.network import look
from bot.webhooks.sending import what_went_wrong
from core.addresses import NotPublic, UnusableAddress
from tests.fixtures.receiver import receiving

PUBLIC = "93.184.215.14"
Resolve = Callable[..., list[Any]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What names lead to; everything else is asked of the system, which reads numbers."""
    known: dict[str, list[str]] = {}
    really: Resolve = socket.getaddrinfo

    def resolve(host: Any, port: Any, *args: Any, **kwargs: Any) -> list[Any]:
        assert isinstance(port, int)  # names of ports are in a file that containers lack
        addresses = known.get(host)
        if addresses is None:
            return really(host, port, *args, **kwargs)
        return [each for address in addresses for each in really(address, port, *args, **kwargs)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return known


@contextmanager
def listening() -> Iterator[tuple[int, list[str]]]:
    """Accept connections on this machine; each one is a failure of the test."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        came: list[str] = []
        yield server.getsockname()[1], came
        with suppress(TimeoutError):
            came.append(server.accept()[1][0])


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",  # the same as one number,
        "0x7f000001",  # as a hexadecimal one,
        "017700000001",  # as an octal one,
        "0177.0.0.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "localhost",
        "169.254.169.254",
        "0.0.0.0",  # noqa: S104
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "inside.example",
        "half.example",
        "１２７.0.0.1",  # digits of full width
        "①②⑦.0.0.1",
    ],
)
async def test_an_address_inside_is_refused_when_it_is_saved(
    host: str, names: dict[str, list[str]]
) -> None:
    names["inside.example"] = ["10.0.0.8"]
    names["half.example"] = [PUBLIC, "10.0.0.8"]
    with pytest.raises(UnusableAddress):
        await look(f"https://{host}/hooks", to_private=False)


async def test_a_name_that_leads_nowhere_is_refused(names: dict[str, list[str]]) -> None:
    with pytest.raises(UnusableAddress, match="The name in this address was not found"):
        await look("https://no-such-name.invalid/", to_private=False)


async def test_a_public_name_is_fine(names: dict[str, list[str]]) -> None:
    names["example.com"] = [PUBLIC]
    await look("https://example.com/hooks", to_private=False)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",
        "0177.0.0.1",
        "127.1",
        "localhost",
        "rebound.example",
        "[::ffff:127.0.0.1]",
        "１２７.0.0.1",
    ],
)
async def test_an_address_inside_is_refused_when_it_is_sent_to(
    host: str, names: dict[str, list[str]]
) -> None:
    """Also where the name led outside when it was saved: it is the very connection that counts."""
    names["rebound.example"] = [PUBLIC]
    await look("https://rebound.example/", to_private=False)
    names["rebound.example"] = ["127.0.0.1"]
    with listening() as (port, came):
        async with network.client(to_private=False) as client:
            with pytest.raises((aiohttp.ClientError, ValueError)) as refused:
                async with client.post(f"http://{host}:{port}/hooks", allow_redirects=False):
                    pass
    assert came == []
    assert what_went_wrong(refused.value) in {
        "its name leads to a private address now",
        "the connection failed (InvalidUrlClientError)",
    }


async def test_a_name_is_asked_for_anew_for_each_event(names: dict[str, list[str]]) -> None:
    """No answer is remembered, and no connection kept, behind which things may have changed."""
    async with receiving() as receiver, network.client(to_private=True) as client:
        url = receiver.url.replace("127.0.0.1", "moving.example")
        names["moving.example"] = ["127.0.0.1"]
        async with client.post(url) as answer:
            assert answer.status == 400  # it is not signed, but it arrived
        names["moving.example"] = ["127.0.0.2"]
        with pytest.raises(aiohttp.ClientConnectorError):
            async with client.post(url):
                pass


async def test_no_proxy_of_the_environment_sees_what_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with listening() as (port, came):
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        async with (
            receiving() as receiver,
            network.client(to_private=True) as client,
            client.post(receiver.url) as answer,
        ):
            assert answer.status == 400
    assert came == []


def test_not_public_says_how_to_allow_it() -> None:
    assert "WEBHOOKS_TO_PRIVATE_ADDRESSES" in str(NotPublic())
