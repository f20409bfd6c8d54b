"""Pages with pictures: one self-contained HTML file each, readable without a network and without us.

Templates lie in `templates/`; `page.html` is the frame that they extend.
"""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import cv2
from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

#: Colour-blind safe (Okabe and Ito 2008), readable on light and dark; classes take them in turn.
COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#999999")


def write_page(path: Path, template: str, **values: Any) -> None:
    """Fill `templates/<template>` and write it to `path`."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("fieldwatch_models"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(environment.get_template(template).render(values), "utf-8")


def chart(figure: Figure) -> Markup:
    """A matplotlib figure as inline SVG; the figure is closed."""
    from matplotlib import pyplot as plt

    text = io.StringIO()
    figure.savefig(text, format="svg", bbox_inches="tight", transparent=True, metadata={"Date": None})
    plt.close(figure)
    return Markup(text.getvalue()[text.getvalue().index("<svg") :])  # noqa: S704  # matplotlib's own words


def thumbnail(
    image: NDArray[np.uint8],
    boxes: Iterable[tuple[float, float, float, float, str, str]] = (),
    width: int = 320,
) -> str:
    """`image` (`[H, W, 3]`, BGR) as a data URI, with boxes drawn on it.

    A box is x1, y1, x2, y2 (shares of the picture), a caption and a colour (`#rrggbb`).
    """
    height = max(1, round(image.shape[0] * width / image.shape[1]))
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    for x1, y1, x2, y2, caption, colour in boxes:
        bgr = tuple(int(colour[i : i + 2], 16) for i in (5, 3, 1))
        left, top = round(x1 * width), round(y1 * height)
        cv2.rectangle(small, (left, top), (round(x2 * width), round(y2 * height)), bgr, 2)
        # On a patch of the box's colour: an outlined text of this size is a blot.
        (wide, high), _ = cv2.getTextSize(caption, cv2.FONT_HERSHEY_SIMPLEX, 0.4, 1)
        left, bottom = max(0, min(left, width - wide - 4)), max(high + 5, top)
        cv2.rectangle(small, (left, bottom - high - 5), (left + wide + 4, bottom), bgr, cv2.FILLED)
        cv2.putText(
            small, caption, (left + 2, bottom - 3), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 1, cv2.LINE_AA
        )
    _, encoded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return "data:image/jpeg;base64," + base64.b64encode(encoded.tobytes()).decode()
