"""What a model call costs, by the prices that the operator set."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, RootModel

TOKENS_PER_PRICE = Decimal(1_000_000)

Dollars = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]


class Price(BaseModel):
    """US dollars per million tokens. Without ``cached``, cached input costs as much as other."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: Dollars
    output: Dollars
    cached: Dollars | None = None


class Prices(RootModel[dict[str, Price]]):
    """Prices by the beginning of a model's name, as the setting ``MODEL_PRICES`` gives them.

    ``{"gpt-4o": {"input": 2.5, "output": 10, "cached": 1.25}, "gpt-4o-mini": {…}}``

    None are built in: a list in the source would be wrong within months, and a wrong cost is worse
    than none. A local model has no price unless one is set.
    """

    model_config = ConfigDict(frozen=True)

    root: dict[str, Price] = {}

    def cost(
        self,
        model: str,
        *,
        input_tokens: int | None,
        output_tokens: int | None,
        cached_tokens: int | None,
    ) -> Decimal | None:
        """US dollars for one call, exact; None if the price or the usage is not known.

        The longest name that begins ``model`` sets the price. ``cached_tokens`` is the part of
        ``input_tokens`` that the server had cached; None counts as none.
        """
        price = self._price(model)
        if price is None or input_tokens is None or output_tokens is None:
            return None
        cached = min(cached_tokens or 0, input_tokens)
        cached_price = price.input if price.cached is None else price.cached
        total = (
            (input_tokens - cached) * price.input
            + cached * cached_price
            + output_tokens * price.output
        )
        return total / TOKENS_PER_PRICE

    def _price(self, model: str) -> Price | None:
        prefixes = [prefix for prefix in self.root if model.startswith(prefix)]
        return self.root[max(prefixes, key=len)] if prefixes else None
