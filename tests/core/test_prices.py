"""What a call costs."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from core.prices import Prices

PRICES = Prices.model_validate_json(
    """{"gpt-4o": {"input": 2.5, "output": 10, "cached": 1.25},
        "gpt-4o-mini": {"input": 0.15, "output": 0.6},
        "free": {"input": 0, "output": 0}}"""
)


@pytest.mark.parametrize(
    ("model", "given", "taken", "cached", "cost"),
    [
        pytest.param("gpt-4o", 1000, 200, None, "0.0045", id="input and output"),
        pytest.param("gpt-4o", 1000, 200, 400, "0.004", id="cached input costs less"),
        pytest.param("gpt-4o-2024-08-06", 1000, 200, 0, "0.0045", id="by prefix"),
        pytest.param("gpt-4o-mini-2024", 1000, 200, 400, "0.00027", id="longest prefix wins"),
        pytest.param("gpt-4o", 100, 0, 400, "0.000125", id="never more cached than input"),
        pytest.param("free-llama", 1000, 200, None, "0", id="a price of nothing is a price"),
        pytest.param("llama", 1000, 200, None, None, id="no price"),
        pytest.param("gpt-4o", None, 200, None, None, id="input not counted"),
        pytest.param("gpt-4o", 1000, None, None, None, id="output not counted"),
    ],
)
def test_cost(
    model: str, given: int | None, taken: int | None, cached: int | None, cost: str | None
) -> None:
    found = PRICES.cost(model, input_tokens=given, output_tokens=taken, cached_tokens=cached)
    assert found == (None if cost is None else Decimal(cost))


def test_no_prices_unless_set() -> None:
    assert Prices().cost("gpt-4o", input_tokens=1, output_tokens=1, cached_tokens=0) is None


@pytest.mark.parametrize(
    "text",
    [
        '{"gpt-4o": {"input": -1, "output": 10}}',
        '{"gpt-4o": {"input": 1}}',
        '{"gpt-4o": {"input": 1, "output": 2, "cache": 3}}',
        '{"gpt-4o": 5}',
    ],
)
def test_wrong_prices_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Prices.model_validate_json(text)
