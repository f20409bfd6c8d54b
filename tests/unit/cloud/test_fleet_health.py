"""The rules by which a deployment is called healthy."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from fieldwatch_cloud.fleet.health import Health, deployment_health
from fieldwatch_shared.messages import Heartbeat

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
OURS, NEIGHBOUR = UUID(int=1), UUID(int=2)


def judge(
    *,
    heard_s_ago: float | None = 10,
    online: bool = True,
    ended: bool = False,
    camera: dict[str, Any] | None = None,
    **node: Any,
) -> Health:
    heartbeat = None
    if heard_s_ago is not None:
        fields = {
            "message_id": UUID(int=9),
            "id": UUID(int=8),
            "observed_at": NOW,
            "clock": {"quality": "ntp"},
            "uptime_s": 1,
            "software": "1",
            "outbox_records": 0,
            "outbox_bytes": 0,
            "next_within_s": 60,
            "cameras": [{"deployment_id": OURS, "frames": 5} | (camera or {})],
        }
        heartbeat = Heartbeat.model_validate(fields | node)
    return deployment_health(
        OURS,
        started_at=NOW - timedelta(days=1),
        ended_at=NOW if ended else None,
        online=online,
        heartbeat=heartbeat,
        heard_at=None if heard_s_ago is None else NOW - timedelta(seconds=heard_s_ago),
        now=NOW,
    )


@pytest.mark.parametrize(
    ("case", "status", "reasons"),
    [
        ({}, "ok", ()),
        ({"heard_s_ago": 150}, "ok", ()),
        ({"heard_s_ago": 151}, "silent", ("no_heartbeat",)),
        ({"heard_s_ago": 151, "online": False}, "silent", ("no_heartbeat",)),
        ({"heard_s_ago": None}, "never_seen", ()),
        ({"heard_s_ago": 2 * 86400}, "never_seen", ()),  # heard only before this deployment began
        ({"ended": True, "heard_s_ago": 9999}, "ended", ()),
        ({"ended": True, "heard_s_ago": None}, "ended", ()),
        ({"online": False}, "attention", ("node_offline",)),
        ({"camera": {"frames": 0}}, "attention", ("no_frames",)),
        ({"camera": {"frozen": True}}, "attention", ("frozen",)),
        ({"camera": {"blurred": True, "dark": True}}, "attention", ("blurred", "dark")),
        ({"camera": {"moved": True}}, "attention", ("moved",)),  # its bearings lead rangers elsewhere
        ({"camera": {"dark": True}}, "ok", ("dark",)),  # nights are dark
        (
            {"camera": {"problem": "no route to host", "frames": 0}},
            "attention",
            ("camera_problem", "no_frames"),
        ),
        ({"camera": {"deployment_id": NEIGHBOUR}}, "attention", ("camera_not_reported",)),
        ({"disk_free_bytes": 10**8}, "attention", ("disk_low",)),
        ({"given_up": 3}, "attention", ("records_given_up",)),  # by a node that cannot say when
        ({"given_up": 3, "given_up_lately": 1}, "attention", ("records_given_up",)),
        ({"given_up": 3, "given_up_lately": 0}, "ok", ()),  # told long ago
        ({"clock": {"quality": "unsynchronised"}}, "attention", ("clock_unsynchronised",)),
        ({"power": {"charge": 0.7, "level": "full"}}, "ok", ()),
        ({"power": {"charge": 0.3, "level": "low"}}, "ok", ("power_saving",)),  # as it is meant to be
        ({"power": {"charge": 0.05, "level": "floor"}}, "attention", ("battery_low", "power_saving")),
    ],
)
def test_rules(case: dict[str, Any], status: str, reasons: tuple[str, ...]) -> None:
    health = judge(**case)
    assert (health.status, health.reasons) == (status, reasons)


def test_the_nodes_own_words_are_passed_on() -> None:
    assert judge(camera={"problem": "no route to host"}).problem == "no route to host"
