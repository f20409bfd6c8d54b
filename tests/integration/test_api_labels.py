"""Review over HTTP: which pictures are worth a look, what people say of them, who may, what is kept."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from fieldwatch_cloud.api.routes import labels as routes
from fieldwatch_cloud.db import labels
from fieldwatch_cloud.db.rollups import roll_up
from fieldwatch_shared.ids import uuid7

from .api_world import NOON
from .labels_world import BOX, DEER, HEIGHT, WIDTH, Pictures, put

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database

REVIEW = "/api/v1/reserves/foping/review"
EVERY = {"share": 0}
"""No sample, so that only the reasons of a test are there."""


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> Pictures:
    return Pictures(database_url, db, tmp_path)


def listed(client: Any, **params: Any) -> dict[str, list[str]]:
    """Reasons by picture, in the order of the list."""
    response = client.get(REVIEW, params=EVERY | params)
    assert response.status_code == 200, response.text
    return {item["media_id"]: item["reasons"] for item in response.json()["items"]}


def test_each_reason_and_their_order(world: Pictures) -> None:
    known = world.picture(world.ridge, -60)
    world.propose(known)  # the first of its species at the ridge
    sure = world.picture(world.ridge, 0)
    world.propose(sure)
    unsure = world.picture(world.ridge, 1)
    world.propose(unsure, confidence=0.5)
    less_unsure = world.picture(world.ridge, 2)
    world.propose(less_unsure, confidence=0.6)
    torn = world.picture(world.ridge, 3)
    world.propose(torn)
    world.propose(torn, "Sus scrofa", box="{0.12,0.2,0.3,0.4}")
    beside = world.picture(world.ridge, 4)  # two taxa, side by side: no disagreement
    world.propose(beside)
    world.propose(beside, "Sus scrofa", box="{0.5,0.2,0.3,0.4}")
    no_fire = world.picture(world.lick, 5)
    world.suspect(no_fire, "false_alarm")
    fire = world.picture(world.lick, 6)
    world.suspect(fire, "closed")
    abroad = world.picture(world.abroad)
    world.propose(abroad, confidence=0.5)
    with world.client("ranger") as client:
        found = listed(client)
    assert found == {
        str(no_fire): ["false_alarm"],
        str(torn): ["disagreement", "first_of_species"],  # of the boar
        str(known): ["first_of_species"],
        str(unsure): ["low_confidence"],
        str(less_unsure): ["low_confidence"],
    }
    assert list(found) == [str(m) for m in (no_fire, torn, known, unsure, less_unsure)]


def test_filters(world: Pictures) -> None:
    deer, boar, here = (
        world.picture(world.ridge),
        world.picture(world.ridge, 10),
        world.picture(world.lick, 20),
    )
    world.propose(deer)
    world.propose(boar, "Sus scrofa")
    world.propose(here, confidence=0.5)
    with world.client("researcher") as client:
        assert listed(client, taxon="Sus scrofa").keys() == {str(boar)}
        assert listed(client, deployment=str(world.lick)).keys() == {str(here)}
        assert listed(client, reason="low_confidence").keys() == {str(here)}
        assert listed(client, reason=["low_confidence", "first_of_species"]).keys() == {
            str(m) for m in (deer, boar, here)
        }
        at = (NOON + timedelta(minutes=10)).isoformat()
        assert listed(client, to=at).keys() == {str(deer)}
        assert listed(client, **{"from": at}).keys() == {str(boar), str(here)}
        assert listed(client, threshold=0.95, band=0.01, reason="low_confidence").keys() == {
            str(deer),
            str(boar),
        }
        # A person's taxon is found as the model's is.
        assert put(client, here, 0, DEER | {"scientific_name": "Budorcas taxicolor"}).status_code == 200
        assert listed(client, taxon="Budorcas taxicolor").keys() == {str(here)}
        assert listed(client, reviewed=True).keys() == {str(here)}
        assert listed(client, reviewed=False).keys() == {str(deer), str(boar)}


def test_all_that_is_unsure_or_rare(world: Pictures) -> None:
    """Also what has no other reason to be looked at: whoever asks for it wants all of it."""
    deer = [world.picture(world.ridge, 60 * hour) for hour in range(4)]
    for picture, confidence in zip(deer, (0.95, 0.8, 0.3, 0.7), strict=True):
        world.propose(picture, confidence=confidence)
    boar = world.picture(world.lick, 10)
    world.propose(boar, "Sus scrofa", confidence=0.9)
    again = world.picture(world.lick, 20)
    world.propose(again, "Sus scrofa", confidence=0.9)
    roll_up(world.db)
    with world.client("researcher") as client:
        between = listed(client, min_confidence=0.7, max_confidence=0.8)
        assert between.keys() == {str(deer[1]), str(deer[3])}
        assert listed(client, max_confidence=0.5).keys() == {str(deer[2])}
        assert listed(client, rarest=1).keys() == {str(boar), str(again)}, "two pictures of one event"
        assert listed(client, rarest=1, min_confidence=0.95) == {}
        assert listed(client, rarest=4).keys() == {str(m) for m in (*deer, boar, again)}
        progress = client.get(f"{REVIEW}/progress", params=EVERY | {"max_confidence": 0.8}).json()
        assert (progress["media"], progress["waiting"]) == (3, 3)
        assert (
            put(client, again, 0, DEER | {"scientific_name": "Capricornis milneedwardsii"}).status_code == 200
        )
        roll_up(world.db)
        assert listed(client, rarest=1).keys() == {str(boar), str(again)}, "what a person named is rare, too"
        assert client.get(REVIEW, params={"min_confidence": 2}).status_code == 422


def test_pages_hold_everything_once_in_one_order(world: Pictures) -> None:
    for minutes in range(11):
        world.propose(world.picture(world.ridge, minutes // 3), confidence=0.5 + minutes % 2 / 10)
    with world.client("ranger") as client:
        whole = list(listed(client))
        got, cursor = [], None
        while True:
            page = client.get(REVIEW, params=EVERY | {"limit": 3} | ({"cursor": cursor} if cursor else {}))
            got += [item["media_id"] for item in page.json()["items"]]
            if (cursor := page.json()["next_cursor"]) is None:
                break
        assert got == whole
        assert len(got) == 11
        strange = client.get(REVIEW, params={"cursor": "x"})
    assert strange.status_code == 422
    assert strange.json()["errors"][0]["field"] == "query.cursor"


def test_of_very_many_the_newest_are_weighed_and_the_others_can_be_had(
    world: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "AT_ONCE", 5)
    every = [world.picture(world.ridge if m % 2 else world.lick, m // 2) for m in range(12)]
    for media in every:
        world.propose(media, confidence=0.5)

    def walk(**params: Any) -> tuple[list[str], str | None]:
        got, more, since = [], {}, set()
        while True:
            page = client.get(REVIEW, params=EVERY | {"limit": 2} | params | more).json()
            got += [item["media_id"] for item in page["items"]]
            since.add(page["weighed_from"])
            if page["next_cursor"] is None:
                assert len(since) == 1  # on all pages
                return got, *since
            # What arrives while somebody turns pages moves no page.
            world.propose(world.picture(world.lick, 600), confidence=0.2)
            more = {"cursor": page["next_cursor"]}

    with world.client("ranger") as client:
        parts, until = [], (NOON + timedelta(minutes=10)).isoformat()
        progress = client.get(f"{REVIEW}/progress", params=EVERY).json()
        while until:
            some, until = walk(to=until)
            parts.append(set(some))
        # Two were taken at a time, and neither is torn from the other; nothing is older than the last two.
        assert [len(part) for part in parts] == [6, 6, 0]
        assert set.union(*parts) == {str(media) for media in every}
        assert (progress["media"], progress["weighed_from"]) == (6, "2026-05-04T12:03:00Z")
        assert walk(deployment=str(world.lick), to=(NOON + timedelta(minutes=5)).isoformat())[1] is None


def test_what_takes_too_long_says_how_to_ask_for_less(
    world: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels, "TIME_LIMIT", "1ms")
    for minutes in range(50):
        world.propose(world.picture(world.ridge, minutes))
    with world.client("ranger") as client:
        for path in (REVIEW, f"{REVIEW}/progress", "/api/v1/reserves/foping/labels/export?format=coco"):
            answer = client.get(path)
            assert answer.status_code == 422, path
            assert answer.headers["content-type"] == "application/problem+json"
            assert "ask for a shorter span (from, to), for one deployment" in answer.json()["detail"]
        assert client.get("/api/v1/reserves/foping/taxa").status_code == 200  # the limit ended with its query


def test_what_another_reserve_proposes_for_a_picture_does_not_count(world: Pictures) -> None:
    mine, theirs = world.picture(world.ridge), world.picture(world.abroad)
    strange = world.propose(theirs, confidence=0.5)
    with world.db.transaction() as conn:  # as a node could send it
        conn.execute("UPDATE observation SET media_id = %s WHERE id = %s", (mine, strange))
    with world.client("admin") as client:
        assert listed(client) == {}
        assert client.get(f"/api/v1/media/{mine}/review").json()["proposals"] == []


def test_the_sample_is_the_same_for_all_and_of_its_size(world: Pictures) -> None:
    media = {str(world.picture(world.ridge, minutes)) for minutes in range(200)}
    with world.client("ranger") as client:
        one = listed(client, share=0.3, limit=200)
        # Nothing else that is asked for changes who is in it.
        again = listed(client, share=0.3, limit=200, reason="random", threshold=0.1)
        larger = listed(client, share=0.6, limit=200)
        other = listed(client, share=0.3, seed=1, limit=200)
        assert listed(client, share=1, limit=200).keys() == media
    assert one.keys() == again.keys() < larger.keys()
    assert 35 <= len(one) <= 85  # four standard deviations
    assert one.keys() != other.keys()


def test_one_picture_in_full(world: Pictures) -> None:
    media = world.picture(world.ridge)
    proposal = world.propose(media, confidence=0.55)
    with world.client("researcher") as client:
        detail = client.get(f"/api/v1/media/{media}/review").json()
        assert detail["picture"] == f"/api/v1/media/{media}"
        assert client.get(detail["picture"]).status_code == 200
        assert (detail["width"], detail["height"], detail["deployment_name"]) == (WIDTH, HEIGHT, "ridge")
        assert detail["reasons"] == ["first_of_species", "low_confidence"]
        assert detail["proposals"] == [
            {
                "id": str(proposal),
                "kind": "animal",
                "scientific_name": "Cervidae",
                "box": BOX,
                "count": 1,
                "confidence": 0.55,
                "model": "wildlife@1",
            }
        ]
        assert (detail["revision"], detail["labels"], detail["history"]) == (0, None, [])
        assert detail["may_label"]
    with world.client("ranger") as client:
        assert not client.get(f"/api/v1/media/{media}/review").json()["may_label"]
    with world.client("stranger") as client:
        assert client.get(f"/api/v1/media/{media}/review").status_code == 404
        assert client.get(f"/api/v1/media/{uuid7()}/review").status_code == 404


def test_labels_are_revisions_and_the_newest_counts(world: Pictures) -> None:
    media = world.picture(world.ridge, 7)
    herd = DEER | {"count": 12}
    person = {"kind": "human", "box": {"x": 0.5, "y": 0, "width": 0.5, "height": 1}}
    smoke = {"kind": "smoke", "box": {"x": 0, "y": 0, "width": 1, "height": 0.1}}
    with world.client("researcher") as client:
        first = put(client, media, 0, herd, person, smoke)
        assert first.status_code == 200, first.text
        assert first.json()["labels"] == [
            herd,
            person | {"scientific_name": "Homo sapiens", "count": 1},
            smoke | {"scientific_name": None, "count": 1},
        ]
        assert (first.json()["revision"], first.json()["source"]) == (1, "web")
        assert first.json()["account"] == "Researcher"
        assert put(client, media, 1).json()["labels"] == []  # on a second look: nothing there
        detail = client.get(f"/api/v1/media/{media}/review").json()
        assert detail["labels"] == []
        assert [revision["revision"] for revision in detail["history"]] == [2, 1]
        assert detail["history"][1] == first.json()
    with world.db.transaction() as conn:
        # What counting will read: place and time of the picture, what, how many, by whom.
        rows = conn.execute(
            "SELECT l.deployment_id, l.observed_at, observation_type::text, fire_kind, scientific_name,"
            " count, revision, a.name FROM label l JOIN account a ON a.id = account_id ORDER BY number"
        ).fetchall()
        assert conn.execute("SELECT count(*) FROM current_label").fetchone() == (0,)
    place = (world.ridge, NOON + timedelta(minutes=7))
    assert rows == [
        (*place, "animal", None, "Cervidae", 12, 1, "Researcher"),
        (*place, "human", None, "Homo sapiens", 1, 1, "Researcher"),
        (*place, None, "smoke", None, 1, 1, "Researcher"),
    ]


def test_who_comes_second_sees_what_the_first_said(world: Pictures) -> None:
    media = world.picture(world.ridge)
    with world.client("researcher") as one, world.client("manager") as two:
        assert put(one, media, 0, DEER).status_code == 200
        late = put(two, media, 0)
        assert late.status_code == 409
        assert late.headers["content-type"] == "application/problem+json"
        assert "based on revision 0, and the picture is at 1" in late.json()["detail"]
        assert late.json()["current"]["account"] == "Researcher"
        assert late.json()["current"]["labels"] == [DEER | {"count": 1}]
        assert put(two, media, late.json()["current"]["revision"]).status_code == 200
        # A revision that never was is no base either.
        unlabelled = world.picture(world.ridge)
        assert put(two, unlabelled, 3).status_code == 409


def test_the_same_sent_again_is_answered_again(world: Pictures) -> None:
    media = world.picture(world.ridge)
    with world.client("researcher") as one, world.client("manager") as two:
        first = put(one, media, 0, DEER)
        again = put(one, media, 0, DEER)  # the first answer was lost on the way
        assert (again.status_code, again.json()) == (200, first.json())
        assert put(one, media, 0, DEER, DEER).status_code == 409
        assert put(two, media, 0, DEER).status_code == 409  # somebody else's word is not mine
        put(two, media, 1)
        assert put(one, media, 0, DEER).status_code == 409
        history = one.get(f"/api/v1/media/{media}/review").json()["history"]
    assert [revision["revision"] for revision in history] == [2, 1]


def test_of_many_at_once_one_is_first(world: Pictures) -> None:
    media = world.picture(world.ridge)
    answers: list[int] = []
    with world.client("researcher") as client:
        threads = [
            threading.Thread(
                target=lambda n=n: answers.append(
                    put(client, media, 0, DEER | {"count": n}).status_code  # each says something else
                )
            )
            for n in range(1, 7)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(answers) == [200, *[409] * 5]


@pytest.mark.parametrize(
    ("who", "status"),
    [("admin", 200), ("manager", 200), ("researcher", 200), ("ranger", 403), ("technician", 403),
     ("stranger", 404), ("nobody", 404)],
)  # fmt: skip
def test_who_may_label(world: Pictures, who: str, status: int) -> None:
    media = world.picture(world.ridge)
    with world.client(who) as client:
        assert put(client, media, 0, DEER).status_code == status


@pytest.mark.parametrize(
    ("label", "says"),
    [
        (DEER | {"kind": "blank"}, "Input should be"),
        (DEER | {"box": BOX | {"width": 0.95}}, "reaches out of the picture"),
        (DEER | {"box": BOX | {"height": 0}}, "above 0"),
        (DEER | {"box": BOX | {"x": -0.1}}, "greater than or equal to 0"),
        (DEER | {"count": 0}, "greater than or equal to 1"),
        (DEER | {"scientific_name": "  "}, "at least 1 character"),
        (DEER | {"box": BOX | {"width": 1e-50}}, "above 0"),
        (DEER | {"scientific_name": "smoke"}, "'smoke' is no animal's"),
        (DEER | {"scientific_name": "Homo  sapiens"}, "'Homo sapiens' is no animal's"),
        (DEER | {"scientific_name": "Sus\x00scrofa"}, "printable"),
        (DEER | {"kind": "vehicle"}, "only animals have a scientific_name"),
        (DEER | {"kind": "human"}, "a human is Homo sapiens"),
        (DEER | {"taxon": "Cervidae"}, "Extra inputs are not permitted"),
    ],
)
def test_a_label_that_cannot_be_is_refused(world: Pictures, label: dict[str, Any], says: str) -> None:
    media = world.picture(world.ridge)
    with world.client("researcher") as client:
        answer = put(client, media, 0, label)
    assert answer.status_code == 422
    assert says in answer.json()["detail"]
    assert answer.json()["errors"][0]["field"].startswith("body.labels.0")


@pytest.mark.parametrize("table", ["label", "label_revision"])
@pytest.mark.parametrize("change", ["UPDATE {} SET revision = 2", "DELETE FROM {}"])
def test_labels_are_never_altered(world: Pictures, table: str, change: str) -> None:
    from fieldwatch_cloud.errors import RowRefusedError

    media = world.picture(world.ridge)
    with world.client("researcher") as client:
        put(client, media, 0, DEER)
    with pytest.raises(RowRefusedError, match="never altered"), world.db.transaction() as conn:
        conn.execute(change.format(table))


def test_progress_counts_pictures(world: Pictures) -> None:
    unsure = [world.picture(world.ridge, minutes) for minutes in range(4)]
    for media in unsure:
        world.propose(media, confidence=0.5)
    plain = world.picture(world.ridge, 9)
    with world.client("researcher") as client:
        put(client, unsure[0], 0, DEER)
        put(client, unsure[0], 1)
        put(client, plain, 0)
        progress = client.get(f"{REVIEW}/progress", params=EVERY).json()
    by_reason = {row["reason"]: (row["waiting"], row["reviewed"]) for row in progress.pop("by_reason")}
    assert progress == {"media": 5, "reviewed": 2, "waiting": 3, "weighed_from": None}
    assert by_reason == {
        "false_alarm": (0, 0),
        "disagreement": (0, 0),
        "first_of_species": (0, 1),
        "low_confidence": (3, 1),
        "random": (0, 0),
    }


def test_taxa_to_choose_from(world: Pictures) -> None:
    world.propose(world.picture(world.ridge))
    world.propose(world.picture(world.lick), "Sus scrofa")
    world.observe(world.ridge, 1, name="Panthera pardus")  # without a picture
    media = world.picture(world.ridge)
    world.propose(world.picture(world.abroad), "Elephantidae")
    with world.client("researcher") as client:
        put(client, media, 0, DEER, DEER | {"scientific_name": None}, {"kind": "vehicle", "box": BOX})
        put(client, media, 1, DEER, DEER, {"kind": "vehicle", "box": BOX})
        items = client.get("/api/v1/reserves/foping/taxa").json()["items"]
    assert [tuple(item.values()) for item in items] == [
        ("animal", "Cervidae", 2, True),
        ("vehicle", None, 1, False),
        ("animal", "Sus scrofa", 0, True),
    ]
