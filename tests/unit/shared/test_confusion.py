from __future__ import annotations

import pytest
from pydantic import ValidationError

from fieldwatch_shared.confusion import Confusion

TABLE = {
    "model": "wildlife@1",
    "conf": 0.4,
    "pictures": 50,
    "order": ["deer", "lion", "background"],
    "said_by_was": [[15, 2, 4], [0, 6, 1], [5, 0, 0]],
}


def test_shares_of_what_was_there_and_of_what_was_said() -> None:
    table = Confusion.model_validate(TABLE)
    assert table.classes == ("deer", "lion")
    assert (table.labelled("deer"), table.labelled("lion")) == (20, 8)
    assert table.share_said("deer", "deer") == 0.75
    assert table.share_said("background", "deer") == 0.25, "missed"
    assert table.share_said("deer", "lion") == 0.25
    assert table.share_was("lion", "deer") == 2 / 21
    assert table.false_per_picture("deer") == 0.08
    for was in table.classes:
        assert sum(table.share_said(said, was) or 0 for said in table.order) == 1


def test_what_cannot_be_counted_is_none() -> None:
    table = Confusion.model_validate(
        {**TABLE, "pictures": None, "said_by_was": [[0, 0, 4], [0, 0, 0], [0, 0, 0]]}
    )
    assert table.share_said("deer", "deer") is None, "there was none"
    assert table.share_said("deer", "background") is None, "nobody can count the places where nothing is"
    assert table.share_was("lion", "lion") is None, "nothing was called so"
    assert table.false_per_picture("deer") is None
    with pytest.raises(ValueError, match="zebra"):
        table.count("deer", "zebra")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"order": ["deer", "lion", "nothing"]}, "background"),
        ({"order": ["deer", "deer", "background"]}, "once"),
        ({"order": ["deer", "lion", "zebra", "background"]}, "4 × 4"),
        ({"said_by_was": [[15, 2], [0, 6], [5, 0]]}, "3 × 3"),
        ({"said_by_was": [[15, 2, 4], [0, -6, 1], [5, 0, 0]]}, "greater than or equal to 0"),
    ],
)
def test_a_table_that_is_none_is_refused(changes: dict[str, object], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        Confusion.model_validate({**TABLE, **changes})
