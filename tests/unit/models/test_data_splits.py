"""Splits keep together what belongs together, and the check finds what somebody else put on both sides."""

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from fieldwatch_models.data.catalogue import Catalogue, Label, Picture, Source, Split
from fieldwatch_models.data.duplicates import NEAR, hashes, near_pairs
from fieldwatch_models.data.leaks import Side, apart, check_split, find_leaks
from fieldwatch_models.data.splits import split_by_group
from fieldwatch_models.errors import DataError


def scene(seed: int, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """A landscape of soft blobs; another for every seed."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (6, 8, 3), np.uint8)
    return Image.fromarray(cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC))


def picture(
    folder: Path,
    seed: int,
    split: Split | None,
    site: str | None = None,
    sequence: str | None = None,
    name: str = "deer",
) -> Picture:
    path = folder / f"{seed:03}.jpg"
    scene(seed).save(path, quality=90)
    labels = (Label(name=name, x=0.1, y=0.1, width=0.2, height=0.2),) if name else ()
    return Picture(
        path=path,
        width=320,
        height=240,
        labels=labels,
        source="own",
        split=split,
        site=site,
        sequence=sequence,
    )


def catalogue(*pictures: Picture) -> Catalogue:
    return Catalogue(classes=("deer", "fox"), sources={"own": Source(title="drawn")}, pictures=pictures)


@pytest.fixture
def clean(tmp_path: Path) -> Catalogue:
    return catalogue(
        *(picture(tmp_path, n, "train", f"north-{n % 3}", f"s{n // 2}") for n in range(12)),
        *(picture(tmp_path, n, "val", f"south-{n % 3}", f"s{n // 2}") for n in range(12, 18)),
    )


def test_a_clean_split_passes(clean: Catalogue) -> None:
    check_split(clean, quiet=True)
    assert find_leaks(clean, quiet=True) == []


def planted(clean: Catalogue, number: int, **changes: object) -> Catalogue:
    pictures = list(clean.pictures)
    pictures[number] = pictures[number].model_copy(update=changes)
    return clean.model_copy(update={"pictures": tuple(pictures)})


def test_the_check_catches_a_site_on_both_sides(clean: Catalogue) -> None:
    with pytest.raises(DataError, match=r"site north-1: train 001\.jpg.*; val 012\.jpg"):
        check_split(planted(clean, 12, site="north-1"), near_duplicates=False)


def test_the_check_catches_a_sequence_on_both_sides(clean: Catalogue) -> None:
    leaky = planted(clean, 12, sequence="s0")
    with pytest.raises(DataError, match=r"sequence own/s0: .*000\.jpg.*012\.jpg"):
        check_split(leaky, quiet=True)
    # The same name in another source is another sequence.
    check_split(planted(leaky, 12, source="other"), quiet=True)


@pytest.mark.parametrize("change", ["re-encoded", "resized", "mirrored", "brighter"])
def test_the_check_catches_a_near_duplicate_on_the_other_side(clean: Catalogue, change: str) -> None:
    image = scene(3)
    if change == "resized":
        image = image.resize((200, 150))
    elif change == "mirrored":
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    elif change == "brighter":
        image = image.point(lambda value: min(255, value + 20))
    image.save(clean.pictures[14].path, quality=35)
    with pytest.raises(DataError, match=r"near-duplicates.*003\.jpg"):
        check_split(clean, quiet=True)
    kept, dropped = apart(clean, find_leaks(clean, quiet=True))
    assert [p.path.name for p in dropped] == ["003.jpg"]  # the training picture goes, validation stays
    assert len(kept.pictures) == 17
    check_split(kept, quiet=True)
    kept, dropped = apart(clean, find_leaks(clean, quiet=True), "val")
    assert [p.path.name for p in dropped] == ["014.jpg"]  # the other way round
    check_split(kept, quiet=True)


@pytest.mark.parametrize(("side", "left"), [("train", "006.jpg"), ("val", "000.jpg")])
def test_what_three_splits_share_stays_in_one(clean: Catalogue, side: Side, left: str) -> None:
    leaky = planted(planted(clean, 0, site="shared"), 12, site="shared")
    leaky = planted(leaky, 6, split="test", site="shared", sequence="t")
    kept, dropped = apart(leaky, find_leaks(leaky, near_duplicates=False), side)
    assert [p.path.name for p in kept.pictures if p.site == "shared"] == [left]
    assert len(dropped) == 2


def test_scenes_that_differ_are_far_apart(tmp_path: Path) -> None:
    paths = [picture(tmp_path, n, None).path for n in range(60)]
    table = hashes(paths, quiet=True)
    assert near_pairs(table, near=3 * NEAR) == []
    assert [(p.first, p.second, p.distance) for p in near_pairs(table, table[5:6])] == [(5, 0, 0)]


def test_a_new_split_keeps_groups_and_shares(tmp_path: Path) -> None:
    names = ("deer", "deer", "deer", "fox", "")
    made = catalogue(
        *(
            picture(tmp_path, n, None, f"site-{n // 4}" if n < 160 else None, f"q{n // 2}", names[n // 4 % 5])
            for n in range(200)
        )
    )
    scene(0).resize((240, 180)).save(made.pictures[199].path)  # ties sequence q99 to site-0
    result = split_by_group(made, {"train": 0.8, "val": 0.2}, seed=1, quiet=True)
    assert find_leaks(result, quiet=True) == []
    assert result.pictures[199].split == result.pictures[0].split
    counts = Counter((p.split, p.labels[0].name if p.labels else "") for p in result.pictures)
    for name, total in (("deer", 120), ("fox", 40), ("", 40)):
        assert counts["val", name] / total == pytest.approx(0.2, abs=0.05)
    assert split_by_group(made, {"train": 0.8, "val": 0.2}, seed=1, quiet=True) == result
    assert split_by_group(made, {"train": 0.8, "val": 0.2}, seed=2, quiet=True) != result


def test_one_site_alone_cannot_be_split(tmp_path: Path) -> None:
    alone = catalogue(*(picture(tmp_path, n, None, "here") for n in range(4)))
    with pytest.raises(DataError, match="only 1 site"):
        split_by_group(alone, {"train": 0.8, "val": 0.2}, quiet=True)
