"""From what the phone gives to how the camera looks: which clock counts, and what is said of too little."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from fieldwatch_edge.aim.asked import Horizon, Solving
from fieldwatch_edge.aim.geometry import Stand, leveled, solved
from fieldwatch_edge.aiming import landmarks
from fieldwatch_edge.aiming.solve import AimingError

TODAY = date(2026, 6, 1)
PLACE = {"lon": 108.1, "lat": 31.2, "height_m": 900.0}
NOON = datetime(2026, 6, 1, 3, 0, tzinfo=UTC)
SUN = {"kind": "sun", "name": "sun", "x": 0.5, "y": 0.1, "at": NOON}


def stand(*, clock_trusted: bool = True) -> Stand:
    return Stand(aspect=16 / 9, today=TODAY, clock_trusted=clock_trusted)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"compass": {"reading_deg": 10}}, "no_place"),  # magnetic north depends on it
        ({"landmarks": [SUN]}, "no_place"),
        ({"place": PLACE, "landmarks": [{**SUN, "at": None}]}, "incomplete"),
        ({"place": PLACE, "landmarks": [{**SUN, "at": NOON + timedelta(hours=12)}]}, "no_sun"),
        ({"place": PLACE, "landmarks": [{**SUN, "kind": "place"}]}, "incomplete"),
        ({"place": PLACE, "landmarks": [{**SUN, "kind": "place", **PLACE}]}, "same_place"),
        ({"landmarks": [{**SUN, "kind": "bearing"}]}, "incomplete"),
    ],
)
def test_what_is_missing_has_a_code_that_the_page_knows(asked: dict[str, Any], code: str) -> None:
    with pytest.raises(AimingError) as raised:
        solved(Solving.model_validate(asked), stand())
    assert raised.value.code == code


@pytest.mark.parametrize(("clock_trusted", "ahead_s"), [(True, 0.0), (False, 3600.0)])
def test_the_sun_stands_where_it_did_by_the_right_clock(*, clock_trusted: bool, ahead_s: float) -> None:
    """A node without any clock is an hour behind the phone: the sun has gone on by then."""
    asked = {"place": PLACE, "landmarks": [SUN], "field_of_view_deg": 60, "phone_minus_node_s": 3600}
    found = solved(Solving.model_validate(asked), stand(clock_trusted=clock_trusted))
    here = landmarks.Place(PLACE["lon"], PLACE["lat"], PLACE["height_m"], 5.0)
    sun = landmarks.sun(here, NOON + timedelta(seconds=ahead_s), 1.0)
    assert found["landmarks"][0]["bearing_deg"] == pytest.approx(sun.bearing_deg)


def test_a_horizon_that_is_a_point_is_no_line() -> None:
    with pytest.raises(AimingError) as raised:
        leveled(Horizon(line=((0.5, 0.5), (0.5, 0.5))), 60, 16 / 9)
    assert raised.value.code == "line_too_short"
