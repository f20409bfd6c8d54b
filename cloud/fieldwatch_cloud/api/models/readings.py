"""Sensors of nodes, and the power that nodes live on."""

from pydantic import Field

from fieldwatch_cloud.api.models.common import Answer, Instant, Point
from fieldwatch_shared.messages import Quantity


class SensorValue(Answer):
    sensor: str
    quantity: Quantity = Field(description="With its unit.")
    value: float
    observed_at: Instant
    over_s: float | None = Field(description="Of rain and means: the time before.")


class SensorStation(Answer):
    """A node that has sensors."""

    node: str
    name: str
    location: Point | None = Field(description="Of its newest deployment; null: it has none.")
    newest: list[SensorValue]


class SensorStations(Answer):
    items: list[SensorStation]


class ReadingSpan(Answer):
    at: Instant = Field(description="Its beginning.")
    mean: float = Field(description="Of a direction, around the circle; of rain, the sum.")
    least: float
    most: float
    readings: int


class SensorSeries(Answer):
    sensor: str
    spans: list[ReadingSpan] = Field(description="By time. A span without a reading is missing.")


class Readings(Answer):
    node: str
    quantity: Quantity
    width_s: float = Field(description="Of one span.")
    series: list[SensorSeries]


class PowerHour(Answer):
    at: Instant
    charge: float | None = Field(description="Mean, as a share of what may be drawn; null: not known.")
    charge_least: float | None
    battery_v: float | None
    solar_w: float | None
    load_w: float | None
    level: str | None = Field(description="Of work, as the node chose at last in that hour.")
    measured: bool = Field(description="By a meter; else the node reckoned, or said nothing.")


class PowerDay(Answer):
    day: str = Field(description="Of the reserve's time zone.")
    used_wh: float | None
    saved_wh: float | None
    charge_least: float | None


class Energy(Answer):
    """`saved` is against the same node at full work over the same time, reckoned from its settings."""

    since: Instant | None = Field(description="Of the first hour that counts; null: nobody knows anything.")
    used_wh: float | None
    saved_wh: float | None
    used_co2e_g: float | None = Field(
        description="By the factor of the node's own source of energy, over its life; null: not told."
    )
    saved_co2e_g: float | None


class PowerHistory(Answer):
    node: str | None = Field(description="null: a data set brought this deployment.")
    hours: list[PowerHour] = Field(description="By time. An hour without a report is missing.")
    days: list[PowerDay]
    month: Energy = Field(description="Since the month began in the reserve's time zone.")
    total: Energy
