"""`fieldwatch edge flight`: a drone's pictures, taken in at the office."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Annotated
from uuid import UUID  # noqa: TC003  # typer reads the types

import typer

from fieldwatch_edge.cli_options import Models  # noqa: TC001  # typer reads the types
from fieldwatch_edge.console import complain, sentences, stop_on_signals


def flight(
    folder: Annotated[
        Path,
        typer.Argument(help="The flight's pictures, such as /media/CARD/DCIM/100MEDIA.", file_okay=False),
    ],
    deployment: Annotated[
        UUID, typer.Option(help="Of the flight, as `fieldwatch cloud deployment add --moves` printed it.")
    ],
    timezone: Annotated[
        str, typer.Option(help="IANA zone by which the drone's clock was set, such as Asia/Shanghai.")
    ],
    config: Annotated[
        Path, typer.Option("--config", "-c", help="Settings of the office's node, for identity and broker.")
    ] = Path("node.toml"),
    model: Annotated[str, typer.Option(help="Detector, by name or folder.")] = "wildlife",
    conf: Annotated[
        float | None, typer.Option(min=0, max=1, help="Lowest confidence; default: the model's own.")
    ] = None,
    tile: Annotated[
        int | None,
        typer.Option(
            min=64,
            help="Large pictures are looked at in pieces of so many pixels; default: the model's size.",
        ),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Send nothing yet: the same command without this goes on.")
    ] = False,
    allow_unsigned: Annotated[
        bool, typer.Option("--allow-unsigned", help="Take a model that nobody has signed.")
    ] = False,
    models: Models = None,
) -> None:
    """Take in a drone's flight: detect animals, place them on the ground, send, and say when all is there.

    Each picture needs a GPS position in its EXIF: those without are named and left out. Where height above
    ground, aim and lens are known too (as DJI and Parrot write them), animals get places of their own and the
    cloud can count them per km². A flight is a deployment of its own; it counts as no camera.

    Broken off at any moment, the same command goes on where it was; a flight that was read before adds
    nothing.

    Exit code 0: all is in the cloud. 1: an error. 3: pictures that were left out, or not all was sent.
    """
    from fieldwatch_edge.detect import load_detector, model_search_path, trained_size
    from fieldwatch_edge.detect.tiled import TiledDetector
    from fieldwatch_edge.flights.flight import Flight, look, settings_of
    from fieldwatch_edge.node import OUTBOX_FILE, Node
    from fieldwatch_edge.outbox import Outbox, locked
    from fieldwatch_edge.settings import DetectorSettings, NodeSettings, Times

    with sentences():
        own = NodeSettings.read(config)
        found = Flight.read(folder)
        for name, why in found.refused:
            complain(f"{name}: {why}: left out")
        settings = settings_of(own, found, deployment)
        wanted = DetectorSettings(model=model, conf=conf, allow_unsigned=allow_unsigned)
        search_path = model_search_path(models)
        left_out = len(found.refused)
        state = settings.node.state_dir
        # The broker knows the office's node by one name: two that use it would throw each other out.
        with locked(own.node.state_dir):
            detector = TiledDetector(
                load_detector(wanted, search_path), tile or trained_size(wanted, search_path)
            )
            stop = threading.Event()
            asked = stop_on_signals(_Flag(stop))
            state.mkdir(parents=True, exist_ok=True)
            outbox = Outbox(state / OUTBOX_FILE, settings.outbox.max_bytes)
            try:
                times = Times(kind="exif", timezone=timezone)
                looking = look(found, own.node.id, deployment, detector, outbox, times)
                with typer.progressbar(looking, length=len(found.names), label="looking at pictures") as bar:
                    for why_not in bar:
                        if why_not is not None:
                            left_out += 1
                            complain(f"{why_not}: left out")
                        if stop.is_set():
                            break
            finally:
                outbox.close()
            if offline or asked.is_set():
                typer.echo("Nothing is sent yet: give the same command again.")
                raise typer.Exit(0 if offline and not asked.is_set() else 3)
            node = Node(settings, search_path=search_path)
            stopped = stop_on_signals(node)
            complete = node.run()
        if stopped.is_set() or not complete:
            typer.echo("Not all of it is in the cloud yet: give the same command again.")
            raise typer.Exit(3)
        shutil.rmtree(state)
    typer.echo(
        f"{len(found.names) + len(found.refused) - left_out} pictures looked at, and all that was found in"
        " them is in the cloud."
    )
    if left_out:
        typer.echo(f"{left_out} pictures were left out: see above.")
        raise typer.Exit(3)


class _Flag:
    """What signals stop while pictures are looked at."""

    def __init__(self, event: threading.Event) -> None:
        self._event = event

    def stop(self) -> None:
        self._event.set()
