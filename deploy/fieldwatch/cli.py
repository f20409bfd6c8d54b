"""`fieldwatch`: one command line for the node, the service, the models and the demo.

Each group lives in its own package and imports its heavy parts only when one of its commands runs, so that
`fieldwatch --help` is quick, and works on a node without a database driver and a server without a detector.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Literal

import typer

from fieldwatch import logs
from fieldwatch.cli_counts import app as counts
from fieldwatch.demo.cli import app as demo
from fieldwatch_cloud.cli import app as cloud
from fieldwatch_edge.cli import app as edge


def _models() -> typer.Typer:
    """The group of models, where what it draws and writes with is there: a node has no use for it."""
    try:
        from fieldwatch_models.cli import app as models
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("fieldwatch"):
            raise
        models = typer.Typer(invoke_without_command=True)

        @models.callback()
        def _missing() -> None:
            typer.secho("fieldwatch models: install 'fieldwatch[models]' for it", err=True, fg="red")
            raise typer.Exit(1)

    return models


app = typer.Typer(
    name="fieldwatch",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # local variables may hold passwords
    help="Ecological monitoring from the edge to the cloud: wildlife counts and fire alerts for reserves.",
    epilog="First time here? Run [bold]fieldwatch demo[/bold] and open the address that it prints.",
    rich_markup_mode="rich",
)
app.add_typer(edge, name="edge", help="The node in the field: cameras, detectors, outbox.")
app.add_typer(cloud, name="cloud", help="The service: database, broker, ingest, API, map.")
app.add_typer(counts, name="counts", help="A reserve's numbers, with effort, intervals and plots.")
app.add_typer(_models(), name="models", help="Train, evaluate and export detectors.")
app.add_typer(demo, name="demo", help="The whole way on this machine: three nodes, the service, the map.")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"fieldwatch {version('fieldwatch')}")
        raise typer.Exit


@app.callback()
def _root(
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        typer.Option(envvar="FIELDWATCH_LOG_LEVEL", help="Least level of log lines that are shown."),
    ] = "info",
    log_json: Annotated[
        bool | None,
        typer.Option(
            "--log-json/--log-text",
            envvar="FIELDWATCH_LOG_JSON",
            help="One JSON object a line; default: unless on a terminal.",
            show_default=False,
        ),
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    logs.configure(log_level, as_json=log_json)


def main() -> None:
    app()
