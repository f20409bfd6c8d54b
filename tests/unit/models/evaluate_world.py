"""Pictures that were seen, made of numbers alone."""

from pathlib import Path

import numpy as np

from fieldwatch_models.data.catalogue import Label, Picture
from fieldwatch_models.evaluate.predictions import Seen

HERE, THERE = (0.1, 0.1, 0.2, 0.2), (0.7, 0.7, 0.8, 0.8)


def seen(
    said: list[tuple[float, ...]] | None = None,
    was: list[tuple[float, ...]] | None = None,
    *,
    name: str = "p",
    classes: int = 1,
    looked_for: list[bool] | None = None,
    **facts: object,
) -> Seen:
    """A picture of 640 x 480: boxes said (x1, y1, x2, y2, score, class) and labels (x1, y1, x2, y2,
    class)."""
    labels = np.array(was or [], float).reshape(-1, 5)
    boxes = np.array(said or [], float).reshape(-1, 6)
    picture = Picture.model_validate(
        {
            "path": Path(f"{name}.jpg"),
            "width": 640,
            "height": 480,
            "source": "drawn",
            "labels": tuple(
                Label(name="smoke", x=x1, y=y1, width=x2 - x1, height=y2 - y1) for x1, y1, x2, y2, _ in labels
            ),
            **facts,
        }
    )
    return Seen(
        picture=picture,
        said=boxes[np.argsort(-boxes[:, 4], kind="stable")],
        was=labels,
        looked_for=np.array(looked_for or [True] * classes),
        light="day",
        digest=name,
    )
