"""Methods that carry the detector's errors through: what it confuses was counted on labelled pictures.

Whose table holds: that of the model that made the observations, from its papers; or one in the options. What
a person has labelled is not the detector's word: counts are corrected without it, and it is added as it is.
"""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from typing import TYPE_CHECKING, Literal
from uuid import UUID  # noqa: TC003  pydantic reads it.

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from fieldwatch_cloud.counts.density import log_normal
from fieldwatch_cloud.counts.estimate import Estimate, Finding
from fieldwatch_cloud.counts.fitting import design
from fieldwatch_cloud.counts.methods.false_positive_occupancy import (
    false_positive_occupancy,
    known_errors,
)
from fieldwatch_cloud.counts.methods.misidentification import corrected_counts
from fieldwatch_cloud.counts.methods.misidentification_joint import Table
from fieldwatch_cloud.estimates.occupancy import OccupancyOptions, covariates, history, left_out
from fieldwatch_cloud.estimates.outcome import Options, Outcome
from fieldwatch_shared.cards import Measured
from fieldwatch_shared.confusion import BACKGROUND, Confusion

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import NDArray

    from fieldwatch_cloud.estimates.survey import Said, Survey

UNIT = "1/(100 d)"


class ConfusionTable(BaseModel):
    """What a detector said of what was there, on labelled pictures."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    order: list[str] = Field(min_length=2, max_length=100, description="The classes, then `background`.")
    said_by_was: list[list[int]] = Field(description="Boxes called order[i] where order[j] was.")
    pictures: int | None = Field(None, ge=1, description="So many pictures were looked at.")
    scientific_names: dict[str, str] = Field(
        default_factory=dict, description="Of classes whose name is not the scientific one."
    )

    @model_validator(mode="after")
    def _is_a_table(self) -> Self:
        self.measured()
        return self

    def measured(self) -> Measured:
        confusion = Confusion.model_validate(
            {
                "model": "table",
                "conf": 0,
                "pictures": self.pictures,
                "order": self.order,
                "said_by_was": self.said_by_was,
            }
        )
        return Measured(
            confusion, {name: self.scientific_names.get(name, name) for name in confusion.classes}
        )


_TABLE = Field(
    None, description="The detector's confusion; null: what is known of the model that was counted with."
)


class FalsePositiveOptions(OccupancyOptions):
    errors: Literal["known", "estimated"] = Field(
        "known",
        description="`known`: by the detector's confusion. `estimated`: by the sites in `reviewed`, of which "
        "a person has looked at every picture.",
    )
    table: ConfusionTable | None = _TABLE
    reviewed: list[UUID] = Field(
        default_factory=list, max_length=5000, description="Deployments without mistakes, for `estimated`."
    )


class CorrectedOptions(Options):
    table: ConfusionTable | None = _TABLE


def false_positives(survey: Survey, options: FalsePositiveOptions) -> Outcome:
    past = history(survey, survey.edges(options.occasion_days), options)
    shape = past.events.shape
    psi = design("psi", shape[:1], covariates(survey, options.psi, options), standardise=True)
    p = design("p", shape, covariates(survey, options.p, options, past), standardise=True)
    findings: list[Finding] = []
    if options.errors == "estimated":
        sure = [any(id_ in set(options.reviewed) for id_ in one.deployments) for one in survey.sites]
        if not any(sure):
            raise ValueError(
                "none of the deployments in `reviewed` looked here: name those of which a person has looked "
                'at every picture, or take errors: "known"'
            )
        certain = np.repeat(np.array(sure)[:, None], shape[1], axis=1)
        fitted = false_positive_occupancy(past.detected, certain=certain, psi=psi, p=p, level=options.level)
    else:
        detector, model = _dominant(survey, options.table, findings)
        species = detector.class_of(survey.taxa[0])
        if species is None:
            raise ValueError(_unknown(survey.taxa[0], detector, model))
        boxes = {
            name: said
            for name, said in _boxes(survey, detector, shape).items()
            if name != species and detector.confusion.count(species, name) >= 0 and said.sum() > 0
        }
        if not boxes:
            raise ValueError(
                "nothing else was called anything here that could have been mistaken for this taxon: take "
                "`occupancy`"
            )
        known = known_errors(
            detector.confusion,
            species,
            {name: np.where(np.isnan(past.events), np.nan, said) for name, said in boxes.items()},
        )
        # Detections that a person confirmed are not taken as certain: they were found first and confirmed
        # then, and without a model of who gets confirmed the rest would count for too much (occupancy came
        # out 0.2 too high). So labels make this answer wider than need be, and not wrong.
        fitted = false_positive_occupancy(past.detected, known=known, psi=psi, p=p, level=options.level)
        findings.append(Finding("tracks_for_boxes", "note", {"model": model}))
        if invented := detector.confusion.count(species, BACKGROUND):
            findings.append(Finding("invented_left_in", "caution", {"boxes": invented}))
    return Outcome(
        estimates=fitted.estimates,
        findings=(*past.findings, *findings, *left_out(fitted.fit, past.visited), *fitted.findings),
        detections=past.detections,
        occasions=shape[1],
        fit=fitted.fit,
        curves=(past.curve(),),
    )


def corrected(survey: Survey, options: CorrectedOptions) -> Outcome:
    """Animals per 100 camera-days that were there, of each class of the detectors that were counted with.

    Detectors err each in its own way: what each of them said is corrected by its own table, and the rates
    add up, with what people labelled.
    """
    said = survey.said
    effort = survey.camera_days / 100
    findings: list[Finding] = []
    rates: dict[str, list[tuple[float, float]]] = {}
    limits: dict[str, tuple[float | None, float | None]] = {}
    models = sorted(set(said.model.tolist()))
    if not models and not survey.labelled:
        raise ValueError(
            "no model called anything an animal here, so there is nothing to correct; `rate` tells how "
            "common it may still be"
        )
    for model in models:
        detector = _detector(survey, options.table, model)
        of_model = said.model == model
        table = Table.from_confusion(detector.confusion)
        counts = np.zeros((len(survey.sites), len(table.classes)))
        for column, name in enumerate(table.classes):
            named = of_model & _called(said, detector, name)
            np.add.at(counts[:, column], said.site[named], said.count[named])
        answer = corrected_counts(counts, table, effort=effort, level=options.level)
        findings += answer.findings
        findings.append(Finding("tracks_for_boxes", "note", {"model": model}))
        for name, estimate in zip(answer.classes, answer.estimates, strict=True):
            taxon = detector.scientific.get(name) or name
            rates.setdefault(taxon, []).append((estimate.value, estimate.se or 0.0))
            limits[taxon] = (estimate.low, estimate.high)
    total = float(effort.sum())
    for taxon, labelled in survey.labelled.items():
        if taxon in rates or taxon in survey.taxa:
            rates.setdefault(taxon, []).append((labelled / total, sqrt(labelled) / total))
    first = [taxon for taxon in survey.taxa if taxon in rates]
    for taxon in survey.taxa:
        if taxon not in rates and survey.asked:
            known = ", ".join(sorted(rates)) or "none"
            raise ValueError(f"no detector that was counted with knows {taxon}; they know {known}")
    order = [*first, *sorted(set(rates) - set(first))] if not survey.asked else first
    estimates = tuple(
        _sum(f"corrected:{taxon}", rates[taxon], limits.get(taxon), options.level) for taxon in order
    )
    return Outcome(estimates=estimates, findings=tuple(findings), detections=int(said.count.sum()))


def _sum(
    name: str,
    parts: list[tuple[float, float]],
    limits: tuple[float | None, float | None] | None,
    level: float,
) -> Estimate:
    value, se = sum(rate for rate, _ in parts), sqrt(sum(error**2 for _, error in parts))
    if len(parts) == 1 and limits is not None:
        method = "joint likelihood of counts and confusion (Spence et al. 2024), profile"
        return Estimate(name, value, se, *limits, UNIT, method, level)
    return replace(log_normal(name, value, se, UNIT, level=level, how="sum over detectors and labels"))


def _boxes(survey: Survey, detector: Measured, shape: tuple[int, ...]) -> dict[str, NDArray[np.float64]]:
    """Class -> (sites, occasions) observations called so, by models."""
    said = survey.said
    found = {}
    for name in detector.scientific:
        counts = np.zeros(shape)
        named = _called(said, detector, name) & (said.occasion < shape[1])
        np.add.at(counts, (said.site[named], said.occasion[named]), said.count[named])
        found[name] = counts
    return found


def _called(said: Said, detector: Measured, name: str) -> NDArray[np.bool_]:
    """(n,) whether a row is of this class.

    Raises:
        ValueError: rows without a scientific name may be of several classes.
    """
    scientific = detector.scientific.get(name)
    nameless = [each for each in detector.confusion.classes if not detector.scientific.get(each)]
    if not scientific and len(nameless) > 1 and (said.name == "").any():
        raise ValueError(
            f"observations without a scientific name may be any of {', '.join(nameless)}: give "
            "options.table with scientific_names"
        )
    return np.asarray(said.name == (scientific or ""))


def _dominant(survey: Survey, table: ConfusionTable | None, findings: list[Finding]) -> tuple[Measured, str]:
    """The detector with most observations here; others are told of."""
    said = survey.said
    models, at = np.unique(said.model, return_inverse=True)
    if not len(models):
        if table is None:
            raise ValueError("no model made any observation here: a person's labels need no correction")
        return table.measured(), "table"
    counts = np.bincount(at, weights=said.count)
    model = str(models[counts.argmax()])
    if len(models) > 1:
        share = 1 - counts.max() / counts.sum()
        findings.append(Finding("several_models", "caution", {"model": model, "share": float(share)}))
    return _detector(survey, table, model), model


def _detector(survey: Survey, table: ConfusionTable | None, model: str) -> Measured:
    if table is not None:
        return table.measured()
    if model not in survey.detectors:
        raise ValueError(
            f"nothing is known of the mistakes of {model}: give options.table, or name its folder in "
            "FIELDWATCH_COUNTS_MODEL_FOLDERS"
        )
    return survey.detectors[model]


def _unknown(taxon: str, detector: Measured, model: str) -> str:
    known = ", ".join(sorted(filter(None, detector.scientific.values())))
    return f"{model} knows no {taxon}; it knows {known}"
