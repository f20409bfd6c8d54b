"""What counts as a species."""

from tests.unit.cloud.estimates.a_survey import survey

from fieldwatch_cloud.estimates import counts
from fieldwatch_cloud.estimates.counts import AccumulationOptions


def test_a_family_is_no_species() -> None:
    looked = [(at, 0.0, 20.0) for at in range(30)]
    rows = [(at, 3.0, 10.0, 1) for at in range(30)]
    codes = [
        {finding.code for finding in counts.accumulation(one, AccumulationOptions()).findings}
        for one in (
            survey(20, looked, rows, taxa=("Cervidae", "Panthera leo")),
            survey(20, looked, rows, taxa=("Panthera leo", "Cervidae")),
        )
    ]
    # The happenings are all of the first: where the lion alone was seen, there is nothing to tell.
    assert ["names_above_species" in each for each in codes] == [True, False]
