"""From a correction to the next training set: label over the API, pull, open, lay out for training."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from fieldwatch_models import cli
from fieldwatch_models.data import check_split, open_data
from fieldwatch_models.data.catalogue import Catalogue, Label, Picture, Source
from fieldwatch_models.registry.cards import Card, DetectedClass
from fieldwatch_models.review import Cloud, ReviewError, divide, pull
from fieldwatch_models.train.layout import lay_out
from fieldwatch_models.train.recipe import Recipe

from .api_world import NOON, running
from .labels_world import BOX, DEER, Pictures, put

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database

BOAR = DEER | {"scientific_name": "Sus scrofa"}
SMOKE = {"kind": "smoke", "box": BOX}


def card(*classes: tuple[str, Any, str | None]) -> Card:
    return Card(
        name="toy",
        version="1",
        created=date(2026, 5, 4),
        sha256="0" * 64,
        imgsz=320,
        conf=0.5,
        iou=0.5,
        classes=tuple(
            DetectedClass(name=name, name_zh=name, kind=kind, scientific_name=scientific)
            for name, kind, scientific in classes
        ),
    )


WILDLIFE = card(("elephant", "animal", "Elephantidae"), ("deer", "animal", "Cervidae"))
FIRE = card(("smoke", "smoke", None), ("flame", "fire", None))


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> Pictures:
    return Pictures(database_url, db, tmp_path)


@pytest.fixture
def cloud(world: Pictures) -> Iterator[Cloud]:
    """The service with a researcher's token."""
    with running(world) as serving:
        yield Cloud(serving.url, world.token("researcher"))


def by_id(catalogue: Catalogue) -> dict[str, Picture]:
    return {picture.path.stem: picture for picture in catalogue.pictures}


def test_from_a_correction_to_pictures_to_train_on(world: Pictures, cloud: Cloud, tmp_path: Path) -> None:
    # Two cameras: at the ridge an event of two pictures and one an hour later, at the lick one more.
    first, second, later, lick = (
        world.picture(world.ridge, 0),
        world.picture(world.ridge, 20),
        world.picture(world.ridge, 80),
        world.picture(world.lick, 0),
    )
    for media in (first, second, later, lick):
        world.propose(media, "Elephantidae", confidence=0.5)  # what the model says, wrongly
    unlabelled = world.picture(world.ridge, 90)
    world.propose(unlabelled, confidence=0.5)
    unnamed = world.picture(world.ridge, 95)
    with world.client("manager") as client:
        assert put(client, first, 0, DEER, BOAR).status_code == 200
        put(client, second, 0)
        put(client, later, 0, BOAR)
        put(client, later, 1, DEER)  # corrected once more
        put(client, lick, 0, DEER)
        put(client, unnamed, 0, DEER, {"kind": "unknown", "box": BOX})
    out = tmp_path / "pulled"
    pulled = pull(cloud, "foping", out, licence="CC-BY-4.0", card=WILDLIFE, val=0.25)
    assert (pulled.fetched, pulled.negatives, pulled.undecided) == (4, 0, 1)

    catalogue = open_data(out / "catalogue.jsonl")
    pictures = by_id(catalogue)
    assert pictures.keys() == {str(media) for media in (first, second, later, lick)}
    assert catalogue.classes == ("elephant", "deer", "Sus scrofa")
    assert catalogue.sources["foping"].licence == "CC-BY-4.0"
    one = pictures[str(first)]
    assert one.path.read_bytes()[:2] == b"\xff\xd8"
    assert [label.name for label in one.labels] == ["deer", "Sus scrofa"]
    deer = one.labels[0]
    assert (deer.x, deer.y, deer.width, deer.height) == pytest.approx((0.1, 0.2, 0.3, 0.4), abs=1e-3)
    assert deer.score is None  # by a person
    assert one.site == f"foping/{world.ridge}"
    assert one.taken_at == NOON
    assert pictures[str(second)].labels == ()
    assert one.sequence == pictures[str(second)].sequence != pictures[str(later)].sequence
    assert pictures[str(later)].taken_at == NOON + timedelta(minutes=80)
    assert [label.name for label in pictures[str(later)].labels] == ["deer"]

    # One camera is for validation, by its id, and never on both sides; the recipe trains what it names.
    check_split(catalogue, quiet=True)
    recipe = Recipe.model_validate(
        {"name": "toy", "seed": 0, "classes": ["deer"], "stages": [{"name": "all", "epochs": 1}]}
    )
    config = lay_out(recipe, recipe.stages[0], catalogue, tmp_path / "laid")
    laid = {
        (path.parent.name, path.stem): path.read_text().splitlines()
        for path in (config.parent / "labels").glob("*/*.txt")
    }
    ridge, other = one.split, pictures[str(lick)].split
    assert {ridge, other} == {"train", "val"}
    assert laid == {
        (ridge, str(first)): ["0 0.250000 0.400000 0.300000 0.400000"],
        (ridge, str(second)): [],
        (ridge, str(later)): ["0 0.250000 0.400000 0.300000 0.400000"],
        (other, str(lick)): ["0 0.250000 0.400000 0.300000 0.400000"],
    }


