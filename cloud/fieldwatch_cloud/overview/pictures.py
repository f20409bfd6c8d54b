"""Which pictures to show of very many: a person's word first, one of each event, from everywhere."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.overview import Pictured

SAME_EVENT = timedelta(minutes=30)


def best_of_species(found: Iterable[Pictured], limit: int) -> list[Pictured]:
    """What people confirmed first; within that every camera's best, then every camera's second, ..."""
    return _in_turns(found, limit, lambda one: one.deployment_id, confirmed_first=True)


def best_of_all(found: Iterable[Pictured], limit: int) -> list[Pictured]:
    """Every species' best, then every species' second, ...: what is rare is as much worth seeing."""
    return _in_turns(found, limit, lambda one: one.scientific_name, confirmed_first=False)


def _in_turns(
    found: Iterable[Pictured], limit: int, group: Callable[[Pictured], Hashable], *, confirmed_first: bool
) -> list[Pictured]:
    ranked = sorted(found, key=_merit)
    turn: dict[Hashable, int] = {}
    chosen: list[tuple[bool, int, tuple[object, ...], Pictured]] = []
    kept: dict[tuple[UUID, str], list[datetime]] = {}
    shown: set[UUID] = set()
    for one in ranked:
        times = kept.setdefault((one.deployment_id, one.scientific_name), [])
        if one.media_id in shown or any(abs(one.observed_at - at) < SAME_EVENT for at in times):
            continue
        times.append(one.observed_at)
        shown.add(one.media_id)
        number = turn[group(one)] = turn.get(group(one), -1) + 1
        chosen.append((confirmed_first and not one.labelled, number, _merit(one), one))
    chosen.sort(key=lambda entry: entry[:3])
    return [one for *_, one in chosen[:limit]]


def _merit(one: Pictured) -> tuple[bool, float, float, str]:
    """The best first; of equals the newest."""
    return not one.labelled, -(one.confidence or 0.0), -one.observed_at.timestamp(), str(one.media_id)
