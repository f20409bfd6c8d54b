"""Data sets of others: in, listed, out again as they came, and away."""

import tempfile
import threading
from collections.abc import AsyncIterator, Callable
from typing import Annotated, BinaryIO
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import StreamingResponse

from fieldwatch_cloud.api.auth import AnyMember, Caller, Member, SignedIn, check_role, require
from fieldwatch_cloud.api.download import download
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.models.datasets import Dataset, ImportedDataset, RejectedRow
from fieldwatch_cloud.api.models.people import Role
from fieldwatch_cloud.api.services import Db, Services, Wired
from fieldwatch_cloud.camtrap.source import PackageError, ZipSource
from fieldwatch_cloud.db import datasets
from fieldwatch_cloud.db.live import read_again
from fieldwatch_cloud.errors import BusyError, DataFileError, NotFoundError
from fieldwatch_cloud.exports.datasets import export_dataset, import_package
from fieldwatch_cloud.sensitive import sees_exact
from fieldwatch_shared.messages import utc_now

router = APIRouter(tags=["exchange"])
IMPORTERS = (Role.RESEARCHER, Role.MANAGER)
Importer = Annotated[Member, Depends(require(*IMPORTERS))]
_FILE = {"schema": {"type": "string", "format": "binary"}}
_room = threading.BoundedSemaphore(1)
"""An import reads its file several times, and holds a connection and a table's keys meanwhile."""


def spool(*roles: Role) -> Callable[..., AsyncIterator[BinaryIO]]:
    """A dependency: the body on disk, read only once we know that who sends it has one of `roles`;
    `security.BodyLimit` bounds it."""

    async def spooled(
        _: Annotated[Member, Depends(require(*roles))], request: Request
    ) -> AsyncIterator[BinaryIO]:
        with tempfile.TemporaryFile() as file:
            async for piece in request.stream():
                file.write(piece)
            file.seek(0)
            yield file

    return spooled


@router.post(
    "/reserves/{slug}/datasets",
    summary="Import a data set of others",
    status_code=201,
    responses=problems(401, 403, 404, 409, 413, 422, 429),
    openapi_extra={"requestBody": {"required": True, "content": {"application/zip": _FILE}}},
)
def import_dataset(
    member: Importer, services: Wired, body: Annotated[BinaryIO, Depends(spool(*IMPORTERS))]
) -> ImportedDataset:
    """For researchers and managers: a zip with a Camtrap DP 1.0, of 256 MiB at most. Its deployments,
    observations and effort can then be asked beside one's own. Rows that cannot be used are named in
    `rejected`, the others are kept. The same package again changes nothing; another version of it is refused
    (409) until the earlier one is deleted."""
    if not _room.acquire(timeout=1):
        raise BusyError("another data set is being imported: try again in a moment")
    try:
        outcome = import_package(
            services.database,
            services.media,
            _zip(body),
            reserve_id=member.reserve_id,
            account_id=member.caller.account.id,
            now=utc_now(),
        )
    finally:
        _room.release()
    _announce(services, member.reserve)
    return ImportedDataset(
        id=outcome.id,
        name=outcome.name,
        new=outcome.new,
        deployments=outcome.deployments,
        media=outcome.media,
        pictures=outcome.pictures,
        observations=outcome.observations,
        counted=outcome.counted,
        effort_from_dates=outcome.effort_from_dates,
        rejected=[RejectedRow(table=table, row=row, reason=why) for table, row, why in outcome.rejected],
        rejected_rows=outcome.rejected_rows,
    )


@router.get(
    "/reserves/{slug}/datasets", summary="Data sets of others in this reserve", responses=problems(401, 404)
)
def list_datasets(member: AnyMember, db: Db) -> list[Dataset]:
    """With licence and citation: who publishes with them says so."""
    with db.transaction() as conn:
        return [
            Dataset(
                id=one.id,
                name=one.name,
                licence=one.licence,
                citation=one.citation,
                effort_from_dates=one.effort_from_dates,
                imported_at=one.imported_at,
                account=one.account,
                deployments=one.deployments,
                media=one.media,
                observations=one.observations,
            )
            for one in datasets.of_reserve(conn, member.reserve_id)
        ]


@router.get(
    "/datasets/{dataset_id}/export",
    summary="A data set as it came",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/zip": _FILE}}, **problems(401, 403, 404)},
)
def export_as_it_came(dataset_id: UUID, caller: SignedIn, services: Wired) -> StreamingResponse:
    """Its tables row by row, with its own descriptor, licence and citation. Where it tells of a sensitive
    species of the reserve: for admins, managers and researchers."""
    with services.database.transaction() as conn:
        stored = _visible(datasets.one(conn, dataset_id), caller)
        if not sees_exact(caller.roles_in(stored.slug)) and datasets.shows_sensitive(conn, dataset_id):
            raise HTTPException(
                403,
                "this data set tells where sensitive species are: it needs the role manager or researcher",
            )
    return download(
        lambda file: export_dataset(services.database, services.media, dataset_id, file),
        f"{dataset_id}.zip",
        "application/zip",
    )


@router.delete(
    "/datasets/{dataset_id}",
    summary="Take a data set out",
    status_code=204,
    responses=problems(401, 403, 404, 409),
)
def delete_dataset(dataset_id: UUID, caller: SignedIn, services: Wired) -> None:
    """For researchers and managers. Not (409) once somebody has labelled its pictures or corrected its
    clocks."""
    with services.database.transaction() as conn:
        stored = _visible(datasets.one(conn, dataset_id), caller)
        check_role(caller.roles_in(stored.slug), IMPORTERS)
        datasets.remove(conn, dataset_id)
    _announce(services, stored.slug)


def _visible(stored: datasets.Stored, caller: Caller) -> datasets.Stored:
    if not caller.roles_in(stored.slug):
        raise NotFoundError(f"no such data set: {stored.id}")
    return stored


def _zip(file: BinaryIO) -> ZipSource:
    try:
        return ZipSource(file)
    except PackageError as error:
        raise DataFileError(f"this is no Camtrap DP that can be read: {error}") from error


def _announce(services: Services, reserve: str) -> None:
    """Maps that are open fetch their deployments again."""
    with services.database.transaction() as conn:
        read_again(conn, reserve)
