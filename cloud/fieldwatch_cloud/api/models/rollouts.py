"""Roll-outs: something new for many nodes, a few at a time."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from fieldwatch_cloud.api.models.common import Answer, Body, Instant
from fieldwatch_cloud.rollouts.rules import NodeState, Rules, State
from fieldwatch_shared.messages import RolloutState, Slug


class NewRollout(Body):
    """To which nodes, in which steps. Without `groups` and `shares`: one node, then three or a tenth, then
    all."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="Of an artifact.")
    nodes: list[Slug] | None = Field(None, max_length=10_000, description="Absent: all of the reserve.")
    groups: list[UUID] = Field([], max_length=50, description="A stage each, in this order; then the rest.")
    shares: list[Annotated[float, Field(gt=0, le=1)]] = Field(
        [],
        max_length=20,
        description="How many have it after each stage, as shares of all.",
        examples=[[0.1]],
    )
    rules: Rules = Rules()


class Stage(Answer):
    nodes: list[str]


class RolloutPlan(Answer):
    """What would happen."""

    kind: Literal["model", "software"]
    name: str
    version: str
    stages: list[Stage]
    rules: Rules
    lasts_s: float = Field(description="At least, from first to last, where nothing goes wrong.")
    busy: list[str] = Field(description="Nodes of another roll-out of this kind: they stand in its way.")
    silent: list[str] = Field(description="Nodes that are away now: they get it when they come back.")


class RolloutNode(Answer):
    node: str
    name: str
    stage: int = Field(description="From 0.")
    state: NodeState
    since: Instant
    told_at: Instant | None
    applied_at: Instant | None
    reported: RolloutState | None = Field(description="By its own word.")
    reason: str | None
    online: bool
    heard_at: Instant | None


class RolloutSummary(Answer):
    id: UUID
    kind: Literal["model", "software"]
    name: str
    version: str
    sha256: str
    state: State
    stage: int = Field(description="The one that is under way, from 0.")
    stages: int
    reason: str | None = Field(description="Why it was stopped or cancelled.")
    started_at: Instant
    started_by: str | None = Field(description="null: from the server's command line.")
    ended_at: Instant | None
    counts: dict[NodeState, int] = Field(description="Nodes by how far they are.")


class RolloutEntry(Answer):
    at: Instant
    by: str | None = Field(description="null: by the rules.")
    node: str | None
    what: str = Field(examples=["told", "said_applied", "failed", "stopped"])
    detail: str | None


class Rollout(RolloutSummary):
    rules: Rules
    nodes: list[RolloutNode]
    log: list[RolloutEntry] = Field(description="Newest first, 500 at most.")


class CancelRollout(Body):
    take_back: bool = Field(
        description="All its nodes go back to what they had; else each keeps what it works by already."
    )
    reason: str | None = Field(None, max_length=500)


def counted(states: list[str]) -> dict[Any, int]:
    return {state: states.count(state) for state in NodeState if state in states}
