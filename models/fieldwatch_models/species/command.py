"""``fieldwatch models species``: a model of an own species, from labelled pictures, in one command."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # typer reads it
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fieldwatch_models.console import console, plain_errors
from fieldwatch_models.data.leaks import ties
from fieldwatch_models.species import learn, texts
from fieldwatch_models.train.command import Device, Threads, whole_strides

if TYPE_CHECKING:
    from fieldwatch_models.data.catalogue import Catalogue, Split


def species_command(
    pictures: Annotated[
        Path,
        typer.Argument(
            help="Labelled pictures: a folder with YOLO label files, COCO (.json) or a catalogue (.jsonl).",
            exists=True,
        ),
    ],
    name: Annotated[str, typer.Option(help="English name, as records will carry it: crested-ibis.")],
    out: Annotated[Path, typer.Option(help="Folder of the new model: models/crested-ibis.", file_okay=False)],
    name_zh: Annotated[str, typer.Option(help="Chinese name: 朱鹮.")] = "",
    scientific_name: Annotated[str | None, typer.Option(help='"Nipponia nippon".')] = None,
    gbif: Annotated[
        int | None, typer.Option(help="Key in the GBIF backbone, if you have looked it up.")
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(help="Your private key, to sign with; `fieldwatch models key` makes one.", exists=True),
    ] = None,
    negatives: Annotated[
        Path | None,
        typer.Option(help="Pictures of the same cameras without the animal.", exists=True, file_okay=False),
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="Which class of the data it is, where there are several.")
    ] = None,
    sources: Annotated[
        Path | None, typer.Option(help="sources.toml: what file names say of site and sequence.", exists=True)
    ] = None,
    start: Annotated[str, typer.Option(help="The model to start from: a name or a folder.")] = "wildlife",
    like: Annotated[
        list[str] | None,
        typer.Option(help="A class of the start that it resembles; repeatable. Default: all."),
    ] = None,
    epochs: Annotated[int, typer.Option(min=2, help="Times the pictures are gone through.")] = 20,
    imgsz: Annotated[
        int | None,
        typer.Option(help="Size in px; default: as the start.", min=32, callback=whole_strides),
    ] = None,
    seed: int = 1,
    work: Annotated[Path | None, typer.Option(help="Checkpoints and page; default: OUT/work.")] = None,
    device: Device = "auto",
    threads: Threads = None,
) -> None:
    """Train, measure, describe and sign a model of one species from labelled pictures of it.

    It starts from a model that has seen many animals, so some 200 pictures go a long way. Interrupted, be
    it by a power cut, the same command goes on. docs/guides/own-species.md says how to label, and what
    the figures mean.
    """
    species = learn.Species(name, name_zh or name, scientific_name, gbif)
    plan = learn.Plan(
        pictures, out, work or out / "work", negatives, label, sources, start, tuple(like or ()),
        epochs, imgsz, seed, device, threads,
    )  # fmt: skip
    with plain_errors():
        console.rule("1. Pictures")
        catalogue = learn.gather(species, plan, console)
        _tell_pictures(catalogue)
        console.rule("2. Training")
        recipe = learn.write_recipe(species, plan, catalogue)
        card = learn.train_and_export(species, plan, recipe, catalogue, console)
        console.rule("3. Measuring")
        metrics = learn.measure(plan)
        learn.write_card(species, plan, catalogue)
        if key is not None:
            from fieldwatch_models.registry.signature import sign

            signature = sign(out, key)
            console.print(f"Signed by {signature.signer}.", markup=False)
    console.rule(f"{card.name} {card.version}")
    _tell_result(species, plan, catalogue, metrics, key)


def _tell_pictures(catalogue: Catalogue) -> None:
    splits: tuple[Split, ...] = ("train", "val")
    for split in splits:
        found = list(catalogue.of(split))
        shown = [picture for picture in found if picture.labels]
        console.print(
            f"{split}: {len(found)} pictures, {len(shown)} with the animal "
            f"({sum(len(picture.labels) for picture in shown)} labelled), {len(found) - len(shown)} without; "
            f"{_places(catalogue, split) or 'unknown'} sites or sequences",
            highlight=False,
        )


def _places(catalogue: Catalogue, split: Split) -> int:
    """Sites and sequences, as far as the pictures say."""
    return len({tie for picture in catalogue.of(split) for tie in ties(picture)})


def _tell_result(
    species: learn.Species, plan: learn.Plan, catalogue: Catalogue, metrics: dict[str, Any], key: Path | None
) -> None:
    point, ap = metrics["operating_point"][species.name], metrics["average_precision"]["all"]
    console.print(
        f"Of {point['labelled']} {species.name} in pictures that it was not trained on, it finds "
        f"{point['right']}; of the {point['said']} boxes that it draws, {point['right']} are right "
        f"(AP50 {ap['ap50']}).",
        highlight=False,
    )
    for kind, sentences in metrics["verdict"].items():
        for sentence in sentences:
            console.print(f"[bold]{kind.replace('_', ' ')}[/bold]: {sentence}", highlight=False)
    train = sum(bool(picture.labels) for picture in catalogue.of("train"))
    empty = sum(not picture.labels for picture in catalogue.pictures)
    for warning in texts.warnings(species.name, metrics, train, _places(catalogue, "val"), empty):
        console.print(f"[yellow]Beware:[/yellow] {warning}", highlight=False)
    console.print(f"\nLook at what it got wrong: {plan.work / 'evaluation.html'}", markup=False)
    console.print(
        f"Copy {plan.out} (without work/) to the node, and in node.toml, below the camera:", markup=False
    )
    public = key.with_suffix(".pub") if key else None
    console.print(f"  {texts.node_toml(plan.out, public)}", markup=False, soft_wrap=True)
    if public:
        console.print(f"with {public.name} beside node.toml.", markup=False)
    else:
        console.print(
            "It is not signed. Better than allow_unsigned: fieldwatch models key --signer YOU, then "
            f"fieldwatch models sign {plan.out} --key models.key",
            markup=False,
        )
