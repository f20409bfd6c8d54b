"""How two models are compared, before the new one watches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.integration.edge_world import make_models

from fieldwatch_edge.fleet import proof
from fieldwatch_edge.fleet.proof import Question, Side
from fieldwatch_edge.settings import DetectorSettings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("took_ms", "fast"),
    [
        pytest.param([66, 314, 290, 70], True, id="the node had something else to do at first"),
        pytest.param([66, 314, 290, 301, 333, 270], False, id="it is slow"),
    ],
)
def test_slow_is_what_is_slow_again_and_again(
    took_ms: list[float], fast: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = list(took_ms)
    monkeypatch.setattr(proof, "_run", lambda *_: (left.pop(0), []))
    settings = DetectorSettings(model="plume", threads=1, allow_unsigned=True)
    side = Side(detector=settings, search_path=(make_models(tmp_path),))
    question = Question(
        name="plume", version="1", new=side, old=side, pictures=(), for_fire=True, for_wildlife=False
    )
    answer = proof.judge(question)
    assert (answer.reason is None) is fast
    assert (answer.new_ms, answer.old_ms) == (min(took_ms[1:]), 66)
    assert left == []
