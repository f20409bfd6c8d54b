"""The doctor's findings on the page: as they come, and each under its own camera."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tests.integration.edge_world import write_config
from tests.unit.edge.camera import wait_until

from fieldwatch_edge.aim import checks as module
from fieldwatch_edge.aim.checks import Checks
from fieldwatch_edge.aim.feed import Feed
from fieldwatch_edge.doctor.check import Check
from fieldwatch_edge.settings import NodeSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pytest


def test_what_is_found_of_one_camera_is_not_shown_under_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The doctor is still at the first one when the technician turns to the second."""
    settings = NodeSettings.read(write_config(tmp_path))
    first = settings.cameras[0]
    second = first.model_copy(update={"heading_deg": 12.0})
    going_on, at_once = threading.Event(), threading.Lock()

    def slowly(examined: NodeSettings, _search_path: Sequence[Path]) -> Iterator[Check]:
        assert at_once.acquire(blocking=False), "a node has few cores"
        (camera,) = examined.cameras
        yield Check("camera", "ok", "begins" if camera == first else "the second")
        if camera == first:
            assert going_on.wait(60)
        yield Check("camera", "ok", "of the first" if camera == first else "of the second")
        at_once.release()

    monkeypatch.setattr(module, "examine", slowly)
    checks, feed = Checks([]), Feed(first, settings.node.state_dir)
    checks.begin(settings, first, feed)
    assert wait_until(lambda: [each["finding"] for each in checks.found] == ["begins"])
    checks.begin(settings, first, feed)  # asked twice: once is enough
    checks.forget()
    assert (checks.found, checks.under_way) == ([], False)
    checks.begin(settings, second, feed)
    assert checks.under_way
    going_on.set()
    assert wait_until(lambda: not checks.under_way)
    assert [each["finding"] for each in checks.found] == ["the second", "of the second"]


def test_a_doctor_that_fails_says_so_and_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_settings: NodeSettings, _search_path: Sequence[Path]) -> Iterator[Check]:
        yield Check("clock", "ok", "by GNSS")
        raise ValueError("nobody thought of this")

    monkeypatch.setattr(module, "examine", fails)
    settings = NodeSettings.read(write_config(tmp_path))
    checks = Checks([])
    checks.begin(settings, settings.cameras[0], Feed(settings.cameras[0], settings.node.state_dir))
    assert wait_until(lambda: not checks.under_way)
    assert [each["status"] for each in checks.found] == ["ok", "fail"]
