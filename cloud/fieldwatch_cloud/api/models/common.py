"""What every answer is made of: times, GeoJSON, problem details (RFC 9457)."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("in UTC this lies before the year 1 or after the year 9999") from error


Instant = Annotated[
    AwareDatetime,
    AfterValidator(_in_utc),
    Field(description="ISO 8601 with a time zone; answered in UTC.", examples=["2026-05-04T06:30:00Z"]),
]
Lon = Annotated[float, Field(ge=-180, le=180, description="Degrees east, WGS 84.")]
Lat = Annotated[float, Field(ge=-90, le=90, description="Degrees north, WGS 84.")]


def _on_earth(position: tuple[float, float]) -> tuple[float, float]:
    lon, lat = position
    if not -180 <= lon <= 180:
        raise ValueError(f"longitude {lon} is not within -180 to 180 (GeoJSON puts longitude first)")
    if not -90 <= lat <= 90:
        raise ValueError(f"latitude {lat} is not within -90 to 90 (GeoJSON puts longitude first)")
    return position


def _without_altitude(position: Any) -> Any:
    return position[:2] if isinstance(position, list | tuple) and len(position) == 3 else position


Position = Annotated[
    tuple[float, float],
    BeforeValidator(_without_altitude),
    AfterValidator(_on_earth),
    Field(description="Longitude, latitude in degrees, WGS 84. A third number, the altitude, is left aside."),
]
Ring = list[Position]


class Body(BaseModel):
    """What a client sends: a misspelt field is an error, never silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Point(Answer):
    """GeoJSON Point."""

    type: Literal["Point"] = "Point"
    coordinates: Position = Field(examples=[[107.55, 33.62]])


class MultiPolygon(Answer):
    """GeoJSON MultiPolygon."""

    type: Literal["MultiPolygon"] = "MultiPolygon"
    coordinates: list[list[Ring]]


class Polygon(Answer):
    """GeoJSON Polygon."""

    type: Literal["Polygon"] = "Polygon"
    coordinates: list[Ring]


class FieldError(Answer):
    field: str = Field(
        description="Where, as a path: body.area, query.from.", examples=["body.area.coordinates"]
    )
    message: str


class Problem(Answer):
    """Problem details (RFC 9457), as `application/problem+json`."""

    type: str = Field("about:blank", description="A URI that names the kind of problem.")
    title: str = Field(description="The status in words.", examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(
        description="What is wrong here, and what to do.", examples=["no such reserve: 'foping'"]
    )
    errors: list[FieldError] | None = Field(None, description="Which fields, where a request is malformed.")


_PROBLEMS = {
    400: "The request cannot be understood.",
    401: "Nobody is logged in, or the token is unknown, revoked or expired.",
    403: "The account's role does not allow this, or the request comes from another site.",
    404: "No such thing, or it lies in a reserve of which the account is no member.",
    409: "It exists already.",
    410: "It is over, or was removed; says when and why.",
    412: "The protocol's version is none that is spoken here.",
    413: "The request is too large.",
    415: "What the request carries is of a type that is not taken here.",
    416: "`Range` names no part of the file.",
    422: "A field is missing or wrong; `errors` names it.",
    423: "Another request is still at it: a moment later.",
    429: "Too many attempts; `Retry-After` says how many seconds to wait.",
    503: "The database cannot be reached; try again.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problem answers of a route, for its documentation."""
    return {
        status: {
            "description": _PROBLEMS[status],
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }
