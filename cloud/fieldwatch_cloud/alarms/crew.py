"""Whom a step of the plan means, at one place and one time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fieldwatch_cloud.calls.roster import on_duty
from fieldwatch_cloud.db import calls

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.calls.plan import Whom
    from fieldwatch_cloud.db.calls import Person
    from fieldwatch_cloud.db.pool import Connection

NOT_CALLED = frozenset({"researcher"})
"""Who is nothing but this is no part of a fire's crew; everybody else is called when all are."""


@dataclass(frozen=True, slots=True)
class Crew:
    people: dict[UUID, Person]
    duty: list[tuple[UUID, ...]]
    """Who is on duty, in calling order; see `calls.roster.on_duty`."""

    @classmethod
    def at(
        cls,
        conn: Connection,
        reserve_id: UUID,
        timezone: str,
        zones: Sequence[tuple[UUID, UUID | None]],
        now: datetime,
    ) -> Crew:
        """
        Args:
            zones: (zone, its chief); see `db.calls.zones_of_incident` and `zones_at`.
        """
        duty = on_duty(
            calls.shifts(conn, reserve_id),
            now,
            ZoneInfo(timezone),
            zones=[zone for zone, _ in zones],
            chiefs=[chief for _, chief in zones if chief is not None],
        )
        return cls({person.id: person for person in calls.people(conn, reserve_id)}, duty)

    def whom(self, whom: Whom, called: Collection[UUID]) -> list[Person]:
        """The people of a step.

        Args:
            called: who was called before. `all` means them too: whoever slept through the first call may
                hear the second.
        """
        match whom:
            case "duty":
                return self._named(self.duty[0] if self.duty else ())
            case "next":
                ranks = (tuple(id_ for id_ in rank if id_ not in called) for rank in self.duty)
                return self._named(next((rank for rank in ranks if rank), ()))
            case "managers":
                return [person for person in self.managers if person.id not in called]
            case "all":
                on_duty_now = {id_ for rank in self.duty for id_ in rank}
                return [
                    person
                    for person in self.people.values()
                    if person.id in on_duty_now or set(person.roles) - NOT_CALLED
                ]

    @property
    def managers(self) -> list[Person]:
        """Of the reserve; where it has none, the admins."""
        for role in ("manager", "admin"):
            if found := [person for person in self.people.values() if role in person.roles]:
                return found
        return []

    def _named(self, ids: Collection[UUID]) -> list[Person]:
        return [self.people[id_] for id_ in ids if id_ in self.people]
