"""The verdict on any count: what its effort and its records cannot bear, whatever the method.

    of_effort(camera days)      too few sites, nobody looked, uneven effort, effort from dates
    of_records(observations)    without effort, unconfirmed, unmeasured detector, unsynchronised clocks
    of_newest(cameras)          the same two, from each camera's newest record alone
    of_closure(days)            for methods that take the population as closed
    gather(by taxon)            one finding per code, where many taxa are answered for at once

Methods add their own findings; `counts.words.say` says them all. Thresholds that the literature gives carry
their source; the rest are the project's, and say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fieldwatch_cloud.counts.estimate import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike

    from fieldwatch_cloud.counts.estimate import Severity

ADVISED_SITES = 40
"""Kays et al. 2020, Methods in Ecology and Evolution 11:700-713: 40 to 60 sites for rates and occupancy."""
LEAST_SITES = 20
"""The same: below some 20 sites occupancy is imprecise even for common species."""
LEAST_DAYS_A_SITE = 21.0
"""The same: three to four weeks for precise local detection rates, no gain after a month."""
UNEVEN_CV = 0.5
"""The project's: at 50 % the weights of a ratio estimate lose a fifth of the cameras (Kish 1965: 1 + cv²)."""
MOST_OF_ONE = 0.5
"""The project's: more than half of all effort at one camera, of three or more."""
MUCH = 0.2
"""The project's: a share of cameras or days without a look above which silence is no longer a note."""
LONG_SPAN_DAYS = 183.0
"""The project's: half a year, so at least two seasons."""
MOST_CLOSED_DAYS = 90.0
"""Otis et al. 1978 (Wildlife Monographs 62) ask for a short survey; camera surveys keep to two to three
months (Karanth & Nichols 1998, Ecology 79:2852-2862)."""
UNSYNCHRONISED = 0.05
"""The project's: a share of observations above which their times are a caution."""

_ORDER: dict[Severity, int] = {"unfit": 0, "caution": 1, "note": 2}


def of_effort(
    camera_days: ArrayLike, *, asked_days: float, looked_days: float | None = None, from_dates: int = 0
) -> tuple[Finding, ...]:
    """What the effort cannot bear.

    Args:
        camera_days: (deployments,) days of 24 h that each deployment of the area really looked; 0 for none.
        asked_days: length of the time span that was asked for.
        looked_days: the part of it during which at least one camera looked, where that is known.
        from_dates: deployments whose effort comes from start and end dates, as in imported data sets.
    """
    days = np.asarray(camera_days, dtype=np.float64)
    looked = days[days > 0]
    sites, silent = len(looked), len(days) - len(looked)
    if not sites:
        return (Finding("not_observed", "unfit"),)
    found = []
    if sites == 1:
        found.append(Finding("one_site", "caution"))
    elif sites < ADVISED_SITES:
        severity: Severity = "caution" if sites < LEAST_SITES else "note"
        found.append(Finding("few_sites", severity, {"sites": sites, "least": ADVISED_SITES}))
    middle = float(np.median(looked))
    if middle < LEAST_DAYS_A_SITE:
        found.append(Finding("short_at_sites", "note", {"days": middle, "least": LEAST_DAYS_A_SITE}))
    if silent:
        severity = "caution" if silent > MUCH * len(days) else "note"
        found.append(Finding("silent_sites", severity, {"silent": silent, "sites": len(days)}))
    if looked_days is not None and looked_days < asked_days:
        missing = asked_days - looked_days
        severity = "caution" if missing > MUCH * asked_days else "note"
        found.append(Finding("part_of_span", severity, {"missing": missing, "asked": asked_days}))
    if sites > 2 and looked.max() > MOST_OF_ONE * looked.sum():
        found.append(Finding("one_camera_most", "caution", {"share": float(looked.max() / looked.sum())}))
    elif sites > 1 and (cv := float(looked.std(ddof=1) / looked.mean())) > UNEVEN_CV:
        found.append(Finding("uneven_effort", "caution", {"cv": cv}))
    if from_dates:
        found.append(Finding("effort_from_dates", "caution", {"deployments": from_dates}))
    if asked_days > LONG_SPAN_DAYS:
        found.append(Finding("many_seasons", "note", {"days": asked_days}))
    return tuple(found)


