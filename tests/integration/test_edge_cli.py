"""The commands, as a technician runs them."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.integration.edge_broker import Cloud, Mosquitto
from tests.integration.edge_world import EDGE, make_models, make_pictures, write_config
from tests.unit.edge.records import picture

from fieldwatch_edge.outbox import Entry, Outbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    make_models(folder / "models")
    make_pictures(folder / "pictures", 1)
    return folder


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    # As in production: each node may write to its own branch and read its receipts.
    (tmp_path / "acl").write_text(
        "user mast-1\ntopic write fieldwatch/v1/qinling/mast-1/#\n"
        "topic read fieldwatch/v1/qinling/mast-1/receipt\n"
        "user cloud\ntopic readwrite fieldwatch/v1/#\n"
    )
    password_file = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", password_file, "mast-1", "secret"], check=True)
    subprocess.run(["mosquitto_passwd", "-b", password_file, "cloud", "secret"], check=True)
    broker = Mosquitto(
        tmp_path, f"acl_file {tmp_path}/acl\npassword_file {password_file}", allow_anonymous=False
    )
    try:
        broker.start()
        yield broker
    finally:
        broker.close()


def edge(world: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*EDGE, *arguments],
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
        env={**os.environ, "FIELDWATCH_MODELS": str(world / "models"), "COLUMNS": "300"},
    )


def with_password(config: Path) -> Path:
    config.write_text(config.read_text().replace("[broker]", '[broker]\npassword = "secret"'))
    return config


def findings(output: str) -> dict[str, tuple[str, str]]:
    rows = [
        [cell.strip() for cell in line.split("│")] for line in output.splitlines() if line.startswith("│")
    ]
    return {row[2]: (row[1], row[3]) for row in rows}


def test_a_healthy_node_is_ok_up_to_the_clouds_receipt(
    world: Path, broker: Mosquitto, tmp_path: Path
) -> None:
    config = with_password(write_config(world, url=broker.url, name=f"{tmp_path.name}.toml"))
    cloud = Cloud(broker.port, password="secret")
    try:
        cloud.ready()
        done = edge(world, "doctor", "--config", str(config))
    finally:
        cloud.close()
    found = findings(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert found["broker"][0] == "ok"
    assert found["cloud"][0] == "ok"
    assert "receipt after" in found["cloud"][1]
    assert found["model square"][1].startswith("square@1")
    (beat,) = cloud.heartbeats.values()
    assert beat.cameras[0].frames == 1


@pytest.mark.parametrize(
    ("change", "what", "says"),
    [
        (('password = "secret"', 'password = "wrong"'), "broker", "Not authorized"),
        (('id = "mast-1"', 'id = "mast-2"'), "broker", "Not authorized"),
        (('reserve = "qinling"', 'reserve = "wolong"'), "permission", "Not authorized"),
        ((None, None), "cloud", "nobody listens"),
        (("mqtt://127.0.0.1:{port}", "mqtt://127.0.0.1:1"), "broker", "refused"),
        (('"pictures"', '"no-pictures"'), "camera", "is not a folder"),
        (('"square"', '"cube"'), "model cube", "no model 'cube'"),
    ],
)
def test_the_doctor_finds_what_is_wrong(
    world: Path,
    broker: Mosquitto,
    tmp_path: Path,
    change: tuple[str | None, str | None],
    what: str,
    says: str,
) -> None:
    config = with_password(write_config(world, url=broker.url, name=f"{tmp_path.name}.toml"))
    before, after = change
    if before is not None and after is not None:
        before = before.format(port=broker.port)
        assert before in config.read_text()
        config.write_text(config.read_text().replace(before, after))
    done = edge(world, "doctor", "--config", str(config))
    failed = {name: finding for name, (status, finding) in findings(done.stdout).items() if status == "fail"}
    assert done.returncode == 1, done.stdout + done.stderr
    assert any(name.startswith(what) and says in finding for name, finding in failed.items()), done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.timeout(900)  # Four programs, one after the other.
def test_what_a_run_saw_can_be_shown_and_exported(world: Path, tmp_path: Path) -> None:
    config = write_config(world, name=f"{tmp_path.name}.toml")
    assert edge(world, "outbox", "show", "--config", str(config)).returncode == 1, "it has not run yet"
    assert edge(world, "run", "--offline", "--config", str(config)).returncode == 0
    shown = edge(world, "outbox", "show", "--config", str(config)).stdout
    assert "observations" in shown
    exported = edge(
        world, "outbox", "export", "--config", str(config), "--pictures", str(tmp_path / "kept")
    ).stdout
    entries = [json.loads(line) for line in exported.splitlines()]
    observations = [e["record"] for e in entries if e["kind"] == "observations"]
    assert len(observations) == 3
    assert {f"{o['media_id']}.jpg" for o in observations} <= {f.name for f in (tmp_path / "kept").iterdir()}


def test_a_clip_is_exported_as_what_it_is(world: Path, tmp_path: Path) -> None:
    config = write_config(world, name=f"{tmp_path.name}.toml")
    still = picture(1)
    clip = replace(picture(2), media=picture(2).media.model_copy(update={"mime": "image/webp"}))
    outbox = Outbox(world / f"{config.name}.state" / "outbox.sqlite", 64 * 1024**2)
    outbox.write(ready=[Entry.of(still), Entry.of(clip)])
    outbox.close()
    kept = tmp_path / "kept"
    edge(world, "outbox", "export", "--config", str(config), "--pictures", str(kept))
    assert {file.name for file in kept.iterdir()} == {f"{still.media.id}.jpg", f"{clip.media.id}.webp"}


def test_what_cannot_be_sent_in_time_stays_and_the_exit_code_says_so(world: Path, tmp_path: Path) -> None:
    config = write_config(world, name=f"{tmp_path.name}.toml")
    done = edge(world, "run", "--config", str(config), "--drain-timeout", "1")
    assert done.returncode == 3
    assert "node.not_drained" in done.stderr


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        (('"pictures"', '"no-pictures"'), 3, "no-pictures is not a folder"),
        (('"square"', '"cube"'), 3, "no model 'cube'"),
        (("lost_s = 3", "lost = 3"), 1, "wildlife.lost"),
    ],
)
def test_failures_are_sentences(
    world: Path, tmp_path: Path, change: tuple[str, str], code: int, says: str
) -> None:
    config = write_config(world, name=f"{tmp_path.name}.toml")
    config.write_text(config.read_text().replace(*change))
    done = edge(world, "run", "--offline", "--config", str(config))
    assert done.returncode == code
    assert says in done.stderr.splitlines()[-1] or says in done.stderr
    assert "Traceback" not in done.stderr
