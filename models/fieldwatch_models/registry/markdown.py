"""Figures as Markdown: numbers, shares with their intervals, tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fieldwatch_models.registry.measured import Figures


def precision_recall(row: Figures) -> tuple[str, str]:
    """Precision and recall, each with its interval."""
    return (
        number(row.get("precision")) + interval(row.get("precision_interval")),
        number(row.get("recall")) + interval(row.get("recall_interval")),
    )


def interval(ends: Sequence[float] | None) -> str:
    """` (0.57 to 0.91)`, to stand behind a figure; nothing where there is none."""
    return f" ({number(ends[0])} to {number(ends[1])})" if ends else ""


def number(value: Any) -> str:
    """Two decimals of a float; anything else as it is; a dash where nothing is known."""
    if value is None:
        return "–"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def as_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table; whatever a cell holds, it stays one cell."""
    lines = [header, ["---"] * len(header), *([number(cell) for cell in row] for row in rows)]
    return "\n".join(
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines
    )
