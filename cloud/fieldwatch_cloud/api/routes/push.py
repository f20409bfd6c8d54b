"""What a browser needs before it can be called."""

from fastapi import APIRouter
from pydantic import Field

from fieldwatch_cloud.api.auth import SignedIn
from fieldwatch_cloud.api.models.common import Answer, problems
from fieldwatch_cloud.api.services import Db
from fieldwatch_cloud.db import keys

router = APIRouter(tags=["calls"])


class PushKey(Answer):
    public_key: str = Field(
        description="`applicationServerKey` of `PushManager.subscribe`: P-256, uncompressed, base64url."
    )


@router.get("/push/key", summary="The key that browsers subscribe with", responses=problems(401))
def get_push_key(_: SignedIn, db: Db) -> PushKey:
    """It never changes: a subscription holds for this key alone."""
    with db.transaction() as conn:
        return PushKey(public_key=keys.public_point(keys.push_key(conn)))
