"""The codes of all sentences on which a count may rest are kept in `tests/golden/assumption_codes.json`: the
web app's tests require a translation of each. After a change of the codes, write the file anew with

    python tests/unit/cloud/test_counts_assumptions.py
"""

import itertools
import json
from pathlib import Path

from fieldwatch_cloud.counts.answer import assumptions

GOLDEN = Path(__file__).parents[2] / "golden" / "assumption_codes.json"


def every_code() -> list[str]:
    said = [
        assumptions(interval_min=30, min_confidence=confidence, without_effort=without, observed=observed)
        for confidence, without, observed in itertools.product((0, 0.35), (0, 12), (True, False))
    ]
    return sorted({one.code for one in itertools.chain.from_iterable(said)})


def test_the_web_app_is_tested_with_the_codes_that_the_api_says() -> None:
    assert json.loads(GOLDEN.read_text(encoding="utf-8")) == every_code(), __doc__


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(every_code(), indent=2) + "\n", encoding="utf-8")
