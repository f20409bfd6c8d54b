"""`fieldwatch edge enrol`: from a box to a node, by a one-time code."""

from __future__ import annotations

import os
import pwd
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fieldwatch_edge.console import sentences
from fieldwatch_edge.errors import ConfigError

if TYPE_CHECKING:
    from fieldwatch_edge.identity.enrolment import Outcome
    from fieldwatch_shared.enrolment import Code, Enrolled, EnrolledDeployment

NODE_USER = "fieldwatch"
"""As the package and the unit name it."""
INSTALLED = Path("/etc/fieldwatch")
INSTALLED_STATE = Path("/var/lib/fieldwatch-edge")


def enrol(
    cloud_url: Annotated[
        str | None,
        typer.Argument(
            help="The cloud's address, https://..., or the one behind the QR code. Default: asked for."
        ),
    ] = None,
    code: Annotated[
        str | None,
        typer.Argument(
            help="The one-time code, FW1-... . Better leave it out: it is then asked for, or read from"
            " standard input, and no other user of this machine sees it in the list of processes.",
            show_default=False,
        ),
    ] = None,
    config: Annotated[
        Path,
        typer.Option(
            "--config",
            "-c",
            help="Settings to be written, or changed: all that is yours in them stays. Key and certificate go"
            " into `identity` beside them.",
        ),
    ] = Path("node.toml"),
    deployment: Annotated[
        str | None,
        typer.Option(help="Name or id of the deployment that this node's camera stands at; else asked for."),
    ] = None,
    camera: Annotated[
        str | None,
        typer.Option(
            help="/dev/video0, rtsp://... or a folder of pictures. One with a password is better typed"
            " where it is asked for. Default: asked for; empty: later."
        ),
    ] = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="These settings are another node's: this machine becomes a new one."),
    ] = False,
) -> None:
    """Make this machine a node of a reserve, with a one-time code.

    The code comes from the cloud: `fieldwatch cloud node new`, or the web app under Administration. A key is
    made on this machine and never leaves it; the reserve's authority signs its certificate, which the node
    renews by itself from then on.

    Cut on the way, by the line or the power? The same command goes on where it was, for an hour.

    Exit code 1: it is not done, and the sentence says why.
    """
    with sentences(when_unreachable="The same command goes on where it was."):
        url, one_time = _asked_for(cloud_url, code)
        from rich.console import Console

        from fieldwatch_edge.identity.enrolment import PURPOSE
        from fieldwatch_edge.identity.enrolment import enrol as enrolled
        from fieldwatch_edge.identity.files import FOLDER, Store
        from fieldwatch_edge.identity.hardware import hardware

        source = None if config.exists() else _camera(camera)
        store = Store(config.absolute().parent / FOLDER)
        with Console(stderr=True).status(f"Asking {url} ..."):
            outcome = enrolled(
                one_time,
                url,
                store,
                hardware(),
                expect=lambda answer: _expect(answer, config, replace=replace),
            )
        answer = outcome.answer
        typer.echo(f"This is {answer.node} ({answer.name}) in {answer.reserve}.")
        until = outcome.identity.load().expires_at
        typer.echo(f"Its certificate holds until {until:%Y-%m-%d}, and is renewed by itself.")
        is_new = not config.exists()
        _write_settings(config, outcome, source, deployment)
        user = _node_user(config)
        if user is not None:
            store.belongs_to(user.pw_uid, user.pw_gid)
            if is_new:
                os.chown(config, -1, user.pw_gid)  # it may hold a camera's password: 0640
        store.settled(PURPOSE)
        _say_what_next(config, user)


def _asked_for(cloud_url: str | None, code: str | None) -> tuple[str, Code]:
    """Address and code, from the arguments, from standard input, or from a person."""
    from fieldwatch_shared.enrolment import Code, link_origin

    first = cloud_url or _line("The cloud's address, or the address behind the QR code")
    url, text = link_origin(first), first
    if url is None:
        url, text = first.strip(), code or _line("The code (FW1-...)")
    elif code is not None:
        raise ConfigError("the address behind the QR code holds the code: give it alone")
    try:
        return url, Code.parse(text)
    except ValueError as error:
        raise ConfigError(f"{error}") from None


