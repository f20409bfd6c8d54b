"""What the detector's table does not cover is told."""

import numpy as np
import pytest
from tests.unit.cloud.estimates.a_survey import survey

from fieldwatch_cloud.estimates import detector
from fieldwatch_cloud.estimates.detector import ConfusionTable, CorrectedOptions, FalsePositiveOptions
from fieldwatch_cloud.estimates.survey import Said
from fieldwatch_shared.cards import Measured

DEER, GORAL = "Cervidae", "Naemorhedus griseus"
TABLE = ConfusionTable(
    order=["deer", "goral", "background"],
    # Of 100 goral, 20 are called deer; three times a deer was seen where nothing was.
    said_by_was=[[95, 20, 3], [0, 75, 0], [5, 5, 0]],
    scientific_names={"deer": DEER, "goral": GORAL},
)
SITES, WEEKS = 60, 8


def said_at(rows: list[tuple[int, int, str, float]]) -> Said:
    return Said(
        np.array([row[0] for row in rows], dtype=np.int64),
        np.array([row[1] for row in rows], dtype=np.int64),
        np.array([row[2] for row in rows], dtype=np.str_),
        np.array(["m@1"] * len(rows), dtype=np.str_),
        np.array([row[3] for row in rows]),
    )


def test_mistakes_on_nothing_are_told_of() -> None:
    generator = np.random.default_rng(2)
    days = 7.0 * WEEKS
    rows = [
        (at, 7 * week + 3.0, 10.0, 1)
        for at in range(0, SITES, 2)
        for week in range(WEEKS)
        if generator.random() < 0.5
    ]
    goral = [(at, week, GORAL, 1.0) for at in range(SITES) for week in range(WEEKS)]
    one = survey(days, [(at, 0, days) for at in range(SITES)], rows, taxa=(DEER,), said=said_at(goral))
    found = detector.false_positives(one, FalsePositiveOptions(table=TABLE))
    (told,) = (finding for finding in found.findings if finding.code == "invented_left_in")
    assert told.figures == {"boxes": 3}


def test_an_animal_without_a_name_is_not_counted_as_each_class_without_one() -> None:
    measured = TABLE.measured()
    nameless = Measured(measured.confusion, {"deer": None, "goral": None})
    one = survey(10, [(0, 0, 10)], [], said=said_at([(0, 0, "", 5.0)]), taxa=(), detectors={"m@1": nameless})
    with pytest.raises(ValueError, match="may be any of deer, goral"):
        detector.corrected(one, CorrectedOptions())


def test_silence_is_not_blamed_on_the_detector() -> None:
    with pytest.raises(ValueError, match="nothing to correct"):
        detector.corrected(survey(10, [(0, 0, 10)], [], taxa=(DEER,)), CorrectedOptions(table=TABLE))
