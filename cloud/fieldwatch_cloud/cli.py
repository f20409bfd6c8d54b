"""`fieldwatch cloud`: run the service, and set up what it serves.

Heavy parts are imported inside the commands, so that `--help` is quick and works without the cloud's extra.
"""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from fieldwatch_cloud import (
    cli_basemap,
    cli_calls,
    cli_carried,
    cli_exchange,
    cli_fire,
    cli_fleet,
    cli_labels,
    cli_nodes,
    cli_report,
    cli_setup,
    cli_terrain,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")
for group, help_ in (
    (cli_setup.account, "People who may log in."),
    (cli_setup.reserve, "Reserves, each with its boundary."),
    (cli_setup.zone, "Zones of a reserve."),
    (cli_setup.node, "Computers in the field, and their log-in at the broker."),
    (cli_setup.deployment, "Cameras: where they stand and what they see."),
    (cli_setup.quarantine, "Messages that could not be accepted."),
    (cli_nodes.authority, "The reserve's own authority, which certifies nodes."),
    (cli_fleet.fleet, "Nodes in the field: what they run, roll-outs, logs, what needs a visit."),
    (cli_calls.calls, "Who is called for a fire, and what came of it."),
    (cli_fire.hotspots, "Fires that satellites saw (NASA FIRMS)."),
    (cli_fire.weather, "Weather from stations, and the fire danger that follows."),
    (cli_report.report, "Weekly and monthly reports, as PDF and as pages."),
    (cli_terrain.terrain, "The ground that cameras look at, from an elevation model."),
    (cli_basemap.basemap, "The land under the map: rivers, roads, places, contours."),
    (cli_exchange.dataset, "Data sets of others (Camtrap DP): in, and out again as they came."),
    (cli_labels.labels, "What people say that pictures show: out to labelling tools, and back."),
):
    app.add_typer(group, help=help_)
app.command()(cli_carried.import_outbox)

State = cli_setup.State


@app.command()
def run(
    state: State = None,
    host: Annotated[str | None, typer.Option(help="Address to serve the map and the API on.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to serve them on; 0: any free one.")
    ] = None,
) -> None:
    """Run the whole service until Ctrl-C.

    Without FIELDWATCH_DATABASE_URL and FIELDWATCH_MQTT_URL it runs its own PostgreSQL and mosquitto in the
    state directory, on a Unix socket and on 127.0.0.1, and stops them with itself.
    """
    with cli_setup.reporting():
        from fieldwatch_cloud.settings import CloudSettings
        from fieldwatch_cloud.supervisor import supervise

        settings = CloudSettings.load(state).with_http(host, port)
        with _until_told() as stopping:
            supervise(settings, [sys.executable, "-m", "fieldwatch", "cloud"], stopping)


@app.command()
def api(state: State = None) -> None:
    """Run the API and the map alone."""
    with cli_setup.reporting():
        from fieldwatch_cloud.api.app import create_app
        from fieldwatch_cloud.api.server import server
        from fieldwatch_cloud.authority import servers
        from fieldwatch_cloud.authority.keys import Authority
        from fieldwatch_cloud.media.store import DiskStore
        from fieldwatch_cloud.operations import CloudOperations

        settings = cli_setup.connected(state)
        store = DiskStore(settings.media_dir)
        application = create_app(settings, operations=CloudOperations(settings, store), media=store)
        certificate = None
        if settings.http.tls == "own":
            held, folder = Authority(settings.state), settings.state / "https"
            certificate = partial(servers.kept, held, folder, settings.node_names)
        server(application, host=settings.http.host, port=settings.http.port, certificate=certificate).run()


@app.command()
def ingest(
    state: State = None,
    slot: Annotated[int, typer.Option(min=0, max=31, help="Number of this worker, each its own.")] = 0,
) -> None:
    """Run one ingest worker: from MQTT into the database."""
    with cli_setup.reporting():
        from fieldwatch_cloud.ingest import worker
        from fieldwatch_cloud.media.store import DiskStore

        settings = cli_setup.connected(state)
        worker.tune_collector()
        with _until_told() as stopping:
            worker.run(settings, DiskStore(settings.media_dir), slot, stopping)


@app.command()
def notify(state: State = None) -> None:
    """Run what calls people: sends what waits in the outbox, and calls more of them until somebody answers.

    Several may run, on several machines.
    """
    with cli_setup.reporting():
        from fieldwatch_cloud.media.store import DiskStore
        from fieldwatch_cloud.notify import process

        settings = cli_setup.connected(state)
        with _until_told() as stopping:
            process.run(settings, DiskStore(settings.media_dir), stopping)


@app.command()
def jobs(state: State = None) -> None:
    """Run what happens by the clock; of several, one leads and the others stand by."""
    with cli_setup.reporting():
        from fieldwatch_cloud.jobs import leader

        settings = cli_setup.connected(state)
        with _until_told() as stopping:
            leader.run(settings, stopping)


@app.command()
def migrate(state: State = None) -> None:
    """Bring the database to the newest schema (`run` does this by itself)."""
    with cli_setup.reporting(), cli_setup.database(state) as settings:
        from fieldwatch_cloud.db import migrate as migrations

        applied = migrations.migrate(settings.database_url)
        typer.echo("\n".join(applied) if applied else "nothing to do: the schema is the newest")


@app.command()
def status(state: State = None) -> None:
    """Say what runs, and where."""
    with cli_setup.reporting():
        from fieldwatch_cloud.services import discovery
        from fieldwatch_cloud.settings import CloudSettings

        settings = CloudSettings.load(state)
        running = discovery.running(settings.state)
        if running is None:
            typer.echo(f"nothing runs on {settings.state}; start it with: fieldwatch cloud run")
            raise typer.Exit(3)
        typer.echo(f"map and API  {running.http_url}")
        typer.echo(f"broker       mqtt://{running.mqtt_host}:{running.mqtt_port}")
        typer.echo(f"state        {settings.state}")
        typer.echo(f"supervisor   process {running.pid}")


@contextmanager
def _until_told() -> Iterator[threading.Event]:
    """An event that SIGTERM and Ctrl-C set."""
    stopping = threading.Event()

    def stop(_signal: int, _frame: object) -> None:
        # A handler interrupts the main thread, which may hold the very lock that `set` needs.
        threading.Thread(target=stopping.set).start()

    for what in (signal.SIGTERM, signal.SIGINT):
        signal.signal(what, stop)
    yield stopping
