"""What may be changed of a node from afar: bounds, merging by RFC 7396, drift; and that the node knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

from fieldwatch_edge.errors import ConfigError
from fieldwatch_edge.settings import Camera, NodeSettings, RtspSource
from fieldwatch_shared.node_settings import (
    CameraPart,
    PatchError,
    SettingsPatch,
    SourcePart,
    check,
    differences,
    digest,
    merge,
)

if TYPE_CHECKING:
    from pathlib import Path

CAMERA = "0198c0de-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("target", "patch", "merged"),
    [  # RFC 7396, appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merging(target: Any, patch: Any, merged: Any) -> None:
    before = repr(target)
    assert merge(target, patch) == merged
    assert repr(target) == before


@pytest.mark.parametrize(
    "patch",
    [
        {"node": {"id": "x"}},
        {"broker": {"url": "mqtt://x"}},
        {"cameras": {CAMERA: {"fire": None}}},
        {"cameras": {CAMERA: {"fire": {"detector": {"model": "x"}}}}},
        {"cameras": {CAMERA: {"fire": {"detector": {"conf": 1.0}}}}},
        {"cameras": {CAMERA: {"fire": {"night_smoke": 1.0}}}},
        {"cameras": {CAMERA: {"source": {"url": "rtsp://x"}}}},
        {"cameras": {CAMERA: {"source": {"every_s": 86400.0}}}},
        {"cameras": {CAMERA: {"fire": {"overlap": 1.0}}}},  # no smoke keeps its very outline
        {"cameras": {CAMERA: {"fire": {"most_drift": 0.01}}}},
        {"cameras": {CAMERA: {"fire": {"least_growth": 10.0}}}},
        {"cameras": {CAMERA: {"fire": {"window_s": 0.001}}}},  # no second frame comes within it
        {"cameras": {CAMERA: {"fire": {"detector": {"imgsz": 32}}}}},
        {"link": {"bytes_per_day": 0}},  # it could never be told otherwise again
        {"link": {"bytes_per_month": 1000}},
        {"power": {"fire_floor_s": 1e9}},
        {"heartbeat_s": "60"},
        {"heartbeat_s": float("nan")},
        {"cameras": {"door": {}}},
    ],
)
def test_what_may_not_be(patch: dict[str, Any]) -> None:
    with pytest.raises(PatchError):
        check(patch)


def test_the_default_is_no_drift_and_numbers_are_equal_as_numbers() -> None:
    patch = {"heartbeat_s": 60, "link": {"bytes_per_day": None}, "outbox": {"batch": 5}}
    check(patch)
    effective = {"heartbeat_s": 60.0, "link": {"bytes_per_day": 3}, "outbox": {"batch": 7}}
    assert list(differences(patch, effective)) == [("outbox.batch", 5, 7)]
    assert list(differences(patch, {})) == [("heartbeat_s", 60, None), ("outbox.batch", 5, None)]
    assert digest({"b": 1, "a": "鸟"}) == digest({"a": "鸟", "b": 1})


def _unknown(part: type[BaseModel], whole: type[BaseModel], path: str = "") -> list[str]:
    """Fields of `part` that `whole` does not have."""
    found = []
    for name, field in part.model_fields.items():
        if name not in whole.model_fields:
            found.append(f"{path}{name}")
            continue
        inner, outer = field.annotation, _model(whole.model_fields[name].annotation)
        if isinstance(inner, type) and issubclass(inner, BaseModel) and outer is not None:
            found += _unknown(inner, outer, f"{path}{name}.")
    return found


def _model(annotation: Any) -> type[BaseModel] | None:
    options = [annotation, *getattr(annotation, "__args__", ())]
    return next((o for o in options if isinstance(o, type) and issubclass(o, BaseModel)), None)


def test_a_node_knows_all_that_may_be_changed() -> None:
    assert [name for name in _unknown(SettingsPatch, NodeSettings) if name != "cameras"] == []
    assert [name for name in _unknown(CameraPart, Camera) if not name.startswith("source.")] == []
    assert _unknown(SourcePart, RtspSource) == []


@pytest.mark.parametrize(
    ("fire", "confirms"),
    [
        ({"every_s": 300.0}, True),
        ({"every_s": 300.0, "k": 5}, False),
        ({"every_s": 30.0, "window_s": 10.0}, False),
        ({"window_s": 0.1}, False),  # the camera itself gives a frame each half second
        ({"every_s": 300.0, "k": 5, "window_s": 1800.0}, True),
    ],
)
def test_no_settings_from_afar_leave_a_camera_that_never_confirms_a_fire(
    tmp_path: Path, fire: dict[str, float], confirms: bool
) -> None:
    config = tmp_path / "node.toml"
    config.write_text(
        f'[node]\nid = "m"\nreserve = "wolong"\nstate_dir = "s"\n[[camera]]\ndeployment_id = "{CAMERA}"\n'
        '[camera.source]\nkind = "v4l2"\n[camera.fire]\n'
    )
    patch = {"cameras": {CAMERA: {"fire": fire}}}
    if confirms:
        check(patch)
        assert NodeSettings.read(config, patch).cameras[0].confirms_fires
    else:
        with pytest.raises(ConfigError, match="would never confirm a fire"):
            NodeSettings.read(config, patch)
