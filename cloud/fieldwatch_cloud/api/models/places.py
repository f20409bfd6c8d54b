"""Reserves, zones, nodes, deployments and their health."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from fieldwatch_cloud.api.geojson import Area
from fieldwatch_cloud.api.models.common import Answer, Body, Instant, Lat, Lon, MultiPolygon, Point
from fieldwatch_cloud.api.models.enrolment import EnrolmentCode, ValidDays
from fieldwatch_cloud.fleet.health import HealthReason, HealthStatus
from fieldwatch_cloud.timezones import known_zone
from fieldwatch_shared.enrolment import CERTIFICATE_DAYS
from fieldwatch_shared.messages import Slug, utc_now

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Degrees360 = Annotated[float, Field(ge=0, lt=360)]


class Reserve(Answer):
    slug: Slug = Field(description="Its name in addresses and topics.", examples=["foping"])
    name: str
    name_zh: str | None
    timezone: str = Field(description="IANA name: what day and night mean there.", examples=["Asia/Shanghai"])
    boundary: MultiPolygon | None


class NewReserve(Body):
    slug: Slug
    name: Name
    name_zh: Name | None = None
    timezone: Annotated[str, AfterValidator(known_zone)] = "UTC"
    boundary: Area | None = None


class ZoneProperties(Answer):
    id: UUID
    name: str
    name_zh: str | None


class Zone(Answer):
    type: Literal["Feature"] = "Feature"
    geometry: MultiPolygon
    properties: ZoneProperties


class Zones(Answer):
    """GeoJSON FeatureCollection."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[Zone]


class NewNode(Body):
    id: Slug = Field(description="Also its MQTT user name; unique over all reserves.", examples=["ridge-07"])
    name: Name
    log_in: Literal["password", "certificate"] = Field(
        "password", description="`certificate`: the answer holds a one-time code instead of a password."
    )
    valid_days: ValidDays = CERTIFICATE_DAYS


class IssuedNode(Answer):
    id: Slug
    name: str
    reserve: Slug
    mqtt_password: str | None = Field(None, description="Shown this once; only its hash is kept.")
    enrolment: EnrolmentCode | None = Field(None, description="Shown this once.")


class Health(Answer):
    """How a deployment fares.

    `ok`: its node reports in time and nothing is wrong. `attention`: it reports, but somebody should look
    (see `reasons`). `silent`: no heartbeat for more than 2.5 times the announced interval. `never_seen`: its
    node has not reported since the deployment began. `ended`: the deployment is over.
    """

    status: HealthStatus
    reasons: list[HealthReason]
    problem: str | None = Field(description="The node's own words, where its camera gives no picture.")
    last_heartbeat_at: Instant | None = Field(description="When the cloud last heard the node.")
    last_frame_at: Instant | None = Field(description="Capture time of the newest frame reported.")
    online: bool = Field(description="Whether the node is connected to the broker now.")


class DeploymentProperties(Answer):
    id: UUID
    node_id: Slug | None = Field(description="Null: it came with a data set of others.")
    dataset_id: UUID | None = Field(None, description="The data set that it came with.")
    location_name: str
    heading_deg: float | None = Field(description="Where the camera looks, clockwise from true north.")
    tilt_deg: float | None = Field(description="Upwards from the horizon.")
    field_of_view_deg: float | None = Field(description="Horizontal.")
    height_m: float | None = Field(description="Above the ground.")
    detection_distance_m: float | None
    started_at: Instant
    ended_at: Instant | None
    health: Health
    last_observation_at: Instant | None


class Deployment(Answer):
    type: Literal["Feature"] = "Feature"
    id: UUID
    geometry: Point
    properties: DeploymentProperties


class Deployments(Answer):
    """GeoJSON FeatureCollection of points."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[Deployment]


class NewDeployment(Body):
    node_id: Slug
    location_name: Name = Field(examples=["Ridge above the salt lick"])
    longitude: Lon
    latitude: Lat
    heading_deg: Degrees360 | None = None
    tilt_deg: Annotated[float, Field(ge=-90, le=90)] | None = None
    field_of_view_deg: Annotated[float, Field(gt=0, le=360)] | None = None
    height_m: Annotated[float, Field(ge=-100, le=1000)] | None = None
    detection_distance_m: Annotated[float, Field(gt=0, le=100_000)] | None = None
    started_at: Instant | None = Field(None, description="Absent: now.")
    ended_at: Instant | None = Field(None, description="Absent: it goes on.")
    moves: bool = Field(
        False,
        description="A flight: each of its pictures brings its own place, and it counts as no camera."
        " Longitude and latitude are where it sets out.",
    )

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.ended_at and self.ended_at < (self.started_at or utc_now()):
            raise ValueError("ended_at lies before started_at")
        return self


class NewDeploymentId(Answer):
    id: UUID = Field(description="Goes into the node's configuration.")


class DeploymentEnd(Body):
    at: Instant | None = Field(None, description="Absent: now.")


class EndedDeployment(Answer):
    id: UUID
    ended_at: Instant
