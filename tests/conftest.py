"""What all tests share: the fixtures in ``tests/fixtures``, and an environment without proxies."""

import pytest

pytest_plugins = ["tests.fixtures.database", "tests.fixtures.desk", "tests.fixtures.triaging"]

_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no proxy stand between a test and a server on this machine."""
    for name in _PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
