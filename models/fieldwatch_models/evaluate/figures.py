"""The charts of the evaluation page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fieldwatch_models.evaluate.ignition import Watch, touches
from fieldwatch_models.evaluate.scale import calibrated
from fieldwatch_models.pages import COLOURS, chart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fieldwatch_models.evaluate.curves import Ranked

ORANGE, BLUE, GREEN, RED, GREY = COLOURS[0], COLOURS[4], COLOURS[2], COLOURS[5], COLOURS[7]


def _plot(width: float = 5.2, height: float = 4.0) -> tuple[Figure, Axes]:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(width, height))
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def precision_recall(ranked: Sequence[Ranked], names: Sequence[str], conf: float) -> Markup:
    """A curve a class, with a dot at the card's threshold."""
    figure, axes = _plot()
    for name, each, colour in zip(names, ranked, COLOURS * len(names), strict=False):
        if not each.labelled or not len(each.scores):
            continue
        precision, recall = each.curve()
        axes.plot(
            recall, precision, color=colour, label=f"{name} (AP50 {each.ap[0]:.2f}, n = {each.labelled})"
        )
        said = int((each.scores > conf).sum())
        if said:
            axes.plot(recall[said - 1], precision[said - 1], "o", color=colour, markeredgecolor="black")
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1.01), ylim=(0, 1.02))
    axes.legend(fontsize=8, loc="lower left")
    return chart(figure)


def f1(ranked: Sequence[Ranked], names: Sequence[str], conf: float) -> Markup:
    """F1 against the threshold, the card's marked."""
    figure, axes = _plot()
    for name, each, colour in zip(names, ranked, COLOURS * len(names), strict=False):
        best = each.best_f1()
        if best is None:
            continue
        precision, recall = each.curve()
        axes.plot(
            each.scores,
            2 * precision * recall / np.maximum(precision + recall, 1e-12),
            color=colour,
            label=f"{name}: {best[0]:.2f} at {best[1]:.2f}",
        )
    axes.axvline(conf, color="black", linestyle=":", label=f"the card's {conf:g}")
    axes.set(xlabel="threshold", ylabel="F1", xlim=(0, 1), ylim=(0, 1))
    axes.legend(fontsize=8)
    return chart(figure)


def reliability(table: dict[str, Any]) -> Markup:
    """Share right against score, before and after; the size of a dot says how many boxes it stands for."""
    figure, axes = _plot()
    axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", label="honest scores")
    for key, label, colour in (
        ("bins", "as the network says", RED),
        ("bins_after", "with temperature", BLUE),
    ):
        rows = table[key]
        if rows:
            x, y = [row["mean_score"] for row in rows], [row["share_right"] for row in rows]
            axes.plot(x, y, color=colour, label=label)
            axes.scatter(x, y, s=[6 + 6 * np.sqrt(row["boxes"]) for row in rows], color=colour, alpha=0.7)
    axes.set(xlabel="score", ylabel="share that was right", xlim=(0, 1), ylim=(0, 1))
    axes.legend(fontsize=8)
    return chart(figure)


def heat_map(table: dict[str, Any]) -> Markup:
    """The confusion matrix; colours are shares of what was there (columns), numbers are boxes."""
    matrix = np.array(table["said_by_was"])
    names = table["order"]
    shares = matrix / np.maximum(matrix.sum(0, keepdims=True), 1)
    side = max(3.6, 1.6 + 0.6 * len(names))
    figure, axes = _plot(side + 0.6, side)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for said, was in np.ndindex(*matrix.shape):
        if matrix[said, was]:
            colour = "white" if shares[said, was] > 0.55 else "black"
            axes.text(was, said, str(matrix[said, was]), ha="center", va="center", color=colour, fontsize=8)
    places = range(len(names))
    axes.set_xticks(places, [*names[:-1], "nothing"], rotation=45, ha="right")
    axes.set_yticks(places, [*names[:-1], "missed"])
    axes.set(xlabel="was", ylabel="said")
    return chart(figure)


def strip(watch: Watch, score: float, temperature: float) -> Markup:
    """Best score of each frame on the labelled smoke and elsewhere, over minutes; ignition and alarms
    marked."""
    figure, axes = _plot(10, 1.9)
    of = watch.recording
    minutes = np.array(of.times) / 60
    on, off = np.zeros(len(minutes)), np.zeros(len(minutes))
    for i, frame in enumerate(of.frames):
        said = frame.said[:, :4]
        scores = calibrated(frame.said[:, 4], temperature)
        hits = touches(said, frame.was) if len(frame.was) else np.zeros(len(said), np.bool_)
        on[i], off[i] = scores[hits].max(initial=0), scores[~hits].max(initial=0)
    axes.vlines(minutes, 0, off, color=GREY, alpha=0.6)
    axes.plot(minutes, off, ".", color=GREY, label="elsewhere")
    labelled = [i for i, frame in enumerate(of.frames) if len(frame.was)]
    axes.vlines(minutes[labelled], 0, on[labelled], color=ORANGE)
    axes.plot(minutes[labelled], on[labelled], ".", color=ORANGE, label="on the smoke")
    axes.axhline(score, color="black", linestyle=":", linewidth=0.8)
    top = max(0.2, 1.25 * max(on.max(), off.max()))
    if of.seconds is not None and of.ignition is not None:
        axes.axvline(0, color=RED, label="ignition")
    for index, true in watch.suspicions:
        axes.plot(minutes[index], 0.93 * top, "v", color=GREEN if true else RED, markersize=9)
        axes.text(minutes[index], 0.9 * top, "  alarm" if true else "  false alarm", fontsize=8, va="center")
    axes.set(ylim=(0, top), ylabel="score")
    if of.seconds is None:
        axes.set_xticks(minutes, [str(i + 1) for i in range(len(minutes))])
    axes.set_xlabel("minutes from ignition" if of.seconds else "frame (their times are not known)")
    axes.legend(fontsize=7, loc="upper left", ncols=3)
    return chart(figure)
