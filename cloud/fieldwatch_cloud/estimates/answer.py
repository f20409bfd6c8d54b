"""One question, one method, one answer: reads the survey, runs the method elsewhere, weighs what came out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.metadata import version
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from fieldwatch_cloud.counts import verdict
from fieldwatch_cloud.counts.estimate import Estimate, Finding
from fieldwatch_cloud.db import survey as stored
from fieldwatch_cloud.errors import QuestionError
from fieldwatch_cloud.estimates import ground as grounds
from fieldwatch_cloud.estimates import methods
from fieldwatch_cloud.estimates import survey as surveys

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_cloud.estimates.ground import Question
    from fieldwatch_cloud.estimates.outcome import Curve, Options, Outcome
    from fieldwatch_cloud.estimates.workers import Workers
    from fieldwatch_shared.cards import Measured

SOFTWARE = f"Fieldwatch {version('fieldwatch')}"


@dataclass(frozen=True, slots=True)
class Coefficient:
    name: str
    value: float
    se: float | None


@dataclass(frozen=True, slots=True)
class Answer:
    status: Literal["estimated", "unfit", "not_observed"]
    estimates: tuple[Estimate, ...] | None
    coefficients: tuple[Coefficient, ...] | None
    curves: tuple[Curve, ...] | None
    findings: tuple[Finding, ...]
    sites: int
    occasions: int | None
    detections: int
    camera_days: float
    deployments: tuple[UUID, ...]
    source: str


def answer(
    database: Database,
    workers: Workers,
    question: Question,
    method: methods.Method,
    options: Options,
    detectors: Mapping[str, Measured],
) -> Answer:
    """What `method` says of the question.

    Raises:
        NotFoundError: the reserve has no such zone.
        QuestionError: taxa, options or data do not do for this method; says what would.
        BusyError: too many are asked at once.
    """
    methods.check_taxa(method, question.taxa)
    needs = method.needs_of(options)
    with database.transaction() as conn:
        ground = grounds.read(conn, question)
        if not ground.camera_days.any():
            return _nobody_looked(ground, method)
        survey = surveys.read(conn, ground, needs, join_within_m=options.join_within_m, detectors=detectors)
        facts = stored.facts(
            conn,
            ground.ids,
            question.since,
            question.until,
            taxa=question.taxa,
            min_confidence=question.min_confidence,
        )
        facts = [fact for fact in facts if question.hidden.blur_m(fact.scientific_name) is None]
    if needs.said_days is not None:
        survey = replace(survey, labelled=_labelled(facts, ground))
    findings = ground.findings()
    findings += grounds.record_findings(
        facts, ground, measured=frozenset(detectors), corrected=method.corrected
    )
    if method.closed:
        findings += verdict.of_closure(question.asked_days)
    try:
        outcome = workers.run(_run, method.name, survey, options)
    except (ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
        # What a method refuses is for who asked to mend; it says how.
        raise QuestionError(f"{method.name}: {error}") from error
    return _weighed(ground, survey, method, outcome, findings)


def _run(name: str, survey: surveys.Survey, options: Options) -> Outcome:
    """In another process."""
    return methods.METHODS[name].run(survey, options)


def _nobody_looked(ground: grounds.Ground, method: methods.Method) -> Answer:
    return Answer(
        status="not_observed",
        estimates=None,
        coefficients=None,
        curves=None,
        findings=verdict.in_order(ground.findings()),
        sites=0,
        occasions=None,
        detections=0,
        camera_days=0.0,
        deployments=(),
        source=method.entry.source,
    )


def _weighed(
    ground: grounds.Ground,
    survey: surveys.Survey,
    method: methods.Method,
    outcome: Outcome,
    general: list[Finding],
) -> Answer:
    estimates = tuple(_finite(one) for one in outcome.estimates if isfinite(one.value))
    if not estimates and not any(one.severity == "unfit" for one in outcome.findings):
        general = [*general, Finding("no_estimate", "unfit")]
    findings = verdict.in_order([*general, *outcome.findings])
    unfit = any(one.severity == "unfit" for one in findings)
    return Answer(
        status="unfit" if unfit else "estimated",
        estimates=estimates or None,
        coefficients=_coefficients(outcome),
        curves=outcome.curves or None,
        findings=findings,
        sites=len(survey.sites),
        occasions=outcome.occasions,
        detections=outcome.detections,
        camera_days=float(survey.camera_days.sum()),
        deployments=tuple(
            one.id for one, days in zip(ground.deployments, ground.camera_days, strict=True) if days > 0
        ),
        source=method.entry.source,
    )


def _finite(estimate: Estimate) -> Estimate:
    """Where there is no bound, or no standard error, there is none to tell."""

    def known(value: float | None) -> float | None:
        return value if value is not None and isfinite(value) else None

    return replace(estimate, se=known(estimate.se), low=known(estimate.low), high=known(estimate.high))


def _coefficients(outcome: Outcome) -> tuple[Coefficient, ...] | None:
    fit = outcome.fit
    if fit is None or not np.isfinite(fit.coefficients).any():
        return None
    errors: Any = fit.standard_errors
    return tuple(
        Coefficient(
            name,
            float(value),
            float(errors[at]) if errors is not None and isfinite(errors[at]) else None,
        )
        for at, (name, value) in enumerate(zip(fit.names, fit.coefficients, strict=True))
        if isfinite(value)
    )


def _labelled(facts: list[stored.Fact], ground: grounds.Ground) -> dict[str, int]:
    looked = ground.camera_days > 0
    found: dict[str, int] = {}
    for fact in facts:
        if fact.labelled and fact.scientific_name and looked[fact.deployment]:
            found[fact.scientific_name] = found.get(fact.scientific_name, 0) + fact.observations
    return found
