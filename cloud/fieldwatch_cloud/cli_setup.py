"""`fieldwatch cloud account|reserve|zone|node|deployment|quarantine`: setting up, straight in the database.

What a script needs (an id, a password) is alone on standard output; what a person needs goes to standard
error beside it.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn
from uuid import UUID

import typer

if TYPE_CHECKING:
    from fieldwatch_cloud.operations import CloudOperations
    from fieldwatch_cloud.settings import CloudSettings

account = typer.Typer(name="account", no_args_is_help=True)
reserve = typer.Typer(name="reserve", no_args_is_help=True)
zone = typer.Typer(name="zone", no_args_is_help=True)
node = typer.Typer(name="node", no_args_is_help=True)
deployment = typer.Typer(name="deployment", no_args_is_help=True)
quarantine = typer.Typer(name="quarantine", no_args_is_help=True)

Role = Literal["admin", "manager", "researcher", "ranger", "technician"]
"""As `db.accounts.ROLES`, which is not imported for the help's sake."""
Language = Literal["en", "zh"]
State = Annotated[
    Path | None,
    typer.Option(
        "--state",
        help="State directory; default: FIELDWATCH_STATE, else ~/.local/state/fieldwatch "
        "(root: /var/lib/fieldwatch).",
        show_default=False,
    ),
]


@account.command("add")
def add_account(
    email: Annotated[str, typer.Argument(help="Address to log in with.")],
    role: Annotated[Role, typer.Option(help="What they may do there.")],
    reserve: Annotated[
        str | None, typer.Option(help="Slug of the reserve that the role is for; default: every reserve.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Person's name; default: the address.")] = None,
    language: Annotated[Language, typer.Option(help="Of what we write to them.")] = "en",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    state: State = None,
) -> None:
    """Let a person log in. Without --password-stdin a password is made and printed, once."""
    with reporting(), database(state) as settings:
        import secrets

        from fieldwatch_cloud.db import accounts
        from fieldwatch_cloud.db.pool import connection

        password = sys.stdin.readline().rstrip("\n") if password_stdin else secrets.token_urlsafe(12)
        with connection(settings.database_url) as conn, conn.transaction():
            added = accounts.add_account(
                conn, email=email, name=name or email, password=password, language=language
            )
            accounts.grant(conn, added, role, reserve=reserve)
        typer.echo(f"{email} is {role} of {reserve or 'every reserve'}.", err=True)
        if not password_stdin:
            typer.echo("The password, shown this once:", err=True)
            typer.echo(password)


@reserve.command("add")
def add_reserve(
    slug: Annotated[str, typer.Argument(help="Short name for addresses and topics: a-z, 0-9, '-'.")],
    name: Annotated[str, typer.Option(help="Name in English.")],
    name_zh: Annotated[str | None, typer.Option(help="Name in Chinese.")] = None,
    timezone: Annotated[str, typer.Option(help="IANA time zone, for days and nights.")] = "UTC",
    boundary: Annotated[
        Path | None,
        typer.Option(help="One area, as GeoJSON, GeoPackage, KML or Shapefile.", dir_okay=False),
    ] = None,
    state: State = None,
) -> None:
    """Add a reserve."""
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.areas import read_areas
        from fieldwatch_cloud.db import geography
        from fieldwatch_cloud.db.pool import connection
        from fieldwatch_cloud.timezones import known_zone

        try:
            known_zone(timezone)
        except ValueError as error:
            _refuse(str(error))
        outline = None
        if boundary is not None:
            areas = read_areas(boundary)
            if len(areas) != 1:
                _refuse(f"{boundary} holds {len(areas)} areas; a boundary is one")
            outline = areas[0].geometry
        with connection(settings.database_url) as conn:
            geography.add_reserve(
                conn, slug=slug, name=name, name_zh=name_zh, timezone=timezone, boundary=outline
            )
        typer.echo(f"Reserve {slug} added.", err=True)


