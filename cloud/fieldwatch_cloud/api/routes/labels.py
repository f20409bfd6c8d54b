"""Review: which pictures are worth a look, and what people say about them."""

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from fieldwatch_cloud.api import cursor as cursors
from fieldwatch_cloud.api import withheld
from fieldwatch_cloud.api.auth import AnyMember, SignedIn, check_role, has_role
from fieldwatch_cloud.api.models.common import Instant, problems
from fieldwatch_cloud.api.models.labels import (
    LabelRevision,
    NewLabels,
    ReasonProgress,
    ReviewDetail,
    ReviewItem,
    ReviewItems,
    ReviewProgress,
    Taxa,
    Taxon,
)
from fieldwatch_cloud.api.models.people import Role
from fieldwatch_cloud.api.problems import problem
from fieldwatch_cloud.api.services import Db
from fieldwatch_cloud.db import geography, labels
from fieldwatch_cloud.errors import LabelConflictError, NotFoundError
from fieldwatch_cloud.labels.domain import REASONS, Reason, same

router = APIRouter(tags=["review"])
AT_ONCE = 20_000
"""Pictures that are weighed for one page: what takes a second or two where the machine is busy."""
LABELLERS = (Role.MANAGER, Role.RESEARCHER)
"""And admins, who may everything."""


def review_filter(
    member: AnyMember,
    db: Db,
    from_: Annotated[Instant | None, Query(alias="from", description="Taken at or after.")] = None,
    to: Annotated[Instant | None, Query(description="Taken before.")] = None,
    taxon: Annotated[
        str | None, Query(max_length=200, description="Scientific name, proposed or labelled.")
    ] = None,
    deployment: Annotated[UUID | None, Query()] = None,
    threshold: Annotated[
        float, Query(ge=0, le=1, description="Where the detector is least sure; `low_confidence` is near it.")
    ] = 0.5,
    band: Annotated[float, Query(gt=0, le=1, description="How near.")] = 0.15,
    share: Annotated[float, Query(ge=0, le=1, description="Of all pictures, in the `random` sample.")] = 0.05,
    seed: Annotated[int, Query(ge=0, lt=2**31, description="Another one gives another sample.")] = 0,
    min_confidence: Annotated[
        float | None, Query(ge=0, le=1, description="Something in it was proposed with at least this.")
    ] = None,
    max_confidence: Annotated[
        float | None, Query(ge=0, le=1, description="Something in it was proposed with at most this.")
    ] = None,
    rarest: Annotated[
        int | None,
        Query(ge=1, le=1000, description="Of a taxon that the reserve has at most so many events of."),
    ] = None,
) -> labels.Filter:
    with db.transaction() as conn:
        withheld.refuse(withheld.hidden(conn, member), [taxon])
    return labels.Filter(
        member.reserve_id,
        from_,
        to,
        deployment,
        taxon,
        threshold,
        band,
        seed,
        share,
        least=min_confidence,
        most_sure=max_confidence,
        rarest=rarest,
    )


Wanted = Annotated[labels.Filter, Depends(review_filter)]
Reasons = Annotated[
    list[Reason] | None, Query(alias="reason", description="Any of these; may be given several times.")
]
Reviewed = Annotated[
    bool | None, Query(description="Only what somebody has labelled, or nobody has; absent: both.")
]


@router.get(
    "/reserves/{slug}/review",
    summary="Pictures worth a look, the most telling first",
    responses=problems(401, 404, 422),
)
def list_review(
    member: AnyMember,
    wanted: Wanted,
    db: Db,
    reason: Reasons = None,
    reviewed: Reviewed = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[
        str | None, Query(max_length=200, description="`next_cursor` of the last page.")
    ] = None,
) -> ReviewItems:
    """Every picture with a reason to look, and every one that was labelled.

    * `false_alarm`: of a fire suspicion whose incident was closed as a false alarm.
    * `disagreement`: two proposals of different taxa share at least half of their area (IoU).
    * `first_of_species`: the first picture of a taxon at a deployment.
    * `low_confidence`: a proposal's confidence lies within `band` of `threshold`.
    * `random`: a sample that depends on nothing that the pictures show. The other reasons find hard cases;
      what a detector gets wrong on the whole can be learnt from this sample alone.

    Of very many pictures the newest are weighed; `weighed_from` tells since when, and with `to` set to it,
    those before them are. All pages of one list, by their cursor, are of the same time.
    """
    before = since = None
    if cursor:
        before, since = cursors.decode_ranked(cursor)
    with db.transaction() as conn:
        if before is None:
            since = labels.newest(conn, wanted, AT_ONCE, labelled=bool(reviewed))
        if since is not None:
            wanted = replace(wanted, since=since)
        found = labels.page(conn, wanted, limit=limit + 1, reasons=reason, reviewed=reviewed, before=before)
        chosen = found[:limit]
        media = {m.id: m for m in labels.media(conn, [c.media_id for c in chosen])}
        unseen = withheld.pictures(conn, member, media.keys())
    return ReviewItems(
        items=[
            ReviewItem.of(media[c.media_id], c.reasons, c.priority)
            for c in chosen
            if c.media_id not in unseen
        ],
        next_cursor=cursors.encode_ranked(*chosen[-1].place, since) if len(found) > limit else None,
        weighed_from=since,
    )


