"""`fieldwatch cloud fleet`: nodes as they should be and are, settings, groups, roll-outs, logs, visits."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from fieldwatch_cloud.cli_setup import State, database, reporting

if TYPE_CHECKING:
    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.db.rollouts import Node, Rollout
    from fieldwatch_cloud.settings import CloudSettings

fleet = typer.Typer(name="fleet", no_args_is_help=True)
rollout = typer.Typer(
    name="rollout", no_args_is_help=True, help="Something new for many nodes, few at a time."
)
fleet.add_typer(rollout)
Reserve = Annotated[str, typer.Option(help="Slug of the reserve.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
_LOOK_EVERY_S = 1.0


@fleet.command("list")
def list_nodes(reserve: Reserve, as_json: AsJson = False, state: State = None) -> None:
    """Show the reserve's nodes: what they run, and whether that is what is desired of them.

    A node that does not report its settings, as older software does not, is `unknown`: never in order.
    """
    with _transaction(state) as (conn, _):
        from fieldwatch_cloud.db import fleet as rows
        from fieldwatch_cloud.db import geography

        reserve_id = geography.reserve_id(conn, reserve)
        names = {one.id: one.name for one in rows.groups(conn, reserve_id)}
        nodes = rows.nodes(conn, reserve_id)
    if as_json:
        _json([{**asdict(one), "drift": one.drift, "standing": one.standing} for one in nodes])
        return
    table = Table("node", "groups", "heard (UTC)", "software", "models", "settings", "certificate until")
    for one in nodes:
        drift = ", ".join(one.drift) if one.drift else one.standing.replace("_", " ")
        table.add_row(
            one.id if one.online else f"{one.id} (offline)",
            ", ".join(names[id_] for id_ in one.groups),
            f"{one.heard_at:%Y-%m-%d %H:%M}" if one.heard_at else "never",
            one.software or "",
            ", ".join((one.models or {}).values()),
            f"drift: {drift}" if one.drift else drift,
            f"{one.certificate_expires_at:%Y-%m-%d}" if one.certificate_expires_at else "",
        )
    Console().print(table)


@fleet.command("set")
def set_settings(
    changes: Annotated[
        list[str],
        typer.Argument(
            metavar="SETTING=VALUE...",
            help="Such as link.bytes_per_day=20000000 or 'cameras.*.fire.every_s=10.0'. The value is JSON; "
            "null is the software's default; nothing after the = takes the wish back.",
        ),
    ],
    reserve: Reserve,
    group: Annotated[str | None, typer.Option(help="Only this group's nodes.")] = None,
    node: Annotated[str | None, typer.Option(help="Only this node.")] = None,
    state: State = None,
) -> None:
    """Wish for settings: of all nodes, of a group, or of one node, which wins over both.

    What may be set from afar is what no node can be lost by: never identity, broker, paths or keys.
    """
    with _transaction(state) as (conn, _):
        from fieldwatch_cloud.db import admin_log, geography
        from fieldwatch_cloud.db import fleet as rows
        from fieldwatch_cloud.errors import QuestionError
        from fieldwatch_cloud.fleet import layers
        from fieldwatch_shared.node_settings import PatchError

        reserve_id = geography.reserve_id(conn, reserve)
        of, id_ = _layer(conn, reserve_id, group, node)
        before = layer = rows.layer(conn, of, id_)
        for change in changes:
            path, equals, value = change.partition("=")
            if not equals:
                raise QuestionError(f"{change!r} names no value: write {change}=VALUE")
            layer = layers.put(layer, path, _value(value)) if value else layers.without(layer, path)
        try:
            layers.check(layer)
        except PatchError as error:
            raise QuestionError(str(error)) from error
        told = rows.set_layer(conn, of, id_, layer)
        admin_log.note(
            conn,
            by=None,
            reserve_id=reserve_id,
            action="node_settings.changed",
            subject=id_,
            name=node or group or reserve,
            before=before,
            after=layer,
        )
    typer.echo(json.dumps(layer, indent=2))
    typer.echo(f"{len(told)} nodes have something new to do.", err=True)


@fleet.command("groups")
def groups(
    reserve: Reserve,
    create: Annotated[str | None, typer.Option(help="Create or change the group of this name.")] = None,
    nodes: Annotated[
        list[str] | None, typer.Option("--node", help="With --create: a node of it; may be repeated.")
    ] = None,
    rank: Annotated[int, typer.Option(help="Of two groups of a node, the higher one wins.")] = 0,
    as_json: AsJson = False,
    state: State = None,
) -> None:
    """Show the groups of nodes, or make one."""
    with _transaction(state) as (conn, _):
        from fieldwatch_cloud.db import fleet as rows
        from fieldwatch_cloud.db import geography
        from fieldwatch_shared.ids import uuid7

        reserve_id = geography.reserve_id(conn, reserve)
        if create:
            held = next((one for one in rows.groups(conn, reserve_id) if one.name == create), None)
            rows.set_group(
                conn,
                reserve_id,
                held.id if held else uuid7(),
                name=create,
                rank=rank,
                members=nodes or [],
            )
        found = rows.groups(conn, reserve_id)
    if as_json:
        _json([asdict(one) for one in found])
        return
    table = Table("group", "rank", "nodes", "settings")
    for one in found:
        table.add_row(one.name, str(one.rank), ", ".join(one.nodes), json.dumps(one.settings))
    Console().print(table)


@fleet.command("upload")
def upload(
    file: Annotated[
        Path, typer.Argument(help="A model folder, zipped, or a wheel.", exists=True, dir_okay=False)
    ],
    reserve: Reserve,
    state: State = None,
) -> None:
    """Keep a model or a wheel for nodes; prints its SHA-256. No node hears of it before a roll-out."""
    with _transaction(state) as (conn, settings):
        from fieldwatch_cloud.db import geography, rollouts
        from fieldwatch_cloud.rollouts import artifacts

        with file.open("rb") as opened:
            found = artifacts.read(opened, settings.fleet.trusted_keys)
            opened.seek(0)
            artifacts.store(settings.media_dir).put(found.sha256, opened.read())
        rollouts.add_artifact(
            conn,
            geography.reserve_id(conn, reserve),
            sha256=found.sha256,
            kind=found.kind,
            name=found.name,
            version=found.version,
            bytes_=found.bytes,
            signer=found.signer,
            by=None,
        )
    typer.echo(f"{found.kind} {found.name} {found.version}, {found.bytes} bytes", err=True)
    typer.echo(found.sha256)


@rollout.command("start")
def start_rollout(
    sha256: Annotated[str, typer.Argument(help="Of what was uploaded; its first digits will do.")],
    reserve: Reserve,
    nodes: Annotated[
        list[str] | None, typer.Option("--node", help="Only this node; may be repeated. Default: all.")
    ] = None,
    groups: Annotated[
        list[str] | None, typer.Option("--group", help="A stage, in this order; the rest come last.")
    ] = None,
    soak_h: Annotated[float, typer.Option(help="Hours that each stage is watched.")] = 24,
    trial_min: Annotated[float, typer.Option(help="Minutes that each node tries it by itself.")] = 10,
    answer_h: Annotated[float, typer.Option(help="A node silent for so many hours has failed.")] = 6,
    most_failed: Annotated[int, typer.Option(help="Failures in one stage that do not stop it.")] = 0,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    state: State = None,
) -> None:
    """Begin a roll-out: one node, then three or a tenth, then all, unless --group says otherwise.

    Each stage waits until every node of the one before works by it and is none the worse. Where too many
    fail, all go back by themselves to what they had.
    """
    with _transaction(state) as (conn, _):
        from fieldwatch_cloud.db import fleet as rows
        from fieldwatch_cloud.db import geography, rollouts
        from fieldwatch_cloud.errors import NotFoundError
        from fieldwatch_cloud.rollouts import rules, run
        from fieldwatch_shared.messages import utc_now

        now = utc_now()
        reserve_id = geography.reserve_id(conn, reserve)
        fits = [one for one in rollouts.artifacts(conn, reserve_id) if one.sha256.startswith(sha256)]
        if len(fits) != 1:
            raise NotFoundError(f"{len(fits)} things that were uploaded begin with {sha256}: name one")
        held = {one.name: one.nodes for one in rows.groups(conn, reserve_id)}
        if missing := [name for name in groups or [] if name not in held]:
            raise NotFoundError(f"no such group: {', '.join(missing)}")
        everyone = nodes or [one.id for one in rows.nodes(conn, reserve_id)]
        stages = run.plan(conn, everyone, now, groups=[held[name] for name in groups or []])
        for n, stage in enumerate(stages, 1):
            typer.echo(f"stage {n}: {', '.join(stage)}", err=True)
        if not yes:
            typer.confirm(
                f"Roll {fits[0].name} {fits[0].version} out to {len(everyone)} nodes?", abort=True, err=True
            )
        wanted = rules.Rules(
            trial_s=trial_min * 60, soak_s=soak_h * 3600, answer_s=answer_h * 3600, most_failed=most_failed
        )
        id_ = run.start(conn, reserve_id, fits[0], stages, wanted=wanted, by=None, now=now)
    typer.echo(str(id_))


@rollout.command("list")
def list_rollouts(reserve: Reserve, as_json: AsJson = False, state: State = None) -> None:
    """Show the reserve's roll-outs: those that are under way first."""
    with _transaction(state) as (conn, _):
        from fieldwatch_cloud.db import geography, rollouts

        found = rollouts.of_reserve(conn, geography.reserve_id(conn, reserve))
    if as_json:
        _json([asdict(one) for one in found])
        return
    table = Table("id", "what", "state", "stage", "started (UTC)", "by", "why")
    for one in found:
        table.add_row(
            str(one.id),
            one.label,
            one.state,
            f"{one.stage + 1} of {one.stages}",
            f"{one.started_at:%Y-%m-%d %H:%M}",
            one.started_by or "command line",
            one.reason or "",
        )
    Console().print(table)


