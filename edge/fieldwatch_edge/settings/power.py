"""`[power]`: what the node lives on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from fieldwatch_edge.errors import ConfigError
from fieldwatch_edge.settings.file import parsed, wrong
from fieldwatch_edge.settings.section import Section
from fieldwatch_shared.messages import Fraction

Rail = Annotated[str, Field(pattern=r"^[\w.-]+(:[1-9])?$")]
"""A place where current is measured: a hwmon device, and its channel."""


class HwmonMeter(Section):
    """INA219, INA226, INA3221 and their like through the kernel's hwmon.

    A rail is named by its chip's device, as `ls -l /sys/class/hwmon/*/device` shows it (bus and address:
    "1-0040"), or by its driver's name where there is only one ("ina226"); of a chip with several channels,
    with ":" and the channel ("1-0041:2").
    """

    kind: Literal["hwmon"]
    battery: Rail | None = Field(None, description="Current into the battery counts as positive.")
    solar: Rail | None = None
    load: Rail | None = None
    battery_reversed: bool = Field(False, description="The shunt is wired the other way round.")
    path: Path = Path("/sys/class/hwmon")

    @model_validator(mode="after")
    def _measures_something(self) -> HwmonMeter:
        if self.battery is None and self.solar is None and self.load is None:
            raise ValueError('name what is measured: `battery`, `solar` or `load` = "1-0040"')
        return self


class VictronMeter(Section):
    """MPPT charge controllers and SmartShunts (or BMVs) at VE.Direct ports: serial, text protocol."""

    kind: Literal["victron"]
    ports: tuple[str, ...] = Field(
        min_length=1, description="Such as /dev/serial/by-id/usb-VictronEnergy_BV_VE_Direct_cable_VE4..."
    )


class FileMeter(Section):
    """What another program writes: one JSON object, or CSV with a header, of which the last line counts.

    Names: battery_v, battery_w (or battery_a; into the battery is positive), solar_w, load_w, charge (0 to 1,
    of the whole battery).
    """

    kind: Literal["file"]
    path: Path
    stale_s: float = Field(600, gt=0, description="Not written for longer, it says nothing.")


Meter = Annotated[HwmonMeter | VictronMeter | FileMeter, Field(discriminator="kind")]


class SleepSettings(Section):
    """Deep sleep between two looks, at the level of work that allows it; woken by the clock (RTC).

    Only where no camera is a stream. Never while a fire is watched or not yet sent, nor on trial.
    """

    enabled: bool = False
    mode: Literal["mem", "freeze", "standby", "off"] = Field(
        "mem", description="Of `rtcwake`; off: powered down, and begun by the clock like after a power cut."
    )
    rtcwake: tuple[str, ...] = Field(
        ("rtcwake",),
        min_length=1,
        description="The program, with options; as a service: docs/guides/power-and-sensors.md.",
    )
    rtc: str = "/dev/rtc0"
    wake_s: float = Field(2, ge=0, description="From the alarm until this node works again.")
    report_every_s: float = Field(
        900, ge=60, description="So often it stays awake until all is sent, `link_s` at most."
    )
    link_s: float = Field(60, gt=0)


class PowerSettings(Section):
    """What the node lives on. By it the running node chooses how much it looks, and `fieldwatch edge energy`
    tells how it would fare.

    Measure the three loads at the battery with a watt-meter: data sheets leave out the converters.
    """

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    battery_wh: float = Field(gt=0, description="Voltage times ampere-hours, as printed on it.")
    usable: Fraction = Field(
        0.8, gt=0, description="Share that may be drawn: 0.8 of lithium iron phosphate, 0.5 of lead."
    )
    charge_efficiency: float = Field(0.95, gt=0, le=1, description="What charging keeps; 0.8 of lead.")
    panel_w: float = Field(ge=0, description="Rated (peak) power; 0: no panel.")
    panel_tilt_deg: float = Field(45, ge=0, le=90, description="From level to upright.")
    panel_azimuth_deg: float = Field(
        180, ge=0, lt=360, description="Where it faces, from true north; 0 in the south."
    )
    panel_losses: Fraction = Field(0.2, description="Dirt, cables, controller.")
    idle_w: float = Field(gt=0, description="Awake, camera and link on, nothing looked at.")
    work_w: float = Field(gt=0, description="What comes on top when every frame is looked at.")
    sleep_w: float = Field(0.3, ge=0, description="Asleep, woken by its clock.")
    fire_share: Fraction = Field(0.5, description="Of `work_w`: what fire watch takes.")
    fire_every_s: float = Field(5, gt=0, description="Between two looks for fire, when there is plenty.")
    fire_floor_s: float = Field(
        60, gt=0, description="Fire watch never waits longer, however little the battery holds."
    )
    look_s: float = Field(8, gt=0, description="To wake, look, and sleep again.")
    reserve: Fraction = Field(
        0.3, description="Share of the usable energy that should be left after each night."
    )
    restart: Fraction = Field(0.1, description="Once empty, the node starts again with this share.")
    chemistry: Literal["lifepo4", "lead", "li-ion"] = Field(
        "lifepo4", description="For the charge that a voltage at rest stands for."
    )
    nominal_v: float = Field(12, gt=0, le=1000, description="Of the battery: 12, 24, 48.")
    co2e_g_per_kwh: float = Field(
        41,
        ge=0,
        le=5000,
        description="Of the energy's source, over its whole life. 41: solar panels (median of IPCC 2014,"
        " WG III, Annex III, Table A.III.2, PV rooftop); of a grid, ask who runs it.",
    )
    meter: Meter | None = Field(None, description="None: reckoned from the sun, and said to be.")
    sleep: SleepSettings = SleepSettings()

    @property
    def usable_wh(self) -> float:
        return self.battery_wh * self.usable

    @classmethod
    def read(cls, path: Path) -> PowerSettings:
        """The section `[power]` of a file that need have no other: of a node that is yet to be built.

        Raises:
            ConfigError: as `NodeSettings.read`, or there is no such section.
        """
        section = parsed(path).get("power")
        if section is None:
            raise ConfigError(f"{path} has no section [power]")
        try:
            return cls.model_validate(section)
        except ValidationError as error:
            raise ConfigError(wrong(path, error)) from error
