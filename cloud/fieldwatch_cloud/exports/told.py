"""What of a reserve's records may be told to who asks: all as it is, or sensitive species blurred.

Who may not see exact places gets records of sensitive species for the reserve as a whole only: from two areas
that differ by one camera, the difference would tell what stood there. They stand at the centre of a cell with
several cameras in it (`sensitive.blurred`), on a day instead of at an instant (another picture of that minute
would tell the camera), without picture and box.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from fieldwatch_cloud.db import packages, sensitive
from fieldwatch_cloud.sensitive import blurred

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fieldwatch_cloud.db.packages import Deployment, Medium, Record
    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.exports.order import Order
    from fieldwatch_cloud.sensitive import Sensitive

CELLS = UUID("4d0b3a52-0c5e-5a86-9c39-5a8a2b7c1f60")
"""Namespace of the ids of blurred places."""
FIRST = datetime(1990, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """A deployment, or a cell in which sensitive species were seen somewhere.

    Degrees WGS 84; the true place lies within `uncertainty_m` metres where that is not None.
    """

    id: UUID
    name: str
    lon: float
    lat: float
    started_at: datetime
    ended_at: datetime
    uncertainty_m: int | None = None
    deployment: Deployment | None = None
    """None: a cell."""


@dataclass(frozen=True, slots=True)
class Told:
    """A record with where it may be said to have been."""

    id: UUID
    place: Place
    record: Record


class Telling:
    """One export: its places first, then the records at each of them, in the order of time."""

    def __init__(self, conn: Connection, order: Order, accessed_at: datetime) -> None:
        self._conn, self._order = conn, order
        self.since = min(order.since or FIRST, accessed_at)
        self.until = min(order.until or accessed_at, accessed_at)
        if self.until < self.since:
            self.until = self.since
        packages.snapshot(conn)
        self._species: Sensitive = sensitive.species(conn, order.reserve_id)
        self._all = sensitive.places(conn, order.reserve_id) if not order.exact else []
        self.deployments = [
            Place(
                id=one.id,
                name=one.location_name,
                lon=one.lon,
                lat=one.lat,
                started_at=one.started_at,
                # One that goes on is told until now: the standard knows no open end.
                ended_at=max(one.started_at, min(one.ended_at or self.until, accessed_at)),
                deployment=one,
            )
            for one in packages.deployments(
                conn,
                order.reserve_id,
                since=self.since,
                until=self.until,
                area=order.area,
                zone=order.zone,
                only=order.deployments,
            )
        ]

    @property
    def withholds(self) -> bool:
        """Whether records of sensitive species, if there are any, are not told at all. How many there are, or
        whether there is one, would tell of each camera by itself."""
        return not self._order.exact and bool(self._species.species) and not self.whole

    @property
    def whole(self) -> bool:
        """Nothing is asked but the reserve."""
        order = self._order
        return order.area is None and order.zone is None and not order.deployments

    def records(self) -> Iterator[Told]:
        """Those at deployments, then those at cells."""
        hidden: list[Told] = []
        for place in self.deployments:
            for id_, record in self._records(place.id):
                if self._order.exact or not record.sensitive:
                    if self.since <= record.observed_at < self.until:
                        yield Told(id_, place, record)
                elif self.whole:
                    hidden.append(self._hidden(id_, place, record))
        # Sorted by what is told: their order must not tell the rest.
        yield from sorted(hidden, key=lambda one: (one.record.observed_at, str(one.place.id), str(one.id)))

    def media(self, place: Place, ids: set[UUID]) -> Iterator[Medium]:
        """The pictures of a deployment: `ids`, and where all taxa are asked for, the others of the time."""
        order = self._order
        return packages.media(
            self._conn,
            place.id,
            reserve_id=order.reserve_id,
            ids=sorted(ids),
            all=not order.taxa and not order.min_confidence,
            since=self.since,
            until=self.until,
            offset_s=place.deployment.offset_s if place.deployment else 0.0,
            exact=order.exact,
        )

    def effort(self, place: Place) -> list[tuple[datetime, datetime]]:
        return packages.effort(self._conn, place.id, self.since, self.until)

    def extent(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north of the reserve."""
        return packages.extent(self._conn, self._order.reserve_id)

    def shows_sensitive(self, ids: set[UUID]) -> set[UUID]:
        """Those pictures that may not be told."""
        if self._order.exact or not self._species.species:
            return set()
        return sensitive.shown(self._conn, self._order.reserve_id, ids)

    def _records(self, deployment: UUID) -> Iterator[tuple[UUID, Record]]:
        order = self._order
        since, until = self.since, self.until
        if not order.exact:
            # What is told by the day is asked for by the day: from spans of a minute one learns the minute.
            since, until = _day(since), _day(until - timedelta(microseconds=1)) + timedelta(days=1)
        found = packages.records(
            self._conn,
            deployment,
            reserve_id=order.reserve_id,
            since=since,
            until=until,
            min_confidence=order.min_confidence,
            taxa=list(order.taxa) or None,
        )
        named = _named(deployment, found)
        if order.exact or not self._species.species:
            return named
        return iter(self._without_pictures(list(named)))

    def _without_pictures(self, found: list[tuple[UUID, Record]]) -> list[tuple[UUID, Record]]:
        """A picture with a sensitive species in it is told of nobody."""
        hidden = sensitive.shown(
            self._conn, self._order.reserve_id, {one.media_id for _, one in found if one.media_id}
        )
        return [
            (id_, replace(one, media_id=None, box=None) if one.media_id in hidden else one)
            for id_, one in found
        ]

    def _hidden(self, id_: UUID, place: Place, record: Record) -> Told:
        blur = self._species.blur_m(record.scientific_name) or 0
        told = blurred(place.lon, place.lat, blur, places=self._all)
        day = _day(record.observed_at)
        cell = Place(
            id=uuid5(CELLS, f"{self._order.reserve_id} {told.lon} {told.lat} {told.uncertainty_m}"),
            name=f"within {told.uncertainty_m} m",
            lon=told.lon,
            lat=told.lat,
            # Not its deployments' dates: they would name one.
            started_at=min(one.started_at for one in self.deployments),
            ended_at=max(one.ended_at for one in self.deployments),
            uncertainty_m=told.uncertainty_m,
        )
        return Told(
            # An id that is known from elsewhere may tell its camera.
            uuid5(CELLS, str(id_)),
            cell,
            replace(
                record,
                id=None,
                observed_at=day,
                ended_at=day + timedelta(days=1) - timedelta(seconds=1),
                media_id=None,
                box=None,
                # When somebody named it: beside the pictures of a camera that they named before and after.
                at=None,
            ),
        )


def _named(deployment: UUID, found: Iterator[Record]) -> Iterator[tuple[UUID, Record]]:
    """Each with an id of its own. A person's box has none: what it says, and of which picture, gives it one,
    and to those that say the same of one picture their number."""
    given: Counter[UUID] = Counter()
    for record in found:
        if record.id is not None:
            yield record.id, record
            continue
        about = record.media_id or deployment
        said = f"label {record.scientific_name} {record.count} {record.box}"
        id_ = uuid5(about, said)
        given[id_] += 1
        yield id_ if given[id_] == 1 else uuid5(about, f"{said} {given[id_]}"), record


def _day(at: datetime) -> datetime:
    """When its day began, by UTC."""
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
