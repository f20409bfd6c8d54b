"""`fieldwatch models data`: read labelled pictures of any origin, check them, divide them, show them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path  # noqa: TC003  # typer reads it
from typing import TYPE_CHECKING, Annotated

import typer

from fieldwatch_models.console import console, plain_errors
from fieldwatch_models.data import page as pages
from fieldwatch_models.data.classmap import ClassMap
from fieldwatch_models.data.leaks import Side, apart, find_leaks
from fieldwatch_models.data.opening import Format, read_data
from fieldwatch_models.data.sources import SourceRules
from fieldwatch_models.data.splits import split_by_group
from fieldwatch_models.data.views import alike_views
from fieldwatch_models.data.writing import write_coco, write_yolo
from fieldwatch_models.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fieldwatch_models.data.catalogue import Picture, Split


def data_command(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            help="YOLO folders, catalogues (.jsonl), or JSON files: COCO, Camera Traps, MegaDetector.",
            exists=True,
        ),
    ],
    form: Annotated[Format, typer.Option("--format", help="auto: found out.")] = "auto",
    classes: Annotated[
        Path | None, typer.Option(help="A class map: their names to ours (TOML).", exists=True)
    ] = None,
    sources: Annotated[
        Path | None,
        typer.Option(help="A sources.toml: what file names say of source, place and time.", exists=True),
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option(help="Where the pictures of JSON files lie; default: beside them.", file_okay=False),
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="Divide anew, e.g. 0.8/0.2 or 0.7/0.2/0.1: train, val, test.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the new split.")] = 0,
    leave_out: Annotated[
        Side | None,
        typer.Option(
            help="Take out what leaks: of train, before training; of val, to measure what was trained."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the catalogue here (.jsonl).")] = None,
    page: Annotated[Path | None, typer.Option(help="Write a page with pictures here (.html).")] = None,
    yolo: Annotated[Path | None, typer.Option(help="Write a YOLO folder here, pictures linked.")] = None,
    coco: Annotated[Path | None, typer.Option(help="Write a COCO file here.")] = None,
) -> None:
    """Read labelled pictures into one catalogue, check them and their split, and show them as a page.

    Every bad row is named. The exit status is 1 where a row was bad or the split leaks, so that a script
    notices; the catalogue and the page are written all the same.
    """
    with plain_errors():
        shares = parse_split(split) if split else None
        opened = read_data(
            paths,
            SourceRules.read(sources) if sources else SourceRules(),
            form,
            ClassMap.read(classes) if classes else None,
            pictures,
        )
        catalogue = opened.catalogue
        if not catalogue.pictures:
            raise DataError("no picture is left:\n  " + "\n  ".join(opened.problems + opened.left_out))
        if shares:
            catalogue = split_by_group(catalogue, shares, seed)
        leaks = [] if shares else find_leaks(catalogue)
        dropped: Sequence[Picture] = ()
        if leave_out and leaks:
            catalogue, dropped = apart(catalogue, leaks, leave_out)
        if out:
            out.parent.mkdir(parents=True, exist_ok=True)
            catalogue.write(out)
        if yolo:
            write_yolo(catalogue, yolo)
        if coco:
            write_coco(catalogue, coco)
        if page:
            alike = alike_views(catalogue)
            pages.write(page, catalogue, leaks, opened.problems, opened.left_out, dropped, alike)
    for problem in opened.problems:
        typer.secho(problem, fg="red", err=True)
    for leak in leaks:
        typer.secho(str(leak), fg="yellow", err=True)
    sides = Counter(picture.split for picture in dropped)
    boxes = sum(len(picture.labels) for picture in catalogue.pictures)
    console.print(
        f"{len(catalogue.pictures)} pictures, {boxes} boxes of {len(catalogue.classes)} classes; "
        f"{len(opened.problems)} problems, {len(leaks)} leaks between the splits"
        + "".join(f", {n} of {side} left out for them" for side, n in sides.items())
        + f", {len(opened.left_out)} entries left out" * bool(opened.left_out)
    )
    for written in (out, page, yolo, coco):
        if written:
            console.print(f"Wrote {written}")
    if opened.problems or (leaks and not leave_out):
        raise typer.Exit(1)


def parse_split(text: str) -> dict[Split, float]:
    """ "0.8/0.2" as shares of train and val, a third one as that of test.

    Raises:
        DataError: anything else.
    """
    names: tuple[Split, ...] = ("train", "val", "test")
    try:
        shares = [float(part) for part in text.split("/")]
    except ValueError as error:
        raise DataError(f"--split {text}: give shares, such as 0.8/0.2") from error
    if not 2 <= len(shares) <= 3 or min(shares) <= 0:
        raise DataError(f"--split {text}: give two or three positive shares, such as 0.8/0.2")
    return dict(zip(names, shares, strict=False))