@reserve.command("licence")
def set_licence(
    slug: Annotated[str, typer.Argument(help="Slug of the reserve.")],
    licence: Annotated[
        Literal["CC-BY-4.0", "CC-BY-NC-4.0", "CC0-1.0"],
        typer.Argument(help="Under which its records go out; GBIF takes these three."),
    ],
    holder: Annotated[
        str | None, typer.Option(help="Whose the records are; default: the reserve's, by its name.")
    ] = None,
    state: State = None,
) -> None:
    """Say under which licence a reserve's exports go out, and whom they cite. Default: CC-BY-4.0."""
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.db import geography
        from fieldwatch_cloud.db.pool import connection

        with connection(settings.database_url) as conn:
            geography.set_licence(conn, slug, licence, holder)
        typer.echo(f"Exports of {slug} go out under {licence}.", err=True)


@zone.command("add")
def add_zones(
    file: Annotated[
        Path, typer.Argument(help="Areas, each a zone: GeoJSON, GeoPackage, KML ...", dir_okay=False)
    ],
    reserve: Annotated[str, typer.Option(help="Slug of the reserve.")],
    name: Annotated[str | None, typer.Option(help="Name, where a feature has no `name` property.")] = None,
    state: State = None,
) -> None:
    """Add zones to a reserve; names from the features' properties `name` and `name_zh`."""
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.areas import read_areas
        from fieldwatch_cloud.db import geography
        from fieldwatch_cloud.db.pool import connection

        with connection(settings.database_url) as conn, conn.transaction():
            reserve_id = geography.reserve_id(conn, reserve)
            for area in read_areas(file):
                zone_name = area.name or name
                if not zone_name:
                    _refuse(f"an area of {file} has no `name`; give --name")
                added = geography.add_zone(
                    conn, reserve=reserve_id, name=zone_name, name_zh=area.name_zh, area=area.geometry
                )
                typer.echo(str(added))


@node.command("add")
def add_node(
    id_: Annotated[str, typer.Argument(metavar="NODE", help="The node's id: a-z, 0-9, '-'.")],
    reserve: Annotated[str, typer.Option(help="Slug of the reserve.")],
    name: Annotated[str | None, typer.Option(help="Name for people; default: the id.")] = None,
    state: State = None,
) -> None:
    """Add a node, let it into the broker, and print its MQTT password, once."""
    with reporting(), database(state) as settings:
        password = operations(settings).add_node(id_, reserve=reserve, name=name or id_)
        typer.echo(f"Node {id_} added. Its MQTT password, shown this once:", err=True)
        typer.echo(password)


@node.command("password")
def renew_password(
    id_: Annotated[str, typer.Argument(metavar="NODE", help="The node's id.")], state: State = None
) -> None:
    """Give a node a new MQTT password; the old one ends at once."""
    with reporting(), database(state) as settings:
        typer.echo(operations(settings).renew_password(id_))


@deployment.command("add")
def add_deployment(
    node: Annotated[str, typer.Option(help="The node that the camera hangs on.")],
    name: Annotated[str, typer.Option(help="Name of the place.")],
    lat: Annotated[float, typer.Option(min=-90, max=90, help="Latitude in degrees, WGS 84.")],
    lon: Annotated[float, typer.Option(min=-180, max=180, help="Longitude in degrees, WGS 84.")],
    heading: Annotated[
        float | None, typer.Option(min=0, max=360, help="Degrees from true north, clockwise.")
    ] = None,
    fov: Annotated[
        float | None, typer.Option(min=0, max=360, help="Horizontal field of view in degrees.")
    ] = None,
    tilt: Annotated[float | None, typer.Option(min=-90, max=90, help="Degrees above the horizon.")] = None,
    height: Annotated[float | None, typer.Option(help="Metres above the ground.")] = None,
    distance: Annotated[float | None, typer.Option(help="Detection distance in metres.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Standing there since (UTC); default: now.")] = None,
    moves: Annotated[
        bool,
        typer.Option(
            "--moves", help="A drone's flight: its pictures bring their own places; it is no camera."
        ),
    ] = False,
    state: State = None,
) -> None:
    """Record where a camera stands, and print the deployment's id for node.toml.

    With --moves, of a flight: LAT and LON are where it sets out, --since is before its first picture, and the
    id is for `fieldwatch edge flight`.
    """
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.db import geography, nodes
        from fieldwatch_cloud.db.pool import connection

        with connection(settings.database_url) as conn:
            added = geography.add_deployment(
                conn,
                reserve=nodes.reserve_of(conn, node),
                node_id=node,
                location_name=name,
                lon=lon,
                lat=lat,
                heading_deg=heading,
                tilt_deg=tilt,
                field_of_view_deg=fov,
                height_m=height,
                detection_distance_m=distance,
                started_at=utc(since),
                moves=moves,
            )
        typer.echo(str(added))