@router.get(
    "/reserves/{slug}/review/progress",
    summary="How far the review has come",
    responses=problems(401, 404, 422),
)
def get_review_progress(_: AnyMember, wanted: Wanted, db: Db) -> ReviewProgress:
    """Of the pictures that the list weighs: see `weighed_from`."""
    with db.transaction() as conn:
        since = labels.newest(conn, wanted, AT_ONCE)
        if since is not None:
            wanted = replace(wanted, since=since)
        progress = labels.progress(conn, wanted)
    tallies = {reason: progress.by_reason.get(reason, labels.Tally()) for reason in REASONS}
    return ReviewProgress(
        media=progress.media,
        reviewed=progress.reviewed,
        waiting=progress.waiting,
        by_reason=[
            ReasonProgress(reason=reason, waiting=tally.waiting, reviewed=tally.reviewed)
            for reason, tally in tallies.items()
        ],
        weighed_from=since,
    )


@router.get(
    "/reserves/{slug}/taxa",
    summary="What has been labelled or seen in a reserve",
    responses=problems(401, 404),
)
def list_taxa(member: AnyMember, db: Db) -> Taxa:
    """For whoever labels: what to choose from. A person may name any other."""
    with db.transaction() as conn:
        found = labels.taxa(conn, member.reserve_id)
    return Taxa(
        items=[
            Taxon(kind=t.kind, scientific_name=t.scientific_name, labels=t.labels, observed=t.observed)
            for t in found
        ]
    )


@router.get(
    "/media/{media_id}/review",
    summary="One picture with all that was said about it",
    responses=problems(401, 404),
)
def get_review(media_id: UUID, caller: SignedIn, db: Db) -> ReviewDetail:
    """Any kept picture, with a reason to look or without."""
    with db.transaction() as conn:
        medium = labels.medium(conn, media_id)
        if not (roles := caller.roles_in(medium.reserve)):
            raise NotFoundError(f"no such picture: {media_id}")
        withheld.check_picture(conn, caller, medium.reserve, media_id)
        candidate = labels.candidate(conn, geography.reserve_id(conn, medium.reserve), medium)
    return ReviewDetail.of(
        medium, candidate.reasons, candidate.priority, may_label=has_role(roles, LABELLERS)
    )


@router.put(
    "/media/{media_id}/labels",
    summary="Say what a picture shows",
    response_model=LabelRevision,
    responses=problems(401, 403, 404, 409, 413, 422),
)
def put_labels(media_id: UUID, body: NewLabels, caller: SignedIn, db: Db) -> LabelRevision | JSONResponse:
    """For researchers and managers: all that is to be seen becomes the picture's next revision. Where
    somebody else has added one since, nothing is stored, and the answer shows theirs (409). The same once
    more, because its answer was lost on the way, is answered once more."""
    said = [label.said() for label in body.labels]
    with db.transaction() as conn:
        medium = labels.medium(conn, media_id)
        if not (roles := caller.roles_in(medium.reserve)):
            raise NotFoundError(f"no such picture: {media_id}")
        check_role(roles, LABELLERS)
        try:
            labels.add(
                conn,
                media_id,
                said,
                based_on=body.based_on,
                account_id=caller.account.id,
                origin="web",
            )
        except LabelConflictError as error:
            conflict = error
        else:
            return LabelRevision.of(labels.medium(conn, media_id).history[0])
        newest = labels.medium(conn, media_id).current
    if newest is None:
        raise conflict  # Based on a revision that there never was.
    sent_before = newest.revision == body.based_on + 1 and newest.account_id == caller.account.id
    if sent_before and same(said, newest.labels, medium.width, medium.height):
        return LabelRevision.of(newest)
    current = LabelRevision.of(newest).model_dump(mode="json")
    return problem(HTTPStatus.CONFLICT, str(conflict), more={"current": current})
