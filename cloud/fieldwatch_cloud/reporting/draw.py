"""The plots and the map of a report, as SVG: drawn once, sharp on any screen and printer.

Orange belongs to fire alone. Everything else is told by lightness, shape and hatching too, so that it holds
in grey and for eyes that do not tell colours apart. What nobody looked at is hatched.
"""

from __future__ import annotations

import io
import logging
import math
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import shapely  # type: ignore[import-untyped]
import structlog
from matplotlib import font_manager, patheffects
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from pyproj import Geod

from fieldwatch_cloud.reporting import fonts
from fieldwatch_cloud.reporting.words import numbers, taxa, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

    from fieldwatch_cloud.reporting.facts import Camera, Clock, Curve, Facts
    from fieldwatch_cloud.words import Language

INK, MUTED, FAINT, LINE = "#17211d", "#51625a", "#c9d2cd", "#8b9a92"
TEAL, DEEP, PAPER = "#0f6b57", "#0a3f36", "#ffffff"
FIRE = "#d9480f"
SHADES = LinearSegmentedColormap.from_list("rates", ["#e3f0e8", "#a9d3c0", "#5fae98", "#1f7d6c", "#07423a"])
HATCH = "////"
WIDTH_IN = 7.1
"""Of a page between its margins."""
log = structlog.get_logger(__name__)
_GEOD = Geod(ellps="WGS84")
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)


def reserve_map(facts: Facts, language: Language) -> str:
    """The reserve with its zones and cameras, rates by hexagon, and fires."""
    said = words(language)
    with _style():
        figure = Figure(figsize=(WIDTH_IN, 6.7))
        axes = figure.add_axes((0, 0.105, 1, 0.895))
        axes.set_axis_off()
        bounds = _extent(facts)
        west, south, east, north = bounds
        axes.set_xlim(west, east)
        axes.set_ylim(south, north)
        axes.set_aspect(1 / math.cos(math.radians((south + north) / 2)))
        if facts.reserve.boundary:
            _area(axes, facts.reserve.boundary, facecolor="#f6f8f6", edgecolor="none", zorder=1)
            _area(
                axes,
                facts.reserve.boundary,
                facecolor="none",
                edgecolor=FAINT,
                hatch=HATCH,
                linewidth=0,
                zorder=1.1,
            )
        top = max((cell.rate.value for cell in facts.cells if cell.rate), default=0.0) or 1.0
        scale = Normalize(0, top)
        for cell in facts.cells:
            if cell.rate is None:
                _area(
                    axes,
                    cell.outline,
                    facts.reserve.boundary,
                    facecolor=PAPER,
                    edgecolor=LINE,
                    linewidth=0.6,
                    zorder=2,
                )
                _area(
                    axes,
                    cell.outline,
                    facts.reserve.boundary,
                    facecolor="none",
                    edgecolor=LINE,
                    hatch=HATCH,
                    linewidth=0.6,
                    zorder=2.1,
                )
            else:
                _area(
                    axes,
                    cell.outline,
                    facts.reserve.boundary,
                    facecolor=SHADES(scale(cell.rate.value)),
                    edgecolor=PAPER,
                    linewidth=0.8,
                    zorder=2,
                )
        for zone in facts.reserve.zones:
            _area(
                axes,
                zone.area,
                facecolor="none",
                edgecolor=MUTED,
                linewidth=0.9,
                linestyle=(0, (4, 2)),
                zorder=3,
            )
            at = shapely.point_on_surface(shapely.from_geojson(zone.area))
            _label(
                axes, at.x, at.y, said.zone(zone.name, zone.name_zh), size=7.5, color=MUTED, style="italic"
            )
        if facts.reserve.boundary:
            _area(axes, facts.reserve.boundary, facecolor="none", edgecolor=DEEP, linewidth=1.8, zorder=4)
        for camera in facts.cameras:
            _camera(axes, camera)
        if len(facts.cameras) <= 24:
            for camera in facts.cameras:
                _label(axes, camera.lon, camera.lat, camera.name, size=6.5, below=True)
        _fires(axes, facts, bounds)
        _scale_bar(axes, bounds)
        axes.annotate(
            said.LABEL["north"],
            (0.985, 0.985),
            (0.985, 0.925),
            xycoords="axes fraction",
            ha="center",
            va="center",
            fontsize=8,
            color=INK,
            arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1},
        )
        _map_legend(figure, facts, said.LABEL, top)
        return _svg(figure)


