"""`fieldwatch edge fleet`: what is wanted of this node from afar, by what it works, and what it refused; and
`fieldwatch edge support-bundle`."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fieldwatch_edge.cli_options import Config, Models, StateDir  # noqa: TC001  # typer reads the types
from fieldwatch_edge.console import sentences

if TYPE_CHECKING:
    from rich.table import Table

    from fieldwatch_edge.settings import NodeSettings

fleet_app = typer.Typer(
    no_args_is_help=True, help="What this node took on from afar: settings, models, software."
)


@fleet_app.command("show")
def show(config: Config = Path("node.toml"), state_dir: StateDir = None, models: Models = None) -> None:
    """Show what the cloud wants of this node, by what it works, and what it refused or took back, and why.

    The node may run meanwhile; nothing is changed.
    """
    from rich.console import Console

    from fieldwatch_edge.errors import EdgeError
    from fieldwatch_edge.fleet.ledger import Book
    from fieldwatch_edge.fleet.models import labels
    from fieldwatch_edge.fleet.origin import Origin

    origin = Origin(config, state_dir, models)
    with sentences():
        own = origin.settings()
        book = Book(own.node.state_dir)
        problem = book.problem or book.now.settings_problem
        try:
            settings = origin.settings(book.now.works_by.patch)
        except EdgeError as error:
            settings, problem = own, str(error)
    console = Console()
    console.print(_settings_table(own, settings, book.now.works_by.patch))
    if problem:
        console.print(f"not by the settings that are wanted: {problem}", markup=False, style="yellow")
    console.print(
        _models_table(own, dict(labels(settings, origin.search_path(book, book.now.works_by.models))))
    )
    trial = book.now.trial
    if trial is not None:
        said = f"on trial: {trial.kind} {trial.name}, {trial.ran_s:.0f} of {trial.lasts_s:.0f} s"
        console.print(said, markup=False, style="yellow")
    console.print(_outcomes_table(own.node.state_dir))


def support_bundle(
    to: Annotated[Path, typer.Option("--to", help="File to write.")] = Path("support.zip"),
    config: Config = Path("node.toml"),
    state_dir: StateDir = None,
    models: Models = None,
) -> None:
    """Write what a person far away needs to understand this node: the end of its log, settings, findings of
    `doctor`, statistics, versions. No pictures, keys, passwords or tokens.

    The node may run meanwhile. The cloud can ask for the same over the line.
    """
    from fieldwatch_edge.errors import EdgeError, OutboxError
    from fieldwatch_edge.fleet.origin import Origin
    from fieldwatch_edge.node import OUTBOX_FILE
    from fieldwatch_edge.outbox import Outbox
    from fieldwatch_edge.support.bundle import bundle
    from fieldwatch_edge.support.findings import findings

    origin = Origin(config, state_dir, models)
    with sentences():
        settings = origin.settings()
        path = settings.node.state_dir / OUTBOX_FILE
        outbox = None
        with contextlib.suppress(OutboxError):  # a damaged one is a reason for a bundle, not against it
            outbox = Outbox(path, settings.outbox.max_bytes) if path.exists() else None
        found = findings(origin.arguments, lambda: False)
        content = bundle(settings, findings=found, outbox=outbox, max_bytes=64 * 1024**2)
        if outbox is not None:
            outbox.close()
        try:
            to.write_bytes(content)
        except OSError as error:
            raise EdgeError(f"cannot write {to}: {error.strerror}") from error
    typer.echo(f"{len(content) / 1024:.0f} KiB: {to}")


def _settings_table(own: NodeSettings, settings: NodeSettings, patch: object) -> Table:
    from rich.table import Table

    from fieldwatch_edge.fleet.report import effective

    table = Table(
        "Setting", "node.toml", "From afar", title="Settings from afar" if patch else "No settings from afar"
    )
    before, after = dict(_leaves(effective(own))), dict(_leaves(effective(settings)))
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            table.add_row(name, str(before.get(name, "")), str(after.get(name, "")))
    return table


def _leaves(document: object, path: str = "") -> list[tuple[str, object]]:
    if not isinstance(document, dict):
        return [(path, document)]
    return [leaf for key, value in document.items() for leaf in _leaves(value, f"{path}.{key}".lstrip("."))]


def _models_table(own: NodeSettings, running: dict[str, str]) -> Table:
    from rich.table import Table

    from fieldwatch_edge.desired import DESIRED_FILE, Desired
    from fieldwatch_edge.fleet.models import asked_for
    from fieldwatch_edge.identity.seal import Seal

    state = Desired(own.node.state_dir / DESIRED_FILE, Seal.of(own)).state
    wanted = {each.name: f"{each.name}@{each.version}" for each in state.models} if state is not None else {}
    asked = asked_for(own)
    table = Table("Model", "Runs", "Wanted from afar", title="Models")
    for name in sorted({*running, *wanted}):
        runs = running.get(name, "cannot be opened" if name in asked else "no camera asks for it")
        table.add_row(name, runs, wanted.get(name, ""))
    if state is not None and state.software is not None:
        from fieldwatch_edge.health import software

        table.add_row("software", software(), f"fieldwatch {state.software.version}")
    return table


def _outcomes_table(state_dir: Path) -> Table:
    from rich.table import Table
    from rich.text import Text

    from fieldwatch_edge.fleet.ledger import Book
    from fieldwatch_edge.fleet.software import outcomes_in

    table = Table("When", "Roll-out", "What became of it", "Why", title="Roll-outs")
    for each in sorted((*Book(state_dir).now.outcomes, *outcomes_in(state_dir)), key=lambda o: o.at):
        table.add_row(
            f"{each.at:%Y-%m-%d %H:%M}", str(each.rollout_id)[:8], each.state.value, Text(each.reason or "")
        )
    return table
