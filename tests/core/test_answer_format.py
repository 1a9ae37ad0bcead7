"""Asking for an answer in a shape, and reading it."""

import json
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from core.answer_format import AnswerFormat, read_answer, strict_schema, without_bounds


class Part(BaseModel):
    """One of several."""

    count: Annotated[int, Field(ge=1)] = 1


class Shape(BaseModel):
    """For programmers, not for the model."""

    model_config = ConfigDict(extra="forbid")

    format: Annotated[str, Field(max_length=5)]
    kind: Literal["a", "b"]
    note: Annotated[str, Field(max_length=9)] | None
    parts: Annotated[list[Part], Field(max_length=3)]


VALID: dict[str, Any] = {"format": "A4", "kind": "a", "note": None, "parts": [{"count": 2}]}
TEXT = json.dumps(VALID)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(TEXT, id="bare"),
        pytest.param(f"```json\n{TEXT}\n```", id="fenced"),
        pytest.param(f"Here you are: {TEXT}", id="after prose"),
        pytest.param(f"  {TEXT}\n\nAnything else?", id="before prose"),
    ],
)
def test_what_is_read(text: str) -> None:
    assert read_answer(text, Shape).model_dump() == VALID


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("It is an A4 sheet.", "no JSON object", id="prose"),
        pytest.param("[1, 2]", "no JSON object", id="a list"),
        pytest.param(TEXT[:20], "no complete JSON object", id="half"),
        pytest.param('{"a":' * 100_000, "no complete JSON object", id="nested too deeply"),
        pytest.param(TEXT + TEXT, "more than one JSON object", id="two"),
        pytest.param(json.dumps({**VALID, "kind": "c"}), "kind: Input should be", id="enum"),
        pytest.param(json.dumps({**VALID, "more": 1}), "more: Extra inputs", id="extra"),
        pytest.param(json.dumps({**VALID, "format": "A" * 6}), "at most 5", id="too long"),
        pytest.param(
            json.dumps({**VALID, "parts": [{"count": 0}]}), r"parts\.0\.count: Input", id="inside"
        ),
        pytest.param('{"parts": [1, 1, 1], "note": 1}', "and 1 more", id="many problems"),
        pytest.param(TEXT.replace("A4", "\\ud800"), "Invalid JSON", id="half a character"),
    ],
)
def test_what_is_not_an_answer(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_answer(text, Shape)


def test_problems_do_not_repeat_what_was_said() -> None:
    with pytest.raises(ValueError, match="kind") as caught:
        read_answer(json.dumps({**VALID, "kind": "my secret"}), Shape)
    assert "secret" not in str(caught.value)


def test_a_strict_schema_requires_all_and_allows_no_more() -> None:
    schema = strict_schema(Shape)
    for part in (schema, schema["$defs"]["Part"]):
        assert part["required"] == list(part["properties"])
        assert part["additionalProperties"] is False
    assert schema["properties"]["format"]["maxLength"] == 5
    assert "description" not in schema


def test_bounds_go_at_every_depth_and_properties_of_that_name_stay() -> None:
    schema = without_bounds(strict_schema(Shape))
    assert list(schema["properties"]) == ["format", "kind", "note", "parts"]
    assert schema["properties"]["kind"]["enum"] == ["a", "b"]
    for keyword in ("maxLength", "maxItems", "minimum", "default"):
        assert f'"{keyword}"' not in json.dumps(schema)


def test_the_ladder() -> None:
    assert [rung.weaker for rung in AnswerFormat] == [*list(AnswerFormat)[1:], None]
