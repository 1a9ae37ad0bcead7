"""Which addresses the desk may call on behalf of somebody who named them: a pure rule."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from core.errors import Refusal

LONGEST_URL = 2_000

# https://www.rfc-editor.org/rfc/rfc6052: how a host that has IPv6 alone reaches one that has not.
_NAT64 = IPv6Network("64:ff9b::/96")
# Tunnels that lead to an IPv4 address inside; Python takes some of them for ordinary addresses.
_TUNNELS = (IPv6Network("2002::/16"), IPv6Network("2001::/32"), IPv6Network("64:ff9b:1::/48"))


class UnusableAddress(Refusal):
    """The desk does not send anything to this address."""

    field = "url"


def check_url(url: str, *, to_private: bool) -> None:
    """Look at how an address is written, before anything is asked of it.

    Where a name leads is for whoever connects to look at. With ``to_private`` http is fine, too.

    Raises:
        UnusableAddress: it is no address that the desk would call.
    """
    if len(url) > LONGEST_URL:
        raise UnusableAddress(f"An address has {LONGEST_URL:,} characters at most.")
    if any(each.isspace() or not each.isprintable() for each in url):
        raise UnusableAddress("There are blanks or invisible characters in the address.")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host:
        raise UnusableAddress("It is no web address such as https://example.com/hooks.")
    if parts.scheme not in ({"http", "https"} if to_private else {"https"}):
        raise UnusableAddress("The address must start with https://, so that nobody reads along.")
    if parts.username is not None or parts.password is not None:
        raise UnusableAddress("Leave name and password out of the address; check the signature.")
    if parts.fragment:
        raise UnusableAddress("What stands after # is never sent; leave it out.")
    if not to_private and _is_ip(host) and not is_public(host):
        raise NotPublic


class NotPublic(UnusableAddress):
    """It leads into a network that is not for everybody, to this machine perhaps."""

    def __init__(self) -> None:
        super().__init__(
            "The address leads to this machine or into a private network, where the desk sends "
            "nothing unless WEBHOOKS_TO_PRIVATE_ADDRESSES=true says so."
        )


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_public(address: str) -> bool:
    """Whether an IP address, as text, is one that everybody on the internet could call."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        if ip in _NAT64:
            return _is_public(IPv4Address(ip.packed[-4:]))
        if ip.ipv4_mapped is not None or ip.is_site_local or any(ip in net for net in _TUNNELS):
            return False
    return _is_public(ip)


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    """Python calls multicast global, and some of what is reserved."""
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)
