"""Which addresses may be called, by their spelling alone."""

import pytest

from core.addresses import UnusableAddress, check_url, is_public


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("127.255.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),  # where clouds keep their secrets
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("198.18.0.1", False),
        ("::", False),
        ("::1", False),
        ("::127.0.0.1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.215.14", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("2001:db8::1", False),
        ("2002:7f00:1::", False),  # 6to4
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False),  # Teredo
        ("64:ff9b::7f00:1", False),  # NAT64 of 127.0.0.1
        ("64:ff9b::a00:1", False),
        ("64:ff9b::5db8:d70e", True),  # NAT64 of a public address: all that some hosts have
        ("64:ff9b:1::1", False),
    ],
)
def test_only_what_everybody_could_call_is_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com:8443/hooks?for=desk",
        "https://93.184.215.14/",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
    ],
)
def test_addresses_that_are_fine(url: str) -> None:
    check_url(url, to_private=False)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.com/", "must start with https://"),
        ("ftp://example.com/", "must start with https://"),
        ("file:///etc/passwd", "no web address"),
        ("gopher://example.com/", "must start with https://"),
        ("example.com", "no web address"),
        ("https://", "no web address"),
        ("https://example.com:port/", "no web address"),
        ("https://[::1/", "no web address"),
        ("https://ana:secret@example.com/", "name and password"),
        ("https://ana@example.com/", "name and password"),
        ("https://example.com/#part", "after #"),
        ("https://exam ple.com/", "blanks"),
        ("https://example.com/\r\nX-Header: 1", "blanks"),
        ("https://example.com/\u202e", "blanks"),
        ("https://127.0.0.1/", "private network"),
        ("https://[::ffff:127.0.0.1]/", "private network"),
        ("https://[::1]/", "private network"),
        ("https://169.254.169.254/latest/meta-data", "private network"),
        ("https://example.com/" + "x" * 2000, "2,000 characters"),
    ],
)
def test_addresses_that_are_refused(url: str, why: str) -> None:
    with pytest.raises(UnusableAddress, match=why):
        check_url(url, to_private=False)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000/hooks", "https://[::1]/", "http://intranet/"]
)
def test_private_addresses_are_fine_where_the_setting_says_so(url: str) -> None:
    check_url(url, to_private=True)
    with pytest.raises(UnusableAddress, match="https://"):
        check_url(url.replace("https", "ftp").replace("http", "ftp"), to_private=True)
