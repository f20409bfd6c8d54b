"""Which species of a reserve are sensitive."""

from fastapi import APIRouter

from fieldwatch_cloud.api.auth import AnyMember, Manager, Member
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.models.datasets import SensitiveList, SensitiveSpecies
from fieldwatch_cloud.api.services import Db
from fieldwatch_cloud.db import sensitive
from fieldwatch_cloud.db.pool import Connection

router = APIRouter(tags=["exchange"])


@router.get(
    "/reserves/{slug}/sensitive-species",
    summary="Species whose places are blurred",
    responses=problems(401, 404),
)
def list_sensitive_species(member: AnyMember, db: Db) -> list[SensitiveSpecies]:
    """Rangers and technicians see their records without place and picture, or blurred by so much."""
    with db.transaction() as conn:
        return _list(conn, member)


@router.put(
    "/reserves/{slug}/sensitive-species",
    summary="Say which species are sensitive",
    responses=problems(401, 403, 404, 422),
)
def replace_sensitive_species(body: SensitiveList, member: Manager, db: Db) -> list[SensitiveSpecies]:
    """For managers: the whole list. Holds from the next answer on."""
    with db.transaction() as conn:
        sensitive.replace(conn, member.reserve_id, {one.scientific_name: one.blur_m for one in body})
        return _list(conn, member)


def _list(conn: Connection, member: Member) -> list[SensitiveSpecies]:
    return [
        SensitiveSpecies(scientific_name=name, blur_m=blur)
        for name, blur in sensitive.species(conn, member.reserve_id).species.items()
    ]
