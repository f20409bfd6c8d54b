"""Rules for wildlife, held against observations as ingest writes them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from fieldwatch_cloud.db import rules
from fieldwatch_cloud.db.pool import connection
from fieldwatch_cloud.ingest.intake import Intake
from fieldwatch_cloud.ingest.parse import Incoming, parse
from fieldwatch_cloud.media.store import DiskStore
from fieldwatch_shared.ids import uuid7, uuid7_from
from fieldwatch_shared.messages import Box, Clock, Observation, ObservationBatch, utc_now
from fieldwatch_shared.topics import Kind, Topic

from .calls_world import NORTH, Fires

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Database

LEOPARD = "Panthera pardus"
ELSEWHERE = {"type": "Polygon", "coordinates": [[[10, 50], [11, 50], [11, 51], [10, 51], [10, 50]]]}


@pytest.fixture
def fires(db: Database) -> Fires:
    fires = Fires.make(db)
    fires.person("li")
    fires.person("wang")
    fires.person("chen", "manager")
    now = utc_now()
    for name, place in (("li", 1), ("wang", 2)):
        fires.shift(name, place, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=2))
    return fires


def rule(fires: Fires, **fields: Any) -> UUID:
    values: dict[str, Any] = {
        "name": "Leopard at the fence",
        "name_zh": None,
        "scientific_names": [LEOPARD],
        "area": None,
        "least_confidence": 0.5,
        "least_count": 1,
        "cooldown_s": 600,
        "quiet_from": None,
        "quiet_to": None,
        "whom": "duty",
        "enabled": True,
    }
    with fires.db.transaction() as conn:
        return rules.add(conn, fires.reserve, fires.people["chen"], values | fields)


class Node:
    """Gives observations to ingest as they come off the wire."""

    def __init__(self, fires: Fires, url: str, folder: Path) -> None:
        self._fires, self._url, self._store = fires, url, DiskStore(folder)

    def see(self, *seconds_ago: float, at: datetime | None = None, **fields: Any) -> list[Observation]:
        now = at or utc_now()
        seen = []
        for ago in seconds_ago:
            moment = now - timedelta(seconds=ago)
            values: dict[str, Any] = {
                "id": uuid7_from(moment, "n1", str(uuid7())),
                "deployment_id": self._fires.deployment,
                "observed_at": moment,
                "ended_at": moment,
                "clock": Clock(quality="ntp"),
                "observation_type": "animal",
                "scientific_name": LEOPARD,
                "confidence": 0.8,
                "box": Box(x=0.1, y=0.2, width=0.3, height=0.4),
                "model": "wildlife@1",
            }
            seen.append(Observation(**(values | fields)))
        self.send(*seen)
        return seen

    def send(self, *observations: Observation) -> None:
        batch = ObservationBatch(message_id=uuid7(), observations=list(observations))
        topic = str(Topic("foping", "n1", Kind.OBSERVATIONS))
        message = parse(
            Incoming(topic, batch.model_dump_json().encode(), {}), utc_now(), largest_picture=1000
        )
        with connection(self._url) as conn:
            Intake(conn, self._store).accept_one(message)


@pytest.fixture
def node(fires: Fires, database_url: str, tmp_path: Path) -> Node:
    return Node(fires, database_url, tmp_path)


def alerts(fires: Fires) -> list[str | None]:
    """held_back of each alert, by capture time."""
    return [held for (held,) in fires.rows("SELECT held_back FROM alert ORDER BY observed_at")]


def called(fires: Fires) -> list[str]:
    query = (
        "SELECT a.name FROM delivery d JOIN notification n ON n.id = d.notification_id"
        " JOIN device v ON v.id = d.device_id JOIN account a ON a.id = v.account_id"
        " WHERE n.kind = 'wildlife' ORDER BY n.created_at, a.name"
    )
    return [name for (name,) in fires.rows(query)]


def test_a_leopard_calls_who_is_on_duty(fires: Fires, node: Node) -> None:
    rule(fires)
    node.see(5)
    assert alerts(fires) == [None]
    assert called(fires) == ["Li"]


def test_without_a_rule_nothing_happens(fires: Fires, node: Node) -> None:
    node.see(5)
    assert alerts(fires) == []


@pytest.mark.parametrize(
    ("of_rule", "of_animal", "raised"),
    [
        ({}, {"scientific_name": "Capreolus capreolus"}, 0),
        ({}, {"confidence": 0.49}, 0),
        ({"least_count": 2}, {"count": 1}, 0),
        ({"least_count": 2}, {"count": 2}, 1),
        ({"scientific_names": []}, {"scientific_name": None}, 1),  # any animal, named or not
        ({"scientific_names": []}, {"observation_type": "human", "scientific_name": None}, 0),
        (
            {"scientific_names": ["Homo sapiens"]},
            {"observation_type": "human", "scientific_name": "Homo sapiens"},
            1,
        ),
        ({"enabled": False}, {}, 0),
        ({"area": json.dumps(NORTH)}, {}, 1),
        ({"area": json.dumps(ELSEWHERE)}, {}, 0),
    ],
)
def test_what_a_rule_means(
    fires: Fires, node: Node, of_rule: dict[str, Any], of_animal: dict[str, Any], raised: int
) -> None:
    rule(fires, **of_rule)
    node.see(5, **of_animal)
    assert len(alerts(fires)) == raised


def test_cooldown_goes_by_capture_time_whatever_the_order(fires: Fires, node: Node) -> None:
    """A backlog of twenty minutes, newest first and in two messages; the rule calls each ten minutes."""
    rule(fires)
    now = utc_now()
    node.see(0, 60, 300, 599, at=now)
    node.see(1200, 601, at=now)
    # Each message is judged from its oldest on: 599 s ago calls; of the second message only 1200 s ago does.
    assert alerts(fires) == [None, "cooldown", None, "cooldown", "cooldown", "cooldown"]
    assert called(fires) == ["Li", "Li"]


def test_each_rule_and_each_camera_has_a_cooldown_of_its_own(fires: Fires, node: Node) -> None:
    rule(fires)
    rule(fires, name="any animal", scientific_names=[], whom="managers")
    node.see(5)
    node.see(4)
    assert sorted(alerts(fires), key=str) == [None, None, "cooldown", "cooldown"]
    assert called(fires) == ["Chen", "Li"]


def test_the_same_message_again_raises_nothing(fires: Fires, node: Node) -> None:
    rule(fires, cooldown_s=0)
    seen = node.see(5, 6)
    node.send(*seen)
    # A larger batch that holds them once more: the new one alone is judged.
    extra = node.see(1)
    node.send(*seen, *extra)
    assert alerts(fires) == [None, None, None]
    assert called(fires) == ["Li"] * 3


def test_late_ones_are_kept_and_call_nobody(fires: Fires, node: Node) -> None:
    rule(fires)
    node.see(31 * 60)
    assert alerts(fires) == ["late"]
    assert called(fires) == []
    node.see(5)  # Nobody was called for the late one, so nothing cools.
    assert alerts(fires) == ["late", None]


def test_quiet_hours_hold_wildlife_back(fires: Fires, node: Node) -> None:
    rule(fires, quiet_from="00:00", quiet_to="00:00")
    node.see(5)
    assert alerts(fires) == ["quiet_hours"]
    assert called(fires) == []


def test_next_means_the_second_in_the_roster(fires: Fires, node: Node) -> None:
    rule(fires, whom="next")
    node.see(5)
    assert called(fires) == ["Wang"]


def test_where_nobody_on_duty_has_a_device_the_managers_are_called(fires: Fires, node: Node) -> None:
    rule(fires)
    fires.rows("UPDATE device SET disabled_at = now() WHERE id = %s RETURNING 1", fires.devices["li"])
    node.see(5)
    assert called(fires) == ["Chen"]
