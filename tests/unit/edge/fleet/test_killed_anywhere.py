"""kill -9 before every single step on the disk while settings and a model are taken on: whichever it is, the
next start finds something whole, old or new, and the way can be gone to its end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.edge.fleet.world import World

from fieldwatch_edge.fleet import models
from fieldwatch_edge.fleet.ledger import Book, Choice, Trial
from fieldwatch_edge.fleet.models import labels

STEPS = frozenset({"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.symlink", "os.link"})
PATCH = {"heartbeat_s": 7.0}
STARTER = Path(__file__).parents[4] / "deploy/systemd/fieldwatch-edge-start"


def take_on(world: World, wanted) -> None:
    """What the agent does, in its order, with a new start of the node where it restarts."""
    book = Book(world.state_dir)
    if book.now.choice.patch != PATCH:
        if book.now.trial is None:
            choice = Choice(patch=PATCH, models=book.now.choice.models)
            book.write(
                book.now.trying(Trial(kind="settings", name="settings", digest="s", choice=choice, lasts_s=1))
            )
        assert world.origin.begin().settings.heartbeat_s == PATCH["heartbeat_s"]
        book = Book(world.state_dir)
        book.write(book.now.proven())
    folder = book.model_folder(wanted.sha256)
    if not folder.is_dir():
        zipped = folder.with_name(f"{wanted.sha256}.zip")
        zipped.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(world.shelf / wanted.sha256, zipped)
        models.unpack(book, wanted, zipped)
        zipped.unlink()
    if book.now.trial is None:
        choice = Choice(patch=book.now.choice.patch, models={"plume": wanted.sha256})
        running = Trial(kind="model", name="plume", digest=wanted.sha256, choice=choice, lasts_s=1)
        book.write(book.now.trying(running))
    world.origin.begin()
    book = Book(world.state_dir)
    book.write(book.now.proven())
    models.prune(book, [])


def killed_before(step: int, world: World, wanted) -> bool:
    """Whether the way, in a process of its own, was cut off at that step; False: it has fewer."""
    child = os.fork()
    if child == 0:
        done = 0

        def hook(event: str, args: tuple[object, ...]) -> None:
            nonlocal done
            if event in STEPS and args and str(args[0]).startswith(str(world.state_dir)):
                done += 1
                if done == step:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        try:
            take_on(world, wanted)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


@pytest.mark.timeout(900)  # a process for each step
def test_no_step_leaves_the_node_without_settings_and_a_model(tmp_path: Path) -> None:
    world = World(tmp_path / "node")
    wanted = world.model("2")
    step, seen = 0, set()
    while True:
        step += 1
        shutil.rmtree(world.state_dir)
        world.state_dir.mkdir(mode=0o700)
        if not killed_before(step, world, wanted):
            break
        beginning = world.origin.begin()
        runs = labels(beginning.settings, beginning.search_path)
        seen.add((beginning.settings.heartbeat_s, runs["plume"]))
        take_on(world, wanted)
        end = world.origin.begin()
        assert (end.settings.heartbeat_s, dict(labels(end.settings, end.search_path))) == (
            7.0,
            {"plume": "plume@2"},
        )
        assert not list(world.state_dir.glob("fleet/**/*.part"))
    assert step > 25
    assert seen == {(0.5, "plume@1"), (7.0, "plume@1"), (7.0, "plume@2")}


def put(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)


def version(software: Path, name: str) -> str:
    program = software / "versions" / name / "bin/fieldwatch"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho {name}\n")
    program.chmod(0o755)
    return f"versions/{name}"


def started(software: Path, path: str = os.environ["PATH"]) -> str:
    """Which version a start begins."""
    environment = {"PATH": path, "FIELDWATCH_SOFTWARE": str(software)}
    packaged = software.parent / "packaged"
    packaged.write_text("#!/bin/sh\necho packaged\n")
    packaged.chmod(0o755)
    done = subprocess.run(
        [STARTER, packaged], env=environment, capture_output=True, text=True, timeout=200, check=False
    )
    return done.stdout.strip()


@pytest.mark.parametrize("command", ["mv", "ln", "rm", "sync", "cat"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_the_starter_goes_back_wherever_the_power_goes(tmp_path: Path, command: str, nth: int) -> None:
    """It is killed at the nth use of that command; the start after that runs the former version."""
    software = tmp_path / "software"
    old, new = version(software, "old"), version(software, "new")
    (software / "current").symlink_to(new)
    put(software / "trial", to=new, former=old, seconds="60", starts="3")
    tools = tmp_path / "tools"
    tools.mkdir()
    real = shutil.which(command)
    uses = tmp_path / "uses"
    killing = f"[ $(wc -l < {uses}) -eq {nth} ] && kill -9 $(cat {tmp_path}/pid)"
    (tools / command).write_text(f'#!/bin/sh\necho >> {uses}\n{killing}\nexec {real} "$@"\n')
    (tools / command).chmod(0o755)
    environment = {"PATH": f"{tools}:{os.environ['PATH']}", "FIELDWATCH_SOFTWARE": str(software)}
    # A shell that writes its number becomes the starter: a command of a subshell must kill the whole of it.
    beginning = f"echo $$ > {tmp_path}/pid; exec {STARTER} /bin/true"
    subprocess.run(["sh", "-c", beginning], env=environment, timeout=200, check=False)
    assert started(software) == "old"
    assert (software / "current").readlink() == Path(old)
    assert started(software) == "old"


def test_the_starter_counts_and_knows_what_is_whole(tmp_path: Path) -> None:
    software = tmp_path / "software"
    assert started(software.parent / "none") == "packaged"
    new = version(software, "new")
    put(software / "trial", to=new, former="", seconds="60")
    assert started(software) == "packaged"  # the power went before the switch
    assert not (software / "trial").exists()
    (software / "current").symlink_to(new)
    put(software / "trial", to=new, former="", seconds="60")
    assert [started(software) for _ in range(4)] == ["new", "new", "new", "packaged"]
    assert "did not stay up" in (software / "rolled-back/reason").read_text()
    assert not (software / "current").is_symlink()


def test_a_proven_version_that_is_damaged_later_shares_its_turns(tmp_path: Path) -> None:
    software = tmp_path / "software"
    (software / "current").parent.mkdir()
    (software / "current").symlink_to(version(software, "new"))
    assert [started(software) for _ in range(11)] == ["new"] * 10 + ["packaged"]
    (software / "starts").unlink()  # as a steady minute does
    (software / "versions/new/bin/fieldwatch").unlink()
    assert started(software) == "packaged"
