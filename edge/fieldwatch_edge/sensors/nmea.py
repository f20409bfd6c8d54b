"""Sentences of weather stations: NMEA 0183's MWV (wind), MDA (air), XDR (transducers). Pure.

$WIMWV,045,R,011.63,N,A*09
$WIMDA,30.0,I,1.016,B,22.4,C,,,45.2,,9.9,C,38.5,T,,M,5.1,N,2.6,M*hh
$WIXDR,C,22.4,C,TEMP,H,45.2,P,RH,P,1.0162,B,BARO*hh
"""

from __future__ import annotations

from functools import reduce
from operator import xor
from typing import TYPE_CHECKING

from fieldwatch_edge.sensors.base import Value
from fieldwatch_shared.messages import Quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

MS = {"M": 1.0, "N": 0.514444, "K": 1 / 3.6, "S": 0.44704}
"""Metres, knots, kilometres, statute miles."""


def values(line: str, heading_deg: float = 0.0) -> list[Value]:
    """What a sentence says; nothing where it is another one, damaged, or says that it is not valid.

    Args:
        heading_deg: where the station's north mark points, from true north; what it says relative to itself
            (R) is turned by it.
    """
    body, star, checksum = line.strip().partition("*")
    if not body.startswith("$") or len(body) < 6:
        return []
    # Without a checksum nobody knows: some stations send none, so what they say must be plausible (BOUNDS).
    if star and _sum(body[1:]) != checksum.strip().upper():
        return []
    head, *fields = body[1:].split(",")
    if head.endswith("MWV"):
        return _mwv(fields, heading_deg)
    if head.endswith("MDA"):
        return _mda(fields)
    if head.endswith("XDR"):
        return _xdr(fields)
    return []


def _sum(text: str) -> str:
    return f"{reduce(xor, text.encode('latin-1', 'replace'), 0):02X}"


def _mwv(fields: Sequence[str], heading_deg: float) -> list[Value]:
    """Angle, R (to the station's mark) or T (true), speed, its unit, A (valid)."""
    if len(fields) < 5 or fields[4][:1] != "A":
        return []
    angle, speed = _number(fields[0]), _number(fields[2])
    found = []
    if speed is not None and fields[3] in MS:
        found.append(Value(Quantity.WIND_SPEED, speed * MS[fields[3]]))
        # In a calm the vane points where the last wind left it.
        if angle is not None and speed > 0:
            found.append(Value(Quantity.WIND_DIRECTION, (angle + heading_deg) % 360))
    return found


def _mda(fields: Sequence[str]) -> list[Value]:
    """Inches, bars, air °C, water °C, humidity %, absolute, dew point °C, wind °T, °M, knots, m/s."""
    said = {unit: _number(number) for number, unit in zip(fields[::2], fields[1::2], strict=False) if unit}
    at = [_number(each) for each in [*fields, *[""] * 20]]
    found = []
    bar, celsius, humidity = said.get("B"), at[4], at[8]
    if bar is not None:
        found.append(Value(Quantity.PRESSURE, bar * 1000))
    if celsius is not None:
        found.append(Value(Quantity.TEMPERATURE, celsius))
    if humidity is not None:
        found.append(Value(Quantity.HUMIDITY, humidity))
    direction, knots, ms = at[12], at[16], at[18]
    speed = ms if ms is not None else None if knots is None else knots * MS["N"]
    if speed is not None:
        found.append(Value(Quantity.WIND_SPEED, speed))
        if direction is not None and speed > 0:
            found.append(Value(Quantity.WIND_DIRECTION, direction % 360))
    return found


def _xdr(fields: Sequence[str]) -> list[Value]:
    """Groups of four: type, value, unit, name."""
    found = []
    for kind, text, unit, name in zip(*(fields[n::4] for n in range(4)), strict=False):
        value = _number(text)
        if value is None:
            continue
        match kind, unit:
            case "C", "C" if "DEW" not in name.upper():
                found.append(Value(Quantity.TEMPERATURE, value))
            case "H", "P":
                found.append(Value(Quantity.HUMIDITY, value))
            case "P", "B":
                found.append(Value(Quantity.PRESSURE, value * 1000))
            case "P", "P":
                found.append(Value(Quantity.PRESSURE, value / 100))
            case "D", "M" if "LEVEL" in name.upper() or "WATER" in name.upper():
                found.append(Value(Quantity.WATER_LEVEL, value))
    return found


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
