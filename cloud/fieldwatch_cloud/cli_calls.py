"""`fieldwatch cloud calls`: who would be called now, who was called, and whether a device can be reached."""

import time
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from fieldwatch_cloud.cli_setup import State, database, reporting, utc

if TYPE_CHECKING:
    from fieldwatch_cloud.db.deliveries import Entry

calls = typer.Typer(name="calls", no_args_is_help=True)

TEST_TAKES_S = 60.0
_LOOK_EVERY_S = 0.25


@calls.command("who")
def who_is_called(
    reserve: Annotated[str, typer.Option(help="Slug of the reserve.")],
    lat: Annotated[float | None, typer.Option(min=-90, max=90, help="Latitude of the fire.")] = None,
    lon: Annotated[float | None, typer.Option(min=-180, max=180, help="Longitude of the fire.")] = None,
    at: Annotated[datetime | None, typer.Option(help="At that time (UTC); default: now.")] = None,
    state: State = None,
) -> None:
    """Show, step by step, who would be called for a fire at a place; without one, for a place nobody knows.

    The exit code is 1 where somebody of the plan cannot be reached, or nobody is on duty.
    """
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.alarms.crew import Crew
        from fieldwatch_cloud.db import calls, geography
        from fieldwatch_cloud.db.pool import connection
        from fieldwatch_shared.messages import utc_now

        with connection(settings.database_url) as conn:
            reserve_id = geography.reserve_id(conn, reserve)
            timezone = geography.reserves(conn, [reserve])[0].timezone
            known = lat is not None and lon is not None
            zones = calls.zones_at(conn, reserve_id, lon or 0.0, lat or 0.0) if known else []
            crew = Crew.at(conn, reserve_id, timezone, zones, utc(at) or utc_now())
            plan = calls.plan(conn, reserve_id)
        called: set[UUID] = set()
        missing = False
        for number, step in enumerate(plan, 1):
            people = crew.whom(step.whom, called)
            called |= {person.id for person in people}
            missing |= (step.whom == "duty" and not people) or any(not p.devices for p in people)
            names = [p.name if p.devices else f"{p.name} (no device)" for p in people]
            typer.echo(f"{number}  {step.after_s:>5} s  {step.whom:<8}  {', '.join(names) or 'nobody'}")
    if missing:
        raise typer.Exit(1)


@calls.command("ledger")
def show_ledger(
    incident: Annotated[UUID, typer.Argument(help="Id of the incident.")], state: State = None
) -> None:
    """Show every call of an incident: when it was decided, sent, delivered, opened, answered; or why not."""
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.db import calls, deliveries
        from fieldwatch_cloud.db.pool import connection

        with connection(settings.database_url) as conn:
            calls.incident(conn, incident)
            found = deliveries.ledger(conn, incident)
        table = Table(
            "who", "device", "kind", "step", "state", "queued", "sent", "delivered", "opened", "answered"
        )
        for entry in found:
            table.add_row(*_cells(entry))
            if entry.failure:
                table.add_row("", f"[red]{entry.failure}[/]")
        Console().print(table)


@calls.command("test")
def call_device(
    email: Annotated[str, typer.Argument(help="Address that the person logs in with.")], state: State = None
) -> None:
    """Call all devices of a person, and say what came of it. `fieldwatch cloud run` must be running."""
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.alarms import trial
        from fieldwatch_cloud.db import accounts, devices
        from fieldwatch_cloud.db.pool import connection
        from fieldwatch_shared.messages import utc_now

        with connection(settings.database_url) as conn:
            account = accounts.account_of_email(conn, email)
            working = [d for d in devices.of_account(conn, account.id) if d.disabled_at is None]
            if not working:
                typer.echo(f"{account.name} has no device: nobody can call them")
                raise typer.Exit(1)
            with conn.transaction():
                waiting = {trial.call(conn, device.id, utc_now()): device for device in working}
            failed = False
            deadline = time.monotonic() + TEST_TAKES_S
            while waiting and time.monotonic() < deadline:
                for delivery_id, device in list(waiting.items()):
                    reached, failure = devices.delivery_state(conn, delivery_id)
                    if reached == "queued":
                        continue
                    del waiting[delivery_id]
                    failed |= reached == "failed"
                    typer.echo(
                        f"{device.channel}  {device.name}: {reached}{f' ({failure})' if failure else ''}"
                    )
                time.sleep(_LOOK_EVERY_S)
        for device in waiting.values():
            typer.echo(f"{device.channel}  {device.name}: not sent yet; does `fieldwatch cloud notify` run?")
    if failed or waiting:
        raise typer.Exit(1)


def _cells(entry: "Entry") -> list[str]:
    times = (entry.queued_at, entry.sent_at, entry.delivered_at, entry.opened_at, entry.answered_at)
    who = entry.account or "(system of the reserve)"
    step = "" if entry.step is None else str(entry.step)
    clock = ["" if at is None else f"{at:%H:%M:%S}" for at in times]
    return [who, f"{entry.device} ({entry.channel})", entry.kind, step, entry.state, *clock]
