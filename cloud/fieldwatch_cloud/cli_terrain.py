"""`fieldwatch cloud terrain`: the ground around a reserve's cameras, from a digital elevation model."""

from pathlib import Path
from typing import Annotated

import typer

from fieldwatch_cloud.cli_setup import State, database, reporting

terrain = typer.Typer(name="terrain", no_args_is_help=True)
Reserve = Annotated[str, typer.Option(help="Slug of the reserve.")]


@terrain.command("load")
def load(
    file: Annotated[
        Path, typer.Argument(help="GeoTIFF or what else GDAL reads, in metres.", exists=True, dir_okay=False)
    ],
    reserve: Reserve,
    state: State = None,
) -> None:
    """Keep what the cameras can see of it: one camera alone then places a fire where its line of sight meets
    the ground, and its sector leaves out what ridges hide. Any coordinate system; load again after cameras
    were added elsewhere."""
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.db import geography
        from fieldwatch_cloud.db import terrain as stored
        from fieldwatch_cloud.db.pool import connection
        from fieldwatch_cloud.errors import DataFileError
        from fieldwatch_cloud.incidents.terrain import TerrainError, prepare, read

        with connection(settings.database_url) as conn:
            reserve_id = geography.reserve_id(conn, reserve)
            bounds = stored.around(conn, reserve_id)
            if bounds is None:
                raise DataFileError(f"reserve {reserve!r} has neither a camera nor a boundary: add one first")
            try:
                content = prepare(file, bounds)
            except TerrainError as error:
                raise DataFileError(str(error)) from error
            stored.save(conn, reserve_id, file.name, content)
        rows, columns = read(content).heights.shape
        typer.echo(f"{reserve}: {columns} x {rows} heights, {len(content) / 1e6:.1f} MB", err=True)


@terrain.command("show")
def show(reserve: Reserve, state: State = None) -> None:
    """Say what is loaded, and how much of the ground around the cameras it covers."""
    with reporting(), database(state) as settings:
        import numpy as np

        from fieldwatch_cloud.db import geography
        from fieldwatch_cloud.db import terrain as stored
        from fieldwatch_cloud.db.pool import connection
        from fieldwatch_cloud.incidents.terrain import read

        with connection(settings.database_url) as conn:
            bounds = stored.around(conn, geography.reserve_id(conn, reserve))
            loaded, content = stored.loaded(conn, reserve), stored.content(conn, reserve)
        if loaded is None or content is None:
            typer.echo(f"no terrain is loaded for {reserve}")
            raise typer.Exit(3)
        ground = read(content)
        known = ground.heights[np.isfinite(ground.heights)]
        typer.echo(f"file     {loaded.file}, loaded {loaded.loaded_at:%Y-%m-%d %H:%M} UTC")
        typer.echo(f"cells    {ground.heights.shape[1]} x {ground.heights.shape[0]}, {ground.cell_m:.0f} m")
        typer.echo(f"heights  {known.min():.0f} to {known.max():.0f} m")
        if bounds is not None:
            lons, lats = np.meshgrid(
                np.linspace(bounds[0], bounds[2], 100), np.linspace(bounds[1], bounds[3], 100)
            )
            covered = np.isfinite(ground.at(lons.ravel(), lats.ravel())).mean()
            typer.echo(f"covers   {covered:.0%} of what lies around the cameras")


@terrain.command("forget")
def forget(reserve: Reserve, state: State = None) -> None:
    """Do without: one camera gives a whole sector again."""
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.db import geography
        from fieldwatch_cloud.db import terrain as stored
        from fieldwatch_cloud.db.pool import connection
        from fieldwatch_cloud.errors import NotFoundError

        with connection(settings.database_url) as conn:
            if not stored.forget(conn, geography.reserve_id(conn, reserve)):
                raise NotFoundError(f"no terrain is loaded for {reserve}")
