"""Weather to simulate with: from a table, or made of nothing but a share of a clear sky."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from fieldwatch_edge.errors import ConfigError
from fieldwatch_edge.power.sky import clear_sky, under_clouds

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from fieldwatch_edge.settings import PowerSettings

MILD_C = 15.0
MOST_APART_S = 3 * 3600.0
"""Between two rows: light is drawn straight from one to the next, which across a night is wrong."""


@dataclass(frozen=True, slots=True)
class Weather:
    at: NDArray[np.float64]
    """(n,) instants, rising, at least two."""
    ground: NDArray[np.float64]
    """(n,) irradiance on level ground, W/m²."""
    air_c: NDArray[np.float64]


def even(begin: datetime, days: float, clearness: float, settings: PowerSettings) -> Weather:
    """Every day the same share of a clear sky: 1 is the best, 0.15 is thick cloud, 0 a winter under snow."""
    at = begin.timestamp() + np.arange(0, days * 86_400 + 1, 900.0)
    ground = clear_sky(at, settings.longitude, settings.latitude) * clearness
    return Weather(at, ground, np.full(at.shape, MILD_C))


def read(path: Path, settings: PowerSettings) -> Weather:
    """A CSV file with a header: `time` (ISO 8601 with its zone), `ghi_w_m2` or `cloud_percent`, and, if
    known, `temperature_c`; a row every three hours or more often.

    Raises:
        ConfigError: the file cannot be read, or a row in it is wrong; says which.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from error
    if len(rows) < 2:
        raise ConfigError(f"{path} has {len(rows)} rows: weather needs at least two")
    light = next((name for name in ("ghi_w_m2", "cloud_percent") if name in rows[0]), None)
    if light is None or "time" not in rows[0]:
        raise ConfigError(f"{path} needs the columns `time` and `ghi_w_m2` or `cloud_percent`")
    at = _column(rows, "time", _instant, path)
    if (np.diff(at) <= 0).any():
        raise ConfigError(f"{path}, row {int(np.argmax(np.diff(at) <= 0)) + 3}: times must rise")
    if (gaps := np.diff(at) > MOST_APART_S).any():
        n = int(np.argmax(gaps))
        raise ConfigError(
            f"{path}, row {n + 3}: {(at[n + 1] - at[n]) / 3600:.1f} h after the row before, and what light"
            f" was between is not known: at most {MOST_APART_S / 3600:.0f} h"
        )
    values = _column(rows, light, float, path)
    if light == "cloud_percent":
        values = under_clouds(
            clear_sky(at, settings.longitude, settings.latitude), np.clip(values / 100, 0, 1)
        )
    air = (
        _column(rows, "temperature_c", float, path)
        if "temperature_c" in rows[0]
        else np.full(at.shape, MILD_C)
    )
    return Weather(at, np.maximum(values, 0), air)


def _column(
    rows: list[dict[str, str]], name: str, parse: Callable[[str], float], path: Path
) -> NDArray[np.float64]:
    found = np.empty(len(rows))
    for n, row in enumerate(rows):
        try:
            found[n] = parse(row[name] or "")
        except ValueError:
            raise ConfigError(f"{path}, row {n + 2}: {name} is {row[name]!r}") from None
        if not np.isfinite(found[n]):
            raise ConfigError(f"{path}, row {n + 2}: {name} is {row[name]!r}")
    return found


def _instant(text: str) -> float:
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        raise ValueError(text)
    return when.timestamp()
