"""What needs a visit, and visits that were made."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from fieldwatch_cloud.api.models.common import Answer, Body, Instant, Lat, Lon
from fieldwatch_cloud.fleet.history import Reason, Urgency


class MaintenanceItem(Answer):
    """One reason to go to one place."""

    reason: Reason
    urgency: Urgency = Field(description="`now`: something is not seen, or is lost, meanwhile.")
    since: Instant
    node: str | None
    deployment_id: UUID = Field(description="Where to go; of what is the node's, its first camera.")
    place: str
    of_camera: bool
    figures: dict[str, Any] = Field(description="What the reason rests on; which, depends on it.")


class MaintenanceStop(Answer):
    """A place of the tour; cameras of one mast are one."""

    deployment_id: UUID
    place: str
    lon: Lon
    lat: Lat
    leg_km: float = Field(description="From the stop before, or the start, as the crow flies.")
    items: list[int] = Field(description="Of `items`, by their position.")


class Visit(Answer):
    id: UUID
    node: str | None
    deployment_id: UUID | None
    place: str | None
    done_at: Instant
    by: str | None
    note: str | None
    reasons: list[str]


class Maintenance(Answer):
    items: list[MaintenanceItem] = Field(description="The most urgent first, within that the oldest.")
    tour: list[MaintenanceStop] = Field(description="In the order in which to go: to the nearest each time.")
    km: float = Field(description="The whole tour, as the crow flies.")
    visits: list[Visit] = Field(description="Newest first, 50 at most.")


class NewVisit(Body):
    id: UUID = Field(description="Made where it was written down: sent again, it is noted once.")
    deployment_id: UUID
    whole_node: bool = Field(True, description="Also what is the node's was looked after.")
    done_at: Instant
    note: str | None = Field(None, max_length=2000)
    reasons: list[Reason] = Field([], max_length=20, description="What it was for.")


class CardCollection(Body):
    every_days: Annotated[int, Field(ge=1, le=3650)] | None = Field(
        description="The camera's card is fetched by hand so often; null: it is not."
    )
