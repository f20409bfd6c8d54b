"""What needs a visit, by the rules, and the order of the tour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from fieldwatch_cloud.fleet.history import Camera, CameraDay, Item, Node, NodeDay, Reason, Urgency
from fieldwatch_cloud.fleet.maintenance import distance_km, plan, tour

NOW = datetime(2026, 5, 31, 12, tzinfo=UTC)
TODAY = NOW.date()
GIB = 1024**3


def node_days(count: int, **last_first: Any) -> list[NodeDay]:
    """Days up to today; values are functions of how many days ago."""
    return [
        NodeDay(
            TODAY - timedelta(days=ago),
            heartbeats=24,
            **{key: value(ago) if callable(value) else value for key, value in last_first.items()},
        )
        for ago in reversed(range(count))
    ]


def camera_days(count: int, **values: Any) -> list[CameraDay]:
    return [
        CameraDay(
            TODAY - timedelta(days=ago),
            **({"heartbeats": 24, "dark": 10} | {k: v(ago) if callable(v) else v for k, v in values.items()}),
        )
        for ago in reversed(range(count))
    ]


def camera(n: int = 1, lon: float = 107.5, lat: float = 33.6, **fields: Any) -> Camera:
    started = NOW - timedelta(days=300)
    return Camera(UUID(int=n), f"Mast {n}", lon, lat, started, "mast", **fields)


def found(
    days: list[NodeDay] | None = None, cameras: list[CameraDay] | None = None, **fields: Any
) -> list[Item]:
    values: dict[str, Any] = {
        "heard_at": NOW - timedelta(minutes=5),
        "software": "fieldwatch 1.4.0",
        "certificate_expires_at": NOW + timedelta(days=60),
        "cameras": [camera(days=cameras or [])],
        "days": days or [],
    }
    return plan([Node("mast", "Mast", **(values | fields))], [], software="1.4.2", now=NOW)


@pytest.mark.parametrize(
    ("given", "reasons"),
    [
        ({}, []),
        # The lens.
        ({"cameras": camera_days(30, blurred=lambda ago: 12 if ago < 3 else 1)}, [Reason.LENS_DIRTY]),
        ({"cameras": camera_days(30, blurred=lambda ago: 12 if ago < 1 else 1)}, []),  # fog
        ({"cameras": camera_days(30, blurred=12)}, [Reason.UNFOCUSED]),
        ({"cameras": camera_days(30, blurred=lambda ago: 2, dark=22)}, []),  # no light to judge by
        # What the camera says of itself.
        ({"cameras": camera_days(5, moved=lambda ago: 20 if ago < 2 else 0)}, [Reason.VIEW_MOVED]),
        ({"cameras": camera_days(5, frozen=lambda ago: 13 if ago < 1 else 0)}, [Reason.FROZEN]),
        ({"cameras": camera_days(5, problem=24)}, [Reason.NO_PICTURE]),
        ({"cameras": camera_days(5, dark=lambda ago: 24 if ago < 3 else 10)}, [Reason.DARK]),
        ({"cameras": camera_days(5, dark=lambda ago: 24 if ago < 2 else 10)}, []),  # today had no morning yet
        # Power.
        ({"days": node_days(10, charge_min=lambda ago: 0.1 if ago < 2 else 0.5)}, [Reason.BATTERY_LOW]),
        ({"days": node_days(10, charge_min=lambda ago: 0.1 if ago == 3 else 0.5)}, []),
        (
            {"days": node_days(60, night_drop=0.2, night_wh=lambda ago: 60 if ago < 20 else 100)},
            [Reason.BATTERY_AGEING],
        ),
        ({"days": node_days(60, night_drop=0.2, night_wh=lambda ago: 90 if ago < 20 else 100)}, []),
        ({"days": node_days(30, night_drop=0.2, night_wh=lambda ago: 60 if ago < 14 else 100)}, []),
        (
            {
                "days": node_days(
                    60, solar_sum=240, solar_n=24, charge_min=lambda ago: 0.4 if ago < 20 else 0.7
                )
            },
            [Reason.BATTERY_AGEING],
        ),
        (  # the sun is less, too: the season
            {
                "days": node_days(
                    60,
                    solar_n=24,
                    solar_sum=lambda ago: 120 if ago < 20 else 240,
                    charge_min=lambda ago: 0.4 if ago < 20 else 0.7,
                )
            },
            [],
        ),
        # Disk, clock, line, certificate, software.
        ({"days": node_days(10, disk_free_min=lambda ago: (5 + ago) * GIB)}, [Reason.DISK_FILLING]),
        ({"days": node_days(10, disk_free_min=lambda ago: (90 + ago) * GIB)}, []),
        ({"days": node_days(10, disk_free_min=lambda ago: (9 - ago) * GIB)}, []),
        ({"days": node_days(10, unsynchronised=lambda ago: 24 if ago < 3 else 0)}, [Reason.CLOCK_UNSET]),
        ({"days": node_days(10, unsynchronised=lambda ago: 24 if ago < 2 else 0)}, []),
        ({"days": node_days(10, given_up=lambda ago: 7 if ago == 4 else 0)}, [Reason.RECORDS_GIVEN_UP]),
        ({"days": node_days(20, given_up=lambda ago: 7 if ago == 14 else 0)}, []),
        (
            {"days": node_days(30, signal_n=24, signal_sum=lambda ago: 24 * (-105 if ago < 7 else -90))},
            [Reason.SIGNAL_FALLING],
        ),
        ({"days": node_days(30, signal_n=24, signal_sum=lambda ago: 24 * (-95 if ago < 7 else -90))}, []),
        ({"certificate_expires_at": NOW + timedelta(days=20)}, [Reason.CERTIFICATE_ENDING]),
        ({"certificate_expires_at": None}, []),
        ({"software": "fieldwatch 1.3.9"}, [Reason.SOFTWARE_OLD]),
        ({"software": "fieldwatch 1.4.0"}, []),
        ({"software": "fieldwatch 1.10.0"}, []),
        ({"software": "fieldwatch"}, []),
        # Silence, and what was said before it is no news.
        ({"heard_at": NOW - timedelta(days=2)}, [Reason.SILENT]),
        ({"heard_at": None}, [Reason.NEVER_SEEN]),
        ({"heard_at": None, "visited_at": NOW - timedelta(hours=3)}, []),
        (
            {
                "heard_at": NOW - timedelta(days=9),
                "cameras": [camera(days=camera_days(30, blurred=20)[:21])],
            },
            [Reason.SILENT],
        ),
    ],
)
def test_rules(given: dict[str, Any], reasons: list[Reason]) -> None:
    given = dict(given)
    if given.get("cameras") and isinstance(given["cameras"][0], Camera):
        days = given.pop("cameras")[0].days
        items = found(cameras=days, **given)
    else:
        items = found(**given)
    assert [item.reason for item in items] == reasons


def test_since_and_figures() -> None:
    (item,) = found(cameras=camera_days(30, blurred=lambda ago: 14 if ago < 3 else 0))
    assert item.since == datetime(2026, 5, 29, tzinfo=UTC)
    assert item.figures == {"share": 1.0, "days": 3}
    (item,) = found(node_days(60, night_drop=0.2, night_wh=lambda ago: 60 if ago < 20 else 100))
    assert item.figures == {"then_wh": 500, "now_wh": 300}
    (item,) = found(node_days(10, disk_free_min=lambda ago: (5 + ago) * GIB))
    assert item.figures["days_left"] == pytest.approx(4.5, abs=0.1)
    assert item.urgency is Urgency.NOW, "in less than a week"


def test_a_visit_settles_what_was_said_before() -> None:
    days = camera_days(30, blurred=lambda ago: 14 if ago < 3 else 0)
    wiped = Node(
        "mast", "Mast", NOW, None, None, [camera(days=days, visited_at=NOW - timedelta(hours=1))], []
    )
    assert plan([wiped], [], software="1.4.2", now=NOW) == []


def test_cards_are_due_by_the_last_visit() -> None:
    due = camera(card_every_days=30, card_since=NOW - timedelta(days=100))
    (item,) = plan([], [due], software="1.4.2", now=NOW)
    assert (item.reason, item.since) == (Reason.CARD_DUE, NOW - timedelta(days=70))
    fetched = camera(card_every_days=30, card_since=due.card_since, visited_at=NOW - timedelta(days=3))
    assert plan([], [fetched], software="1.4.2", now=NOW) == []


def test_the_most_urgent_first_and_the_nearest_next() -> None:
    def node(n: int, lon: float, **fields: Any) -> Node:
        values: dict[str, Any] = {"heard_at": NOW, "software": None, "certificate_expires_at": None}
        return Node(f"n{n}", f"n{n}", cameras=[camera(n, lon)], **(values | fields))

    nodes = [
        node(1, 107.50, certificate_expires_at=NOW),
        node(2, 107.53, heard_at=NOW - timedelta(days=2)),
        node(3, 107.51, software="fieldwatch 1.0.0"),
        node(4, 107.53, heard_at=NOW - timedelta(days=9)),
    ]
    items = plan(nodes, [], software="1.4.2", now=NOW)
    assert [item.node_id for item in items] == ["n4", "n2", "n1", "n3"]
    assert [stop.camera.name for stop in tour(items)] == ["Mast 4", "Mast 3", "Mast 1"]
    stops = tour(items, (107.49, 33.6))
    assert [stop.camera.name for stop in stops] == ["Mast 1", "Mast 3", "Mast 4"]
    assert {item.node_id for item in stops[-1].items} == {"n2", "n4"}, "one mast is one stop"
    assert stops[0].leg_km == pytest.approx(0.926, abs=0.01)
    assert tour([]) == []


def test_distance() -> None:
    # A degree of the equator: 2 pi 6371.0088 km / 360.
    assert distance_km((0, 0), (1, 0)) == pytest.approx(111.195, abs=0.001)
