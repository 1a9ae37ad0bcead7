"""Charts: https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block."""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.blockkit.rules import Rule, array, by_type, number, problem, record, string
from bot.sandbox.blockkit.texts import TYPE


def _positive(value: Any, at: str) -> Iterator[str]:
    yield from number(value, at)
    if isinstance(value, (int, float)) and value <= 0:
        yield problem("must be greater than 0", at)


def _labels_are_categories(value: Any, at: str) -> Iterator[str]:
    """Each series has one point for each category, in the same order."""
    axis = value.get("axis_config")
    categories = axis.get("categories") if isinstance(axis, dict) else None
    for index, series in enumerate(value.get("series") or ()):
        points = series.get("data") if isinstance(series, dict) else None
        if isinstance(points, list) and all(isinstance(point, dict) for point in points):
            labels = [point.get("label") for point in points]
            if isinstance(categories, list) and labels != categories:
                yield problem("labels must match the categories", f"{at}/series/{index}/data")


_SEGMENT = record({"label": string(20, least=1), "value": _positive}, {})
_POINT = record({"label": string(20, least=1), "value": number}, {})
_SERIES = record({"name": string(20, least=1), "data": array(_POINT, least=1, most=20)}, {})
_AXIS = record(
    {"categories": array(string(20, least=1), least=1, most=20)},
    {"x_label": string(50), "y_label": string(50)},
)
_PLOT = record(
    {**TYPE, "series": array(_SERIES, least=1, most=12), "axis_config": _AXIS},
    {},
    _labels_are_categories,
)

CHART: Rule = by_type(
    {
        "pie": record({**TYPE, "segments": array(_SEGMENT, least=1, most=12)}, {}),
        "bar": _PLOT,
        "line": _PLOT,
        "area": _PLOT,
    }
)
