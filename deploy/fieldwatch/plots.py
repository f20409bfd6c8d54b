"""Plots of a reserve's numbers, as files: intervals always drawn, what nobody looked at hatched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch.client import Estimate, Result

HATCH = "////"
NONE_SEEN = -np.log(0.025)
"""Events that a Poisson process may have had where none came, at 95 % (Garwood 1936)."""
UNLOOKED: dict[str, Any] = {"facecolor": "#e8e8e8", "edgecolor": "#9a9a9a", "hatch": HATCH, "linewidth": 0.0}
_BLUE = "#0b5c8a"


def rates(result: Result, path: Path) -> None:
    """Events per 100 camera-days by species, with intervals."""
    species = result.frame.iloc[::-1]
    figure, axes = _figure(max(2.2, 0.4 * len(species) + 1.2))
    at = np.arange(len(species))
    value = species["rate"].to_numpy(float)
    whiskers = np.abs(np.vstack([value - species["low"], species["high"] - value]).astype(float))
    axes.errorbar(value, at, xerr=whiskers, fmt="o", color=_BLUE, capsize=3)
    axes.set_yticks(
        at,
        [
            name or kind
            for name, kind in zip(species["scientific_name"], species["observation_type"], strict=True)
        ],
        style="italic",
    )
    axes.set_xlabel("events per 100 camera-days (95 %)")
    axes.set_xlim(left=0)
    _save(figure, path)


def series(result: Result, path: Path) -> None:
    """Rates by period, a line a species; periods in which nobody looked are hatched."""
    frame = result.frame
    figure, axes = _figure(4)
    labels = list(dict.fromkeys(frame["label"]))
    place = {label: n for n, label in enumerate(labels)}
    for label in dict.fromkeys(frame.loc[frame["status"] == "not_observed", "label"]):
        axes.axvspan(place[label] - 0.5, place[label] + 0.5, **UNLOOKED)
    for name, rows in frame[frame["rate"].notna()].groupby("scientific_name", dropna=False):
        rate = np.full(len(labels), np.nan)
        low, high = rate.copy(), rate.copy()
        # Looked at, and nothing of it seen: zero with an upper limit; never where nobody looked.
        looked = frame[frame["status"] == "observed"]
        zeros = [place[label] for label in looked["label"]]
        rate[zeros], low[zeros] = 0, 0
        high[zeros] = 100 * NONE_SEEN / looked["camera_days"].to_numpy(float)
        at = [place[label] for label in rows["label"]]
        rate[at], low[at], high[at] = (rows[c].to_numpy(float) for c in ("rate", "low", "high"))
        (line,) = axes.plot(rate, marker="o", label=name if isinstance(name, str) else "unnamed")
        axes.fill_between(np.arange(len(labels)), low, high, alpha=0.15, color=line.get_color(), linewidth=0)
    step = max(1, len(labels) // 12)
    axes.set_xticks(range(0, len(labels), step), labels[::step], rotation=30, ha="right")
    axes.set_xlim(-0.5, len(labels) - 0.5)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("events per 100 camera-days")
    _legend(axes)
    _save(figure, path)


def cells(result: Result, path: Path) -> None:
    """Rates by cell on a map; cells that nobody looked at are hatched, never white."""
    frame = result.frame
    figure, axes = _figure(6)
    unlooked = frame[frame["status"] == "not_observed"]
    if len(unlooked):
        unlooked.plot(ax=axes, **UNLOOKED)
    looked = frame[frame["status"] == "observed"]
    if len(looked):
        label = {"label": "events per 100 camera-days"}
        looked.plot(
            ax=axes, column="rate", vmin=0, cmap="viridis", legend=True, legend_kwds=label, aspect=None
        )
    _, south, _, north = frame.total_bounds
    axes.set_aspect(1 / np.cos(np.radians((south + north) / 2)))
    axes.set_xlabel("longitude")
    axes.set_ylabel("latitude")
    _legend(axes)
    _save(figure, path)


def estimate(result: Estimate, path: Path) -> None:
    """The curves of an estimate, around the clock where x is the hour; without curves, its numbers."""
    curves = result.raw.get("series") or []
    if not curves:
        _numbers(result, path)
        return
    if all(curve["x_unit"] == "h" for curve in curves):
        figure = Figure(figsize=(5, 5), layout="constrained")
        axes: Any = figure.add_subplot(projection="polar")
        axes.set_theta_zero_location("N")
        axes.set_theta_direction(-1)
        axes.set_xticks(np.arange(0, 24, 3) / 24 * 2 * np.pi, [f"{h} h" for h in range(0, 24, 3)])
        scale = 2 * np.pi / 24
    else:
        figure, axes = _figure(4)
        axes.set_xlabel(curves[0]["x_unit"])
        axes.set_ylabel(curves[0]["y_unit"])
        scale = 1.0
    for curve in curves:
        x, y = np.array(curve["x"], float) * scale, np.array(curve["y"], float)
        for start, end in _gaps(y):
            if scale == 1.0:
                axes.axvspan(x[max(start - 1, 0)], x[min(end, len(x) - 1)], **UNLOOKED)
        (line,) = axes.plot(x, y, label=curve["meaning"])
        if curve["low"] is not None and curve["high"] is not None:
            low, high = np.array(curve["low"], float), np.array(curve["high"], float)
            axes.fill_between(x, low, high, alpha=0.15, color=line.get_color(), linewidth=0)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), frameon=False)
    _save(figure, path)


def _numbers(result: Estimate, path: Path) -> None:
    rows = result.frame.dropna(subset=["low", "high"])
    figure = Figure(figsize=(7, max(1.6, 1.1 * len(rows))), layout="constrained")
    for number, (_, row) in enumerate(rows.iterrows(), start=1):  # Each on its own scale: units differ.
        axes = figure.add_subplot(len(rows), 1, number)
        sides = [[row["value"] - row["low"]], [row["high"] - row["value"]]]
        axes.errorbar([row["value"]], [0], xerr=np.abs(sides), fmt="o", color=_BLUE, capsize=4)
        axes.set_yticks([0], [row["name"]])
        axes.set_xlabel("" if row["unit"] == "1" else row["unit"])
    _save(figure, path)


def _gaps(y: np.ndarray[Any, np.dtype[np.float64]]) -> list[tuple[int, int]]:
    """(first, after the last) of the runs of what was not observed."""
    unknown = np.concatenate([[False], np.isnan(y), [False]])
    edges = np.flatnonzero(unknown[1:] != unknown[:-1])
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _figure(height: float) -> tuple[Figure, Any]:
    # A figure of its own, not pyplot's: that would look for a screen.
    figure = Figure(figsize=(7, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _legend(axes: Any) -> None:
    from matplotlib.patches import Patch

    handles, _ = axes.get_legend_handles_labels()
    axes.legend(handles=[*handles, Patch(label="nobody looked", **UNLOOKED)], frameon=False, fontsize="small")


def _save(figure: Figure, path: Path) -> None:
    with mpl.rc_context({"hatch.linewidth": 0.6}):
        figure.savefig(path, dpi=160)