@rollout.command("show")
def show_rollout(
    id_: Annotated[UUID, typer.Argument(metavar="ID")], as_json: AsJson = False, state: State = None
) -> None:
    """Show how far each node is."""
    with _transaction(state) as (conn, _):
        from fieldwatch_cloud.db import rollouts

        found, nodes = rollouts.get(conn, id_), rollouts.nodes(conn, id_)
        log = rollouts.log(conn, id_)
    if as_json:
        _json({**asdict(found), "nodes": [asdict(one) for one in nodes], "log": [asdict(one) for one in log]})
    else:
        _print_rollout(found, nodes)


@rollout.command("pause")
def pause_rollout(id_: Annotated[UUID, typer.Argument(metavar="ID")], state: State = None) -> None:
    """Begin no further stage; a failure still stops it."""
    _act(id_, "pause", state)


@rollout.command("resume")
def resume_rollout(id_: Annotated[UUID, typer.Argument(metavar="ID")], state: State = None) -> None:
    """Go on with a paused roll-out."""
    _act(id_, "resume", state)


@rollout.command("cancel")
def cancel_rollout(
    id_: Annotated[UUID, typer.Argument(metavar="ID")],
    keep: Annotated[bool, typer.Option("--keep", help="Who works by it already keeps it.")] = False,
    state: State = None,
) -> None:
    """End it: all its nodes go back to what they had, unless --keep."""
    with _transaction(state) as (conn, _):
        from fieldwatch_cloud.rollouts import run
        from fieldwatch_shared.messages import utc_now

        run.cancel(conn, id_, take_back=not keep, by=None, now=utc_now())
    typer.echo("Each keeps what it has." if keep else "All go back to what they had.", err=True)


