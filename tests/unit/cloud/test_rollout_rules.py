"""The rules of a roll-out: what becomes of a node, who comes when, when it stops."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fieldwatch_cloud.rollouts.rules import (
    Facts,
    NodeState,
    Rules,
    Work,
    collapse,
    stage_over,
    stages,
    step,
    stop,
    too_few,
)
from fieldwatch_shared.messages import RolloutState as Said

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
RULES = Rules(trial_s=600, soak_s=3600, answer_s=7200)
TOLD = Facts(
    state=NodeState.TOLD,
    told_at=NOW - timedelta(minutes=30),
    applied_at=None,
    away_before=False,
    heard_at=NOW - timedelta(minutes=1),
    said=None,
    reason=None,
    has_it=False,
    silent=False,
    worse=(),
)
SOAKING = replace(
    TOLD, state=NodeState.SOAKING, applied_at=NOW - timedelta(hours=2), said=Said.APPLIED, has_it=True
)
RETURNING = replace(TOLD, state=NodeState.RETURNING)
EARLIER = NOW - timedelta(hours=3)


@pytest.mark.parametrize(
    ("facts", "becomes"),
    [
        (TOLD, None),
        (replace(TOLD, said=Said.FETCHING), None),
        (replace(TOLD, said=Said.APPLIED), NodeState.SOAKING),
        (replace(TOLD, said=Said.REFUSED), NodeState.FAILED),
        (replace(TOLD, said=Said.ROLLED_BACK), NodeState.FAILED),
        # Time is up, whether it is heard of or not...
        (replace(TOLD, told_at=EARLIER, said=Said.FETCHING), NodeState.FAILED),
        (replace(TOLD, told_at=EARLIER, heard_at=None), NodeState.FAILED),
        # ...but who was away when it was told can say nothing.
        (
            replace(TOLD, told_at=EARLIER, heard_at=EARLIER - timedelta(days=1), away_before=True),
            NodeState.WAITING,
        ),
        (replace(TOLD, told_at=EARLIER, away_before=True), NodeState.FAILED),
        (replace(TOLD, state=NodeState.WAITING), NodeState.TOLD),
        (replace(TOLD, state=NodeState.WAITING, heard_at=EARLIER), None),
        # One mast that never comes back keeps nobody from the next roll-out.
        (
            replace(TOLD, state=NodeState.WAITING, told_at=NOW - timedelta(days=15), heard_at=None),
            NodeState.LEFT,
        ),
        (replace(RETURNING, told_at=EARLIER, heard_at=None), NodeState.LEFT),
        (SOAKING, NodeState.DONE),
        (replace(SOAKING, applied_at=NOW - timedelta(minutes=59)), None),
        (replace(SOAKING, silent=True), None),
        (replace(SOAKING, silent=True, heard_at=EARLIER), NodeState.FAILED),
        (replace(SOAKING, worse=("frozen",)), NodeState.FAILED),
        (replace(SOAKING, has_it=False), NodeState.FAILED),
        (replace(SOAKING, said=Said.ROLLED_BACK), NodeState.FAILED),
        (replace(SOAKING, work=Work(0, 600, 5, 100, 3000)), NodeState.FAILED),
        (replace(SOAKING, state=NodeState.DONE), None),
        (replace(SOAKING, state=NodeState.DONE, said=Said.ROLLED_BACK), NodeState.FAILED),
        (RETURNING, NodeState.RETURNED),
        (replace(RETURNING, has_it=True), None),
        (replace(RETURNING, said=Said.ON_TRIAL), None),
        (replace(RETURNING, heard_at=EARLIER), None),
        (replace(RETURNING, said=Said.ROLLED_BACK, heard_at=EARLIER), NodeState.RETURNED),
        (replace(TOLD, state=NodeState.PENDING, said=Said.APPLIED), None),
    ],
)
def test_what_becomes_of_a_node(facts: Facts, becomes: NodeState | None) -> None:
    found = step(facts, RULES, NOW)
    assert (found.state if found else None) == becomes
    if becomes is NodeState.FAILED:
        assert found is not None
        assert found.reason


@pytest.mark.parametrize(
    ("work", "faulty"),
    [
        (None, False),
        (Work(seen=0, frames=600, days=5, seen_before=100, frames_before=3000), True),
        (Work(seen=2, frames=600, days=5, seen_before=100, frames_before=3000), True),
        (Work(seen=3, frames=600, days=5, seen_before=100, frames_before=3000), False),
        # Too few to say anything of their absence.
        (Work(seen=0, frames=600, days=5, seen_before=49, frames_before=3000), False),
        # One day before is none to compare with.
        (Work(seen=0, frames=0, days=1, seen_before=100, frames_before=600), False),
        (Work(seen=20, frames=100, days=5, seen_before=100, frames_before=3000), True),
        (Work(seen=900, frames=600, days=5, seen_before=100, frames_before=3000), True),
        (Work(seen=99, frames=600, days=5, seen_before=10, frames_before=3000), False),
    ],
)
def test_collapse_is_against_the_node_itself(work: Work | None, faulty: bool) -> None:
    assert (collapse(work) is not None) == faulty


def test_a_node_with_few_animals_is_done_and_says_so() -> None:
    found = step(replace(SOAKING, work=Work(0, 600, 5, 10, 3000)), RULES, NOW)
    assert found is not None
    assert found.reason == too_few(None)


@pytest.mark.parametrize(
    ("count", "options", "sizes"),
    [
        (1, {}, [1]),
        (2, {}, [1, 1]),
        (10, {}, [1, 2, 7]),
        (100, {}, [1, 9, 90]),
        (10, {"shares": [0.2]}, [2, 8]),
        (10, {"shares": [1.0]}, [10]),
        (10, {"shares": [0.5, 0.1]}, [1, 4, 5]),
        (5, {"groups": [{"n0", "n1"}, {"n1", "n2"}]}, [2, 1, 2]),
    ],
)
def test_stages(count: int, options: dict[str, list[object]], sizes: list[int]) -> None:
    nodes = [f"n{n}" for n in range(count)]
    found = stages(nodes, fit=nodes, **options)  # type: ignore[arg-type]
    assert [len(stage) for stage in found] == sizes
    assert sorted(node for stage in found for node in stage) == sorted(nodes)


def test_the_first_stage_can_answer() -> None:
    assert stages(["a", "b", "c"], fit=["c"])[0] == ["c"]
    with pytest.raises(ValueError, match="nobody to try it on"):
        stages(["a"], fit=[])
    with pytest.raises(ValueError, match="no node of the first group"):
        stages(["a", "b"], fit=["b"], groups=[{"a"}])
    with pytest.raises(ValueError, match="no node is to have it"):
        stages([], fit=[])


def test_when_it_stops_and_goes_on() -> None:
    assert stop({0: 1}, RULES) == 0
    assert stop({0: 0, 1: 2}, RULES.model_copy(update={"most_failed": 1})) == 1
    assert stop({0: 1, 1: 1}, RULES.model_copy(update={"most_failed": 1})) is None
    assert stage_over([NodeState.DONE, NodeState.WAITING])
    assert not stage_over([NodeState.WAITING])
    assert not stage_over([NodeState.DONE, NodeState.SOAKING])
