"""The species of a reserve, and their best pictures; the newest picture of a camera."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from fieldwatch_cloud.api import withheld
from fieldwatch_cloud.api.auth import AnyMember, SignedIn, visible
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.models.overview import BestPicture, LatestPicture, SpeciesSeen
from fieldwatch_cloud.api.routes.overview import picture
from fieldwatch_cloud.api.services import Db
from fieldwatch_cloud.db import overview
from fieldwatch_cloud.errors import NotFoundError
from fieldwatch_cloud.overview import build
from fieldwatch_cloud.sensitive import sees_exact

router = APIRouter(tags=["overview"])
ScientificName = Annotated[str, Path(min_length=1, max_length=200, examples=["Rhinopithecus roxellana"])]


@router.get("/reserves/{slug}/species", summary="The animals of a reserve", responses=problems(401, 404))
def list_species(member: AnyMember, db: Db) -> list[SpeciesSeen]:
    """Every animal with a name that was ever seen, most events first. When a sensitive species was first and
    last seen is for admins, managers and researchers: on some days one camera looks."""
    with db.transaction() as conn:
        hidden = withheld.hidden(conn, member)
        found = overview.species(conn, member.reserve_id)
    return [
        SpeciesSeen(
            scientific_name=one.scientific_name,
            observations=one.observations,
            labelled=one.labelled,
            events=one.events,
            deployments=one.deployments,
            first_seen_at=one.first_seen_at if hidden.blur_m(one.scientific_name) is None else None,
            last_seen_at=one.last_seen_at if hidden.blur_m(one.scientific_name) is None else None,
        )
        for one in found
    ]


@router.get(
    "/reserves/{slug}/species/{name}/pictures",
    summary="The best pictures of a species",
    responses=problems(401, 403, 404, 422),
)
def list_species_pictures(
    member: AnyMember, name: ScientificName, db: Db, limit: Annotated[int, Query(ge=1, le=60)] = 12
) -> list[BestPicture]:
    """Confirmed by people first, then by confidence; one of each event, from as many cameras as there are."""
    with db.transaction() as conn:
        withheld.refuse(withheld.hidden(conn, member), [name])
        found = build.best_of_species(conn, member.reserve_id, name, limit)
        unseen = withheld.pictures(conn, member, [one.media_id for one in found])
    return [picture(one) for one in found if one.media_id not in unseen]


@router.get(
    "/deployments/{deployment_id}/latest-picture",
    summary="The newest picture of a camera",
    responses=problems(401, 404),
)
def get_latest_picture(deployment_id: UUID, caller: SignedIn, db: Db) -> LatestPicture:
    """The newest that the asker may see."""
    with db.transaction() as conn:
        place = visible(conn, deployment_id, caller)
        found = overview.latest_picture(conn, deployment_id, exact=sees_exact(caller.roles_in(place.reserve)))
    if found is None:
        raise NotFoundError("this camera has sent no picture yet")
    return LatestPicture(
        media_id=found.media_id,
        observed_at=found.observed_at,
        received_at=found.received_at,
        width=found.width,
        height=found.height,
    )
