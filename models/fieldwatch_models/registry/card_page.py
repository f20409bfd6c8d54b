"""CARD.md, for whoever decides whether to rely on a model: a person's words, and figures between two marks.

What it is for and where it is blind is a person's judgement; what was measured is written anew by a program,
so that no card tells the figures of an older file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_models.errors import RecipeError
from fieldwatch_models.registry.figures import figures

if TYPE_CHECKING:
    from pathlib import Path

CARD_PAGE = "CARD.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
NOTE = "<!-- Written by `fieldwatch models card`; changes here are lost. -->"

TEMPLATE = """\
# {name}

## For what

Write here what the model is for, and how it is to be used.

## Not for

Write here what it must not be used for.

## Measured

{begin}
{end}

## Known blind spots

Write here what was seen to go wrong, and what is only expected to.
"""


def refreshed(folder: Path) -> str:
    """The text of ``folder``'s CARD.md with the figures of today; a new card where there is none.

    Raises:
        RecipeError: the card cannot be read or lacks its marks; or as `figures`.
    """
    path = folder / CARD_PAGE
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        text = TEMPLATE.format(name=folder.resolve().name, begin=BEGIN, end=END)
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"cannot read {path}: {error}") from error
    before, begin, rest = text.partition(BEGIN)
    old, end, after = rest.partition(END)
    if not begin or not end or BEGIN in old or BEGIN in after or END in after:
        raise RecipeError(
            f"{path} must have one line {BEGIN} and below it one line {END}: the figures go between them"
        )
    return f"{before}{BEGIN}\n{NOTE}\n\n{figures(folder)}\n\n{END}{after}"


def refresh(folder: Path) -> bool:
    """Write the figures into ``folder``'s CARD.md; whether it changed."""
    path = folder / CARD_PAGE
    text = refreshed(folder)
    if path.exists() and path.read_text("utf-8") == text:
        return False
    path.write_text(text, "utf-8")
    return True
