"""The map of a report, as SVG: drawn once, sharp on any screen and printer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely  # type: ignore[import-untyped]
from matplotlib import patheffects
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from pyproj import Geod

from fieldwatch_cloud.reporting.ink import (
    DEEP,
    FAINT,
    FIRE,
    HATCH,
    INK,
    LINE,
    MUTED,
    PAPER,
    SHADES,
    WIDTH_IN,
    style,
    svg,
)
from fieldwatch_cloud.reporting.words import numbers, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fieldwatch_cloud.reporting.facts import Camera, Facts
    from fieldwatch_cloud.words import Language

_GEOD = Geod(ellps="WGS84")


def reserve_map(facts: Facts, language: Language) -> str:
    """The reserve with its zones and cameras, rates by hexagon, and fires."""
    said = words(language)
    with style():
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
        return svg(figure)


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


def _area(axes: Axes, outline: str, within: str | None = None, **look: Any) -> None:
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
        axes.add_patch(PathPatch(Path(vertices, codes), **look))


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
    axes: Axes, lon: float, lat: float, text: str, *, size: float, below: bool = False, **look: Any
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
        **{"color": INK, **look},
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
