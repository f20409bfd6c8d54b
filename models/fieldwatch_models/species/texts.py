"""What the person who trains an own species gets to read: recipe, card, last words on the screen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fieldwatch_models.registry.card_page import BEGIN, END

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Under so many labelled animals in the validation pictures, the figures are a hint and no more.
BELIEVABLE = 50
#: Under so many training pictures with the animal, more pictures help more than anything else.
ENOUGH = 150

RECIPE = """\
# How this model was made, for few pictures of one species: the start has seen many animals, so its backbone
# stays as it is (freeze) and only what comes after learns. Change what you like and run the command again
# with another --work.
name = {name}
seed = {seed}
classes = [{name}]

[start]
architecture = {architecture}
model = {start}
rows = {{ {name} = {rows} }}

# All pictures (no prefix is excluded), so often in an epoch.
[[take]]
prefix = ""
repeat = {repeat}

# Windows show far animals as large as near ones; some pictures are seen as an infrared flash shows them.
[[derive]]
prefix = ""
how = "tile"
[[derive]]
prefix = ""
how = "night"
keep = {nights}

[options]
batch = 16
nbs = 16
optimizer = "AdamW"
weight_decay = 0.0005
freeze = 10
cos_lr = true
warmup_epochs = 0.5
warmup_bias_lr = 0.001
lrf = 0.1
cache = "ram"
hsv_h = 0.01
translate = 0.1
scale = 0.4
erasing = 0.0
mosaic = 0.3
close_mosaic = 1

[[stages]]
name = "coarse"
epochs = {coarse}
options = {{ imgsz = {small}, lr0 = 0.001 }}

[[stages]]
name = "fine"
epochs = {fine}
options = {{ imgsz = {imgsz}, lr0 = 0.0004 }}
"""

CARD = """\
# {name}

{name_zh} · *{scientific_name}*

## For what

Finding {name} in pictures of the cameras that its training pictures are from, or of cameras much like them.
Made by `fieldwatch models species` from {pictures} pictures with {boxes} labelled animals, starting from
{start}.

## Not for

Other places, distances, seasons or light than those in the pictures. Other species: whatever else walks by
was {negatives}, and may be called {name}.

## Measured

{begin}
{end}

## Known blind spots

Write here what goes wrong in the field: it is you who will see it first.
"""


def recipe(name: str, architecture: str, start: str, rows: list[str], **values: Any) -> str:
    """The text of train.toml."""
    quoted = {
        "name": json.dumps(name),
        "architecture": json.dumps(architecture),
        "start": json.dumps(start),
        "rows": json.dumps(rows),
    }
    return RECIPE.format(**quoted, **values)


def card(**values: Any) -> str:
    """The text of CARD.md before the figures are written into it."""
    return CARD.format(begin=BEGIN, end=END, **values)


def warnings(name: str, metrics: dict[str, Any], train: int, places: int, empty: int) -> Iterator[str]:
    """Why not to believe the figures too much. ``places``: known ones in validation; ``empty``: negatives."""
    point = metrics["operating_point"][name]
    if point["labelled"] < BELIEVABLE:
        low, high = point["recall_interval"] or (0.0, 1.0)
        yield (
            f"The validation set is too small to believe: {point['labelled']} labelled animals. With so "
            f"few, the share that the model really finds may be anything from {low:.0%} to {high:.0%}. "
            "Label more before you count with it."
        )
    if places == 0:
        yield (
            "Nothing says which pictures are from one place (folders, or --sources): only such as look "
            "nearly alike were kept together, and figures flatter if a camera is on both sides of the split."
        )
    elif places < 3:
        yield (
            f"The validation pictures are from {places} place(s) or sequence(s): how the model does at "
            "another camera is not known."
        )
    if train < ENOUGH:
        yield f"{train} training pictures with the animal are few; {ENOUGH} and more are worth the labelling."
    if not empty:
        yield (
            "No picture without the animal was given (--negatives): false alarms have hardly been measured, "
            "and the model has not learnt what to leave alone. Give it a hundred empty ones of these cameras."
        )


def node_toml(out: Path, public_key: Path | None) -> str:
    """What to write into node.toml, below the camera."""
    trust = f'trusted_keys = ["{public_key.name}"]' if public_key else "allow_unsigned = true"
    return f'wildlife = {{ detector = {{ model = "/path/on/the/node/{out.name}", {trust} }} }}'