def series(facts: Facts, language: Language) -> str:
    """Small multiples: each species through the periods, with intervals."""
    said = words(language)
    rows = math.ceil(len(facts.curves) / 3)
    with _style():
        figure = Figure(figsize=(WIDTH_IN, 1.5 * rows + 0.1))
        for number, curve in enumerate(facts.curves):
            axes = figure.add_subplot(rows, 3, number + 1)
            _curve(axes, curve, said, facts.kind)
            axes.set_title(
                taxa.name(curve.scientific_name, language), loc="left", fontsize=8.5, fontweight=600, pad=5
            )
        figure.subplots_adjust(
            left=0.045,
            right=0.995,
            top=1 - 0.3 / (1.5 * rows),
            bottom=0.33 / (1.5 * rows),
            wspace=0.2,
            hspace=0.62,
        )
        return _svg(figure)


def clocks(facts: Facts, language: Language) -> str:
    """A clock of 24 hours for each species, midnight below."""
    said = words(language)
    with _style():
        figure = Figure(figsize=(WIDTH_IN, 1.95))
        for number, clock in enumerate(facts.clocks):
            axes: Any = figure.add_axes((number / 3 + 0.055, 0.09, 0.225, 0.72), projection="polar")
            _clock(axes, clock, facts.night, said.LABEL["hour"])
            figure.text(
                number / 3 + 0.167,
                0.955,
                taxa.name(clock.scientific_name, language),
                ha="center",
                va="center",
                fontsize=8.5,
                fontweight=600,
            )
        return _svg(figure)


