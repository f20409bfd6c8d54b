"""The power budget at work: what the battery holds, what the sky gave lately, and the level that follows.

The same `plan.choose` as in `fieldwatch edge energy`, asked each hour: what was simulated is what happens. No
clock and no device is in here; the keeper brings both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, Field

from fieldwatch_edge.power.charge import Gauge
from fieldwatch_edge.power.meters.base import Measured
from fieldwatch_edge.power.plan import choose
from fieldwatch_edge.power.sky import clear_sky
from fieldwatch_edge.power.system import LEVELS, load_w, solar_w
from fieldwatch_shared.messages import PowerReport

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fieldwatch_edge.power.system import Level
    from fieldwatch_edge.settings import PowerSettings

PLAN_S = 3600.0
"""Levels are chosen anew each hour, and once between where the battery is nearly empty: so there are no more
than two changes an hour."""
BIN_S = 900.0
DAY_S = 86_400.0
_BINS = int(DAY_S / BIN_S)
UNKNOWN_CLEARNESS = 0.5
"""Before anything is known, as in the simulation."""
_AIR_C = 20.0
_NEARLY_FULL = 0.97
"""Above it, a charge controller may take less than the panel would give: that says nothing of the sky."""
_LEAST_SEEN = 0.25
"""Of a day's clear sky; less says nothing of the day."""
LONGEST_STEP_S = 7 * DAY_S


class Bin(BaseModel):
    """A quarter of an hour of sun."""

    at: float
    """Its beginning."""
    wh: float = 0.0
    """That came."""
    seconds: float = 0.0
    """That were measured, while the battery could take more."""


class Energy(BaseModel):
    used_wh: float = 0.0
    saved_wh: float = 0.0


class State(BaseModel):
    """What a restart must not forget."""

    at: float
    stored_wh: float
    known: bool = False
    level: str = LEVELS[0].name
    planned_at: float = 0.0
    clearness: float | None = None
    bins: list[Bin] = Field([], max_length=2 * _BINS)
    unreported: Energy = Energy()
    """Since the last heartbeat that is safe."""
    total: Energy = Energy()


