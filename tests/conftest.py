"""What all tests share: the fixtures in ``tests/fixtures``, and an environment without proxies."""

import pytest
from hypothesis import settings

# The same examples each time, so that who changes nothing breaks nothing. ``make chaos`` draws new
# ones with ``--hypothesis-profile=chaos``, and says how to repeat what fails.
settings.register_profile("tests", derandomize=True, deadline=None, database=None)
settings.register_profile("chaos", max_examples=4000, deadline=None, print_blob=True)
settings.load_profile("tests")

pytest_plugins = ["tests.fixtures.database", "tests.fixtures.desk", "tests.fixtures.triaging"]

_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no proxy stand between a test and a server on this machine."""
    for name in _PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
