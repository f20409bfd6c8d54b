"""A whole node with a power budget and a sensor, offline: what its heartbeats say, and how it works by it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from tests.integration.edge_world import make_models, make_pictures, write_config

from fieldwatch_edge.node import OUTBOX_FILE, Node
from fieldwatch_edge.outbox import Outbox
from fieldwatch_edge.settings import NodeSettings
from fieldwatch_shared.messages import Heartbeat, Reading
from fieldwatch_shared.topics import Kind

if TYPE_CHECKING:
    from pathlib import Path

POWER = """
[power]
latitude = 33.6
longitude = 107.9
battery_wh = 640
panel_w = 0
idle_w = 4
work_w = 6
fire_floor_s = 20
[power.meter]
kind = "file"
path = "bms.json"
[[sensor]]
name = "water"
source = { kind = "w1", device = "28-0316a2794bff", path = "w1" }
every_s = 1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_models(tmp_path / "models")
    make_pictures(tmp_path / "pictures", 3)
    (tmp_path / "w1" / "28-0316a2794bff").mkdir(parents=True)
    said = "72 01 4b 46 7f ff 0e 10 57"
    (tmp_path / "w1" / "28-0316a2794bff" / "w1_slave").write_text(f"{said} : crc=57 YES\n{said} t=11125\n")
    return tmp_path


def configured(folder: Path, charge: float, *, follow: bool) -> NodeSettings:
    (folder / "bms.json").write_text(
        f'{{"charge": {charge}, "battery_v": 13.1, "solar_w": 0, "load_w": 7.5}}'
    )
    config = write_config(folder)
    text = config.read_text()
    if follow:
        text = text.replace('path = "pictures",', 'path = "pictures", follow = true,')
    config.write_text(text + POWER)
    return NodeSettings.read(config)


def run_until(settings: NodeSettings, enough: Any) -> list[Any]:
    """A node in a thread until its outbox holds enough; all that it holds then."""
    node = Node(settings, search_path=[settings.node.state_dir.parent / "models"], offline=True)
    thread = threading.Thread(target=node.run)
    thread.start()
    path = settings.node.state_dir / OUTBOX_FILE
    found: list[Any] = []
    try:
        while not enough(found):
            assert thread.is_alive()
            threading.Event().wait(0.1)
            if path.exists():
                outbox = Outbox(path, settings.outbox.max_bytes)
                found = list(outbox)
                outbox.close()
    finally:
        node.stop()
        thread.join()
    return found


def beats(found: list[Any]) -> list[Heartbeat]:
    return [Heartbeat.model_validate_json(each.body) for each in found if each.kind is Kind.HEARTBEAT]


def test_an_emptied_node_watches_for_fire_alone_says_so_and_measures_on(folder: Path) -> None:
    settings = configured(folder, 0.22, follow=True)

    def enough(found: list[Any]) -> bool:
        measured = [beat for beat in beats(found) if beat.power is not None and beat.power.measured]
        kinds = {each.kind for each in found}
        return len(measured) >= 2 and kinds >= {Kind.READINGS, Kind.SUSPICIONS}

    found = run_until(settings, enough)
    said = [beat.power for beat in beats(found) if beat.power is not None and beat.power.measured]
    assert {power.level for power in said} == {"floor"}
    assert said[0].charge == pytest.approx((0.22 - 0.2) / 0.8, abs=1e-3)
    assert (said[0].battery_v, said[0].load_w) == (13.1, 7.5)
    notices = [notice for beat in beats(found) for notice in beat.notices]
    assert sum("to floor" in notice for notice in notices) == 1
    assert not any("power" in (camera.problem or "") for beat in beats(found) for camera in beat.cameras)
    assert Kind.OBSERVATIONS not in {each.kind for each in found}
    assert not any(beat.effort for beat in beats(found)), "nobody looked for animals"
    readings = [Reading.model_validate_json(each.body) for each in found if each.kind is Kind.READINGS]
    assert {(one.sensor, one.value) for one in readings} == {("water", 11.125)}


def test_with_power_enough_the_same_node_counts_animals(folder: Path) -> None:
    settings = configured(folder, 1.0, follow=True)

    def enough(found: list[Any]) -> bool:
        return Kind.OBSERVATIONS in {each.kind for each in found} and any(
            beat.effort for beat in beats(found)
        )

    assert run_until(settings, enough)
