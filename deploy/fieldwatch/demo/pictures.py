"""What demo scenes are made of: photographs from two Debian packages, read where they are installed.

Nothing of them is part of Fieldwatch. Animals are the cut-out photographs of `tuxpaint-stamps-default`
(GPL-2), landscapes those of `lomiri-wallpapers-16.04` (Creative Commons: aitzgorri and picosdeeuropa
CC-BY-4.0 Aitzol Berasategi, Bridge CC-BY-SA-4.0 Sander Klootwijk).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image

from fieldwatch.demo.errors import MissingPictures

PACKAGES = ("tuxpaint-stamps-default", "lomiri-wallpapers-16.04")
WIDTH, HEIGHT = 1280, 720

_STAMPS = Path("/usr/share/tuxpaint/stamps/animals")
_WALLPAPERS = Path("/usr/share/backgrounds")


@dataclass(frozen=True, slots=True)
class Stamp:
    """A photograph of one animal, cut out with transparency."""

    file: str
    taxon: str
    """As the wildlife detector's card names its class: the finest that it can say."""
    faces: Literal["left", "right"]
    heights: tuple[int, int]
    """Pixels, of a 1280 x 720 frame: the range in which the shipped detector knows it (see `CAST`)."""


# Measured with the shipped wildlife detector (2026.11.21): 12 positions, both ways round, at 110, 160,
# 220 and 300 pixels on each place below. Kept: seen as its own taxon in 11 of 12 or better from the lower
# height on. Left out: rhinoceros (called elephant or buffalo by turns), wildebeest (rhinoceros), bull (deer),
# both lions and ostrich (deer), heron (deer); bison and yak, gull, gander and pelican, which are taken for
# African buffalo and egret, and are none.
CAST = (
    Stamp("mammals/deer/deer.png", "Cervidae", "right", (220, 300)),
    Stamp("mammals/deer/doe.png", "Cervidae", "right", (200, 280)),
    Stamp("mammals/deer/wapiti.png", "Cervidae", "left", (220, 300)),
    Stamp("mammals/deer/caribou.png", "Cervidae", "right", (230, 280)),
    Stamp("mammals/elephant.png", "Elephantidae", "left", (230, 320)),
    Stamp("mammals/equines/zebra.png", "Equus", "left", (180, 260)),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A landscape, and where on it animals stand."""

    name: str
    wallpaper: str
    crop: tuple[int, int, int, int]
    """Pixels of the wallpaper: left, top, right, bottom; 16:9."""
    ground: tuple[int, int] = (0, 0)
    """Pixels of the frame: the y of feet far away and near by."""
    taxa: frozenset[str] = frozenset()
    """Who walks here."""
    burns_at: tuple[float, float] | None = None
    """Pixels of the frame: where smoke rises, if it does."""


MEADOW = Place(
    "meadow",
    "aitzgorri_by_Aitzol_Berasategi.jpg",
    (500, 800, 2700, 2037),
    ground=(500, 690),
    taxa=frozenset({"Cervidae"}),
)
SLOPE = Place(
    "slope",
    "picosdeeuropa_by_Aitzol_Berasategi.jpg",
    (1100, 1198, 3264, 2415),
    ground=(540, 690),
    taxa=frozenset({"Equus", "Cervidae"}),
)
ESTUARY = Place(
    "estuary",
    "Bridge_by_Sander_Klootwijk.jpg",
    (0, 1880, 1010, 2448),
    ground=(480, 680),
    taxa=frozenset({"Elephantidae", "Equus"}),
)
RIDGE = Place("ridge", "aitzgorri_by_Aitzol_Berasategi.jpg", (0, 0, 3088, 1737), burns_at=(430, 330))
"""Mountains behind a larch forest: what a fire mast overlooks."""

PLACES = (MEADOW, SLOPE, ESTUARY, RIDGE)


def require() -> None:
    """Raises MissingPictures, with the command that installs them, unless all pictures are there."""
    files = [_STAMPS / stamp.file for stamp in CAST] + [_WALLPAPERS / place.wallpaper for place in PLACES]
    if missing := [str(file) for file in files if not file.is_file()]:
        raise MissingPictures(
            f"the demo's scenes need pictures from Debian that are not installed ({missing[0]}"
            + (f" and {len(missing) - 1} more" if len(missing) > 1 else "")
            + "). Install them:\n  sudo apt-get install --no-install-recommends "
            + " ".join(PACKAGES)
            + "\nor show your own pictures: fieldwatch demo --footage FOLDER"
        )


def cut_out(stamp: Stamp, height: int, heading: Literal["left", "right"]) -> Image.Image:
    """The animal, RGBA, `height` pixels from its highest to its lowest opaque one, walking `heading`."""
    with Image.open(_STAMPS / stamp.file) as file:
        animal = file.convert("RGBA")
    # Stamps have empty margins of different widths; a box must end where the animal does.
    animal = animal.crop(animal.getchannel("A").point(lambda a: 255 * (a > 64)).getbbox())
    size = (round(animal.width * height / animal.height), height)
    animal = animal.resize(size, Image.Resampling.LANCZOS)
    return animal if heading == stamp.faces else animal.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def landscape(place: Place) -> Image.Image:
    """The place with nobody in it: RGB, 1280 x 720."""
    with Image.open(_WALLPAPERS / place.wallpaper) as file:
        picture = file.convert("RGB").crop(place.crop)
    return picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
