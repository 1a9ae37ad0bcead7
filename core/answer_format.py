"""How a model is asked to answer in a shape, and how an answer in that shape is read.

Servers differ in what they can be asked for. There is a ladder, from the strictest way to the one
that any server understands; whichever is used, the answer is validated here.
"""

import json
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

T = TypeVar("T", bound=BaseModel)

PROBLEMS_NAMED = 5
"""Of all that is wrong with an answer, as many things are named."""

BOUNDS = frozenset(
    {
        *("minLength", "maxLength", "pattern", "format", "minItems", "maxItems", "default"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    }
)
"""Keywords that fine-tuned OpenAI models and several compatible servers refuse in a strict schema.

https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
"""


class AnswerFormat(StrEnum):
    """The rungs of the ladder, strictest first."""

    SCHEMA = "schema"
    """A strict JSON schema with the bounds on lengths and numbers."""
    PLAIN_SCHEMA = "plain_schema"
    """A strict JSON schema without them."""
    JSON = "json"
    """JSON mode; the schema is in the system text."""
    TEXT = "text"
    """No ``response_format`` at all; the schema is in the system text."""

    @property
    def weaker(self) -> "AnswerFormat | None":
        """The next rung down, None at the foot."""
        ladder = list(AnswerFormat)
        return next(iter(ladder[ladder.index(self) + 1 :]), None)

    @property
    def carries_schema(self) -> bool:
        """Whether the server is told the schema, so that the model need not be."""
        return self in (AnswerFormat.SCHEMA, AnswerFormat.PLAIN_SCHEMA)

    def parameters(self, output: type[BaseModel]) -> dict[str, object]:
        """What of a request asks for this format."""
        match self:
            case AnswerFormat.TEXT:
                return {}
            case AnswerFormat.JSON:
                return {"response_format": {"type": "json_object"}}
            case AnswerFormat.SCHEMA:
                schema = strict_schema(output)
            case AnswerFormat.PLAIN_SCHEMA:
                schema = without_bounds(strict_schema(output))
        named = {"name": output.__name__, "strict": True, "schema": schema}
        return {"response_format": {"type": "json_schema", "json_schema": named}}


def instruction(output: type[BaseModel]) -> str:
    """The schema in words, for the system text. JSON mode demands that "JSON" be said there."""
    schema = json.dumps(strict_schema(output), ensure_ascii=False)
    return f"Answer with one JSON object and nothing else. It must fit this JSON schema:\n{schema}"


@cache
def strict_schema(output: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema as strict mode wants it: all properties required, no others allowed.

    Every request sends it, so it is made once, and not to be changed.

    The docstring of ``output`` is for programmers and left out: what is said to a model belongs
    into a prompt, where it has a version.
    """
    import openai

    schema = dict(openai.pydantic_function_tool(output)["function"]["parameters"])
    schema.pop("description", None)
    return schema


def without_bounds(schema: dict[str, Any]) -> dict[str, Any]:
    """The same schema, at every depth, without the keywords in ``BOUNDS``."""
    plain = {key: value for key, value in schema.items() if key not in BOUNDS}
    for key in plain.keys() & {"properties", "$defs"}:
        plain[key] = {name: without_bounds(part) for name, part in plain[key].items()}
    if "anyOf" in plain:
        plain["anyOf"] = [without_bounds(part) for part in plain["anyOf"]]
    if "items" in plain:
        plain["items"] = without_bounds(plain["items"])
    return plain


def read_answer(text: str, output: type[T]) -> T:
    """The one JSON object in ``text``, validated.

    A code fence or a sentence around it is let pass on every rung, since some servers accept a
    schema and ignore it. Two objects, half of one or none are not an answer.

    Raises ``ValueError`` that says what is wrong, for the model to mend and for the ledger; it
    does not repeat what the answer said.
    """
    start = text.find("{")
    if start < 0:
        raise ValueError("the answer holds no JSON object")
    try:
        _, end = json.JSONDecoder().raw_decode(text, start)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError("the answer holds no complete JSON object") from error
    if "{" in text[end:]:
        raise ValueError("the answer holds more than one JSON object")
    try:
        return output.model_validate_json(text[start:end])
    except ValidationError as error:
        raise ValueError(_problems(error)) from error


def _problems(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    named = [
        f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
        for problem in found[:PROBLEMS_NAMED]
    ]
    more = [f"and {len(found) - PROBLEMS_NAMED} more"] if len(found) > PROBLEMS_NAMED else []
    return "; ".join(named + more)
