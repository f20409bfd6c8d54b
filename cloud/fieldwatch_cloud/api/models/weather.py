"""Weather, fire danger and gates."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from fieldwatch_cloud.api.models.common import Answer, Body, Instant, Point
from fieldwatch_cloud.api.models.hotspots import RejectedRow
from fieldwatch_cloud.api.models.places import Name
from fieldwatch_cloud.incidents.danger import DangerClass
from fieldwatch_cloud.incidents.weather import LIMITS

MAX_ROWS = 2000


def _between(column: str) -> Any:
    low, high = LIMITS[column]
    return Field(ge=low, le=high)


class WeatherObservation(Body):
    """What one station measured. For the fire danger of a day, that nearest to noon counts."""

    station: Name
    observed_at: Instant
    temperature_c: Annotated[float, _between("temperature_c")]
    humidity_percent: Annotated[float, _between("humidity_percent")]
    wind_kmh: Annotated[float, _between("wind_kmh")] = Field(description="At 10 m in the open.")
    rain_24h_mm: Annotated[float, _between("rain_24h_mm")] = Field(description="In the 24 hours before.")
    location: Point | None = Field(None, description="Of the station; absent: as known, or in the reserve.")


class StoredWeather(Answer):
    stored: int = Field(description="New, or other than before.")
    unchanged: int


class ImportedWeather(Answer):
    """What became of a file's rows."""

    stored: int = Field(description="New, or other than before.")
    unchanged: int
    rejected: list[RejectedRow] = Field(description="At most 200 are named here.")
    left_out: int = Field(description="How many rows were rejected in all.")


class FireDangerDay(Answer):
    """The Canadian Fire Weather Index System (Van Wagner & Pickett 1985), one station, one day."""

    station: str
    day: date = Field(description="Of the sun there.")
    observed_at: Instant = Field(description="Of the weather that it is computed from, near noon.")
    ffmc: float = Field(description="Fine Fuel Moisture Code: litter.")
    dmc: float = Field(description="Duff Moisture Code.")
    dc: float = Field(description="Drought Code: deep layers.")
    isi: float = Field(description="Initial Spread Index.")
    bui: float = Field(description="Buildup Index: fuel.")
    fwi: float = Field(description="Fire Weather Index.")
    dsr: float = Field(description="Daily Severity Rating: may be averaged.")
    danger: DangerClass = Field(description="By EFFIS' thresholds of the FWI: 11.2, 21.3, 38, 50.")
    started: bool = Field(description="Began from the standard's starting values: drought is not known yet.")
    missed_days: int = Field(description="Days without weather just before: the codes skip over them.")


class WeatherStation(Answer):
    name: str
    location: Point | None
    last_observed_at: Instant | None


class FireDanger(Answer):
    now: FireDangerDay | None = Field(
        description="The highest danger that holds now; null: no station reported within 36 hours."
    )
    days: list[FireDangerDay] = Field(
        description="Newest first, 5000 at most. A day that is missing has none."
    )
    stations: list[WeatherStation]


Confidence = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class NewFireGate(Body):
    least: dict[DangerClass, Confidence] = Field(
        min_length=1,
        description="Danger class to the least confidence of a suspicion that calls people at once. A class "
        "that is not named lets all through, and so does a day without weather.",
        examples=[{"low": 0.5, "moderate": 0.3}],
    )


class PlacedFireGate(Answer):
    deployment_id: UUID
    deployment: str
    least: dict[DangerClass, float]
    set_by: str | None
    set_at: Instant
    held: int = Field(description="Incidents that it held back within 30 days.")
    released: int = Field(description="Of those, how many called people after all.")


class FireGates(Answer):
    items: list[PlacedFireGate] = Field(description="Of cameras that stand there now; by their names.")


class FireGate(Answer):
    """What a camera's suspicion needs to call people. Below it, it still opens an incident: held back, in the
    list and in the log, and a person may let it call."""

    least: dict[DangerClass, float] | None = Field(description="null: no gate, every suspicion calls.")
    set_by: str | None
    set_at: Instant | None
