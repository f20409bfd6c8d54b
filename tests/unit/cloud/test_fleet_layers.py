"""Layers of settings, drift, and what a night takes from a battery."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from fieldwatch_cloud.fleet import drift, layers, night
from fieldwatch_shared import node_settings
from fieldwatch_shared.messages import DesiredArtifact, DesiredState, PowerReport

NOW = datetime(2026, 5, 4, 2, tzinfo=UTC)
A, B = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ([], {}),
        ([{"heartbeat_s": 60.0}, {"heartbeat_s": 300.0}], {"heartbeat_s": 300.0}),
        (
            [{"link": {"media": True}}, {"link": {"large_bytes": 2048}}],
            {"link": {"media": True, "large_bytes": 2048}},
        ),
        # A wish for the default reaches the node.
        ([{"heartbeat_s": 60.0}, {"heartbeat_s": None}], {"heartbeat_s": None}),
        (
            [{"link": {"bytes_per_day": 1}}, {"link": {"bytes_per_day": None}}],
            {"link": {"bytes_per_day": None}},
        ),
    ],
)
def test_a_later_layer_wins(given: list[dict[str, Any]], wanted: dict[str, Any]) -> None:
    assert layers.compose(given) == wanted


def test_every_camera_is_each_of_the_nodes_own_and_others_are_left_out() -> None:
    layer = {"cameras": {"*": {"max_gap_s": 9.0}, str(B): {"fire": {"k": 4}}}}
    assert layers.for_node([layer], [A], None) == {"cameras": {str(A): {"max_gap_s": 9.0}}}
    both = layers.for_node([layer], [A, B], None)["cameras"]
    assert both[str(B)] == {"max_gap_s": 9.0, "fire": {"k": 4}}
    watches_animals = {"cameras": {str(B): {"wildlife": {"min_frames": 2}}}}
    assert layers.for_node([layer], [B], watches_animals) == {"cameras": {str(B): {"max_gap_s": 9.0}}}


def test_put_and_take_back() -> None:
    layer = layers.put(layers.put({}, "cameras.*.fire.every_s", 10.0), "heartbeat_s", 60.0)
    assert layer == {"cameras": {"*": {"fire": {"every_s": 10.0}}}, "heartbeat_s": 60.0}
    layers.check(layer)
    assert layers.without(layer, "cameras.*.fire.every_s") == {"heartbeat_s": 60.0}
    with pytest.raises(node_settings.PatchError, match="cannot be changed from afar"):
        layers.check(layers.put({}, "cameras.*.source.url", "rtsp://elsewhere"))


ARTIFACT = DesiredArtifact(rollout_id=A, name="fire", version="2", sha256="0" * 64, bytes=9)


def said(**fields: Any) -> drift.Reported:
    values: dict[str, Any] = {
        "software": "fieldwatch 0.7.0",
        "settings": {"heartbeat_s": 60.0},
        "settings_sha256": None,
        "models": {"fire": "fire@1"},
    }
    return drift.Reported(**(values | fields))


def test_drift_of_settings_models_and_software() -> None:
    state = DesiredState(
        version=1,
        settings={"heartbeat_s": 300.0},
        models=[ARTIFACT],
        software=ARTIFACT.model_copy(update={"name": "fieldwatch", "version": "0.8.0"}),
    )
    assert drift.differs(state, said()) == {
        "heartbeat_s": (300.0, 60.0),
        "models.fire": ("2", "1"),
        "software": ("0.8.0", "0.7.0"),
    }
    done = said(software="fieldwatch 0.8.0", settings={"heartbeat_s": 300.0}, models={"fire": "fire@2"})
    assert drift.differs(state, done) == {}
    assert drift.differs(None, said()) == {}


def test_since_when_stays_until_the_wish_changes() -> None:
    first = drift.since({"heartbeat_s": (300.0, 60.0)}, {}, NOW)
    later = drift.since({"heartbeat_s": (300.0, 90.0)}, first, NOW + timedelta(days=1))
    assert later["heartbeat_s"] == {"wanted": 300.0, "found": 90.0, "since": NOW.isoformat()}
    other = drift.since({"heartbeat_s": (600.0, 90.0)}, later, NOW + timedelta(days=1))
    assert other["heartbeat_s"]["since"] == (NOW + timedelta(days=1)).isoformat()


def test_who_does_not_say_is_unknown_never_in_order() -> None:
    assert drift.standing(None, {}) == "unknown"
    assert drift.standing(said(settings=None), {}) == "unknown"
    assert drift.standing(said(settings_sha256="f" * 64), {}) == "unknown", "its last word was lost"
    assert drift.standing(said(settings_sha256=node_settings.digest({"heartbeat_s": 60.0})), {}) == "in_order"
    assert drift.standing(said(), {"software": {}}) == "drift"


def power(**fields: Any) -> PowerReport:
    values = {"charge": 0.50, "solar_w": 0.0, "load_w": 4.0, "measured": True}
    return PowerReport(**(values | fields))


BEFORE = power(charge=0.52, load_w=6.0).model_dump(mode="json")


@pytest.mark.parametrize(
    ("took", "now", "wh", "share"),
    [
        (timedelta(hours=1), power(), 5.0, 0.02),
        (timedelta(hours=1), power(used_wh=0.8), 0.8, 0.02),  # asleep most of it
        (timedelta(hours=1), power(solar_w=5.0), 0, 0),
        (timedelta(hours=1), power(charge=0.6), 0, 0),
        (timedelta(hours=1), power(measured=False), 0, 0),
        (timedelta(hours=1), power(load_w=None), 0, 0),
        (timedelta(hours=1), None, 0, 0),
        (timedelta(hours=9), power(), 0, 0),
        (timedelta(hours=-1), power(), 0, 0),
    ],
)
def test_what_a_night_takes(took: timedelta, now: PowerReport | None, wh: float, share: float) -> None:
    drawn = night.drawn(NOW - took, BEFORE, NOW, now)
    assert drawn.wh == pytest.approx(wh)
    assert drawn.share == pytest.approx(share)
