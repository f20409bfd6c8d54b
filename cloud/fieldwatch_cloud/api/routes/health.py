"""Whether the service answers."""

from importlib.metadata import version
from typing import Literal

from fastapi import APIRouter

from fieldwatch_cloud.api.models.common import Answer, problems
from fieldwatch_cloud.api.services import Db

router = APIRouter(tags=["service"])


class ServiceHealth(Answer):
    status: Literal["ok"]
    version: str


@router.get("/health", summary="Does the service work", responses=problems(503))
def get_health(db: Db) -> ServiceHealth:
    """200 when the database answers too, else 503. Needs no log-in, and tells nothing else."""
    with db.transaction():  # The pool asks the database before it hands out a connection.
        pass
    return ServiceHealth(status="ok", version=version("fieldwatch"))