@deployment.command("end")
def end_deployment(
    id_: Annotated[UUID, typer.Argument(metavar="ID", help="The deployment's id, as `add` printed it.")],
    at: Annotated[datetime | None, typer.Option(help="Stood there until (UTC); default: now.")] = None,
    state: State = None,
) -> None:
    """End a deployment: before its camera is moved or turned, for that is a new deployment.

    What the node sees later under the old id goes to quarantine. Ending it again corrects the time.
    """
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.db import geography
        from fieldwatch_cloud.db.pool import connection

        with connection(settings.database_url) as conn:
            ended_at = geography.end_deployment(conn, id_, at=utc(at))
        typer.echo(f"Deployment {id_} ended {ended_at:%Y-%m-%d %H:%M:%SZ}.", err=True)


@quarantine.command("list")
def list_quarantine(
    every: Annotated[bool, typer.Option("--all", help="Also those that were replayed.")] = False,
    state: State = None,
) -> None:
    """Show what could not be accepted, and why, newest first."""
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.db import quarantine as entries
        from fieldwatch_cloud.db.pool import connection

        with connection(settings.database_url) as conn:
            found = entries.entries(conn, replayed_too=every)
        for entry in found:
            done = "  replayed" if entry.replayed_at else ""
            typer.echo(f"{entry.id}  {entry.received_at:%Y-%m-%d %H:%M:%SZ}  {entry.topic}{done}")
            typer.echo(f"    {entry.reason}")
        if not found:
            typer.echo("the quarantine is empty", err=True)


@quarantine.command("replay")
def replay_quarantine(
    entry: Annotated[UUID | None, typer.Argument(help="Id from `list`; default: all, oldest first.")] = None,
    state: State = None,
) -> None:
    """Try messages again, after the cause of their refusal is gone."""
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.db import quarantine as entries
        from fieldwatch_cloud.db.pool import connection
        from fieldwatch_cloud.errors import InvalidMessageError

        with connection(settings.database_url) as conn:
            wanted = [entry] if entry is not None else entries.waiting(conn)
        wired = operations(settings)
        refused = 0
        for id_ in wanted:
            try:
                wired.replay(id_)
            except InvalidMessageError as error:
                refused += 1
                typer.echo(f"{id_}  refused: {error}")
            else:
                typer.echo(f"{id_}  accepted")
        if refused:
            raise typer.Exit(1)


@contextmanager
def reporting() -> Iterator[None]:
    """Errors that an operator can act on become one sentence on standard error, and exit code 1."""
    from fieldwatch_cloud.errors import CloudError

    try:
        yield
    except CloudError as error:
        typer.secho(f"Error: {error}", err=True, fg=typer.colors.RED)
        raise typer.Exit(1) from error


@contextmanager
def database(state: Path | None) -> "Iterator[CloudSettings]":
    """Settings with the address of a database that runs: for one-shot commands."""
    from fieldwatch_cloud.services import discovery
    from fieldwatch_cloud.settings import CloudSettings

    with discovery.database(CloudSettings.load(state)) as settings:
        yield settings


def connected(state: Path | None) -> "CloudSettings":
    """Settings with the addresses of the configured or running services: for processes."""
    from fieldwatch_cloud.services import discovery
    from fieldwatch_cloud.settings import CloudSettings

    return discovery.connected(CloudSettings.load(state))


def operations(settings: "CloudSettings") -> "CloudOperations":
    """What changes more than one part at once, over the database of `settings`."""
    from fieldwatch_cloud.media.store import DiskStore
    from fieldwatch_cloud.operations import CloudOperations

    return CloudOperations(settings, DiskStore(settings.media_dir))


def utc(at: datetime | None) -> datetime | None:
    """Times are typed without a zone."""
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def _refuse(why: str) -> NoReturn:
    from fieldwatch_cloud.errors import SettingsError

    raise SettingsError(why)
