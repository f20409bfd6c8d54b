"""`fieldwatch cloud basemap`: the land under a reserve's map, from files."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from fieldwatch_cloud.cli_setup import State, database, reporting

basemap = typer.Typer(name="basemap", no_args_is_help=True)
Reserve = Annotated[str, typer.Option(help="Slug of the reserve.")]
Kind = Literal["river", "lake", "road", "track", "building", "place", "forest", "contour"]
"""As `basemap.land.Kind`, which is not imported for the help's sake."""


@basemap.command("add")
def add(
    file: Annotated[
        Path,
        typer.Argument(help="Of any vector format that GDAL reads, in any coordinate system.", exists=True),
    ],
    kind: Annotated[Kind, typer.Option(help="What it draws.")],
    reserve: Reserve,
    name: Annotated[str | None, typer.Option(help="As people call it; default: the file's name.")] = None,
    state: State = None,
) -> None:
    """Load a layer in place of what is there of its kind, cut to the reserve and 15 km around it. Names are
    read from the columns `name` and `name_zh`, what is finer than the kind from `class` (or `fclass`,
    `highway`, ...), heights from `ele`. The running service builds the map anew; `build` does so at once."""
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.basemap import build, land, load
        from fieldwatch_cloud.db import basemap as stored
        from fieldwatch_cloud.db import geography
        from fieldwatch_cloud.db.pool import connection

        with connection(settings.database_url, autocommit=False) as conn:
            reserve_id = geography.reserve_id(conn, reserve)
            read = land.read_file(kind, file, stored.extent(conn, reserve_id, build.MARGIN_M))
            kept = load.keep(conn, reserve_id, kind, read.features, name=name or file.stem, source=file.name)
        left_out = f"; {read.left_out} left out, of other shapes or elsewhere" if read.left_out else ""
        typer.echo(f"{reserve}: {kept} of {kind}{left_out}", err=True)


@basemap.command("contours")
def contours(
    reserve: Reserve,
    interval: Annotated[
        float | None,
        typer.Option(min=1, max=1000, help="Metres between lines; default: what suits the hills."),
    ] = None,
    state: State = None,
) -> None:
    """Draw lines of equal height from the elevation model that `terrain load` has read."""
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.basemap import load
        from fieldwatch_cloud.db.pool import Database
        from fieldwatch_cloud.incidents.terrain import read

        with Database(settings.database_url, size=2) as db:
            lines = load.draw_contours(db, reserve, read, interval)
        typer.echo(f"{reserve}: {lines} contours", err=True)


@basemap.command("remove")
def remove(
    kind: Annotated[Kind, typer.Argument(help="What is to be drawn no more.")],
    reserve: Reserve,
    state: State = None,
) -> None:
    """Forget a layer."""
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.db import basemap as stored
        from fieldwatch_cloud.db import geography
        from fieldwatch_cloud.db.pool import connection
        from fieldwatch_cloud.errors import NotFoundError

        with connection(settings.database_url, autocommit=False) as conn:
            if not stored.forget(conn, geography.reserve_id(conn, reserve), kind):
                raise NotFoundError(f"no {kind} is loaded for {reserve}")


@basemap.command("build")
def build(reserve: Reserve, state: State = None) -> None:
    """Build the file of tiles now, and show how far it is."""
    with reporting(), database(state) as settings:
        from rich.console import Console
        from rich.progress import Progress

        from fieldwatch_cloud.basemap import build as building
        from fieldwatch_cloud.db import geography
        from fieldwatch_cloud.db.pool import Database

        with (
            Database(settings.database_url, size=2) as db,
            Progress(console=Console(stderr=True), transient=True) as bar,
        ):
            with db.transaction() as conn:
                reserve_id = geography.reserve_id(conn, reserve)
            tiles = bar.add_task("tiles", total=None)
            made = building.build(
                db,
                reserve_id,
                settings.media_dir,
                progress=lambda done, total: bar.update(tiles, completed=done, total=total),
            )
        if made.version is None:
            typer.echo(f"{reserve}: nothing is loaded, so there is nothing to build", err=True)
            raise typer.Exit(3)
        size = f"{made.bytes / 1e6:.1f} MB"
        typer.echo(f"{reserve}: {made.tiles} tiles to zoom {made.max_zoom}, {size}", err=True)


@basemap.command("show")
def show(reserve: Reserve, state: State = None) -> None:
    """Say what is loaded, and what was built of it."""
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.db import basemap as stored
        from fieldwatch_cloud.db import geography
        from fieldwatch_cloud.db.pool import connection

        with connection(settings.database_url) as conn:
            reserve_id = geography.reserve_id(conn, reserve)
            layers, built = stored.layers(conn, reserve_id), stored.built(conn, reserve_id)
        if not layers:
            typer.echo(f"no base map is loaded for {reserve}")
            raise typer.Exit(3)
        for one in layers:
            loaded = f"{one.loaded_at:%Y-%m-%d %H:%M} UTC"
            typer.echo(f"{one.kind:9} {one.features:7} from {one.source}, loaded {loaded}")
        if built is not None and built.version is not None:
            size = f"{(built.bytes or 0) / 1e6:.1f} MB"
            typer.echo(f"built     {built.built_at:%Y-%m-%d %H:%M} UTC, to zoom {built.max_zoom}, {size}")
        if built is not None and built.failed == built.wanted:
            typer.echo(f"failed    {built.reason}")
        elif built is not None and built.due:
            typer.echo("due       something has changed since")
