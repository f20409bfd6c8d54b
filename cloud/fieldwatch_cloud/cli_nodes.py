"""`fieldwatch cloud node new|code|revoke|list` and `fieldwatch cloud authority`: nodes that hold
certificates.

`node add` and `node password` (cli_setup.py) are for nodes with passwords, on the broker's port for this
machine.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fieldwatch_cloud.cli_setup import State, database, node, operations, reporting

if TYPE_CHECKING:
    from fieldwatch_cloud.db.enrolment import Listed
    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.settings import CloudSettings

authority = typer.Typer(name="authority", no_args_is_help=True)

ValidDays = Annotated[
    int, typer.Option(min=1, max=825, help="How long each of its certificates holds; it renews them itself.")
]


@node.command("new")
def new_node(
    id_: Annotated[str, typer.Argument(metavar="NODE", help="The node's id: a-z, 0-9, '-'.")],
    reserve: Annotated[str, typer.Option(help="Slug of the reserve.")],
    name: Annotated[str | None, typer.Option(help="Name for people; default: the id.")] = None,
    valid_days: ValidDays = 90,
    state: State = None,
) -> None:
    """Add a node, and print the one-time code by which a box becomes it: as text and as a QR code.

    Nodes need a way in first: start the cloud with FIELDWATCH_MQTT_NODES_PORT=8883 and, so that they know
    where to go, FIELDWATCH_HTTP_PUBLIC_URL=https://... Then, on the box, type the command that this prints.
    """
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.db import admin_log, geography, nodes
        from fieldwatch_cloud.db.pool import connection

        with connection(settings.database_url) as conn, conn.transaction():
            reserve_id = geography.reserve_id(conn, reserve)
            nodes.add(conn, id_, reserve_id=reserve_id, name=name or id_)
            admin_log.note(
                conn,
                by=None,
                reserve_id=reserve_id,
                action="node.created",
                subject=id_,
                name=name or id_,
                after={"name": name or id_},
            )
            _print_code(conn, settings, id_, valid_days)


@node.command("code")
def new_code(
    id_: Annotated[str, typer.Argument(metavar="NODE", help="The node's id.")],
    valid_days: ValidDays = 90,
    state: State = None,
) -> None:
    """Print a new one-time code for a node: for a box that takes another's place, or after a revocation.

    The box that is the node now stays it until the code is used. A former code is good no more.
    """
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.db import admin_log, places
        from fieldwatch_cloud.db.pool import connection

        with connection(settings.database_url) as conn, conn.transaction():
            _, reserve_id, name = places.node_reserve(conn, id_)
            admin_log.note(
                conn,
                by=None,
                reserve_id=reserve_id,
                action="node.code",
                subject=id_,
                name=name,
                after={"valid_days": valid_days},
            )
            _print_code(conn, settings, id_, valid_days)


@node.command("revoke")
def revoke_node(
    id_: Annotated[str, typer.Argument(metavar="NODE", help="The node's id.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    state: State = None,
) -> None:
    """Put a node out at once: a box that was stolen or lost.

    Its certificates, password, sessions and codes end, and its open connection to the broker with them. What
    it sent before stays. `fieldwatch cloud node code` lets a new box in under the same name.
    """
    with reporting(), database(state) as settings:
        if not yes:
            typer.confirm(f"Put {id_} out? It sends nothing more until a box is enrolled anew", abort=True)
        serials = operations(settings).revoke_node(id_, by=None)
        held = f" ({', '.join(serials)})" if serials else ""
        typer.echo(f"{id_} is out: {len(serials)} certificate(s) held until now{held}.", err=True)
        if settings.mqtt.url is not None and not operations(settings).knows_the_broker():
            typer.echo(
                "The broker is your own: give it the new list, with `fieldwatch cloud authority export`, and "
                "end the node's connection there.",
                err=True,
            )


@node.command("list")
def list_nodes(
    reserve: Annotated[str, typer.Option(help="Slug of the reserve.")], state: State = None
) -> None:
    """Show the reserve's nodes: how each logs in, and until when."""
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.db import enrolment, geography
        from fieldwatch_cloud.db.pool import connection

        with connection(settings.database_url) as conn:
            found = enrolment.of_reserve(conn, geography.reserve_id(conn, reserve))
        for one in found:
            typer.echo(f"{one.id:<24}  {'online ' if one.online else 'offline'}  {_log_in(one)}  {one.name}")
        if not found:
            typer.echo("no node yet: fieldwatch cloud node new", err=True)