def of_records(
    *,
    observations: int,
    labelled: int = 0,
    without_effort: int = 0,
    unmeasured: int = 0,
    unsynchronised: int = 0,
    min_confidence: float = 0.0,
    corrected: bool = False,
) -> tuple[Finding, ...]:
    """What the records cannot bear.

    Args:
        observations: that were counted, labels by people included.
        labelled: of these, how many a person confirmed or corrected.
        without_effort: of these, how many come from deployments that reported no effort.
        unmeasured: of these, how many come from a model whose confusion table is not known.
        unsynchronised: of these, how many carry a time of an unsynchronised clock that nobody corrected.
        min_confidence: what was left out.
        corrected: whether the number is corrected for the detector's errors.
    """
    found = []
    if without_effort:
        found.append(Finding("without_effort", "caution", {"observations": without_effort}))
    if observations and not labelled:
        found.append(Finding("none_confirmed", "caution", {"observations": observations}))
    elif observations:
        figures = {"share": labelled / observations, "labelled": labelled, "observations": observations}
        found.append(Finding("share_confirmed", "note", figures))
    if unmeasured:
        found.append(Finding("unmeasured_detector", "caution", {"observations": unmeasured}))
    if labelled < observations and not corrected:
        found.append(Finding("detector_uncorrected", "note"))
    if unsynchronised:
        share = unsynchronised / observations
        severity: Severity = "caution" if share > UNSYNCHRONISED else "note"
        found.append(Finding("unsynchronised", severity, {"share": share}))
    if min_confidence > 0:
        found.append(Finding("min_confidence", "note", {"min_confidence": min_confidence}))
    return tuple(found)


def of_withheld(species: int) -> tuple[Finding, ...]:
    """For who may not see where sensitive species are: so many at most are left out of a list of all taxa.
    How many of them were really there, and which, would tell their places."""
    return (Finding("species_withheld", "caution", {"species": species}),) if species else ()


def of_newest(cameras: int, *, unmeasured: int, unsynchronised: int) -> tuple[Finding, ...]:
    """What cameras' newest records tell of their detectors and clocks, where not all records are read.

    Args:
        cameras: with a record.
        unmeasured: of these, at how many it comes from a model whose confusion table is not known.
        unsynchronised: of these, at how many its clock was not synchronised and nobody corrected it.
    """
    found = []
    if unmeasured:
        figures = {"cameras": unmeasured, "of": cameras}
        found.append(Finding("unmeasured_newest", "caution", figures))
    if unsynchronised:
        severity: Severity = "caution" if unsynchronised > UNSYNCHRONISED * cameras else "note"
        figures = {"cameras": unsynchronised, "of": cameras}
        found.append(Finding("unsynchronised_newest", severity, figures))
    return tuple(found)


def of_rates() -> tuple[Finding, ...]:
    """What every photo rate has to be told with (Sollmann et al. 2013, Biological Conservation 159:405-412;
    Sollmann 2018, African Journal of Ecology 56:740-749)."""
    return (Finding("photo_rate", "note"),)


def of_closure(days: float, most: float = MOST_CLOSED_DAYS) -> tuple[Finding, ...]:
    """For methods that take the population as closed over a season of so many days."""
    return (Finding("season_too_long", "caution", {"days": days, "most": most}),) if days > most else ()


def gather(by_taxon: Mapping[str, Iterable[Finding]]) -> tuple[Finding, ...]:
    """One finding per code, where each taxon of an answer has its own.

    The figures are those of the first taxon among the severest, whom `taxon` names; `others` says for how
    many more taxa the code was found. So 40 species with few events make one sentence.
    """
    by_code: dict[str, list[tuple[str, Finding]]] = {}
    for taxon, findings in by_taxon.items():
        for finding in findings:
            by_code.setdefault(finding.code, []).append((taxon, finding))
    merged = []
    for code, each in by_code.items():
        taxon, worst = min(each, key=lambda one: _ORDER[one[1].severity])
        figures = {**worst.figures, "taxon": taxon, "others": len(each) - 1}
        merged.append(Finding(code, worst.severity, figures))
    return tuple(merged)


def in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The gravest first; a code that several parts found stays once, with its gravest."""
    gravest: dict[str, Finding] = {}
    for finding in sorted(findings, key=lambda finding: _ORDER[finding.severity]):
        gravest.setdefault(finding.code, finding)
    return tuple(gravest.values())