def _curve(axes: Axes, curve: Curve, said: Any, kind: str) -> None:
    x = np.arange(len(curve.points))
    for at, point in zip(x, curve.points, strict=True):
        if point.rate is None:
            axes.axvspan(at - 0.5, at + 0.5, facecolor="none", edgecolor=FAINT, hatch=HATCH, linewidth=0)
    seen = [(at, point.rate) for at, point in zip(x, curve.points, strict=True) if point.rate is not None]
    highest = max((rate.value for _, rate in seen), default=0.0)
    # One week with a single camera has an interval that would press all others flat.
    top = max(
        min(max((rate.high or rate.value for _, rate in seen), default=0), 3.0 * highest), 1.3 * highest, 1e-9
    )
    for at, rate in seen:
        high = rate.high if rate.high is not None else 10 * top
        axes.plot([at, at], [rate.low, high], color=TEAL, linewidth=3.2, alpha=0.28, solid_capstyle="butt")
    pieces: list[list[tuple[float, float]]] = [[]]
    for at, point in zip(x, curve.points, strict=True):
        if point.rate is None:
            pieces.append([])
        else:
            pieces[-1].append((float(at), point.rate.value))
    axes.add_collection(
        LineCollection([piece for piece in pieces if len(piece) > 1], colors=TEAL, linewidths=1.2)
    )
    axes.plot([at for at, _ in seen], [rate.value for _, rate in seen], "o", color=TEAL, markersize=3.2)
    if curve.points[-1].rate is not None:
        axes.plot([x[-1]], [curve.points[-1].rate.value], "o", color=DEEP, markersize=5.5)
    axes.set_xlim(-0.6, len(x) - 0.4)
    axes.set_ylim(0, top * 1.06)
    every = max(1, math.ceil(len(x) / 4))
    ticks = list(range(len(x) - 1, -1, -every))[::-1]
    axes.set_xticks(ticks, [said.period_tick(curve.points[at].first, kind) for at in ticks])
    axes.yaxis.set_major_locator(mpl.ticker.MaxNLocator(3, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(lambda value, _at: numbers.figure(value))


def _clock(axes: Any, clock: Clock, night: tuple[float, float] | None, hour: str) -> None:
    axes.set_theta_zero_location("S")  # Midnight below, noon above.
    axes.set_theta_direction(-1)
    top = max((rate for rate in clock.rates if rate is not None), default=0.0) or 1.0
    turn = 2 * math.pi / 24
    if night is not None:
        sunset, sunrise = night
        lasts = (sunrise - sunset) % 24
        axes.bar(
            (sunset + lasts / 2) * turn,
            top * 1.08,
            width=lasts * turn,
            color="#e4e8e6",
            linewidth=0,
            zorder=0,
        )
    for number, rate in enumerate(clock.rates):
        middle = (number + 0.5) * turn
        if rate is None:
            axes.bar(
                middle, top * 1.08, width=turn, facecolor="none", edgecolor=LINE, hatch="//////", linewidth=0
            )
        elif rate > 0:
            axes.bar(middle, rate, width=turn * 0.92, color=TEAL, linewidth=0, zorder=3)
    axes.set_ylim(0, top * 1.08)
    axes.set_yticks([top], [])
    axes.set_xticks([n * turn for n in (0, 6, 12, 18)], [f"{n} {hour}" for n in (0, 6, 12, 18)])
    axes.tick_params(axis="x", pad=1, labelsize=7)
    axes.grid(color=FAINT, linewidth=0.6)
    axes.spines["polar"].set_color(FAINT)


def _extent(facts: Facts) -> tuple[float, float, float, float]:
    """Degrees: the reserve and its cameras, with a margin."""
    shapes = [shapely.from_geojson(one) for one in (facts.reserve.boundary,) if one]
    shapes += [shapely.Point(one.lon, one.lat) for one in facts.cameras]
    shapes += [shapely.from_geojson(zone.area) for zone in facts.reserve.zones]
    if not shapes:
        return -180, -85, 180, 85
    west, south, east, north = shapely.union_all(shapes).bounds
    margin = 0.05 * max(east - west, north - south, 0.01)
    return west - margin, south - margin, east + margin, north + margin


def _area(axes: Axes, outline: str, within: str | None = None, **style: Any) -> None:
    """
    Args:
        within: GeoJSON; only what lies in it is drawn.
    """
    shape = shapely.from_geojson(outline)
    if within is not None:
        shape = shapely.intersection(shape, shapely.from_geojson(within))
    vertices: list[tuple[float, float]] = []
    codes: list[Any] = []
    for polygon in shapely.get_parts(shape):
        if polygon.geom_type != "Polygon":
            continue  # A cell that touches the boundary leaves a line.
        for ring in (polygon.exterior, *polygon.interiors):
            points = [(x, y) for x, y, *_ in ring.coords]
            vertices += points
            codes += [Path.MOVETO, *[Path.LINETO] * (len(points) - 2), Path.CLOSEPOLY]
    if vertices:
        axes.add_patch(PathPatch(Path(vertices, codes), **style))


def _camera(axes: Axes, camera: Camera) -> None:
    if camera.hours == 0:
        axes.plot(
            camera.lon,
            camera.lat,
            "o",
            markersize=6.5,
            markerfacecolor=PAPER,
            markeredgecolor=INK,
            markeredgewidth=1.1,
            zorder=6,
        )
        axes.plot(camera.lon, camera.lat, "x", markersize=3.6, color=INK, markeredgewidth=1.1, zorder=6.1)
    else:
        part = "full" if camera.share >= 0.5 else "left"
        axes.plot(
            camera.lon,
            camera.lat,
            "o",
            markersize=6.5,
            color=INK,
            markerfacecoloralt=PAPER,
            fillstyle=part,
            markeredgecolor=INK,
            markeredgewidth=0.9,
            zorder=6,
        )


def _fires(axes: Axes, facts: Facts, bounds: tuple[float, float, float, float]) -> None:
    west, south, east, north = bounds
    reach_m = 0.22 * abs(_GEOD.inv(west, south, east, north)[2])
    for number, fire in enumerate(facts.fires, 1):
        if fire.lon is not None and fire.lat is not None:
            lon, lat = fire.lon, fire.lat
        elif fire.camera is not None and fire.bearing_deg is not None:
            lon, lat, _ = _GEOD.fwd(*fire.camera, fire.bearing_deg, reach_m)
            axes.plot(
                [fire.camera[0], lon],
                [fire.camera[1], lat],
                color=FIRE,
                linewidth=1.4,
                linestyle=(0, (3, 2)),
                zorder=7,
            )
        else:
            continue
        if not (west <= lon <= east and south <= lat <= north):
            continue
        axes.plot(
            lon, lat, "^", markersize=11, color=FIRE, markeredgecolor=PAPER, markeredgewidth=1, zorder=8
        )
        axes.annotate(
            str(number),
            (lon, lat),
            (0, -1.2),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=6,
            fontweight=700,
            color=PAPER,
            zorder=9,
        )


def _label(
    axes: Axes, lon: float, lat: float, text: str, *, size: float, below: bool = False, **style: Any
) -> None:
    axes.annotate(
        text,
        (lon, lat),
        (0, -9 if below else 0),
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=size,
        zorder=6.5,
        path_effects=[patheffects.withStroke(linewidth=2.2, foreground=PAPER)],
        **{"color": INK, **style},
    )


def _scale_bar(axes: Axes, bounds: tuple[float, float, float, float]) -> None:
    west, south, east, north = bounds
    across = abs(_GEOD.inv(west, south, east, south)[2])
    length = max(
        (step * 10**power for power in range(2, 7) for step in (1, 2, 5) if step * 10**power <= across / 4),
        default=100,
    )
    lon0, lat0 = west + 0.02 * (east - west), south + 0.025 * (north - south)
    lon1, _, _ = _GEOD.fwd(lon0, lat0, 90, length)
    axes.plot([lon0, lon1], [lat0, lat0], color=INK, linewidth=2, solid_capstyle="butt", zorder=10)
    text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    axes.annotate(
        text,
        ((lon0 + lon1) / 2, lat0),
        (0, 7),
        textcoords="offset points",
        ha="center",
        fontsize=7,
        zorder=10,
    )


def _map_legend(figure: Figure, facts: Facts, label: Any, top: float) -> None:
    if any(cell.rate for cell in facts.cells):
        bar = figure.add_axes((0.008, 0.042, 0.28, 0.018))
        bar.imshow([np.linspace(0, 1, 64).tolist()], aspect="auto", cmap=SHADES, extent=(0, top, 0, 1))
        bar.set_yticks([])
        bar.set_xticks([0, top / 2, top], [numbers.figure(value) for value in (0, top / 2, top)])
        bar.tick_params(labelsize=7, length=2)
        bar.set_title(label["legend_rate"], fontsize=7.5, loc="left", pad=3)
        for spine in bar.spines.values():
            spine.set_visible(False)
    dot: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 6.5, "color": INK}
    handles: list[Any] = [
        Line2D([], [], label=label["legend_looked"], **dot),
        Line2D([], [], label=label["legend_partly"], fillstyle="left", markerfacecoloralt=PAPER, **dot),
        Line2D(
            [],
            [],
            label=label["legend_silent"],
            **{**dot, "markerfacecolor": PAPER, "marker": "$⊗$", "markersize": 8},
        ),
        Patch(facecolor="#f6f8f6", edgecolor=LINE, hatch=HATCH, linewidth=0.5, label=label["legend_blind"]),
    ]
    if facts.reserve.zones:
        handles.append(
            Line2D([], [], color=MUTED, linewidth=0.9, linestyle=(0, (4, 2)), label=label["legend_zone"])
        )
    if facts.fires:
        handles.append(
            Line2D([], [], linestyle="", marker="^", markersize=9, color=FIRE, label=label["legend_fire"])
        )
    figure.legend(
        handles=handles,
        loc="lower right",
        bbox_to_anchor=(1.0, 0.0),
        ncols=3,
        frameon=False,
        fontsize=7.5,
        handletextpad=0.5,
        columnspacing=1.4,
        borderaxespad=0,
    )


@contextmanager
def _style() -> Iterator[None]:
    with mpl.rc_context(
        {
            "font.family": list(_families()),
            "font.size": 7.5,
            "text.color": INK,
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


def _svg(figure: Figure) -> str:
    out = io.BytesIO()
    figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return out.getvalue().decode()
