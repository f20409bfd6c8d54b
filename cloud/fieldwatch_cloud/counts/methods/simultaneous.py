"""The largest number seen at once over several cameras: maxN, SmaxN per time step, SmaxN.

    maxN             the most that one camera saw at one time step
    SmaxN_timestep   the most that all cameras together saw at one time step
    SmaxN            one time step chosen per camera, so that no animal could have gone from one camera to
                     another between their steps, with the largest sum

All three count no animal twice, so each is a least number present: maxN <= SmaxN_timestep <= SmaxN
(Magneville et al. 2024, Limnology and Oceanography: Methods, doi 10.1002/lom3.10606).

Also here: events of several cameras that see one and the same place, where a sum over cameras would count
twice and the largest of them is right.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fieldwatch_cloud.counts.estimate import Finding
from fieldwatch_cloud.counts.events import independent_events, max_n

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import timedelta

    from numpy.typing import ArrayLike, NDArray

    from fieldwatch_cloud.counts.events import Event, Record


@dataclass(frozen=True, slots=True)
class Simultaneous:
    max_n: int
    smax_n_timestep: int
    smax_n: int
    steps: tuple[int, ...]
    """One time step per camera (row of the counts) that together reach `smax_n`."""
    findings: tuple[Finding, ...] = ()


def simultaneous(counts: ArrayLike, distances_m: ArrayLike, speed_m_per_step: float) -> Simultaneous:
    """maxN, SmaxN per time step and SmaxN of a synchronised network of cameras, exactly.

    Branch and bound: cameras are fixed one after another, the one with the fewest possible steps first; a
    branch is left when the largest counts within reach of all that is fixed cannot beat the best sum known.

    Args:
        counts: (steps, cameras) individuals of one species in view; NaN where a camera did not look, which
            adds nothing to a sum, as all three are least numbers.
        distances_m: (cameras, cameras) between them, symmetric.
        speed_m_per_step: the fastest that the species moves, metres in one time step. Two cameras' steps go
            together if they are at most distance / speed apart.

    Raises:
        ValueError: shapes do not fit, negative numbers, a speed that is not positive, no step at all.
    """
    seen, far = np.asarray(counts, dtype=np.float64), np.asarray(distances_m, dtype=np.float64)
    if seen.ndim != 2 or not seen.size or far.shape != (seen.shape[1],) * 2:
        raise ValueError(f"counts {seen.shape} (steps, cameras) and distances {far.shape} do not fit")
    if not speed_m_per_step > 0 or not (far >= 0).all() or not np.allclose(far, far.T) or (seen < 0).any():
        raise ValueError("speed must be positive, distances symmetric, and no number negative")
    findings = []
    if missing := float(np.isnan(seen).mean()):
        findings.append(Finding("network_gaps", "note", {"share": missing}))
    if seen.shape[1] == 1:
        findings.append(Finding("one_camera_network", "note"))
    known = np.nan_to_num(seen).astype(np.int64)
    # A hair more: 4.8 / 1.6 is a little less than 3 in binary.
    reach = np.minimum(far / speed_m_per_step + 1e-9, len(known)).astype(np.int64)
    search = _Search(known, reach)
    together = known.sum(axis=1)
    at = int(together.argmax())
    search.offer((at,) * known.shape[1], int(together[at]))
    search.run()
    return Simultaneous(int(known.max()), int(together[at]), search.best, search.steps, tuple(findings))


def events_of_places(
    records: Iterable[Record], place_of: Mapping[str, str], interval: timedelta
) -> list[Event]:
    """Independent events where several cameras see one place: the same animals are in several pictures.

    Records of all cameras of a place make its events together; an event's count is the largest MaxN of one
    camera, not the sum over cameras, which see the same animals. The place's effort is the union of its
    cameras' spans (`effort.camera_days` over all of them).

    Args:
        place_of: deployment -> place; a deployment that is not in it is a place of its own.

    Returns:
        Events whose `deployment` is the place.

    Raises:
        ValueError: the interval is not positive.
    """
    listed = sorted(
        (
            (
                replace(record, deployment=place_of.get(record.deployment, record.deployment)),
                record.deployment,
            )
            for record in records
        ),
        key=lambda pair: (
            pair[0].deployment,
            pair[0].taxon[0] or "",
            pair[0].taxon[1],
            pair[0].start,
            pair[0].end,
        ),
    )
    events, done = [], 0
    for event in independent_events((record for record, _ in listed), interval):
        part = listed[done : done + event.observations]
        done += event.observations
        cameras = {camera for _, camera in part}
        largest = max(max_n(record for record, by in part if by == camera) for camera in cameras)
        events.append(replace(event, max_n=largest))
    return events


class _Search:
    """The best choice of one step per camera; steps of cameras i and j at most `reach[i, j]` apart."""

    def __init__(self, counts: NDArray[np.int64], reach: NDArray[np.int64]) -> None:
        self._counts = counts
        self._reach = reach
        self._largest = [_RangeMax(counts[:, camera]) for camera in range(counts.shape[1])]
        self.best = -1
        self.steps: tuple[int, ...] = ()

    def offer(self, steps: tuple[int, ...], total: int) -> None:
        if total > self.best:
            self.best, self.steps = total, steps

    def run(self) -> None:
        number, cameras = self._counts.shape
        self._branch({}, 0, dict.fromkeys(range(cameras), (0, number - 1)))

    def _branch(self, fixed: dict[int, int], total: int, windows: dict[int, tuple[int, int]]) -> None:
        if not windows:
            self.offer(tuple(fixed[camera] for camera in sorted(fixed)), total)
            return
        camera = min(windows, key=lambda each: windows[each][1] - windows[each][0])
        low, high = windows[camera]
        rest = {other: window for other, window in windows.items() if other != camera}
        steps = np.arange(low, high + 1)
        most = total + self._counts[low : high + 1, camera]
        for other, (first, last) in rest.items():
            apart = self._reach[camera, other]
            near, far = np.maximum(first, steps - apart), np.minimum(last, steps + apart)
            most = most + self._largest[other].within(near, far)
        for at in np.argsort(-most, kind="stable"):
            if most[at] <= self.best:
                break
            step = int(steps[at])
            within = {
                other: (max(first, step - apart), min(last, step + apart))
                for other, (first, last) in rest.items()
                for apart in (int(self._reach[camera, other]),)
            }
            self._branch(fixed | {camera: step}, total + int(self._counts[step, camera]), within)


class _RangeMax:
    """The largest of any stretch in two look-ups (sparse table, Bender & Farach-Colton 2000)."""

    def __init__(self, values: NDArray[np.int64]) -> None:
        number = len(values)
        levels = [values]
        while (width := 1 << (len(levels) - 1)) * 2 <= number:
            last = levels[-1]
            levels.append(np.maximum(last[:-width], last[width:]))
        self._table = np.zeros((len(levels), number), dtype=np.int64)
        for row, level in zip(self._table, levels, strict=True):
            row[: len(level)] = level

    def within(self, low: NDArray[np.int64], high: NDArray[np.int64]) -> NDArray[np.int64]:
        """Over [low, high], both included; far below zero where that is empty, so that no bound passes."""
        length = np.maximum(high - low + 1, 1)
        level = np.frexp(length)[1] - 1
        empty = high < low
        start = np.where(empty, 0, low)
        end = np.where(empty, 0, high - (1 << level) + 1)
        largest = np.maximum(self._table[level, start], self._table[level, end])
        return np.where(empty, np.iinfo(np.int32).min, largest)