class Governor:
    """Feed it the time and what was measured; it says at which level to work. One thread."""

    def __init__(self, settings: PowerSettings, now: float, state: State | None = None) -> None:
        """
        Args:
            now: seconds since 1970 (UTC).
            state: as it was left; None: a node that never ran, with a battery that is as full as its reserve
                and half of the rest, since nobody knows.
        """
        self._settings = settings
        half = (1 + settings.reserve) / 2 * settings.usable_wh
        self._state = state if state is not None else State(at=now, stored_wh=half)
        self._gauge = Gauge(settings, min(self._state.stored_wh, settings.usable_wh), self._state.known)
        self._said = Measured()
        self._measured = False
        known = {level.name: level for level in LEVELS}
        self.level: Level = known.get(self._state.level, LEVELS[0])

    @property
    def state(self) -> State:
        """For the next start."""
        self._state.stored_wh, self._state.known = self._gauge.stored_wh, self._gauge.known
        self._state.level = self.level.name
        return self._state

    @property
    def charge(self) -> float:
        """Of what may be drawn."""
        return self._gauge.stored_wh / self._settings.usable_wh

    @property
    def total(self) -> Energy:
        return self._state.total

    def away(self, now: float) -> None:
        """Nothing ran since the last step (a power cut, a node that was switched off): the sun shone on."""
        step = min(max(now - self._state.at, 0.0), LONGEST_STEP_S)
        at = now - step
        while at < now:
            dt = min(BIN_S, now - at)
            self._gauge.update(Measured(), self._reckoned_solar(at + dt / 2), 0.0, dt)
            at += dt
        self._state.at = now

    def tick(self, now: float, dt_s: float, said: Measured, asleep_s: float = 0.0) -> Level:
        """Take in the `dt_s` seconds before `now`; returns the level to work at from now on.

        Args:
            now: by the node's clock, which may have been set.
            dt_s: by one that may not.
            asleep_s: of these, the node slept: its meter has not seen them.
        """
        settings, state = self._settings, self._state
        self._said = said = said.plausible()
        hours, awake_s = dt_s / 3600, max(dt_s - asleep_s, 0.0)
        solar = said.solar_w if said.solar_w is not None else self._reckoned_solar(now - dt_s / 2)
        reckoned = load_w(self.level, settings)
        load = said.load_w if said.load_w is not None else reckoned
        used = reckoned * hours
        if said.load_w is not None:
            used = (said.load_w * awake_s + settings.sleep_w * asleep_s) / 3600
        # Against full work both are reckoned, so that a wrong `idle_w` is no saving.
        saved = max(load_w(LEVELS[0], settings) - reckoned, 0.0) * hours
        for energy in (state.unreported, state.total):
            energy.used_wh += used
            energy.saved_wh += saved
        if said.solar_w is not None:
            self._note_sun(now - dt_s / 2, said.solar_w, dt_s)
        self._measured = self._gauge.update(said, solar, load, dt_s)
        state.at = now
        self._plan(now)
        return self.level

    def report(self) -> PowerReport:
        said = self._said
        load = said.load_w if said.load_w is not None else load_w(self.level, self._settings)
        return PowerReport(
            charge=round(min(max(self.charge, 0.0), 1.0), 4),
            battery_v=said.battery_v,
            solar_w=said.solar_w,
            load_w=round(load, 3),
            load_measured=said.load_w is not None,
            level=self.level.name,
            used_wh=round(self._state.unreported.used_wh, 5),
            saved_wh=round(self._state.unreported.saved_wh, 5),
            measured=self._measured,
            co2e_g_per_kwh=self._settings.co2e_g_per_kwh,
        )

    def reported(self, power: PowerReport) -> None:
        """This report is safe in the outbox: count on from there."""
        rest = self._state.unreported
        rest.used_wh = max(rest.used_wh - (power.used_wh or 0.0), 0.0)
        rest.saved_wh = max(rest.saved_wh - (power.saved_wh or 0.0), 0.0)

    # Within

    def _plan(self, now: float) -> None:
        settings, state = self._settings, self._state
        hour = now // PLAN_S
        empty = self._gauge.stored_wh < settings.restart * settings.usable_wh and self.level is not LEVELS[-1]
        if hour != state.planned_at // PLAN_S:
            state.planned_at = now
            state.clearness = self._clearness(now)
            clearness = UNKNOWN_CLEARNESS if state.clearness is None else state.clearness
            self.level = choose(self.level, self._gauge.stored_wh, now, clearness, settings)
        elif empty:
            self.level = LEVELS[-1]

    def _reckoned_solar(self, at: float) -> float:
        clear = clear_sky(at, self._settings.longitude, self._settings.latitude)
        known = self._state.clearness
        ground = np.atleast_1d(clear) * (UNKNOWN_CLEARNESS if known is None else known)
        return float(solar_w(np.atleast_1d(at), ground, np.atleast_1d(_AIR_C), self._settings)[0])

    def _note_sun(self, at: float, watts: float, dt_s: float) -> None:
        bins, begin = self._state.bins, at // BIN_S * BIN_S
        if not bins or bins[-1].at != begin:
            # A clock that was set makes bins of another time: those that lie ahead say nothing any more.
            bins[:] = [each for each in bins if begin - DAY_S - BIN_S < each.at < begin] + [Bin(at=begin)]
        if self.charge < _NEARLY_FULL:
            bins[-1].wh += watts * dt_s / 3600
            bins[-1].seconds += dt_s

    def _clearness(self, now: float) -> float | None:
        """The share of a clear sky under which the panel would have given what it gave in the last day; as
        before where too little of it was seen."""
        before = self._state.clearness
        bins = [each for each in self._state.bins if now - DAY_S <= each.at < now - BIN_S / 2]
        if before is None and len(bins) < _BINS - 1:
            return None
        seen = [each for each in bins if each.seconds > BIN_S / 2]
        if not seen:
            return before
        at = np.array([each.at + BIN_S / 2 for each in seen])
        whole = np.arange(now - DAY_S + BIN_S / 2, now, BIN_S)
        lon, lat = self._settings.longitude, self._settings.latitude
        if clear_sky(at, lon, lat).sum() < _LEAST_SEEN * clear_sky(whole, lon, lat).sum():
            return before
        came = sum(each.wh * BIN_S / each.seconds for each in seen)
        return _share(came, at, clear_sky(at, lon, lat), self._settings)


def _share(
    came_wh: float, at: NDArray[np.float64], clear: NDArray[np.float64], settings: PowerSettings
) -> float:
    """The panel gives more the clearer it is, so halving the interval finds it; to a thousandth."""
    air = np.full(at.shape, _AIR_C)
    low, high = 0.0, 1.0
    for _ in range(10):
        middle = (low + high) / 2
        given = float(solar_w(at, clear * middle, air, settings).sum()) * BIN_S / 3600
        low, high = (middle, high) if given < came_wh else (low, middle)
    return (low + high) / 2
