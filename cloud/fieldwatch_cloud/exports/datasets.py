"""Data sets of others in, beside one's own; and out again, table by table as they came.

    package ─▶ a first pass: digest, keys, which rows tell the same twice
            ─▶ a second, in one transaction: every row as it came; of those that can be used, our records

Ids come from the package's own (uuid5): the same package again is the same data set, and changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO

import structlog

from fieldwatch_cloud.camtrap import projection
from fieldwatch_cloud.camtrap.package import Package, Rejected, described
from fieldwatch_cloud.camtrap.source import PackageError
from fieldwatch_cloud.camtrap.tables import EFFORT, TABLES
from fieldwatch_cloud.camtrap.writer import Packer
from fieldwatch_cloud.db import datasets
from fieldwatch_cloud.errors import AlreadyExistsError, DataFileError, MediaError, PictureUnreadableError
from fieldwatch_cloud.media.thumbnails import measure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.camtrap.package import Row
    from fieldwatch_cloud.camtrap.source import Source
    from fieldwatch_cloud.db.pool import Connection, Database
    from fieldwatch_cloud.media.store import MediaStore

log = structlog.get_logger(__name__)
MAX_PICTURE = 50 * 1024**2
MAX_FURTHER = 64 * 1024**2
"""Of all further tables together."""
MOST_REJECTED = 1000
"""Named in the answer; all are counted."""
MAX_SPAN = timedelta(days=366 * projection.MAX_YEARS)
_EVERY = 5000


@dataclass(slots=True)
class Outcome:
    """What became of a package."""

    id: UUID
    name: str
    new: bool = True
    """False: it was here already, and nothing changed."""
    deployments: int = 0
    media: int = 0
    pictures: int = 0
    """Of the media, those that came along and are kept here."""
    observations: int = 0
    """Rows."""
    counted: int = 0
    """Of them, those that count; the others tell the same again, or of putting up the camera."""
    effort_from_dates: bool = True
    rejected: list[tuple[str, int, str]] = field(default_factory=list)
    """(table, row, why), `MOST_REJECTED` at most."""
    rejected_rows: int = 0

    def reject(self, table: str, row: int, why: str) -> None:
        self.rejected_rows += 1
        if len(self.rejected) < MOST_REJECTED:
            self.rejected.append((table, row, why))


def import_package(
    database: Database,
    store: MediaStore,
    source: Source,
    *,
    reserve_id: UUID,
    account_id: UUID | None,
    now: datetime,
    progress: Callable[[str, int], None] | None = None,
) -> Outcome:
    """Keep a Camtrap DP as a data set of the reserve: all of it that can be used, in one transaction.

    Args:
        progress: called with a table's name and the rows of it done, now and then.

    Raises:
        DataFileError: it is no package, or nothing in it can be used; nothing was stored.
        AlreadyExistsError: an earlier or later version of it is here.
    """
    progress = progress or (lambda _table, _rows: None)
    try:
        package = Package(source)
        levels = projection.Levels()
        digest = _digest(package, levels, progress)
        id_ = projection.dataset_id(reserve_id, package.descriptor, digest)
        with database.transaction() as conn:
            known = datasets.lock(conn, id_)
            outcome = Outcome(id_, _name(package), effort_from_dates=not package.has_effort)
            if known is not None and known[0] != digest:
                raise AlreadyExistsError(
                    f"another version of this data set was imported on {known[1]:%Y-%m-%d}: delete it first"
                )
            if known is not None:
                outcome.new = False
            else:
                _Import(conn, store, package, levels, outcome, now, progress).run(
                    reserve_id, account_id, digest
                )
    except PackageError as error:
        raise DataFileError(f"this is no Camtrap DP that can be read: {error}") from error
    log.info("dataset.imported", dataset_id=str(id_), new=outcome.new, rejected=outcome.rejected_rows)
    return outcome


def _name(package: Package) -> str:
    found = package.descriptor.get("title") or package.descriptor.get("name") or "Camtrap DP"
    return str(found)[:500]


def _digest(package: Package, levels: projection.Levels, progress: Callable[[str, int], None]) -> str:
    """Of the descriptor and all rows that keep to the standard; on the way, which of them count."""
    digest = hashlib.sha256(package.text.encode())
    for table in package.columns:
        digest.update(json.dumps([table, package.columns[table]]).encode())
        number = 0
        for row in package.rows(table):
            if isinstance(row, Rejected):
                continue
            digest.update("\x1f".join(row.cells).encode() + b"\x1e")
            if table == "observations":
                levels.learn(row.values)
            number += 1
            if number % _EVERY == 0:
                progress(f"{table} (read)", number)
    return digest.hexdigest()


@dataclass(slots=True)
class _Import:
    conn: Connection
    store: MediaStore
    package: Package
    levels: projection.Levels
    outcome: Outcome
    now: datetime
    progress: Callable[[str, int], None]
    clocks: dict[UUID, str] = field(default_factory=dict)
    """Clock quality by deployment: of those that are used."""
    spans: list[tuple[UUID, datetime, datetime]] = field(default_factory=list)
    media: set[UUID] = field(default_factory=set)

    def run(self, reserve_id: UUID, account_id: UUID | None, digest: str) -> None:
        conn, package, id_ = self.conn, self.package, self.outcome.id
        licences = package.descriptor.get("licenses")
        datasets.add(
            conn,
            id=id_,
            reserve_id=reserve_id,
            name=self.outcome.name,
            descriptor=package.text,
            tables=json.dumps({table: package.columns[table] for table in TABLES}),
            digest=digest,
            licence=_licence(licences if isinstance(licences, list) else []),
            citation=_text(package.descriptor.get("bibliographicCitation")),
            effort_from_dates=self.outcome.effort_from_dates,
            account_id=account_id,
        )
        self._further()
        found = list(self._deployments())
        if not found:
            why = self.outcome.rejected[0][2] if self.outcome.rejected else "there are none"
            raise DataFileError(f"no deployment in it can be used: {why}")
        datasets.add_deployments(
            conn,
            [asdict(one) | {"reserve_id": reserve_id, "dataset_id": id_} for _, one in found],
        )
        datasets.copy_rows(
            conn, [(id_, "deployments", row.number, one.id, list(row.cells)) for row, one in found]
        )
        self.outcome.deployments = len(found)
        self._effort()
        for rows in _batches(self._media()):
            datasets.copy_rows(
                conn, [(id_, "media", row.number, one.id, list(row.cells)) for row, one in rows]
            )
            datasets.copy_media(
                conn,
                [
                    (one.id, id_, one.deployment_id, one.observed_at, one.mime, one.path, one.public)
                    for _, one in rows
                ],
            )
            datasets.copy_pictures(conn, self._pictures([one for _, one in rows]))
            self.outcome.media += len(rows)
            self.progress("media", self.outcome.media)
        for batch in _batches(self._observations()):
            datasets.copy_rows(
                conn, [(id_, "observations", row.number, one.id, list(row.cells)) for row, one, _ in batch]
            )
            datasets.copy_observations(conn, [self._columns(one) for _, one, counts in batch if counts])
            self.outcome.observations += len(batch)
            self.outcome.counted += sum(counts for _, _, counts in batch)
            self.progress("observations", self.outcome.observations)

    def _rows(self, table: str) -> Iterator[Row]:
        for row in self.package.rows(table):
            if isinstance(row, Rejected):
                self.outcome.reject(table, row.row, row.reason)
            else:
                yield row

    def _deployments(self) -> Iterator[tuple[Row, projection.Deployment]]:
        for row in self._rows("deployments"):
            try:
                one = projection.deployment(self.outcome.id, row.values, self.now)
            except ValueError as error:
                self.outcome.reject("deployments", row.number, str(error))
                continue
            self.clocks[one.id] = one.clock_quality
            self.spans.append((one.id, one.started_at, one.ended_at))
            yield row, one

    def _effort(self) -> None:
        spans = self.spans
        if self.package.has_effort:
            spans = []
            for row in self._rows(EFFORT.name):
                start, end = row.values["effortStart"], row.values["effortEnd"]
                id_ = projection.record_id(self.outcome.id, "deployments", row.values["deploymentID"])
                if id_ not in self.clocks:
                    self.outcome.reject(
                        EFFORT.name, row.number, "deploymentID: of a deployment that is left out"
                    )
                elif end > self.now or end - start > MAX_SPAN:
                    self.outcome.reject(EFFORT.name, row.number, "effortEnd: nobody has looked for so long")
                else:
                    spans.append((id_, start.astimezone(UTC), end.astimezone(UTC)))
        datasets.add_effort(
            self.conn,
            [
                {
                    "id": projection.record_id(self.outcome.id, EFFORT.name, f"{deployment} {start} {end}"),
                    "deployment_id": deployment,
                    "started_at": start,
                    "ended_at": end,
                }
                for deployment, start, end in sorted(set(spans))
            ],
        )

    def _media(self) -> Iterator[tuple[Row, projection.Medium]]:
        for row in self._rows("media"):
            one = projection.medium(self.outcome.id, row.values)
            if one.deployment_id not in self.clocks:
                self.outcome.reject("media", row.number, "deploymentID: of a deployment that is left out")
                continue
            self.media.add(one.id)
            yield row, one

    def _observations(self) -> Iterator[tuple[Row, projection.Observation, bool]]:
        for row in self._rows("observations"):
            one = projection.observation(self.outcome.id, row.values, self.levels.picture(row.values))
            if one.deployment_id not in self.clocks:
                self.outcome.reject(
                    "observations", row.number, "deploymentID: of a deployment that is left out"
                )
                continue
            own = row.values.get("mediaID")
            if own is not None and projection.record_id(self.outcome.id, "media", own) not in self.media:
                self.outcome.reject("observations", row.number, "mediaID: of a medium that is left out")
                continue
            yield row, one, self.levels.counts(row.values)

    def _columns(self, one: projection.Observation) -> tuple[Any, ...]:
        return (
            one.id,
            one.deployment_id,
            one.observed_at,
            one.ended_at,
            one.media_id,
            one.confidence,
            one.count,
            1,
            one.observation_type,
            self.clocks[one.deployment_id],
            one.scientific_name,
            one.model,
            one.box,
        )

    def _pictures(self, media: Iterable[projection.Medium]) -> Iterator[tuple[Any, ...]]:
        for one in media:
            if "://" in one.path or not self.package.source.has(one.path):
                continue
            with self.package.source.open(one.path) as file:
                content = file.read(MAX_PICTURE + 1)
            if len(content) > MAX_PICTURE:
                continue
            try:
                mime, width, height = measure(content)
            except PictureUnreadableError:
                continue  # A clip, or a sound: its row says where it was.
            sha256 = hashlib.sha256(content).hexdigest()
            self.store.put(sha256, content)
            self.outcome.pictures += 1
            clock = self.clocks[one.deployment_id]
            yield one.id, one.deployment_id, one.observed_at, mime, sha256, len(content), width, height, clock

    def _further(self) -> None:
        left = MAX_FURTHER
        for path in self.package.further():
            with self.package.source.open(path) as file:
                content = file.read(left + 1)
            left -= len(content)
            if left < 0:
                raise DataFileError(f"the further tables are larger than {MAX_FURTHER} bytes together")
            datasets.add_file(self.conn, self.outcome.id, path, content)


def _batches(items: Iterator[Any]) -> Iterator[list[Any]]:
    batch = []
    for item in items:
        batch.append(item)
        if len(batch) == _EVERY:
            yield batch
            batch = []
    if batch:
        yield batch


def _licence(licences: list[Any]) -> str | None:
    """That of the data, by its name or address."""
    for one in licences:
        if isinstance(one, dict) and one.get("scope") == "data":
            return _text(one.get("name") or one.get("path"))
    return None


def _text(value: Any) -> str | None:
    return value[:2000] if isinstance(value, str) and value else None


def export_dataset(database: Database, store: MediaStore, id_: UUID, file: BinaryIO) -> None:
    """Write a data set as it came: its descriptor, every row of its tables cell by cell, further tables, and
    the pictures that came along.

    Raises:
        NotFoundError: no such data set.
    """
    with database.transaction() as conn, Packer(file) as out:
        stored = datasets.one(conn, id_)
        descriptor = json.loads(stored.descriptor)
        paths = _plain(descriptor)
        out.json("datapackage.json", descriptor)
        for table, columns in stored.tables.items():
            out.table(paths[table], columns, datasets.rows(conn, id_, table))
        for path, content in datasets.files(conn, id_):
            out.add(path, content)
        written = set()
        for path, sha256 in datasets.pictures(conn, id_):
            if path in written:
                continue
            written.add(path)
            try:
                out.add(path, store.read(sha256), packed=True)
            except MediaError:
                log.exception("dataset.picture_lost", dataset_id=str(id_), sha256=sha256)


def _plain(descriptor: dict[str, Any]) -> dict[str, str]:
    """Where each table is written to: where it was, but in one piece, in UTF-8 with commas, and not gzipped.
    The descriptor is changed to say so where it said otherwise.
    """
    paths = {}
    for table, one in described(descriptor).items():
        path = one["path"] if isinstance(one["path"], str) else one["path"][0]
        paths[table] = one["path"] = path.removesuffix(".gz")
        if str(one.get("encoding", "utf-8")).lower() != "utf-8":
            one["encoding"] = "utf-8"
        for told in ("dialect", "compression", "hash", "bytes"):
            one.pop(told, None)
    return paths
