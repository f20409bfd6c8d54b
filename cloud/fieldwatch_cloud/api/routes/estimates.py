"""Which estimators there are, and what one of them says of a taxon, an area and a time span."""

from math import isfinite

import numpy as np
from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from numpy.typing import NDArray
from pydantic import ValidationError

from fieldwatch_cloud.api.auth import AnyMember, SignedIn
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.models.estimates import (
    Coefficient,
    Curve,
    EstimateAnswer,
    EstimateInputs,
    EstimateQuery,
    EstimateQueryEcho,
    EstimateValue,
    Method,
)
from fieldwatch_cloud.api.question import question
from fieldwatch_cloud.api.services import Wired
from fieldwatch_cloud.api.verdict import Language, Spoken, verdict
from fieldwatch_cloud.estimates import answer, outcome
from fieldwatch_cloud.estimates.meanings import meaning
from fieldwatch_cloud.estimates.methods import METHODS

router = APIRouter(tags=["counts"])


@router.get("/estimates/methods", summary="The estimators", responses=problems(401))
def list_methods(_: SignedIn) -> list[Method]:
    """What each answers, what it needs and assumes, and its options as JSON Schema."""
    return [
        Method(
            name=one.name,
            title=one.entry.title,
            title_zh=one.entry.title_zh,
            answers=one.entry.answers,
            answers_zh=one.entry.answers_zh,
            needs=one.entry.needs,
            needs_zh=one.entry.needs_zh,
            taxa=one.taxa,
            assumptions=[english for english, _ in one.entry.assumptions],
            assumptions_zh=[chinese for _, chinese in one.entry.assumptions],
            source=one.entry.source,
            options=one.options.model_json_schema(),
        )
        for one in METHODS.values()
    ]


@router.post(
    "/reserves/{slug}/estimates",
    summary="One estimate, with its interval and a verdict",
    responses=problems(401, 403, 404, 413, 422, 429, 503),
)
def estimate(body: EstimateQuery, member: AnyMember, services: Wired, language: Spoken) -> EstimateAnswer:
    """Runs one of `GET /estimates/methods` on what the area's cameras saw in the span, and says how far the
    data bear the number."""
    method = METHODS[body.method]
    try:
        options = method.options.model_validate(body.options)
    except ValidationError as error:
        raise RequestValidationError(
            [{**each, "loc": ("body", "options", *each["loc"])} for each in error.errors()]
        ) from error
    taxa = body.taxa if body.taxon is None else [body.taxon]
    # Finer: sites, occasions and curves tell more than a sum over the reserve.
    asked = question(body, member, services, taxa, finer=True)
    found = answer.answer(services.database, services.workers, asked, method, options, services.detectors)
    return EstimateAnswer(
        method=body.method,
        status=found.status,
        estimates=None
        if found.estimates is None
        else [
            EstimateValue(
                name=one.name,
                meaning=meaning(one.name, language),
                value=one.value,
                se=one.se,
                low=one.low,
                high=one.high,
                level=one.level,
                unit=one.unit,
                method=one.method,
            )
            for one in found.estimates
        ],
        coefficients=None
        if found.coefficients is None
        else [Coefficient(name=one.name, value=one.value, se=one.se) for one in found.coefficients],
        series=None if found.curves is None else [_curve(one, language) for one in found.curves],
        verdict=verdict(found.findings, language),
        inputs=EstimateInputs(
            sites=found.sites,
            occasions=found.occasions,
            detections=found.detections,
            camera_days=found.camera_days,
            deployments=list(found.deployments),
        ),
        source=found.source,
        software=answer.SOFTWARE,
        query=EstimateQueryEcho(
            taxa=None if asked.taxa is None else list(asked.taxa),
            from_=body.from_,
            to=body.to,
            zone=body.zone,
            whole_reserve=body.area is None and body.zone is None,
            min_confidence=body.min_confidence,
            event_interval_min=body.event_interval_min,
            options=options.model_dump(mode="json"),
        ),
    )


def _curve(one: outcome.Curve, language: Language) -> Curve:
    def told(values: NDArray[np.float64] | None) -> list[float | None] | None:
        return None if values is None else [each if isfinite(each) else None for each in values.tolist()]

    return Curve(
        name=one.name,
        meaning=meaning(one.name, language),
        x=one.x.tolist(),
        x_unit=one.x_unit,
        y=told(one.y) or [],
        y_unit=one.y_unit,
        low=told(one.low),
        high=told(one.high),
    )
