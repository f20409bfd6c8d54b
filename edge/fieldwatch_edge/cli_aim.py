"""`fieldwatch edge aim`."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fieldwatch_edge.cli_options import Config, Models, StateDir  # noqa: TC001  # typer reads the types
from fieldwatch_edge.console import sentences
from fieldwatch_edge.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import Console

    from fieldwatch_edge.aim.access import Access
    from fieldwatch_edge.aim.server import AimServer

NICE = 10
"""A phone that looks takes nothing from the node that watches."""


def aim(
    config: Config = Path("node.toml"),
    state_dir: StateDir = None,
    models: Models = None,
    listen: Annotated[
        str | None,
        typer.Option(
            help="Address of this machine to listen on. Default: its own Wi-Fi or cable, where that has a"
            " private address; never a modem's."
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8480,
    minutes: Annotated[float, typer.Option(min=0.01, max=600, help="Then it closes by itself.")] = 60,
) -> None:
    """Open the aiming page for a phone, for an hour: picture, focus, level, direction, walk test, deployment.

    Prints an address, a QR code and a PIN. The phone must be in the same Wi-Fi or network as the node. The
    node may run meanwhile: it goes on watching, and shows the page what it sees. Nothing listens once this
    ends.
    """
    with sentences():
        _aim(config.absolute(), state_dir, models, (listen, port), minutes)


def _aim(
    config: Path, state_dir: Path | None, models: str | None, at: tuple[str | None, int], minutes: float
) -> None:
    from rich.console import Console

    from fieldwatch_edge.aim.access import Access
    from fieldwatch_edge.aim.desk import Desk
    from fieldwatch_edge.aim.lan import own_address
    from fieldwatch_edge.aim.server import AimServer, serve
    from fieldwatch_edge.detect import model_search_path
    from fieldwatch_edge.fleet.origin import Origin

    settings = Origin(config, state_dir).settings()
    if not os.access(config, os.W_OK) or not os.access(config.parent, os.W_OK):
        raise ConfigError(f"may not change {config}, where the deployment goes: run it as root (sudo)")
    try:
        settings.node.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot use the state directory {settings.node.state_dir}: {error}") from error
    address = at[0] or own_address()
    console, ended = Console(), threading.Event()
    os.nice(NICE)
    desk = Desk(config, settings, model_search_path(models))
    try:
        servers: list[AimServer] = []
        access = Access(lambda: _show(console, servers[0], access, again=True))
        try:
            server = AimServer((address, at[1]), desk, access, ended.set)
        except OSError as error:
            raise ConfigError(f"cannot listen on {address}, port {at[1]}: {error.strerror}") from error
        servers.append(server)
        _show(console, server, access, again=False)
        threading.Thread(target=_end_when, args=(ended, server), daemon=True).start()
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, lambda *_: ended.set())
        if serve(server, minutes):
            console.print(f"Closed after {minutes:g} minutes: nothing listens on this node any more.")
        else:
            console.print("Closed: nothing listens on this node any more.")
    finally:
        desk.close()


def _end_when(ended: threading.Event, server: AimServer) -> None:
    ended.wait()
    server.shutdown()


def _show(console: Console, server: AimServer, access: Access, *, again: bool) -> None:
    """Address, QR code and PIN, on the terminal alone: a log would keep them."""
    import segno

    host, port = server.server_address[:2]
    name = f"[{host!s}]" if ":" in str(host) else str(host)
    url = f"http://{name}:{port}/"
    if again:
        console.print(f"For another phone: {url}   PIN {access.pin}", highlight=False)
        return
    if console.is_terminal:
        segno.make(f"{url}#{access.token}", error="l").terminal(compact=True)
    console.print(f"Open {url} on the phone, in the same Wi-Fi.   PIN {access.pin}", highlight=False)
    console.print("Ctrl+C closes it.")
