"""The data that the shipped models were trained and measured on: read, and held to what their cards say.

The pictures are no part of the project. FIELDWATCH_REFERENCE names the folder that holds `data/`
(default: `shared` beside the checkout); without it these tests are skipped.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fieldwatch_models.data import apart, check_split, find_leaks, open_data

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("FIELDWATCH_REFERENCE", ROOT.parent / "shared")) / "data"

#: What lies in training and validation alike as the data came. Fire: two mountains with cameras, videos, film
#: sets, mosaics of the same tiles; wildlife: three cameras. Training leaves these pictures out.
KNOWN = {
    "fire": {
        "site bunker-hill",
        "site sierra-at-tahoe",
        "site housing-estate",
        "site motorway",
        "sequence rkax/mosaics",
        "sequence sow/fireplace",
        "sequence sow/house-beside-a-fireball",
        "sequence sow/school-bus",
        "sequence sow/seen-through-a-windscreen",
        "sequence sow/flames-in-the-dark",
        "sequence sow/ultimatechase",
    },
    "wildlife": {"site deer-camera2", "site deer-carline", "site deer-salt-lick"},
}
LEFT_OUT = {"fire": 256, "wildlife": 5}


@pytest.mark.parametrize("name", ["fire", "wildlife"])
def test_training_and_validation_share_no_place_sequence_or_near_duplicate(name: str) -> None:
    if not (DATA / name).is_dir():
        pytest.skip(f"no {DATA / name}: set FIELDWATCH_REFERENCE to the folder with the reference data")
    catalogue = open_data(DATA / name, ROOT / "models" / name / "sources.toml")
    assert not {"undescribed"} & catalogue.sources.keys()
    leaks = find_leaks(catalogue, quiet=True)
    assert {leak.what for leak in leaks if not leak.what.startswith("near-duplicates")} == KNOWN[name]
    kept, dropped = apart(catalogue, leaks)
    assert [p for p in kept.pictures if p.split == "val"] == [
        p for p in catalogue.pictures if p.split == "val"
    ]
    assert all(picture.split == "train" for picture in dropped)
    assert len(dropped) == LEFT_OUT[name]
    check_split(kept, quiet=True)
