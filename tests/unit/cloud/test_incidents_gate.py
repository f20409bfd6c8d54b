"""What is held back, and that nothing is held back in silence or for want of knowledge."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from fieldwatch_cloud.incidents.domain import Sighting, Spot
from fieldwatch_cloud.incidents.fuse import SAME_FALSE_ALARM
from fieldwatch_cloud.incidents.gate import flooded, held_back, hotspot_held_back, seen_by_another

LEAST = {"low": 0.5, "moderate": 0.3}
REASONS = Path(__file__).parents[2] / "golden" / "held_reasons.json"


@pytest.mark.parametrize(
    ("confidence", "least", "danger", "says"),
    [
        (0.21, LEAST, "low", "confidence 0.21 under 0.5 for low danger"),
        (0.4996, {"very_high": 0.5}, "very_high", "confidence 0.4996 under 0.5 for very high danger"),
        (0.5, LEAST, "low", None),
        (0.31, LEAST, "moderate", None),
        (0.01, LEAST, "extreme", None),  # A class without a least confidence.
        (0.01, LEAST, None, None),  # No weather is known.
        (0.01, None, "low", None),  # No gate was set.
        (0.01, {}, "low", None),
    ],
)
def test_gate(
    confidence: float, least: dict[str, float] | None, danger: str | None, says: str | None
) -> None:
    assert held_back(confidence, least, danger) == says


def test_every_reason_is_one_that_the_screens_translate() -> None:
    """The web app reads the same file, and says each of these in the reader's language."""
    assert json.loads(REASONS.read_text("utf-8")) == [
        held_back(0.21, {"very_high": 0.3}, "very_high"),
        flooded(5),
        hotspot_held_back("low"),
        SAME_FALSE_ALARM,
    ]


def test_only_a_doubtful_hotspot_waits_for_another_witness() -> None:
    assert hotspot_held_back("low")
    assert hotspot_held_back("nominal") is hotspot_held_back("high") is None


NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
PIXEL = Spot(uuid4(), 107.5, 33.6, NOON, 100, 100, "hotspot")
CAMERA = Sighting(uuid4(), 107.5, 33.6, NOON, 12.0)


@pytest.mark.parametrize(
    ("new", "other", "another"),
    [
        (CAMERA, replace(CAMERA, observed_at=NOON + timedelta(hours=1)), False),
        (CAMERA, replace(CAMERA, source=uuid4()), True),
        (CAMERA, PIXEL, True),
        (PIXEL, CAMERA, True),
        (PIXEL, replace(PIXEL, source=uuid4()), False),  # The pixel beside it.
        (PIXEL, replace(PIXEL, source=uuid4(), observed_at=NOON - timedelta(minutes=50)), True),
        (PIXEL, replace(PIXEL, source=uuid4(), method="report"), True),
    ],
)
def test_who_is_another_witness(new: Sighting | Spot, other: Sighting | Spot, another: bool) -> None:
    assert seen_by_another(new, [other]) is another
    assert not seen_by_another(new, [])
    assert seen_by_another(new, [new, other]) is another


@pytest.mark.parametrize(("calling", "held"), [(0, False), (4, False), (5, True), (40, True)])
def test_a_camera_whose_fires_call_already_floods(calling: int, held: bool) -> None:
    reason = flooded(calling)
    assert (reason is not None) == held
    assert reason is None or reason.startswith(f"{calling} other fires of this camera call people already")
