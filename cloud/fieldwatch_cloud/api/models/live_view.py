"""A camera, live for some minutes."""

from uuid import UUID

from pydantic import Field

from fieldwatch_cloud.api.models.common import Answer, Body, Instant
from fieldwatch_cloud.live_view.rules import Reason, State


class Ask(Body):
    minutes: int = Field(5, ge=1, le=60, description="From now; the service's settings may allow fewer.")


class Budget(Answer):
    """What it may cost. Nodes hang on a mobile line that is paid by the byte."""

    bytes: int = Field(description="That this live view may take.")
    used_bytes: int = Field(description="That it has taken.")
    minutes: int = Field(description="That one request may ask for, at most.")
    used_today_bytes: int = Field(
        description="All live views of this node since midnight, by the reserve's clock."
    )
    node_left_bytes: int | None = Field(
        description="What the node will still send today, by its own word; null: it has not said."
    )


class LiveViewState(Answer):
    id: UUID
    deployment_id: UUID
    deployment: str = Field(description="By name.")
    state: State
    reason: Reason | None = Field(description="Why it is over; null: it is not.")
    detail: str | None = Field(description="In the node's own words, where it has any.")
    asked_by: str = Field(description="By name: who asked first.")
    asked_at: Instant
    until: Instant = Field(description="It ends by itself then, if not before.")
    ended_at: Instant | None
    stopped_by: str | None = Field(description="By name.")
    first_picture_after_s: float | None = Field(description="From asking to the first piece of video.")
    segments: int = Field(description="Pieces that came.")
    playlist: str | None = Field(
        description="HTTP Live Streaming, for a player; null before the first piece and soon after the end."
    )
    budget: Budget


class LiveViews(Answer):
    items: list[LiveViewState] = Field(description="Newest first.")


class GoOn(Answer):
    """What the node is to keep to from now on: somebody may have prolonged it."""

    until: Instant
    lasts_s: float = Field(description="Until then: the node's own clock may be wrong.")
    max_bytes: int


class Ended(Body):
    reason: Reason
    detail: str | None = Field(None, max_length=300)
