"""What a server says beside its answer."""

from datetime import UTC, datetime

import pytest

from core.completion import retry_after


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        pytest.param("7", 7, id="seconds"),
        pytest.param("0.5", 0.5, id="fraction"),
        pytest.param("999999", 3600, id="capped"),
        pytest.param("-3", 0, id="negative"),
        pytest.param("Thu, 01 Jan 2026 12:00:30 GMT", 30, id="date"),
        pytest.param("Thu, 01 Jan 2026 11:00:00 GMT", 0, id="date gone by"),
        pytest.param("Thu, 01 Jan 2026 12:00:30 -0000", 30, id="date without zone"),
        pytest.param("soon", None, id="neither"),
        pytest.param("nan", None, id="not a number"),
        pytest.param(None, None, id="none"),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    headers = {} if header is None else {"retry-after": header}
    assert retry_after(headers, datetime(2026, 1, 1, 12, tzinfo=UTC)) == seconds
