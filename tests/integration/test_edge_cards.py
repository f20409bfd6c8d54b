"""Memory cards of camera traps: read once, whatever comes between, and said to be safe only when they are."""

from __future__ import annotations

import os
import random
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from tests.integration.edge_broker import eventually
from tests.integration.edge_world import DEPLOYMENT, EDGE, HEIGHT, WIDTH, make_models, write_config

from fieldwatch_edge.outbox import locked
from fieldwatch_edge.settings import NodeSettings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.integration.edge_broker import Cloud, Mosquitto

    from fieldwatch_shared.messages import EffortSpan

FIRST = datetime(2026, 3, 2, 5, 30)  # noqa: DTZ001  # as a camera's clock says it, in Shanghai
ALARMS = 12
BURST = 3


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cards")
    make_models(folder / "models")
    make_card(folder / "first", FIRST)
    make_card(folder / "second", FIRST + timedelta(days=40))
    return folder


def make_card(folder: Path, first: datetime) -> None:
    """Twelve alarms, five hours apart, of three pictures each; at every other one an animal, a red square."""
    below = folder / "DCIM" / "100EK113"
    below.mkdir(parents=True)
    chance = random.Random(4)
    for alarm in range(ALARMS):
        for shot in range(BURST):
            picture = Image.new("RGB", (WIDTH, HEIGHT), (100, 102, 98))
            if alarm % 2 == 0:
                picture.paste((255, 0, 0), (64 + 16 * shot, 64, 96 + 16 * shot, 96))
            picture.putpixel((0, 0), (chance.randrange(256), 0, 0))
            at = first + timedelta(hours=5 * alarm, seconds=shot)
            exif = Image.Exif()
            exif.get_ifd(0x8769)[0x9003] = f"{at:%Y:%m:%d %H:%M:%S}"
            picture.save(below / f"IMG_{alarm * BURST + shot + 1:04}.JPG", exif=exif)


def card(world: Path, config: Path, folder: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [
        *EDGE, "card", str(world / folder / "DCIM"), "--deployment", DEPLOYMENT,
        "--timezone", "Asia/Shanghai", "--config", str(config), "--model", "square", "--allow-unsigned",
        *options,
    ]  # fmt: skip
    return subprocess.run(
        command,
        env={**os.environ, "FIELDWATCH_MODELS": str(world / "models")},
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )


def joined(spans: Iterable[EffortSpan]) -> list[tuple[datetime, datetime]]:
    """What was looked at without a gap, in however many heartbeats it was told."""
    found: list[tuple[datetime, datetime]] = []
    for span in sorted(spans, key=lambda each: each.started_at):
        if found and span.started_at <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], span.ended_at))
        else:
            found.append((span.started_at, span.ended_at))
    return found


@pytest.mark.timeout(900)  # Four programs, one after the other.
def test_two_cards_of_one_camera_are_each_read_once(world: Path, broker: Mosquitto, cloud: Cloud) -> None:
    config = write_config(world, url=broker.url, name="office.toml")
    kept = world / "archive"

    waiting = card(world, config, "first", "--offline")
    assert waiting.returncode == 0, waiting.stderr
    assert "do not wipe" in waiting.stdout
    assert not cloud.observations

    for folder in ("first", "first", "second"):  # the first one is put in again by mistake
        done = card(world, config, folder, "--keep", str(kept))
        assert done.returncode == 0, done.stderr
        assert "may be wiped" in done.stdout
    eventually(lambda: len(cloud.observations) == ALARMS, what="all animals of both cards")
    assert cloud.conflicts == []
    seen = sorted(one.observed_at for one in cloud.observations.values())
    assert seen[0] == datetime(2026, 3, 1, 21, 30, tzinfo=UTC)
    assert seen[ALARMS // 2] - seen[0] == timedelta(days=40)

    spans = [span for beat in cloud.heartbeats.values() for span in beat.effort]
    length = timedelta(hours=5 * (ALARMS - 1), seconds=BURST - 1)
    begins = (seen[0], seen[0] + timedelta(days=40))
    assert joined(spans) == [(begin, begin + length) for begin in begins]

    copies = sorted(kept.rglob("IMG_*.JPG"))
    assert len(copies) == 2 * ALARMS * BURST
    originals = sorted((world / "first").rglob("IMG_*.JPG")) + sorted((world / "second").rglob("IMG_*.JPG"))
    assert {one.read_bytes() for one in copies} == {one.read_bytes() for one in originals}


def test_a_card_with_a_broken_picture_is_not_said_to_be_safe(
    world: Path, broker: Mosquitto, cloud: Cloud
) -> None:
    make_card(world / "broken", FIRST + timedelta(days=80))
    bad = world / "broken" / "DCIM" / "100EK113" / "IMG_0005.JPG"
    bad.write_bytes(bad.read_bytes()[:300])
    done = card(world, write_config(world, url=broker.url, name="broken.toml"), "broken")
    assert done.returncode == 3
    assert "IMG_0005.JPG" in done.stderr
    assert "do not wipe" in done.stdout
    eventually(lambda: len(cloud.observations) == ALARMS // 2, what="the animals of all other pictures")


def test_beside_the_running_node_of_the_same_name_it_is_refused(world: Path) -> None:
    config = write_config(world, name="busy.toml")
    with locked(NodeSettings.read(config).node.state_dir):
        done = card(world, config, "first")
    assert done.returncode == 1
    assert "another node" in done.stderr


def test_an_empty_folder_is_no_card(world: Path) -> None:
    (world / "empty" / "DCIM").mkdir(parents=True)
    done = card(world, write_config(world, name="empty.toml"), "empty")
    assert done.returncode == 1
    assert "there are no pictures" in done.stderr
