"""Counts through time, over a grid, and of two areas or spans against each other."""

from fastapi import APIRouter

from fieldwatch_cloud.api.auth import AnyMember
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.models.series import (
    CompareQuery,
    Comparison,
    Grid,
    GridQuery,
    Series,
    SeriesQuery,
)
from fieldwatch_cloud.api.services import Db
from fieldwatch_cloud.api.verdict import Spoken

router = APIRouter(tags=["counts"])


@router.post(
    "/reserves/{slug}/counts/series",
    summary="Counts by day, month, season or year",
    responses=problems(401, 403, 404, 413, 422, 503),
)
def count_series(body: SeriesQuery, member: AnyMember, db: Db, language: Spoken) -> Series:
    """Periods begin and end at midnight of the reserve's time zone; the first and the last are cut to the
    span. An event belongs to the period in which it starts."""
    raise NotImplementedError


@router.post(
    "/reserves/{slug}/counts/grid",
    summary="Counts by cell of a grid",
    responses=problems(401, 403, 404, 413, 422, 503),
)
def count_grid(body: GridQuery, member: AnyMember, db: Db, language: Spoken) -> Grid:
    """Every cell that intersects the area, at most 20,000; those without effort are `not_observed`."""
    raise NotImplementedError


@router.post(
    "/reserves/{slug}/counts/compare",
    summary="Two areas or spans against each other",
    responses=problems(401, 403, 404, 413, 422, 503),
)
def compare_counts(body: CompareQuery, member: AnyMember, db: Db, language: Spoken) -> Comparison:
    """The ratio of the rates of each species, a to b, with its interval."""
    raise NotImplementedError
