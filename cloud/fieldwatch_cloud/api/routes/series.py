"""Counts through time, over a grid, and of two areas or spans against each other."""

from fastapi import APIRouter

from fieldwatch_cloud.api.auth import AnyMember
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.models.counts import Rate, SpeciesCount
from fieldwatch_cloud.api.models.series import (
    Cell,
    CellProperties,
    ComparedSide,
    ComparedSpecies,
    CompareQuery,
    Comparison,
    Grid,
    GridQuery,
    H3Cells,
    Period,
    Ratio,
    Series,
    SeriesQuery,
)
from fieldwatch_cloud.api.question import question
from fieldwatch_cloud.api.services import Wired
from fieldwatch_cloud.api.verdict import Spoken, verdict
from fieldwatch_cloud.estimates import tables
from fieldwatch_shared.messages import ObservationType

router = APIRouter(tags=["counts"])


@router.post(
    "/reserves/{slug}/counts/series",
    summary="Counts by day, month, season or year",
    responses=problems(401, 403, 404, 413, 422, 503),
)
def count_series(body: SeriesQuery, member: AnyMember, services: Wired, language: Spoken) -> Series:
    """Periods begin and end at midnight of the reserve's time zone; the first and the last are cut to the
    span. An event belongs to the period in which it starts."""
    # Finer, too: in a day on which one camera looked, the whole reserve is its place.
    asked = question(body, member, services, body.taxa, finer=True)
    with services.database.transaction() as conn:
        found = tables.series(conn, asked, body.by)
    return Series(
        timezone=found.timezone,
        periods=[
            Period(
                from_=period.start,
                to=period.end,
                label=period.label,
                status="not_observed" if looked.species is None else "observed",
                camera_days=looked.camera_days,
                looked=looked.looked,
                species=None if looked.species is None else [_species(one) for one in looked.species],
            )
            for period, looked in found.periods
        ],
        verdict=verdict(found.findings, language),
    )


@router.post(
    "/reserves/{slug}/counts/grid",
    summary="Counts by cell of a grid",
    responses=problems(401, 403, 404, 413, 422, 503),
)
def count_grid(body: GridQuery, member: AnyMember, services: Wired, language: Spoken) -> Grid:
    """Every cell that intersects the area, at most 20,000; those without effort are `not_observed`."""
    asked = question(body, member, services, None if body.taxon is None else [body.taxon], finer=True)
    with services.database.transaction() as conn:
        found = tables.gridded(
            conn,
            asked,
            kind=body.cells.kind,
            size=body.cells.resolution if isinstance(body.cells, H3Cells) else body.cells.size_m,
        )
    return Grid(features=[_cell(one) for one in found.cells], verdict=verdict(found.findings, language))


@router.post(
    "/reserves/{slug}/counts/compare",
    summary="Two areas or spans against each other",
    responses=problems(401, 403, 404, 413, 422, 503),
)
def compare_counts(body: CompareQuery, member: AnyMember, services: Wired, language: Spoken) -> Comparison:
    """The ratio of the rates of each species, a to b, with its interval. Where both are the same cameras at
    two spans, each camera is compared with itself."""
    # Left out of one side, a species would seem absent there.
    finer = any(side.area is not None or side.zone is not None for side in (body.a, body.b))
    a, b = (question(side, member, services, side.taxa, finer=finer) for side in (body.a, body.b))
    with services.database.transaction() as conn:
        found = tables.compared(conn, a, b)
    return Comparison(
        a=_side(found.a),
        b=_side(found.b),
        species=[_compared(one) for one in found.species],
        verdict=verdict(found.findings, language),
    )


def _species(one: tables.Species) -> SpeciesCount:
    return SpeciesCount(
        scientific_name=one.scientific_name,
        observation_type=ObservationType(one.observation_type),
        observations=one.observations,
        labelled=one.labelled,
        individuals=one.individuals,
        events=one.events,
        max_count=one.max_count,
        deployments=one.deployments,
        rate_per_100_camera_days=Rate.of(one.rate),
    )


def _cell(one: tables.CellAnswer) -> Cell:
    species = one.looked.species[0] if one.looked.species else None
    return Cell(
        id=one.cell.id,
        geometry=one.cell.geometry.__geo_interface__,
        properties=CellProperties(
            cell=one.cell.id,
            status="observed" if species else "not_observed",
            camera_days=one.looked.camera_days,
            deployments=one.deployments,
            events=species.events if species else None,
            individuals=species.individuals if species else None,
            rate=species.rate.value if species else None,
            low=species.rate.low if species else None,
            high=species.rate.high if species else None,
        ),
    )


def _side(one: tables.Side) -> ComparedSide:
    return ComparedSide(
        status="not_observed" if one.looked.species is None else "observed",
        camera_days=one.looked.camera_days,
        deployments=one.deployments,
        looked=one.looked.looked,
        area_km2=one.area_km2,
    )


def _compared(one: tables.Compared) -> ComparedSpecies:
    name, kind = one.taxon
    ratio = one.ratio
    return ComparedSpecies(
        scientific_name=name,
        observation_type=ObservationType(kind),
        a=_species(one.a) if one.a else None,
        b=_species(one.b) if one.b else None,
        ratio=None
        if ratio is None
        else Ratio(
            value=tables.finite(ratio.value),
            low=ratio.low or 0.0,
            high=tables.finite(ratio.high),
            level=ratio.level,
            method=ratio.method,
        ),
    )
