"""The catalogue as a page: what is in it, from whom, how it is divided, and what it looks like."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from rich.progress import track

from fieldwatch_models import pages
from fieldwatch_models.data import summary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from markupsafe import Markup

    from fieldwatch_models.data.catalogue import Catalogue, Picture
    from fieldwatch_models.data.leaks import Leak
    from fieldwatch_models.data.views import AlikeViews

#: Pictures of each class, of none, and of each side of a leak.
SAMPLES, EMPTY, LEAKING = 8, 8, 2
#: Leaks shown with pictures, sites listed, and problems listed.
LEAKS, SITES, PROBLEMS = 24, 30, 200


def write(
    path: Path,
    catalogue: Catalogue,
    leaks: Sequence[Leak],
    problems: Sequence[str] = (),
    left_out: Sequence[str] = (),
    dropped: Sequence[Picture] = (),
    alike: Sequence[AlikeViews] = (),
) -> None:
    """Write the page of `catalogue` to `path`. The choice of samples is the same every time.

    `dropped` are pictures that were taken out because of `leaks`; `alike` are pairs that
    are worth a look.
    """
    colours = {name: pages.COLOURS[i % len(pages.COLOURS)] for i, name in enumerate(catalogue.classes)}
    samples = _samples(catalogue)
    shown = [*(p for _, some in samples for p in some), *(p for leak in leaks[:LEAKS] for p in _of(leak))]
    shown += [picture for pair in alike for picture in (pair.second, pair.first)]
    bar = track(dict.fromkeys(shown), "drawing", transient=True)
    figures = {picture: _figure(picture, colours) for picture in bar}
    licences: dict[str, list[str]] = {}
    for row in summary.by_source(catalogue):
        licences.setdefault(catalogue.sources[row.name].licence, []).append(row.name)
    sites = summary.by_site(catalogue)
    pages.write_page(
        path,
        "data.html",
        catalogue=catalogue,
        splits=summary.splits(catalogue),
        classes=summary.by_class(catalogue),
        box_count=sum(len(picture.labels) for picture in catalogue.pictures),
        sources=summary.by_source(catalogue),
        licences=licences,
        light=summary.by_light(catalogue),
        sites=sites[:SITES],
        site_count=len(sites),
        sited=sum(site.pictures.total() for site in sites),
        sequence_count=len({(p.source, p.sequence) for p in catalogue.pictures if p.sequence}),
        sequenced=sum(p.sequence is not None for p in catalogue.pictures),
        colours=colours,
        charts=_charts(catalogue, colours),
        samples=[(name, [figures[p] for p in some]) for name, some in samples],
        leaks=[(leak, [figures[p] for p in _of(leak)]) for leak in leaks[:LEAKS]],
        leak_count=len(leaks),
        alike=[[figures[pair.second], figures[pair.first]] for pair in alike],
        dropped=len(dropped),
        problems=problems[:PROBLEMS],
        problem_count=len(problems),
        left_out=left_out[:PROBLEMS],
        left_out_count=len(left_out),
    )


def _samples(catalogue: Catalogue) -> list[tuple[str, list[Picture]]]:
    """Pictures of each class, then without any; from all sources alike, drawn the same way every time."""
    draw = random.Random(0)  # noqa: S311  # no secret here
    groups = []
    for name in (*catalogue.classes, ""):
        fits = [
            p for p in catalogue.pictures if any(la.name == name for la in p.labels) or not (name or p.labels)
        ]
        draw.shuffle(fits)
        turns: dict[str, int] = {}
        order = []
        for picture in fits:
            turns[picture.source] = turns.get(picture.source, 0) + 1
            order.append((turns[picture.source], picture))
        chosen = sorted(order, key=lambda pair: pair[0])[: SAMPLES if name else EMPTY]
        if chosen:
            groups.append((name, [picture for _, picture in chosen]))
    return groups


def _of(leak: Leak) -> list[Picture]:
    """Some pictures of each side of a leak; those of the training set first."""
    sides: dict[str, list[Picture]] = {}
    for picture in leak.pictures:
        sides.setdefault(picture.split or "none", []).append(picture)
    chosen = []
    for split in (split for split in summary.SPLITS if split in sides):
        members = sorted(sides[split], key=lambda p: p.path.name)
        step = max(1, len(members) // LEAKING)
        chosen += members[::step][:LEAKING]
    return chosen


def _figure(picture: Picture, colours: dict[str, str]) -> dict[str, Any]:
    """A picture with its boxes, and what is known of it."""
    image = cv2.imread(str(picture.path))
    if image is None:
        image = np.full((240, 320, 3), 128, np.uint8)
    boxes = [
        (la.x, la.y, la.x + la.width, la.y + la.height, "", colours.get(la.name, "#ffffff"))
        for la in picture.labels
    ]
    facts = [
        picture.source,
        picture.site or "",
        picture.taken_at.isoformat(" ", "minutes") if picture.taken_at else "",
        picture.light or "",
        f"{picture.width}×{picture.height}",
    ]
    return {
        "image": pages.thumbnail(np.asarray(image, np.uint8), boxes),
        "name": picture.path.name,
        "split": picture.split or "none",
        "facts": " · ".join(fact for fact in facts if fact),
        "labels": sorted({la.name for la in picture.labels}),
    }


def _charts(catalogue: Catalogue, colours: dict[str, str]) -> list[tuple[str, str, Markup]]:
    """Title, what it says, and drawing."""
    charts = [
        (
            "Class balance",
            "Boxes of each class. A class with few boxes is learnt badly and measured worse.",
            _balance(catalogue, colours),
        )
    ]
    if any(picture.labels for picture in catalogue.pictures):
        charts.append(
            (
                "Box sizes",
                f"Square root of a box's area, px, in a picture scaled to {summary.LONGER} px.",
                _sizes(catalogue, colours),
            )
        )
        charts.append(
            (
                "Where boxes are",
                "Centres of the boxes in the picture: a bright middle shows a photographer's habit.",
                _places(catalogue),
            )
        )
    return charts


def _balance(catalogue: Catalogue, colours: dict[str, str]) -> Markup:
    from matplotlib.figure import Figure

    rows = [row for row in summary.by_class(catalogue) if row.name]
    figure = Figure(figsize=(6, 0.8 + 0.42 * len(rows)))
    axes = figure.subplots()
    for place, row in enumerate(rows):
        left = 0
        for split in summary.splits(catalogue):
            hatch = {"train": "", "val": "////", "test": "....", "none": ""}[split]
            axes.barh(
                place, row.boxes[split], left=left, color=colours[row.name], hatch=hatch, edgecolor="white"
            )
            left += row.boxes[split]
        said = " + ".join(f"{row.boxes[split]:,}" for split in summary.splits(catalogue))
        axes.text(left, place, f"  {said}", va="center", fontsize=9)
    axes.set_yticks(range(len(rows)), [row.name for row in rows])
    axes.invert_yaxis()
    axes.set_xlabel("boxes: " + " + ".join(summary.splits(catalogue)))
    axes.margins(x=0.25)
    axes.set_xlim(left=0)
    return _finish(figure, axes)


def _sizes(catalogue: Catalogue, colours: dict[str, str]) -> Markup:
    from matplotlib.figure import Figure

    sizes = {name: values for name, values in summary.box_sizes(catalogue).items() if len(values)}
    figure = Figure(figsize=(6, 0.9 + 0.55 * len(sizes)))
    axes = figure.subplots()
    edges = np.geomspace(2, summary.LONGER, 40)
    middles = np.sqrt(edges[1:] * edges[:-1])
    for place, (name, values) in enumerate(sizes.items()):
        counts, _ = np.histogram(np.clip(values, 2, summary.LONGER), edges)
        heights = 0.9 * counts / counts.max()
        axes.fill_between(middles, place, place - heights, color=colours.get(name, "#777777"), linewidth=0.8)
        small = (values < summary.SMALL).mean()
        axes.text(2.1, place - 0.12, f"{small:.0%} small", fontsize=8, color="#444444")
    for edge in (summary.SMALL, summary.LARGE):
        axes.axvline(edge, color="#888888", linewidth=0.8, linestyle=":")
    for middle, word in ((8, "small"), (55, "medium"), (250, "large")):
        axes.text(middle, -1.02, word, ha="center", fontsize=8, color="#666666")
    axes.set_xscale("log")
    axes.set_xticks([4, 8, 16, 32, 64, 128, 256, 640], ["4", "8", "16", "32", "64", "128", "256", "640"])
    axes.minorticks_off()
    axes.set_yticks(range(len(sizes)), list(sizes))
    axes.set_ylim(len(sizes) - 0.8, -1.15)
    axes.set_xlabel(f"px, in a picture {summary.LONGER} px long")
    return _finish(figure, axes)


def _places(catalogue: Catalogue) -> Markup:
    from matplotlib.figure import Figure

    maps = summary.centres(catalogue)
    columns = min(4, len(maps))
    rows = -(-len(maps) // columns)
    figure = Figure(figsize=(6, 0.3 + 1.45 * rows * (4 / max(columns, 3))))
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        axes.axis("off")
    for axes, (name, table) in zip(grid.flat, maps.items(), strict=False):
        axes.imshow(np.sqrt(table), cmap="magma", aspect=0.75, interpolation="bilinear")
        axes.set_title(name, fontsize=9)
    figure.tight_layout()
    return pages.chart(figure)


def _finish(figure: Any, axes: Any) -> Markup:
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    return pages.chart(figure)