@authority.command("show")
def show_authority(state: State = None) -> None:
    """Say who the reserve's own authority is; its keys are made where there are none yet."""
    with reporting():
        import hashlib

        from fieldwatch_cloud.authority.keys import Authority
        from fieldwatch_cloud.services import discovery
        from fieldwatch_cloud.settings import CloudSettings

        settings = CloudSettings.load(state)
        if (found := discovery.running(settings.state)) is not None:
            settings = settings.with_addresses(found.public_url, found.nodes_url, found.http_tls)
        held = Authority(settings.state)
        digest = hashlib.sha256(held.certificate_der).hexdigest().upper()
        typer.echo(f"authority    {held.certificate.subject.rfc4514_string()}")
        typer.echo(f"SHA-256      {':'.join(digest[at : at + 2] for at in range(0, 64, 2))}")
        typer.echo(f"holds until  {held.certificate.not_valid_after_utc:%Y-%m-%d}")
        typer.echo(f"keys         {settings.state / 'authority'}")
        typer.echo(f"names        {', '.join(settings.node_names)}")
        typer.echo(f"nodes go to  {settings.node_broker_url or 'nowhere yet: FIELDWATCH_MQTT_NODES_PORT'}")


@authority.command("export")
def export_authority(
    folder: Annotated[Path, typer.Argument(help="Where to; made where it is not.", file_okay=False)],
    server: Annotated[
        bool, typer.Option("--server", help="Also a new certificate for the broker, with its key.")
    ] = False,
    state: State = None,
) -> None:
    """Write what a broker of your own needs: ca.pem, crl.pem, and the access list (mosquitto's format).

    Run it again after each revocation, and have the broker read it: mosquitto does so on SIGHUP, but leaves
    open connections alone. docs/guides/node-security.md shows a whole configuration.
    """
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.authority.keys import Authority
        from fieldwatch_cloud.operations import node_access, revoked
        from fieldwatch_cloud.private import write_private
        from fieldwatch_cloud.services.mosquitto import WORKERS
        from fieldwatch_cloud.services.mosquitto_files import access_list

        held = Authority(settings.state)
        folder.mkdir(parents=True, exist_ok=True)
        files = {
            "ca.pem": held.certificate_pem,
            "crl.pem": held.revocations(revoked(settings.database_url)),
            "access": access_list(node_access(settings.database_url), WORKERS),
        }
        if server:
            files["server.key"], files["server.pem"] = held.certify_server(settings.node_names)
        for name, content in files.items():
            write_private(folder / name, content)
            typer.echo(str(folder / name))


def _print_code(conn: "Connection", settings: "CloudSettings", node_id: str, valid_days: int) -> None:
    """Raises:
    SettingsError: nobody has said how nodes reach the cloud.
    """
    import segno

    from fieldwatch_cloud.authority import admission
    from fieldwatch_cloud.authority.keys import Authority
    from fieldwatch_cloud.errors import SettingsError

    address = settings.node_url
    if address is None or settings.node_broker_url is None:
        raise SettingsError(
            "nobody has said how nodes reach the cloud: set FIELDWATCH_HTTP_PUBLIC_URL=https://... and "
            "FIELDWATCH_MQTT_NODES_PORT=8883 (docs/guides/node-security.md), here and for `cloud run`"
        )
    own = Authority(settings.state).certificate_der if settings.http.tls == "own" else None
    code, ends = admission.new_code(conn, node_id, by=None, valid_days=valid_days, authority_der=own)
    typer.echo(
        f"The one-time code of {node_id}, good until {ends:%Y-%m-%d %H:%M} UTC, shown this once:", err=True
    )
    typer.echo(code.text)
    # The code is for a script, the picture of it for a person.
    segno.make(code.link(address), error="m", micro=False).terminal(out=sys.stderr, compact=True)
    typer.echo("On the box, which asks for the code:", err=True)
    typer.echo(f"  {admission.command(address)}", err=True)


def _log_in(one: "Listed") -> str:
    if one.revoked_at is not None:
        return f"revoked {one.revoked_at:%Y-%m-%d %H:%M}           "
    if one.not_after is not None and one.certificate_revoked_at is None:
        ended = "  ENDED" if one.not_after < datetime.now(UTC) else ""
        return f"certificate until {one.not_after:%Y-%m-%d}{ended}"
    if one.has_password:
        return "password                    "
    if one.code_expires_at is not None and one.code_used_at is None:
        return f"code good until {one.code_expires_at:%Y-%m-%d}  "
    return "not enrolled                "
