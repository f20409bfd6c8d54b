"""Victron's charge controllers (MPPT) and battery monitors (SmartShunt, BMV) at VE.Direct ports.

MPPT: V mV of the battery, I mA into it, VPV and PPV of the panel (mV, W), IL mA of its load output.
Shunt: V, I (mA, charging is positive), P W, SOC ‰; its blocks come by turns, and only one kind says these.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING

import serial
import structlog

from fieldwatch_edge.errors import DeviceError
from fieldwatch_edge.power.meters.base import Measured
from fieldwatch_edge.power.meters.vedirect import BAUD, Blocks, number

if TYPE_CHECKING:
    from collections.abc import Callable

    from fieldwatch_edge.settings import VictronMeter

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Port:
    name: str
    first_s: float
    line: serial.Serial | None = None
    blocks: Blocks = field(default_factory=Blocks)

    def read(self) -> list[dict[str, str]]:
        """The blocks that came since the last time.

        Raises:
            DeviceError: the port cannot be opened, or is gone; it is opened anew the next time.
        """
        try:
            if self.line is None:
                # timeout 0: what is there; the kernel keeps 4 KiB, some fifteen seconds, meanwhile.
                self.line = serial.Serial(self.name, BAUD, timeout=0, exclusive=True)
                self.blocks = Blocks()
                return self._first(self.line)
            return self.blocks.feed(self.line.read(65536))
        except (serial.SerialException, OSError) as error:
            self.close()
            raise DeviceError(f"{self.name} cannot be read: {error}") from error

    def _first(self, line: serial.Serial) -> list[dict[str, str]]:
        """What comes in the first seconds: who asks once, as the doctor does, hears of each kind."""
        found: list[dict[str, str]] = []
        until = time.monotonic() + self.first_s
        line.timeout = 0.1
        while time.monotonic() < until:
            found += self.blocks.feed(line.read(4096))
        line.timeout = 0
        return found

    def close(self) -> None:
        if self.line is not None:
            self.line.close()
            self.line = None


class Victron:
    """One controller, one shunt, or several of them."""

    def __init__(self, settings: VictronMeter, first_s: float = 2.5) -> None:
        """`first_s`: how long to listen once a port was opened; a block comes each second, in turns."""
        self._ports = [_Port(name, first_s) for name in settings.ports]

    def read(self) -> Measured:
        shunts, chargers, failures = [], [], []
        for port in self._ports:
            try:
                blocks = port.read()
            except DeviceError as error:
                failures.append(error)
                continue
            chargers.append([block for block in blocks if "PPV" in block])
            shunts.append([block for block in blocks if "PPV" not in block and "I" in block])
        if failures and len(failures) == len(self._ports):
            raise failures[0]
        for failure in failures:
            log.warning("power.port_failed", error=str(failure))
        return measured([b for each in shunts for b in each], [each for each in chargers if each])

    def close(self) -> None:
        for port in self._ports:
            port.close()


def measured(shunt: list[dict[str, str]], chargers: list[list[dict[str, str]]]) -> Measured:
    """Of the blocks of a shunt, and of those of each charge controller."""
    battery_v = _mean(shunt, lambda b: _product(b, "V", None))
    battery_w = _mean(shunt, lambda b: _product(b, "V", "I"))
    charge = next((soc / 1000 for b in reversed(shunt) if (soc := number(b, "SOC")) is not None), None)
    solar = [_mean(blocks, lambda b: number(b, "PPV")) for blocks in chargers]
    solar_w = sum(each for each in solar if each is not None) if chargers else None
    into = [_mean(blocks, lambda b: _product(b, "V", "I")) for blocks in chargers]
    out = [_mean(blocks, lambda b: _product(b, "V", "IL")) for blocks in chargers]
    outputs = [each for each in out if each is not None]
    if battery_v is None and chargers:
        battery_v = _mean(chargers[0], lambda b: _product(b, "V", None))
    load_w = None
    if battery_w is None and outputs:
        # No shunt, and all loads at the controller's own output: what it says is all there is.
        battery_w, load_w = sum(each for each in into if each is not None), sum(outputs)
    elif battery_w is not None and chargers:
        # From what the controllers give out, so that their own losses are no load.
        load_w = max(sum(each for each in into if each is not None) + sum(outputs) - battery_w, 0.0)
    return Measured(battery_v, battery_w, solar_w, load_w, charge)


def _product(block: dict[str, str], volts: str, amperes: str | None) -> float | None:
    """Volts, or watts; the line says mV and mA."""
    v = number(block, volts)
    if v is None or amperes is None:
        return None if v is None else v / 1000
    a = number(block, amperes)
    return None if a is None else v / 1000 * a / 1000


def _mean(blocks: list[dict[str, str]], of: Callable[[dict[str, str]], float | None]) -> float | None:
    values = [value for block in blocks if (value := of(block)) is not None]
    return fmean(values) if values else None
