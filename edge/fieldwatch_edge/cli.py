"""`fieldwatch edge`: run a node, examine it, look into its outbox."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fieldwatch_edge.cli_aim import aim
from fieldwatch_edge.cli_card import card
from fieldwatch_edge.cli_enrol import enrol
from fieldwatch_edge.cli_fleet import fleet_app, support_bundle
from fieldwatch_edge.cli_flight import flight
from fieldwatch_edge.cli_options import Config, Models, StateDir  # noqa: TC001  # typer reads the types
from fieldwatch_edge.cli_outbox import outbox_app
from fieldwatch_edge.console import complain, meanwhile, progress, sentences, stop_on_signals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import TaskID

    from fieldwatch_edge.node import Node

STUCK = 75
"""EX_TEMPFAIL of sysexits.h."""

app = typer.Typer(no_args_is_help=True)
app.add_typer(outbox_app, name="outbox")
app.command()(enrol)
app.add_typer(fleet_app, name="fleet")
app.command()(support_bundle)
app.command()(aim)
app.command()(card)
app.command()(flight)


@app.command()
def run(
    config: Config = Path("node.toml"),
    state_dir: StateDir = None,
    offline: Annotated[
        bool,
        typer.Option(
            "--offline", help="Connect to no broker: all stays in the outbox (see `outbox export`)."
        ),
    ] = False,
    drain_timeout: Annotated[
        float | None,
        typer.Option(
            help="Seconds to wait for the cloud's receipts once all sources have ended; default: for ever."
        ),
    ] = None,
    models: Models = None,
) -> None:
    """Run the node: watch its cameras and send what they see.

    Ends by itself where all sources are folders or videos, once they are taken in and the cloud has
    everything; Ctrl+C or SIGTERM stops it cleanly. Killed at any moment, it goes on where it was.

    Exit code 0: all taken in and sent, or stopped. 1: an error. 3: a source could not be read to its end,
    or the cloud does not have everything yet. 75: a camera's driver hangs, start it again.
    """
    from fieldwatch_edge.fleet.origin import Origin
    from fieldwatch_edge.lives import live
    from fieldwatch_edge.support.log import kept

    with sentences():
        alive, origin = _Alive(), Origin(config, state_dir, models)
        stopped = stop_on_signals(alive)
        with kept(origin.settings().node.state_dir), _progress(alive):
            node, complete = live(origin, alive.born, offline=offline, drain_timeout_s=drain_timeout)
    if node.stuck is not None:
        complain(f"{node.stuck}: only a new process helps")
        os._exit(STUCK)  # a thread hangs in a driver: an orderly end would wait for it
    for worker in node.workers:
        if worker.failure is not None:
            complain(f"camera {worker.camera.deployment_id}: {worker.failure}")
    if not complete and not stopped.is_set() and not node.restarting:
        raise typer.Exit(3)


@app.command()
def doctor(
    config: Config = Path("node.toml"),
    state_dir: StateDir = None,
    models: Models = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="For scripts: a list of {what, status, finding, advice}.")
    ] = False,
) -> None:
    """Examine the node, and say what is to be mended: clock, disk, power, cameras, models, SIM, the line,
    certificate, broker, and the way to the cloud and back.

    Run it as the node's user (sudo -u). Which program listens on which port is known in full to root alone.

    Exit code 1 where something fails.
    """
    from dataclasses import asdict

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from fieldwatch_edge.detect import model_search_path
    from fieldwatch_edge.doctor import examine
    from fieldwatch_edge.fleet.origin import Origin

    with sentences():
        settings = Origin(config, state_dir).settings()
        checks = examine(settings, model_search_path(models), config)
        with Console(stderr=True).status("Examining ..."):
            found = list(checks)
    if as_json:
        typer.echo(json.dumps([asdict(check) for check in found], ensure_ascii=False, indent=1))
    else:
        title = f"{settings.node.id} in {settings.node.reserve}"
        table = Table("", "What", "Finding", "What to do", title=title)
        colours = {"ok": "green", "warn": "yellow", "fail": "red"}
        for check in found:
            # As Text: Rich would take [camera] for markup of its own.
            status = Text(check.status, style=colours[check.status])
            table.add_row(status, *(Text(cell) for cell in (check.what, check.finding, check.advice)))
        Console().print(table)
    if any(check.status == "fail" for check in found):
        raise typer.Exit(1)


@app.command()
def energy(
    config: Config = Path("node.toml"),
    weather: Annotated[
        Path | None,
        typer.Option(
            help="CSV with `time` (ISO 8601 with its zone) and `ghi_w_m2` or `cloud_percent`, perhaps"
            " `temperature_c`. Default: --sun on each day."
        ),
    ] = None,
    sun: Annotated[
        float, typer.Option(min=0, max=1, help="Share of a clear sky: 1 clear, 0.15 thick cloud, 0 none.")
    ] = 0.15,
    days: Annotated[float, typer.Option(min=0.1, max=366, help="How many, with --sun.")] = 7,
    begin: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day, with --sun. Default: today.")
    ] = None,
    charge: Annotated[
        float, typer.Option(min=0, max=1, help="Of the battery at the beginning: share of what is usable.")
    ] = 1.0,
) -> None:
    """Simulate a node's days from the section "power" of its settings, before it is built or bought.

    Prints for each day what the sun brings, what the node uses, the least charge, and the hours at each level
    of work; then how it would fare without a power budget.
    """
    with sentences():
        from rich.console import Console

        from fieldwatch_edge.power import table
        from fieldwatch_edge.power.simulate import simulate
        from fieldwatch_edge.power.weather import even, read
        from fieldwatch_edge.settings import PowerSettings

        power = PowerSettings.read(config)
        first = (begin or datetime.now(UTC)).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)
        sky = even(first, days, sun, power) if weather is None else read(weather, power)
        kept, free = (simulate(sky, power, budget=budget, start=charge) for budget in (True, False))
        Console().print(table.by_day(kept))
        for sentence in table.in_words(kept, free, power):
            typer.echo(sentence)


class _Alive:
    """The node that runs just now: settings and models from afar come into force with a new one."""

    def __init__(self) -> None:
        self.node: Node | None = None
        self._stopped = False

    def born(self, node: Node) -> bool:
        self.node = node
        return not self._stopped

    def stop(self) -> None:
        self._stopped = True
        if self.node is not None:
            self.node.stop()


@contextmanager
def _progress(alive: _Alive) -> Iterator[None]:
    """On a terminal, a line for each folder or video that is taken in."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    tasks: dict[str, TaskID] = {}

    def show() -> None:
        for worker in alive.node.workers if alive.node is not None else ():
            name = str(worker.camera.deployment_id)
            if worker.finite and name not in tasks:
                tasks[name] = lines.add_task(name)
            if name in tasks:
                path = getattr(worker.camera.source, "path", name)
                lines.update(tasks[name], description=f"{path}: {worker.monitor.frames} frames")

    with progress(*columns) as lines, meanwhile(show, every_s=0.5):
        yield
