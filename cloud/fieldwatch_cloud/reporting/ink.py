"""What all drawings of a report share: colours, letters, and how they become SVG.

Orange belongs to fire alone. Everything else is told by lightness, shape and hatching too, so that it holds
in grey and for eyes that do not tell colours apart. What nobody looked at is hatched.
"""

from __future__ import annotations

import io
import logging
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import matplotlib as mpl
import structlog
from matplotlib import font_manager
from matplotlib.colors import LinearSegmentedColormap

from fieldwatch_cloud.reporting import fonts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

INK, MUTED, FAINT, LINE = "#17211d", "#51625a", "#c9d2cd", "#8b9a92"
TEAL, DEEP, PAPER = "#0f6b57", "#0a3f36", "#ffffff"
FIRE = "#d9480f"
SHADES = LinearSegmentedColormap.from_list("rates", ["#e3f0e8", "#a9d3c0", "#5fae98", "#1f7d6c", "#07423a"])
HATCH = "////"
WIDTH_IN = 7.1
"""Of a page between its margins."""
log = structlog.get_logger(__name__)
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)


@contextmanager
def style() -> Iterator[None]:
    with mpl.rc_context(
        {
            "font.family": list(_families()),
            "font.size": 7.5,
            "text.color": INK,
            "text.parse_math": False,  # A name with dollar signs is a name.
            "axes.edgecolor": FAINT,
            "axes.labelcolor": MUTED,
            "axes.linewidth": 0.7,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.unicode_minus": False,
            "xtick.color": LINE,
            "ytick.color": LINE,
            "xtick.labelcolor": MUTED,
            "ytick.labelcolor": MUTED,
            "xtick.major.size": 2,
            "ytick.major.size": 0,
            "xtick.labelsize": 7,
            "ytick.labelsize": 7,
            "hatch.linewidth": 0.6,
            "svg.fonttype": "path",  # The same letters everywhere; what they say stands in the table too.
            "svg.hashsalt": "fieldwatch",  # The same facts give the same file.
        }
    ):
        yield


def svg(figure: Figure) -> str:
    out = io.BytesIO()
    figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return out.getvalue().decode()


@cache
def _families() -> tuple[str, ...]:
    """Names of the fonts that are there, after having told matplotlib of them: its own list is kept on disk,
    and may be older than the fonts."""
    manager = font_manager.fontManager
    for name in fonts.FACES:
        manager.addfont(str(fonts.file(name)))
    known = {entry.name for entry in manager.ttflist}
    if not known.intersection(fonts.CHINESE):
        for path in font_manager.findSystemFonts():
            if any(part in path.lower() for part in ("wqy-microhei", "notosanscjk", "sourcehansans")):
                manager.addfont(path)
        known = {entry.name for entry in manager.ttflist}
    chinese = [name for name in fonts.CHINESE if name in known]
    if not chinese:
        log.warning("report.no_chinese_font", install="fonts-wqy-microhei")
    return (fonts.FAMILY, *chinese, "DejaVu Sans")