@fleet.command("log")
def node_log(
    node: Annotated[str, typer.Argument(help="The node's id.")],
    lines: Annotated[int, typer.Option(min=1, max=20_000, help="From the end of its log.")] = 200,
    bundle: Annotated[
        Path | None,
        typer.Option(help="Fetch a support bundle (never pictures) into this file instead.", dir_okay=False),
    ] = None,
    wait_s: Annotated[float, typer.Option(help="Give up after so long.")] = 120,
    state: State = None,
) -> None:
    """Fetch the end of a node's log, or a support bundle, over the node's own line."""
    with reporting(), database(state) as settings:
        from fieldwatch_cloud import node_logs
        from fieldwatch_cloud.db import fleet as rows
        from fieldwatch_cloud.db import node_logs as kept
        from fieldwatch_cloud.db.pool import Database
        from fieldwatch_cloud.errors import QuestionError
        from fieldwatch_shared.messages import utc_now

        with Database(settings.database_url, size=1) as db:
            with db.transaction() as conn:
                rows.reserve_of(conn, node)
                id_ = node_logs.ask(
                    conn, settings, node, bundle=bundle is not None, lines=lines, by=None, now=utc_now()
                )
            ends = time.monotonic() + wait_s
            with Console(stderr=True).status(f"waiting for {node}"):
                while True:
                    with db.transaction() as conn:
                        found = kept.get(conn, id_)
                    if found.state == "here":
                        break
                    if found.state != "asked" or time.monotonic() > ends:
                        raise QuestionError(
                            f"{node} did not send it ({found.state}): it is away, or its software is too old"
                        )
                    time.sleep(_LOOK_EVERY_S)
        content = node_logs.read(settings, found)
        if bundle is not None:
            bundle.write_bytes(content)
            typer.echo(f"{len(content)} bytes in {bundle}", err=True)
        else:
            typer.echo(content.decode("utf-8", "replace"), nl=False)


