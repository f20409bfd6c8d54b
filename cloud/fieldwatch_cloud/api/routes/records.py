"""Observations, pictures and quarantine."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from fieldwatch_cloud.api import cursor as cursors
from fieldwatch_cloud.api import withheld
from fieldwatch_cloud.api.auth import Admin, AnyMember, SignedIn
from fieldwatch_cloud.api.models.common import Instant, problems
from fieldwatch_cloud.api.models.records import (
    Observation,
    Observations,
    Quarantined,
    QuarantineList,
    Replayed,
)
from fieldwatch_cloud.api.pictures import PICTURE_RESPONSES, Width, check_kept, picture_response
from fieldwatch_cloud.api.services import Db, Wired
from fieldwatch_cloud.db import datasets, observations, pictures, quarantine
from fieldwatch_cloud.errors import InvalidMessageError, NotFoundError
from fieldwatch_shared.messages import Box, ClockQuality, ObservationType

router = APIRouter()


@router.get(
    "/reserves/{slug}/observations",
    summary="Observations, newest first",
    tags=["records"],
    responses=problems(401, 404, 422),
)
def list_observations(
    member: AnyMember,
    db: Db,
    from_: Annotated[Instant | None, Query(alias="from", description="Observed at or after.")] = None,
    to: Annotated[Instant | None, Query(description="Observed before.")] = None,
    taxon: Annotated[str | None, Query(max_length=200, description="Scientific name, exactly.")] = None,
    deployment: Annotated[UUID | None, Query()] = None,
    min_confidence: Annotated[float, Query(ge=0, le=1)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[
        str | None, Query(max_length=200, description="`next_cursor` of the last page.")
    ] = None,
) -> Observations:
    """Pages by (observed_at, id): what arrives while somebody turns pages never shifts or doubles an item.
    Records and pictures of sensitive species are for admins, managers and researchers: see `withheld`."""
    wanted = observations.Filter(from_, to, taxon, deployment, min_confidence)
    before = cursors.decode(cursor) if cursor else None
    with db.transaction() as conn:
        species = withheld.hidden(conn, member)
        withheld.refuse(species, [taxon])
        found = observations.page(
            conn,
            member.reserve_id,
            wanted,
            limit=limit + 1,
            before=before,
            exact=not species.species,
        )
        unseen = withheld.pictures(conn, member, {o.media_id for o in found if o.media_id is not None})
    items = [_observation(replace(o, media_id=None) if o.media_id in unseen else o) for o in found[:limit]]
    more = len(found) > limit
    return Observations(
        items=items,
        next_cursor=cursors.encode(items[-1].observed_at, items[-1].id) if more else None,
        withheld=sorted(species.species),
    )


@router.get(
    "/media/{media_id}",
    summary="A picture",
    tags=["records"],
    response_class=Response,
    responses={**PICTURE_RESPONSES, **problems(410)},
)
def get_picture(
    media_id: UUID, caller: SignedIn, services: Wired, request: Request, width: Width = None
) -> Response:
    """Pictures never change: they may be kept for ever, by this browser alone."""
    with services.database.transaction() as conn:
        try:
            picture = pictures.picture(conn, media_id)
        except NotFoundError:
            lies = datasets.elsewhere(conn, media_id)
            if lies is None or not caller.roles_in(lies.slug):
                raise
            withheld.check_picture(conn, caller, lies.slug, media_id)
            where = f"it is at {lies.path}" if lies.public else "it is not public"
            raise NotFoundError(f"this medium did not come along with {lies.dataset!r}: {where}") from None
        if not caller.roles_in(picture.reserve):
            raise NotFoundError(f"no such picture: {media_id}")
        withheld.check_picture(conn, caller, picture.reserve, media_id)
        check_kept(conn, media_id)
    return picture_response(services, request, picture.sha256, picture.mime, width)


@router.get(
    "/quarantine",
    summary="Messages that could not be accepted",
    tags=["quarantine"],
    responses=problems(401, 403),
)
def list_quarantine(_: Admin, db: Db) -> QuarantineList:
    """Those that still wait, newest first, 200 at most. For admins of every reserve."""
    with db.transaction() as conn:
        entries = quarantine.entries(conn)
    return QuarantineList(
        items=[
            Quarantined(
                id=entry.id,
                received_at=entry.received_at,
                topic=entry.topic,
                reason=entry.reason,
                bytes=entry.bytes,
                replayed_at=entry.replayed_at,
            )
            for entry in entries
        ]
    )


@router.post(
    "/quarantine/{quarantine_id}/replay",
    summary="Try a quarantined message again",
    tags=["quarantine"],
    responses=problems(401, 403, 404),
)
def replay_quarantined(quarantine_id: UUID, _: Admin, services: Wired) -> Replayed:
    """Idempotent: records that are known already are not doubled."""
    try:
        services.operations.replay(quarantine_id)
    except InvalidMessageError as error:
        return Replayed(id=quarantine_id, accepted=False, reason=str(error))
    return Replayed(id=quarantine_id, accepted=True, reason=None)


def _observation(row: observations.Observation) -> Observation:
    x, y, width, height = row.box or (0.0, 0.0, 0.0, 0.0)
    return Observation(
        id=row.id,
        deployment_id=row.deployment_id,
        observed_at=row.observed_at,
        ended_at=row.ended_at,
        received_at=row.received_at,
        observation_type=ObservationType(row.observation_type),
        scientific_name=row.scientific_name,
        count=row.count,
        confidence=row.confidence,
        frames=row.frames,
        box=Box(x=x, y=y, width=width, height=height) if row.box else None,
        media_id=row.media_id,
        clock_quality=ClockQuality(row.clock_quality),
        clock_offset_s=row.clock_offset_s,
        model=row.model,
    )
