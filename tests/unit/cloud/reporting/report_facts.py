"""Facts of a report as a test needs them: a week in which everything happened."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fieldwatch_cloud.fleet.health import HealthReason, HealthStatus
from fieldwatch_cloud.reporting import spans
from fieldwatch_cloud.reporting.facts import (
    Camera,
    Cell,
    Clock,
    Curve,
    Facts,
    Fire,
    Interval,
    Need,
    NewSpecies,
    Point,
    Reserve,
    Species,
    Zone,
)

MADE = datetime(2026, 5, 11, 0, 5, tzinfo=UTC)
SPAN = spans.of_days(date(2026, 5, 4), date(2026, 5, 10), ZoneInfo("Asia/Shanghai"))
SQUARE = (
    '{"type":"Polygon","coordinates":[[[107.5,33.6],[107.7,33.6],[107.7,33.7],[107.5,33.7],[107.5,33.6]]]}'
)


def species(name: str, **changes: Any) -> Species:
    values: dict[str, Any] = {
        "scientific_name": name,
        "status": "unclear",
        "events": 12,
        "events_before": 10,
        "individuals": 20,
        "cameras": 4,
        "rate": Interval(17.1, 8.3, 35.2),
        "rate_before": 14.3,
        "ratio": Interval(1.2, 0.6, 2.4),
        "year_ratio": None,
    }
    return Species(**(values | changes))


def fire(**changes: Any) -> Fire:
    at = SPAN.since + timedelta(days=1, hours=14)
    values: dict[str, Any] = {
        "kind": "smoke",
        "state": "closed",
        "seen_at": at,
        "opened_at": at + timedelta(seconds=4),
        "lon": 107.61,
        "lat": 33.65,
        "camera": (107.6, 33.64),
        "bearing_deg": 60.0,
        "zone": "North valley",
        "zone_zh": "北沟",
        "suspicions": 3,
        "hotspots": 1,
        "reports": 0,
        "called": 3,
        "reached": 2,
        "sent_after_s": 2.0,
        "answered_after_s": 200.0,
        "answered_by": "Li Wei",
        "over_after_s": 5400.0,
        "held_back": False,
    }
    return Fire(**(values | changes))


def camera(name: str, hours: float, **changes: Any) -> Camera:
    values: dict[str, Any] = {
        "name": name,
        "lon": 107.55,
        "lat": 33.64,
        "hours": hours,
        "possible_hours": 168.0,
        "status": HealthStatus.OK,
        "reasons": (),
        "heard_at": MADE,
    }
    return Camera(**(values | changes))


def facts(**changes: Any) -> Facts:
    values: dict[str, Any] = {
        "reserve": Reserve(
            "foping", "Foping", "佛坪", "Asia/Shanghai", SQUARE, 206.0,
            (Zone("North valley", "北沟", SQUARE),),
        ),
        "kind": "weekly",
        "span": SPAN,
        "made_at": MADE,
        "software": "Fieldwatch 0.1.0",
        "over": True,
        "deployments": 4,
        "looked": 3,
        "camera_days": 18.5,
        "camera_days_before": 21.0,
        "days_before": spans.as_long_before(SPAN),
        "year_before": (date(2025, 5, 5), date(2025, 5, 11)),
        "species": (
            species("Panthera pardus", status="first_record", events=1, events_before=0, cameras=1,
                    rate=Interval(5.4, 0.14, 30.1), rate_before=0.0, ratio=None),
            species("Sus scrofa", status="more", events=35, ratio=Interval(2.8, 1.6, 5.1),
                    year_ratio=Interval(1.4, 0.9, 2.2)),
            species("Budorcas taxicolor"),
            species("Muntiacus reevesi", status="fewer", events=0, events_before=9, individuals=0, cameras=0,
                    rate=Interval(0.0, 0.0, 19.9), rate_before=42.9, ratio=Interval(0.0, 0.0, 0.6)),
        ),
        "unnamed": 0,
        "withheld": 0,
        "blurred": 2,
        "curves": (
            Curve("Sus scrofa", tuple(
                Point(date(2026, 3, 16) + timedelta(weeks=n), 0.0 if n == 3 else 20.0,
                      None if n == 3 else Interval(10.0 + n, 5.0, 30.0))
                for n in range(8)
            )),
        ),
        "clocks": (Clock("Sus scrofa", 35, tuple(None if n == 4 else float(n % 7) for n in range(24))),),
        "night": (19.5, 5.8),
        "cells": (
            Cell(SQUARE, 3, 18.5, Interval(30.0, 20.0, 44.0)),
            Cell(SQUARE, 1, 0.0, None),
        ),
        "cameras": (
            camera("FP-12", 0.0, status=HealthStatus.SILENT, heard_at=MADE - timedelta(days=8)),
            camera("FP-11", 72.0, status=HealthStatus.ATTENTION, reasons=(HealthReason.BLURRED,)),
            camera("FP-01", 168.0),
            camera("FP-02", 168.0),
        ),
        "fires": (fire(), fire(state="new", answered_after_s=None, answered_by=None, over_after_s=None)),
        "drills": 1,
        "new_species": (NewSpecies("Panthera pardus", SPAN.since + timedelta(days=2), "FP-03"),),
        "pictures": (),
        "needs": (
            Need("unanswered_fire", "now", 1, SPAN.since, ()),
            Need("silent_camera", "soon", 1, SPAN.since, (("FP-12", None),)),
        ),
        "findings": (),
    }  # fmt: skip
    return Facts(**(values | changes))


def nobody_looked() -> Facts:
    return facts(
        looked=0,
        camera_days=0.0,
        camera_days_before=0.0,
        species=(),
        curves=(),
        clocks=(),
        cells=(Cell(SQUARE, 4, 0.0, None),),
        cameras=(camera("FP-01", 0.0),),
        fires=(),
        new_species=(),
        year_before=None,
    )
