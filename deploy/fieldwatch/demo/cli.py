"""`fieldwatch demo`: the whole way on this machine."""

from __future__ import annotations

import os
import signal
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from fieldwatch.demo.play import Demo, Seen

app = typer.Typer()

_READY_WITHIN_S = 300.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""SIGTERM and SIGHUP (a closed terminal) must stop the services as Ctrl+C does."""


class _Stopped(BaseException):
    """A signal asked us to stop."""


@app.callback(invoke_without_command=True)
def demo(
    state: Annotated[
        Path | None,
        typer.Option(
            help="Where the demo keeps its database, pictures and logs.",
            show_default="~/.local/state/fieldwatch-demo, for root /var/lib/fieldwatch-demo",
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Port of the map.", show_default="8080, or any if that is taken"),
    ] = None,
    footage: Annotated[
        list[str] | None,
        typer.Option(
            help="Your own: a folder of pictures, a video file, or an RTSP address, as one more camera. "
            "May be given several times.",
            show_default=False,
        ),
    ] = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="Begin with a minute and a half of footage already behind us.")
    ] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Forget what earlier demos recorded.")] = False,
    until_ready: Annotated[
        bool,
        typer.Option(
            "--until-ready",
            help="Stop with exit code 0 once the map shows animals of three cameras and a fire.",
        ),
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="With --until-ready: go on running then.")] = False,
) -> None:
    """Run a reserve on this machine: the service, three nodes with four cameras, and a map to look at.

    Animals walk before three of the cameras; under a minute after the start, smoke begins to rise before the
    fourth. The scenes are put together from photographs; everything behind the cameras is the real thing.
    Ctrl+C stops it all.

    Exit code 0: stopped, or ready with --until-ready. 1: something is missing or failed; says what to do.
    """
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    try:
        with _stopped_by_signals():
            _play(
                console,
                state=(state or _default_state()).expanduser().absolute(),
                port=port,
                own=footage or [],
                fast=fast,
                reset=reset,
                until_ready=until_ready,
                keep=keep,
            )
    except _Stopped:
        return
    except ImportError as error:
        _fail(
            f"{error.name or error} is not installed: install the extra, pip install 'fieldwatch[demo]'",
            error,
        )
    except Exception as error:
        if not _is_sentence(error):
            raise
        _fail(str(error), error)


def _play(
    console: Console,
    *,
    state: Path,
    port: int | None,
    own: list[str],
    fast: bool,
    reset: bool,
    until_ready: bool,
    keep: bool,
) -> None:
    from fieldwatch.demo import pictures, play
    from fieldwatch.demo.errors import DemoError, MissingPictures
    from fieldwatch.demo.play import Seen
    from fieldwatch_cloud.services.programs import mosquitto_program, postgres_bin

    postgres_bin()  # raises with the command that installs it
    mosquitto_program()
    scenes = True
    try:
        pictures.require()
    except MissingPictures:
        if not own:
            raise
        scenes = False
    for address in own:
        play.own_source(address)
    demo = play.Demo(state, port=play.free_port(port), own=own, scenes=scenes)
    demo.open(reset=reset)
    try:
        _start(console, demo, fast=fast)
        _tell(console, demo, scenes=scenes)
        began, seen = time.monotonic(), Seen({}, 0, 0)
        while True:
            time.sleep(1.0)
            demo.check()
            before, seen = seen, demo.look()
            _report(console, before, seen)
            if until_ready and seen.complete:
                console.print(f"[green]Ready[/] after {time.monotonic() - began:.0f} s of footage.")
                if not keep:
                    return
                until_ready = False
            if until_ready and time.monotonic() - began > _READY_WITHIN_S:
                raise DemoError(
                    f"not ready within {_READY_WITHIN_S:g} s: animals of {seen.deployments} of 3 cameras, "
                    f"{seen.fires} fires; see {demo.logs}"
                )
    finally:
        _ignore_signals()
        console.print("Stopping ...")
        demo.stop()


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Within, a signal raises `_Stopped`: an exception and no event, as a handler that sets an event can wait
    for ever for the lock that the very `wait` which it interrupts holds."""

    def stop(_signal: int, _frame: object) -> None:
        _ignore_signals()
        raise _Stopped

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore_signals() -> None:
    """Impatience must not cut the stopping short: what is left running would have to be found by hand."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _start(console: Console, demo: Demo, *, fast: bool) -> None:
    from rich.progress import Progress

    console.print("Starting PostgreSQL, mosquitto and the service ...")
    demo.start_service()
    with Progress(console=console, transient=True) as progress:
        drawing = progress.add_task("Drawing scenes", total=demo.frames_to_draw())
        demo.draw(lambda frames: progress.advance(drawing, frames))
    demo.wait_for_service()
    console.print("Starting the nodes ...")
    demo.start_nodes(fast=fast)


def _tell(console: Console, demo: Demo, *, scenes: bool) -> None:
    from fieldwatch.demo.setup import EMAIL, RANGER_EMAIL

    console.print()
    console.print(f"  Open      [bold]{demo.address}[/]")
    console.print(f"  E-mail    [bold]{EMAIL}[/]")
    console.print(f"  Password  [bold]{demo.password}[/]")
    console.print()
    if scenes:
        console.print("Deer, zebras and elephants walk before three cameras: draw a polygon around some of")
        console.print(f"the cameras to count them; rates and estimates are at {demo.address}/#counts.")
        console.print("Soon smoke rises before the Ridge mast: the fire desk")
        console.print(f"({demo.address}/#fire) shows who is called. The ranger on duty is")
        console.print(f"[bold]{RANGER_EMAIL}[/] (same password), whose app is {demo.address}/#phone.")
    console.print(f"Logs are in {demo.logs}. Ctrl+C stops everything.")
    console.print()


def _report(console: Console, before: Seen, now: Seen) -> None:
    for taxon in now.animals.keys() - before.animals.keys():
        console.print(f"  first observation of [bold]{taxon}[/]")
    if now.fires > before.fires:
        console.print("  [bold red]smoke confirmed[/]: an incident is on the map")


def _default_state() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/fieldwatch-demo")
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "fieldwatch-demo"


def _is_sentence(error: Exception) -> bool:
    from fieldwatch.demo.errors import DemoError
    from fieldwatch_cloud.errors import CloudError

    return isinstance(error, (DemoError, CloudError))


def _fail(sentence: str, error: Exception) -> None:
    typer.secho(f"fieldwatch demo: {sentence}", err=True, fg="red")
    raise typer.Exit(1) from error
