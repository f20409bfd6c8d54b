"""Random records that change in every way that records can, and what must be counted of them.

`Truth` keeps what was sent and what people said, and works it out in plain Python; the database does it with
triggers, markers and sums.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fieldwatch_cloud.counts.events import DEFAULT_INTERVAL, DEFAULT_RULE, Record, Rule, independent_events
from fieldwatch_cloud.counts.tally import Tally
from fieldwatch_cloud.db import counts
from fieldwatch_shared.ids import uuid7

if TYPE_CHECKING:
    import random
    from uuid import UUID

    from fieldwatch_cloud.counts.events import TaxonKey
    from fieldwatch_cloud.db.pool import Connection

START = datetime(2026, 1, 28, 22, tzinfo=UTC)
"""So that a month ends among the records."""
TAXA = [("Sus scrofa", "animal"), ("Macaca mulatta", "animal"), (None, "human"), (None, "unknown")]
MINUTE = timedelta(minutes=1)
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass
class Observation:
    deployment: UUID
    taxon: TaxonKey
    start: datetime
    end: datetime
    count: int
    confidence: float
    media: UUID | None
    id: UUID = field(default_factory=uuid7)


@dataclass
class Picture:
    id: UUID
    deployment: UUID
    at: datetime
    boxes: list[tuple[TaxonKey, int]] | None = None
    """What a person said of it last; None: nobody did."""
    revisions: int = 0


@dataclass
class Truth:
    rng: random.Random
    deployments: list[UUID]
    account: UUID
    span_min: int = 9000
    """Of all records, from START."""
    observations: list[Observation] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    clocks: dict[UUID, float] = field(default_factory=dict)

    def _when(self, around: datetime | None = None) -> datetime:
        if around is not None:
            return around + self.rng.randint(-90, 90) * MINUTE
        return START + self.rng.randint(0, self.span_min) * MINUTE

    def observe(self, conn: Connection, how_many: int) -> None:
        """In one statement, as ingest inserts."""
        rng, new = self.rng, []
        for _ in range(how_many):
            picture = rng.choice(self.pictures) if self.pictures and rng.random() < 0.3 else None
            deployment = picture.deployment if picture else rng.choice(self.deployments)
            start = self._when(picture.at if picture else None)
            lasts = rng.choice([0, 0, 1, 2, 10, 29, 30, 31, 200, 200, 2000 if rng.random() < 0.1 else 5])
            taxon = (None, "blank") if rng.random() < 0.1 else rng.choice(TAXA)
            end, media = start + lasts * MINUTE, picture.id if picture else None
            new.append(
                Observation(deployment, taxon, start, end, rng.randint(1, 5), rng.choice([0.25, 0.75]), media)
            )
        columns = zip(
            *((o.id, o.deployment, o.start, o.end, o.confidence, o.count, *o.taxon, o.media) for o in new),
            strict=True,
        )
        conn.execute(
            "INSERT INTO observation (id, deployment_id, observed_at, ended_at, confidence, count, frames,"
            " scientific_name, observation_type, clock_quality, model, media_id)"
            " SELECT id, d, s, e, c, n, 1, name, kind::observation_type, 'ntp', 'm@1', media"
            " FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::real[],"
            " %s::int[], %s::text[], %s::text[], %s::uuid[])"
            " AS new (id, d, s, e, c, n, name, kind, media)",
            [list(column) for column in columns],
        )
        self.observations += new

    def take_picture(self, conn: Connection) -> None:
        picture = Picture(uuid7(), self.rng.choice(self.deployments), self._when())
        conn.execute(
            "INSERT INTO media (id, deployment_id, observed_at, mime, sha256, bytes, width, height,"
            " clock_quality) VALUES (%s, %s, %s, 'image/jpeg', '', 1, 1, 1, 'ntp')",
            (picture.id, picture.deployment, picture.at),
        )
        self.pictures.append(picture)

    def label(self, conn: Connection) -> None:
        """A person says what is in a picture: boxes, none, or only a fire."""
        rng, picture = self.rng, self.rng.choice(self.pictures)
        picture.revisions += 1
        picture.boxes = [(rng.choice(TAXA), rng.randint(1, 3)) for _ in range(rng.choice([0, 1, 1, 2]))]
        conn.execute(
            "INSERT INTO label_revision (media_id, revision, account_id, origin) VALUES (%s, %s, %s, 'web')",
            (picture.id, picture.revisions, self.account),
        )
        boxes: list[tuple[str | None, str | None, str | None, int]]
        boxes = [(name, kind, None, count) for (name, kind), count in picture.boxes]
        if rng.random() < 0.3:
            boxes.append((None, None, "fire", 1))
        for number, (name, kind, fire, count) in enumerate(boxes):
            conn.execute(
                "INSERT INTO label (media_id, revision, number, deployment_id, observed_at,"
                " observation_type, fire_kind, scientific_name, count, box, account_id)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, '{0,0,1,1}', %s)",
                (
                    *(picture.id, picture.revisions, number, picture.deployment, picture.at),
                    *(kind, fire, name, count, self.account),
                ),
            )

    def set_clock(self, conn: Connection) -> None:
        """Correct a clock, or undo its correction."""
        deployment = self.rng.choice(self.deployments)
        if self.clocks.pop(deployment, None) is not None:
            conn.execute(
                "UPDATE clock_correction SET undone_at = now(), undone_by = %s"
                " WHERE deployment_id = %s AND undone_at IS NULL",
                (self.account, deployment),
            )
            return
        self.clocks[deployment] = self.rng.choice([-90_000.0, -61.5, 7.25, 3600.0, 200_000.0])
        conn.execute(
            "INSERT INTO clock_correction (id, deployment_id, offset_s, account_id) VALUES (%s, %s, %s, %s)",
            (uuid7(), deployment, self.clocks[deployment], self.account),
        )

    def records(self, min_confidence: float = 0.0) -> list[tuple[Record, bool]]:
        """Each with whether a person said so."""
        labelled = {picture.id: picture for picture in self.pictures if picture.boxes is not None}
        replaced: dict[UUID, list[Observation]] = defaultdict(list)
        found = []

        def record(where: UUID, taxon: TaxonKey, start: datetime, end: datetime, count: int) -> Record:
            ahead = timedelta(seconds=self.clocks.get(where, 0))
            return Record(str(where), taxon, start + ahead, end + ahead, count)

        for one in self.observations:
            if one.media in labelled:
                replaced[one.media].append(one)
            elif one.taxon[1] != "blank" and one.confidence >= min_confidence:
                found.append((record(one.deployment, one.taxon, one.start, one.end, one.count), False))
        for picture in labelled.values():
            start = min((one.start for one in replaced[picture.id]), default=picture.at)
            end = max((one.end for one in replaced[picture.id]), default=picture.at)
            for taxon, count in picture.boxes or ():
                found.append((record(picture.deployment, taxon, start, end, count), True))
        return found

    def tallies(
        self,
        since: datetime,
        until: datetime,
        interval: timedelta = DEFAULT_INTERVAL,
        rule: Rule = DEFAULT_RULE,
        min_confidence: float = 0.0,
    ) -> dict[TaxonKey, Tally]:
        records = self.records(min_confidence)
        events = independent_events([record for record, _ in records], interval, rule)
        sums: dict[TaxonKey, Counter[str]] = defaultdict(Counter)
        places: dict[TaxonKey, Counter[int]] = defaultdict(Counter)
        number = {str(id_): n for n, id_ in enumerate(self.deployments)}
        for event, after in zip(events, [*events[1:], None], strict=True):
            if not since <= event.start < until:
                continue
            same = after and (after.deployment, after.taxon) == (event.deployment, event.taxon)
            before = after.start if after and same else NEVER
            one = sums[event.taxon]
            one["observations"] += event.observations
            one["individuals"] += event.max_n
            one["events"] += 1
            one["max_count"] = max(one["max_count"], event.max_n)
            one["labelled"] += sum(
                by_person
                for record, by_person in records
                if (record.deployment, record.taxon) == (event.deployment, event.taxon)
                and event.start <= record.start < before
            )
            places[event.taxon][number[event.deployment]] += 1
        return {
            taxon: Tally(
                *taxon,
                observations=one["observations"],
                labelled=one["labelled"],
                individuals=one["individuals"],
                events=one["events"],
                max_count=one["max_count"],
                events_at=dict(places[taxon]),
            )
            for taxon, one in sums.items()
        }


def counted(
    conn: Connection,
    deployments: list[UUID],
    since: datetime,
    until: datetime,
    interval: timedelta = DEFAULT_INTERVAL,
    rule: Rule = DEFAULT_RULE,
    min_confidence: float = 0.0,
) -> dict[TaxonKey, Tally]:
    """What the database says."""
    query = counts.Query(uuid7(), None, since, until, interval, None, min_confidence, rule)
    found = counts.events_by_taxon(conn, deployments, query)
    return {(tally.scientific_name, tally.observation_type): tally for tally in found}
