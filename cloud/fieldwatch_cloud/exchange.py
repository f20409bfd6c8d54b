"""Labelling sets out to other tools, and what was labelled there back; for the API and the command line.

export_set   chosen pictures ─▶ Entry ─▶ coco | label_studio | yolo ─▶ a zip, piece by piece
import_file  coco | label_studio ─▶ Row ─▶ decide ─▶ a new revision, or none
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import structlog

from fieldwatch_cloud.db import labels, sensitive
from fieldwatch_cloud.errors import LabelFileError, MediaError
from fieldwatch_cloud.labels import coco, incoming, label_studio, yolo
from fieldwatch_cloud.labels.outgoing import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_cloud.labels.domain import Reason
    from fieldwatch_cloud.labels.outgoing import Which
    from fieldwatch_cloud.media.store import MediaStore

log = structlog.get_logger(__name__)
ExportFormat = Literal["coco", "label_studio", "yolo"]
ImportFormat = Literal["coco", "label_studio"]
MAX_PICTURES = 100_000
CHUNK = 200
_FOLDER: dict[ExportFormat, str] = {"coco": "images", "label_studio": "images", "yolo": "images/train"}


@dataclass(frozen=True, slots=True)
class Order:
    """Which labelling set is wanted."""

    wanted: labels.Filter
    format: ExportFormat
    which: Which = "both"
    reasons: Sequence[Reason] | None = None
    reviewed: bool | None = None
    links: str | None = None
    """Address of this site: with it, pictures are named by their address instead of travelling along."""
    limit: int = MAX_PICTURES
    exact: bool = True
    """Whether pictures may be told whose background tells where sensitive species are."""


@dataclass(slots=True)
class Outcome:
    """What became of a file, picture by picture."""

    stored: int = 0
    unchanged: int = 0
    untouched: int = 0
    errors: list[tuple[str, str]] = field(default_factory=list)
    """(where in the file, why) of what was left out."""


@dataclass(frozen=True, slots=True)
class Packing:
    """A labelling set that is on its way."""

    pictures: int
    """How many were chosen."""
    pieces: Iterator[bytes]
    """Of the zip. One that ends early has no directory: no program takes it for a whole one."""


def export_set(database: Database, store: MediaStore, order: Order) -> Packing:
    """A zip, piece by piece; no more than one picture and the labels of all are in memory.

    The pictures are chosen here, before the first piece is asked for, so that a refusal is still an answer.

    Raises:
        QueryTimeoutError: there are too many pictures to weigh; says how to ask for fewer.
    """
    reviewed = True if order.which == "labelled" else order.reviewed
    with database.transaction() as conn:
        found = labels.page(conn, order.wanted, limit=order.limit, reasons=order.reasons, reviewed=reviewed)
        ids = [candidate.media_id for candidate in found]
        if not order.exact:
            unseen = sensitive.shown(conn, order.wanted.reserve_id, ids)
            ids = [id_ for id_ in ids if id_ not in unseen]
    return Packing(len(ids), _zip(database, store, order, ids))


def _zip(database: Database, store: MediaStore, order: Order, ids: list[UUID]) -> Iterator[bytes]:
    pipe = _Pipe()
    entries: list[Entry] = []
    missing: list[str] = []
    with zipfile.ZipFile(pipe, "w") as packed:
        for start in range(0, len(ids), CHUNK):
            with database.transaction() as conn:
                media = labels.media(conn, ids[start : start + CHUNK])
            for medium in media:
                url = f"{order.links}/api/v1/media/{medium.id}" if order.links is not None else None
                entry = Entry(medium, order.which, url)
                if url is None:
                    try:
                        content = store.read(medium.sha256)
                    except MediaError:
                        log.exception("labels.picture_lost", media_id=str(medium.id), sha256=medium.sha256)
                        missing.append(entry.file_name)
                        continue
                    # Pictures are compressed already.
                    packed.writestr(_named(f"{_FOLDER[order.format]}/{entry.file_name}"), content)
                    yield pipe.drain()
                entries.append(entry)
        files = list(_files(order.format, entries))
        if missing:
            files.append(("missing.txt", "".join(f"{name}\n" for name in missing)))
        for name, text in files:
            packed.writestr(_named(name), text, zipfile.ZIP_DEFLATED)
            yield pipe.drain()
    yield pipe.drain()


def _files(format_: ExportFormat, entries: list[Entry]) -> Iterator[tuple[str, str]]:
    """(path, text) of all but the pictures."""
    if format_ == "coco":
        yield coco.FILE, _json(coco.document(entries))
    elif format_ == "label_studio":
        yield label_studio.FILE, _json(label_studio.tasks(entries))
        yield label_studio.CONFIG, label_studio.config(entries)
    else:
        yield from yolo.files(entries)


def import_file(
    database: Database,
    content: bytes,
    *,
    reserve: str,
    account_id: UUID,
    format_: ImportFormat | None = None,
    confirm: bool = False,
) -> Outcome:
    """Keep what a person labelled in another tool, as revisions by that account. Again changes nothing.

    Args:
        format_: None: as the file looks.
        confirm: take boxes that are exactly as proposed for a person's word.

    Raises:
        LabelFileError: it is no file of that format; nothing was stored.
    """
    reading = _read(content, format_)
    outcome = Outcome(errors=reading.errors)
    for start in range(0, len(reading.rows), CHUNK):
        rows = reading.rows[start : start + CHUNK]
        ids = [row.media_id for row in rows]
        with database.transaction() as conn:
            labels.lock(conn, ids)
            known = {medium.id: medium for medium in labels.media(conn, ids)}
            for row in rows:
                medium = known.get(row.media_id)
                if medium is None or medium.reserve != reserve:
                    outcome.errors.append((row.where, f"no such picture in this reserve: {row.media_id}"))
                    continue
                try:
                    verdict = incoming.decide(medium, row, confirm=confirm)
                    if verdict == "store":
                        labels.add(
                            conn,
                            medium.id,
                            row.labels or (),
                            based_on=medium.revision,
                            account_id=account_id,
                            origin="import",
                        )
                except ValueError as error:
                    outcome.errors.append((row.where, str(error)))
                    continue
                if verdict == "store":
                    outcome.stored += 1
                elif verdict == "unchanged":
                    outcome.unchanged += 1
                else:
                    outcome.untouched += 1
    return outcome


def _read(content: bytes, format_: ImportFormat | None) -> incoming.Reading:
    if content.startswith(b"PK\x03\x04"):
        raise LabelFileError("this is a zip, not JSON: unpack it, and send the .json file that is in it")
    try:
        document: Any = json.loads(content)
    except RecursionError as error:
        raise LabelFileError("this is not JSON that anybody wrote: it is nested too deeply") from error
    except ValueError as error:
        raise LabelFileError(f"this is not JSON: {error}") from error
    if format_ is None:
        format_ = "label_studio" if isinstance(document, list) else "coco"
    try:
        return coco.read(document) if format_ == "coco" else label_studio.read(document)
    except incoming.FileError as error:
        raise LabelFileError(f"this is not a file of {format_}: {error}") from error


def _named(name: str) -> zipfile.ZipInfo:
    """Without a time: the same set is the same file."""
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o644 << 16
    return info


def _json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


class _Pipe:
    """What a zip is written to and taken from in pieces; zipfile needs no more of a file than this."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """There is nothing behind it."""

    def close(self) -> None:
        """There is nothing behind it."""

    def drain(self) -> bytes:
        drained = b"".join(self._pieces)
        self._pieces.clear()
        return drained