def test_false_alarms_are_pictures_without_fire(world: Pictures, cloud: Cloud, tmp_path: Path) -> None:
    alarm, corrected, fire = (world.picture(world.ridge, minutes) for minutes in range(3))
    world.suspect(alarm, "false_alarm")
    world.suspect(corrected, "false_alarm")
    world.suspect(fire, "closed")
    deer = world.picture(world.lick)
    with world.client("manager") as client:
        put(client, corrected, 0, SMOKE)  # there was smoke after all
        put(client, deer, 0, DEER)
    pulled = pull(cloud, "foping", tmp_path / "fire", licence="own", card=FIRE)
    pictures = by_id(pulled.catalogue)
    assert pictures.keys() == {str(alarm), str(corrected), str(deer)}
    assert (pictures[str(alarm)].labels, pictures[str(alarm)].labelled_for) == ((), ("smoke", "flame"))
    assert [label.name for label in pictures[str(corrected)].labels] == ["smoke"]
    assert pictures[str(corrected)].labelled_for is None
    # Nobody looked for animals there.
    animals = pull(cloud, "foping", tmp_path / "wildlife", licence="own", card=WILDLIFE)
    assert by_id(animals.catalogue).keys() == {str(corrected), str(deer)}


def test_pulled_again(world: Pictures, cloud: Cloud, tmp_path: Path) -> None:
    places = [world.ridge, world.lick]
    media = [world.picture(place, minutes) for minutes in (0, 1, 2) for place in places]
    with world.client("manager") as client:
        for one in media:
            put(client, one, 0, DEER)
        first = pull(cloud, "foping", tmp_path, licence="own", val=0.4)
        put(client, media[0], 1, BOAR)
        more = [world.picture(world.river, minutes) for minutes in range(20)]
        for one in more:
            put(client, one, 0, DEER)
    second = pull(cloud, "foping", tmp_path, licence="own", val=0.4)
    assert (first.fetched, second.fetched) == (6, 20)
    now = by_id(second.catalogue)
    assert [label.name for label in now[str(media[0])].labels] == ["Sus scrofa"]
    for name, picture in by_id(first.catalogue).items():
        assert now[name].split == picture.split
    assert {picture.split for picture in first.catalogue.pictures} == {"train", "val"}
    assert list((tmp_path / "images").glob("*.part")) == []


def sites(count: int, each: int = 10) -> Catalogue:
    return Catalogue(
        classes=("deer",),
        sources={"x": Source(title="x")},
        pictures=tuple(
            Picture(path=f"{s}-{n}.jpg", width=9, height=9, source="x", site=f"site {s}")
            for s in range(count)
            for n in range(each)
        ),
    )


@pytest.mark.parametrize("count", [2, 3, 10, 57])
def test_whole_sites_near_the_wanted_share(count: int) -> None:
    divided = divide(sites(count), 0.2)
    sides = {p.site: p.split for p in divided.pictures}
    assert len({(p.site, p.split) for p in divided.pictures}) == count
    held_out = sum(side == "val" for side in sides.values())
    assert held_out == max(1, round(0.2 * count))
    # More sites later, in whatever order: the old ones stay.
    grown = sites(count + 5)
    random.Random(3).shuffle(shuffled := list(grown.pictures))
    after = divide(grown.model_copy(update={"pictures": tuple(shuffled)}), 0.2, divided)
    assert {p.site: p.split for p in after.pictures if p.site in sides} == sides


def test_one_site_cannot_be_divided() -> None:
    assert {p.split for p in divide(sites(1), 0.2).pictures} == {"train"}
    assert {p.split for p in divide(sites(3), 0).pictures} == {None}


def test_what_goes_wrong_is_said(world: Pictures, cloud: Cloud, tmp_path: Path) -> None:
    with pytest.raises(ReviewError, match="nothing has been labelled in foping yet"):
        pull(cloud, "foping", tmp_path, licence="own")
    with pytest.raises(ReviewError, match=r"refuses \(404\): no such reserve: 'elsewhere'"):
        pull(cloud, "elsewhere", tmp_path, licence="own")
    with pytest.raises(ReviewError, match=r"refuses \(401\): log in"):
        pull(Cloud(cloud.url, "fwt_x"), "foping", tmp_path, licence="own")
    with pytest.raises(ReviewError, match="cannot reach"):
        pull(Cloud("http://127.0.0.1:9", "fwt_x"), "foping", tmp_path, licence="own")
    with pytest.raises(ReviewError, match="not an address"):
        pull(Cloud("file:///etc/passwd", "fwt_x"), "foping", tmp_path, licence="own")


def test_the_command(world: Pictures, cloud: Cloud, tmp_path: Path) -> None:
    media = world.picture(world.ridge)
    with world.client("manager") as client:
        put(client, media, 0, DEER)
    arguments = ["review", "pull", "--url", cloud.url, "--reserve", "foping", "--licence", "CC0-1.0"]
    done = CliRunner().invoke(
        cli.app, [*arguments, "--out", str(tmp_path / "out")], env={"FIELDWATCH_TOKEN": cloud.token}
    )
    assert done.exit_code == 0, done.output
    (picture,) = Catalogue.read(tmp_path / "out/catalogue.jsonl").pictures
    assert picture.labels == (Label(name="Cervidae", x=0.1, y=0.2, width=0.3, height=0.4),)
    wrong = CliRunner().invoke(cli.app, [*arguments, "--out", str(tmp_path), "--token", "fwt_x"])
    assert wrong.exit_code == 1
    assert "refuses (401)" in wrong.output
