"""The same camera with another animal in front of it is suggested; another camera is not."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from fieldwatch_models.data.catalogue import Catalogue, Picture, Source, Split
from fieldwatch_models.data.duplicates import hashes, near_pairs
from fieldwatch_models.data.views import alike_views


def trail(path: Path, camera: int, animal: int, split: Split, site: str | None = None) -> Picture:
    """A wood of trunks, another for every `camera`, and an `animal` somewhere in it by other light."""
    rng = np.random.default_rng(camera)
    light = np.random.default_rng([animal, 9])
    image = Image.new("L", (320, 240), int(light.integers(150, 220)))
    draw = ImageDraw.Draw(image)
    for _ in range(25):
        x, y = rng.integers(0, 320), rng.integers(0, 240)
        draw.rectangle((x, y, x + rng.integers(3, 25), y + rng.integers(30, 120)), int(rng.integers(10, 120)))
    x = int(light.integers(20, 160))
    draw.ellipse((x, 70, x + 110, 170), int(light.integers(0, 60)))
    image.save(path)
    return Picture(path=path, width=320, height=240, source="own", split=split, site=site)


def test_a_camera_that_no_name_tells_of_is_suggested(tmp_path: Path) -> None:
    pictures = [trail(tmp_path / f"{n}.jpg", n, n, "train") for n in range(12)]
    pictures += [trail(tmp_path / f"v{n}.jpg", 100 + n, n, "val") for n in range(5)]
    pictures.append(trail(tmp_path / "same.jpg", 4, 77, "val"))
    catalogue = Catalogue(classes=("deer",), sources={"own": Source(title="drawn")}, pictures=tuple(pictures))
    # The animal is large: as whole pictures they are no near-duplicates.
    assert near_pairs(hashes([pictures[4].path, pictures[-1].path], quiet=True)) == []
    best = alike_views(catalogue, quiet=True)[0]
    assert (best.first.path.name, best.second.path.name) == ("same.jpg", "4.jpg")
    # Where the places are known, there is nothing to suggest.
    known = tuple(p.model_copy(update={"site": p.path.stem}) for p in pictures)
    assert alike_views(catalogue.model_copy(update={"pictures": known}), quiet=True) == []