def _camera(camera: str | None) -> str | None:
    """Its source, in TOML; None: later. Asked for before the code is spent."""
    from fieldwatch_edge.enrolled_settings import source_of

    if camera is None:
        camera = _line("The camera: /dev/video0, rtsp://..., or a folder of pictures; empty: later")
    return source_of(camera) if camera else None


def _line(question: str) -> str:
    if sys.stdin.isatty():
        answer: str = typer.prompt(question, default="", show_default=False, err=True)
        return answer.strip()
    return sys.stdin.readline().strip()


def _expect(answer: Enrolled, config: Path, *, replace: bool) -> None:
    """Before anything is put in place: whether these settings may become those of `answer`'s node."""
    if not config.exists() or replace:
        return
    node = _node_section(config)
    here = (node.get("reserve"), node.get("id"))
    if here not in ((None, None), (answer.reserve, answer.node)):
        raise ConfigError(
            f"{config} is of {here[1]} in {here[0]}, the code is for {answer.node} in {answer.reserve}. What"
            " still waits in its outbox would be sent under the new name. If that is meant, the same command"
            " with --replace goes on; else take the code of the right node"
        )


def _node_section(config: Path) -> dict[str, Any]:
    """[node] of settings that need not be complete."""
    try:
        section = tomllib.loads(config.read_text(encoding="utf-8-sig")).get("node", {})
    except OSError as error:
        raise ConfigError(f"cannot read {config}: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{config} is not valid TOML: {error}") from error
    return section if isinstance(section, dict) else {}


def _write_settings(config: Path, outcome: Outcome, source: str | None, deployment: str | None) -> None:
    from fieldwatch_edge import whole
    from fieldwatch_edge.enrolled_settings import Place, changes_of, new_settings
    from fieldwatch_edge.tomlfile import change_file

    if config.exists():
        change_file(config, changes_of(outcome))
        typer.echo(f"{config}: [node], [broker] and [cloud] changed; all else is as it was.")
        return
    stands = _choose(outcome.answer.deployments, deployment)
    state_dir = INSTALLED_STATE if config.absolute().parent == INSTALLED else Path("state")
    text = new_settings(outcome, state_dir, Place.of(stands), source)
    try:
        whole.write(config, text, 0o640)
    except OSError as error:
        raise ConfigError(f"cannot write {config}: {error.strerror}") from error
    typer.echo(f"{config} written.")


def _choose(deployments: list[EnrolledDeployment], wanted: str | None) -> EnrolledDeployment | None:
    """The one that the camera stands at; None: it is a new one, which `edge aim` tells the cloud of."""
    if wanted is not None:
        for each in deployments:
            if wanted in (each.name, str(each.id)):
                return each
        known = ", ".join(each.name for each in deployments) or "none"
        raise ConfigError(f"the cloud knows no deployment {wanted!r} of this node; it knows {known}")
    if len(deployments) < 2 or not sys.stdin.isatty():
        return deployments[0] if len(deployments) == 1 else None
    for number, each in enumerate(deployments, start=1):
        typer.echo(f"  {number}  {each.name} ({each.lat:.5f}, {each.lon:.5f})", err=True)
    number = typer.prompt("Which of them does the camera stand at? 0: a new one", type=int, err=True)
    return deployments[number - 1] if 1 <= number <= len(deployments) else None


def _node_user(config: Path) -> pwd.struct_passwd | None:
    """The user that the node runs as, where root enrols it for somebody else: the owner of its state
    directory, or the one of the package."""
    if os.geteuid() != 0:
        return None
    state_dir = config.absolute().parent / _node_section(config).get("state_dir", "state")
    try:
        if state_dir.exists():
            return pwd.getpwuid(state_dir.stat().st_uid)
        return pwd.getpwnam(NODE_USER)
    except KeyError:
        return None


def _say_what_next(config: Path, user: pwd.struct_passwd | None) -> None:
    as_user = f"sudo -u {user.pw_name} " if user is not None and user.pw_uid != 0 else ""
    typer.echo("Next:")
    if config.absolute().parent == INSTALLED:
        typer.echo("  sudo systemctl enable fieldwatch-edge && sudo systemctl restart fieldwatch-edge")
    typer.echo(f"  {as_user}fieldwatch edge aim -c {config}       the live picture: focus, horizon, heading")
    typer.echo(f"  {as_user}fieldwatch edge doctor -c {config}    is all well, and what is to be mended?")