@fleet.command("maintenance")
def maintenance_plan(
    reserve: Reserve,
    start: Annotated[
        tuple[float, float] | None, typer.Option(help="Longitude and latitude at which the tour begins.")
    ] = None,
    as_json: AsJson = False,
    state: State = None,
) -> None:
    """Show what needs a visit, why and since when, and the order of the tour."""
    with _transaction(state) as (conn, _):
        from fieldwatch_cloud import maintenance
        from fieldwatch_cloud.db import geography
        from fieldwatch_cloud.fleet.maintenance import tour
        from fieldwatch_shared.messages import utc_now

        items = maintenance.items(conn, geography.reserve_id(conn, reserve), utc_now())
    stops = tour(items, start)
    order = {id(item): n for n, stop in enumerate(stops, 1) for item in stop.items}
    if as_json:
        _json(
            [
                {
                    "reason": one.reason,
                    "urgency": one.urgency,
                    "since": one.since,
                    "node": one.node_id,
                    "deployment_id": one.camera.id,
                    "place": one.camera.name,
                    "lon": one.camera.lon,
                    "lat": one.camera.lat,
                    "stop": order[id(one)],
                    "figures": one.figures,
                }
                for one in items
            ]
        )
        return
    table = Table("urgency", "place", "node", "reason", "since", "figures", "stop")
    for one in items:
        figures = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in one.figures.items())
        reason = one.reason.replace("_", " ")
        since = f"{one.since:%Y-%m-%d}"
        urgency = one.urgency.replace("_", " ")
        table.add_row(
            urgency, one.camera.name, one.node_id or "", reason, since, figures, str(order[id(one)])
        )
    Console().print(table)
    typer.echo(
        f"{len(stops)} places, {sum(stop.leg_km for stop in stops):.1f} km as the crow flies", err=True
    )


@contextmanager
def _transaction(state: Path | None) -> Iterator[tuple["Connection", "CloudSettings"]]:
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.db.pool import connection

        with connection(settings.database_url) as conn, conn.transaction():
            yield conn, settings


def _act(id_: UUID, what: str, state: Path | None) -> None:
    with _transaction(state) as (conn, _):
        from fieldwatch_cloud.db import rollouts
        from fieldwatch_cloud.rollouts import run
        from fieldwatch_shared.messages import utc_now

        (run.pause if what == "pause" else run.resume)(conn, id_, by=None, now=utc_now())
        found, nodes = rollouts.get(conn, id_), rollouts.nodes(conn, id_)
    _print_rollout(found, nodes)


def _print_rollout(found: "Rollout", nodes: Sequence["Node"]) -> None:
    typer.echo(f"{found.label}: {found.state}, stage {found.stage + 1} of {found.stages}", err=True)
    if found.reason:
        typer.echo(found.reason, err=True)
    table = Table("stage", "node", "state", "since (UTC)", "by its own word", "why")
    for one in nodes:
        table.add_row(
            str(one.stage + 1),
            one.node_id,
            one.state,
            f"{one.since:%Y-%m-%d %H:%M}",
            (one.reported or "").replace("_", " "),
            one.reason or "",
        )
    Console().print(table)


def _layer(conn: "Connection", reserve_id: UUID, group: str | None, node: str | None) -> Any:
    from fieldwatch_cloud.db import fleet as rows
    from fieldwatch_cloud.errors import NotFoundError, QuestionError

    if group and node:
        raise QuestionError("give either --group or --node")
    if node:
        if rows.reserve_of(conn, node)[0] != reserve_id:
            raise NotFoundError(f"no such node in this reserve: {node}")
        return "node", node
    if group:
        found = next((one for one in rows.groups(conn, reserve_id) if one.name == group), None)
        if found is None:
            raise NotFoundError(f"no such group: {group}")
        return "group", found.id
    return "reserve", reserve_id


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _json(what: Any) -> None:
    typer.echo(json.dumps(what, default=str, indent=2))
