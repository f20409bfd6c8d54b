"""Counts over HTTP, with truths that can be checked by eye."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from fieldwatch_cloud.counts.methods.rate import rate
from fieldwatch_cloud.db import counts, geography, rollups, sensitive
from fieldwatch_cloud.db.pool import Database
from fieldwatch_shared.ids import uuid7

from .api_world import NOON, SQUARE, World

DAY = 24 * 60


@pytest.fixture
def world(database_url: str, db: Database, tmp_path) -> World:
    return World(database_url, db, tmp_path)


def question(**fields) -> dict:
    return {
        "area": SQUARE,
        "from": (NOON - timedelta(days=1)).isoformat(),
        "to": (NOON + timedelta(days=1)).isoformat(),
    } | fields


def test_counts_by_polygon(world: World) -> None:
    world.look(world.ridge, -DAY, DAY)
    world.look(world.lick, 0, DAY / 2)
    world.look(world.lick, 0, DAY / 2)  # told twice, looked once
    world.look(world.river, -DAY, DAY)
    # At the ridge: three overlap, then one joins within 30 min, then one comes an hour later.
    for minutes, lasts, count in [(0, 10, 1), (5, 10, 2), (8, 1, 1), (40, 1, 1), (101, 1, 2)]:
        world.observe(world.ridge, minutes, lasts=lasts, count=count)
    world.observe(world.lick, 5)
    world.observe(world.river, 5, count=7)  # out of the area
    world.observe(world.abroad, 5, count=7)  # in the area, but another reserve's
    world.observe(world.ridge, 5, name=None, kind="human")
    world.observe(world.ridge, 6, name=None, kind="blank")
    world.observe(world.ridge, 2 * DAY)  # after the span
    with world.client("researcher") as client:
        response = client.post("/api/v1/reserves/foping/counts", json=question())
    assert response.status_code == 200, response.text
    answer = response.json()
    assert answer["status"] == "observed"
    assert answer["area_km2"] == pytest.approx(102.9, abs=0.1)
    assert answer["deployments"] == {"in_area": 2, "looked": 2}
    assert answer["effort"]["camera_days"] == pytest.approx(2.5)
    panda, human = answer["species"]
    assert panda | {"rate_per_100_camera_days": None} == {
        "scientific_name": "Ailuropoda melanoleuca",
        "observation_type": "animal",
        "observations": 6,
        "labelled": 0,
        "individuals": 4 + 2 + 1,  # the ridge's two events, the lick's one
        "events": 3,
        "max_count": 4,
        "deployments": 2,
        "rate_per_100_camera_days": None,
    }
    assert panda["rate_per_100_camera_days"]["estimate"] == pytest.approx(120)
    assert human["observation_type"] == "human"
    assert human["events"] == 1
    assert answer["query"]["from"] == "2026-05-03T12:00:00Z"


def test_nobody_looked_is_not_zero(world: World) -> None:
    world.look(world.river, -DAY, DAY)
    with world.client("researcher") as client:
        answer = client.post(
            "/api/v1/reserves/foping/counts", json=question(taxa=["Ursus thibetanus"])
        ).json()
    assert answer["status"] == "not_observed"
    assert answer["species"] is None
    assert answer["effort"]["camera_days"] == 0
    assert answer["deployments"] == {"in_area": 2, "looked": 0}
    assert "not zero" in answer["assumptions"][0]
    assert answer["assumption_codes"][0] == "not_observed"
    assert len(answer["assumption_codes"]) == len(answer["assumptions"])


def test_looked_and_not_seen_has_an_upper_bound(world: World) -> None:
    world.look(world.ridge, -DAY, DAY)
    world.observe(world.ridge, 0)
    with world.client("researcher") as client:
        answer = client.post(
            "/api/v1/reserves/foping/counts", json=question(taxa=["Ursus thibetanus"])
        ).json()
    (bear,) = answer["species"]
    assert (bear["events"], bear["individuals"], bear["observations"]) == (0, 0, 0)
    assert bear["rate_per_100_camera_days"]["low"] == 0
    assert bear["rate_per_100_camera_days"]["high"] == pytest.approx(3.6889 / 2 * 100, rel=1e-4)


def test_a_rate_is_of_the_cameras_that_looked(world: World) -> None:
    """One saw four, another looked in vain, the third reported no effort: what it saw is counted, and in no
    rate."""
    world.look(world.ridge, -DAY, DAY)
    world.look(world.river, -DAY, DAY)
    for minutes in (0, 60, 120, 180):
        world.observe(world.ridge, minutes)
    world.observe(world.lick, 5)
    with world.client("researcher") as client:
        answer = client.post("/api/v1/reserves/foping/counts", json=question(area=None)).json()
    (panda,) = answer["species"]
    assert (panda["events"], panda["deployments"], answer["observations_without_effort"]) == (5, 2, 1)
    expected = rate([4, 0], [2, 2]).estimates[0]
    told = panda["rate_per_100_camera_days"]
    assert (told["estimate"], told["low"], told["high"], told["method"]) == (
        pytest.approx(100),
        pytest.approx(expected.low),
        pytest.approx(expected.high),
        expected.method,
    )
    codes = {line["code"] for line in answer["verdict"]}
    assert {"without_effort", "dispersion_unknown", "few_events"} <= codes
    assert "rate_interval" in answer["assumption_codes"]


def test_observations_whose_effort_has_not_arrived_are_told(world: World) -> None:
    world.observe(world.ridge, 0)
    with world.client("researcher") as client:
        answer = client.post("/api/v1/reserves/foping/counts", json=question()).json()
    assert answer["species"] is None
    assert answer["observations_without_effort"] == 1
    assert any("without reported effort" in sentence for sentence in answer["assumptions"])


def test_a_span_takes_what_starts_in_it(world: World) -> None:
    world.look(world.ridge, -DAY, DAY)
    world.observe(world.ridge, -1, lasts=5)  # began before
    world.observe(world.ridge, 0)  # at the very start
    world.observe(world.ridge, 59, lasts=60)  # lasts beyond the end
    world.observe(world.ridge, 60)  # at the very end
    span = {"from": NOON.isoformat(), "to": (NOON + timedelta(hours=1)).isoformat()}
    with world.client("researcher") as client:
        answer = client.post("/api/v1/reserves/foping/counts", json=question(**span)).json()
    (panda,) = answer["species"]
    assert panda["observations"] == 2
    assert answer["effort"]["camera_days"] == pytest.approx(1 / 24)


def test_confidence_and_whole_reserve(world: World) -> None:
    world.look(world.river, 0, DAY)
    world.observe(world.river, 0, confidence=0.9)
    world.observe(world.river, 50, confidence=0.4)
    with world.client("researcher") as client:
        body = question(area=None, min_confidence=0.9)
        answer = client.post("/api/v1/reserves/foping/counts", json=body).json()
    assert answer["species"][0]["observations"] == 1  # 0.9 as it was sent, whatever a real rounds it to
    assert answer["deployments"]["in_area"] == 3
    assert answer["area_km2"] is None
    assert answer["query"]["whole_reserve"]


@pytest.mark.parametrize(
    ("area", "says"),
    [
        (
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]},
            "crosses or touches itself at longitude 0.5",
        ),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0]]]}, "needs at least 4"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1]]]}, "not closed"),
        (
            {"type": "Polygon", "coordinates": [[[33, 107], [34, 107], [34, 108], [33, 107]]]},
            "latitude 107.0",
        ),
        ({"type": "Polygon", "coordinates": [[[200, 1], [34, 1], [34, 2], [200, 1]]]}, "longitude 200.0"),
        ({"type": "Polygon", "coordinates": []}, "no ring"),
        (
            {"type": "Polygon", "coordinates": [[[0, 0]] + [[i / 1e4, 1] for i in range(10_000)] + [[0, 0]]]},
            "10002 vertices",
        ),
        ({"type": "Feature", "geometry": SQUARE}, "send its geometry"),
        ({"type": "Point", "coordinates": [1, 2]}, "Polygon"),
        ("everything", "object"),
    ],
)
def test_a_bad_polygon_is_told_what_is_wrong(world: World, area, says: str) -> None:
    with world.client("researcher") as client:
        response = client.post("/api/v1/reserves/foping/counts", json=question(area=area))
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert says in problem["detail"]
    assert problem["errors"][0]["field"].startswith("body.area")


def test_a_span_must_run_forwards(world: World) -> None:
    with world.client("researcher") as client:
        response = client.post(
            "/api/v1/reserves/foping/counts", json=question(to=NOON.isoformat(), **{"from": NOON.isoformat()})
        )
    assert response.status_code == 422
    assert "to must lie after from" in response.json()["detail"]


def test_a_question_that_takes_too_long_is_told_to_be_narrowed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurried = {**counts.SQL, "not_for_ever": b"SET LOCAL statement_timeout = '100ms'"}
    monkeypatch.setattr(counts, "SQL", hurried)
    with world.client("researcher") as client, world.db.transaction() as conn:
        conn.execute("LOCK TABLE deployment IN ACCESS EXCLUSIVE MODE")
        response = client.post("/api/v1/reserves/foping/counts", json=question())
    assert response.status_code == 422
    assert "a smaller area or a shorter span" in response.json()["detail"]


def labelled(world: World, deployment: UUID, minutes: float, boxes: list[tuple[str, int]]) -> UUID:
    """A picture that the model took for a panda, and what a person then saw in it."""
    picture, observation = uuid7(), world.observe(deployment, minutes, lasts=2)
    at = NOON + timedelta(minutes=minutes)
    with world.db.transaction() as conn:
        (account,) = conn.execute("SELECT id FROM account LIMIT 1").fetchone()
        conn.execute(
            "INSERT INTO media (id, deployment_id, observed_at, mime, sha256, bytes, width, height,"
            " clock_quality) VALUES (%s, %s, %s, 'image/jpeg', '', 1, 1, 1, 'ntp')",
            (picture, deployment, at),
        )
        conn.execute("UPDATE observation SET media_id = %s WHERE id = %s", (picture, observation))
        conn.execute("INSERT INTO label_revision VALUES (%s, 1, %s, now(), 'web')", (picture, account))
        for number, (name, count) in enumerate(boxes):
            conn.execute(
                "INSERT INTO label (media_id, revision, number, deployment_id, observed_at,"
                " observation_type, scientific_name, count, box, account_id)"
                " VALUES (%s, 1, %s, %s, %s, 'animal', %s, %s, '{0,0,1,1}', %s)",
                (picture, number, deployment, at, name, count, account),
            )
    return picture


def test_what_a_person_says_counts_and_can_be_traced_to_its_pictures(world: World) -> None:
    world.look(world.ridge, -DAY, DAY)
    with world.client("researcher") as client:
        takins = [
            labelled(world, world.ridge, minutes, [("Budorcas taxicolor", 2)]) for minutes in (0, 10, 90)
        ]
        blank = labelled(world, world.ridge, 300, [])
        world.observe(world.ridge, 95, name="Budorcas taxicolor")
        for _ in range(2):
            answer = client.post("/api/v1/reserves/foping/counts", json=question()).json()
            (takin,) = answer["species"]
            assert takin["scientific_name"] == "Budorcas taxicolor"
            assert (takin["events"], takin["observations"], takin["labelled"]) == (2, 4, 3)
            assert answer["labelled"] == 3
            assert {line["code"] for line in answer["verdict"]} >= {
                "share_confirmed",
                "photo_rate",
                "one_site",
            }
            traced, cursor = [], None
            while cursor is not None or not traced:
                page = client.post(
                    "/api/v1/reserves/foping/counts/trace",
                    json=question(taxon="Budorcas taxicolor"),
                    params={"limit": 1} | ({"cursor": cursor} if cursor else {}),
                ).json()
                traced += page["items"]
                cursor = page["next_cursor"]
            assert [(e["observations"], e["labelled"], e["max_n"]) for e in traced] == [(2, 2, 2), (2, 1, 2)]
            assert [e["media"] for e in traced] == [[str(takins[0]), str(takins[1])], [str(takins[2])]]
            assert str(blank) not in str(traced)
            rollups.roll_up(world.db)  # and again, from kept sums


def test_a_clock_that_was_wrong_moves_everything_of_its_deployment(world: World) -> None:
    world.look(world.ridge, -60, 60)
    world.observe(world.ridge, 0)
    later = {
        "from": (NOON + timedelta(days=9)).isoformat(),
        "to": (NOON + timedelta(days=11)).isoformat(),
    }
    with world.client("researcher") as client:
        with world.db.transaction() as conn:
            conn.execute(
                "INSERT INTO clock_correction (id, deployment_id, offset_s, account_id)"
                " SELECT %s, %s, 864000, id FROM account",
                (uuid7(), world.ridge),
            )
        then = client.post("/api/v1/reserves/foping/counts", json=question(**later)).json()
        now = client.post("/api/v1/reserves/foping/counts", json=question()).json()
    assert then["effort"]["camera_days"] == pytest.approx(2 / 24)
    assert then["species"][0]["events"] == 1
    assert now["status"] == "not_observed"


def test_a_zone_and_a_rule(world: World) -> None:
    world.look(world.ridge, -DAY, DAY)
    world.look(world.river, -DAY, DAY)
    for minutes in (0, 20, 40, 60):
        world.observe(world.ridge, minutes, lasts=0)
    with world.db.transaction() as conn:
        zone = geography.add_zone(conn, reserve=world.foping, name="Ridge", area=json.dumps(SQUARE))
    body = question(area=None, zone=str(zone))
    with world.client("researcher") as client:
        by_last = client.post("/api/v1/reserves/foping/counts", json=body).json()
        by_first = client.post(
            "/api/v1/reserves/foping/counts", json=body | {"rule": "last_independent_record"}
        ).json()
        strange = client.post("/api/v1/reserves/foping/counts", json=body | {"zone": str(uuid7())})
        both = client.post("/api/v1/reserves/foping/counts", json=body | {"area": SQUARE})
    assert by_last["deployments"]["in_area"] == 2
    assert by_last["query"]["zone"] == str(zone)
    assert not by_last["query"]["whole_reserve"]
    assert by_last["species"][0]["events"] == 1
    assert by_first["species"][0]["events"] == 2
    assert "the record that opened" in by_first["assumptions"][0]
    assert strange.status_code == 404
    assert both.status_code == 422


def test_where_sensitive_species_are_is_not_told_to_everybody(world: World) -> None:
    with world.db.transaction() as conn:
        sensitive.replace(conn, world.foping, {"Ailuropoda melanoleuca": 10_000})
    body = question(taxon="Ailuropoda melanoleuca")
    with world.client("ranger") as client:
        assert client.post("/api/v1/reserves/foping/counts/trace", json=body).status_code == 403
    with world.client("manager") as client:
        assert client.post("/api/v1/reserves/foping/counts/trace", json=body).json()["items"] == []


def test_newest_records_tell_of_detectors_and_clocks(world: World) -> None:
    def lately(client: TestClient) -> list[str]:
        answer = client.post("/api/v1/reserves/foping/counts", json=question()).json()
        told = [one["text"] for one in answer["verdict"] if one["code"].endswith("_newest")]
        return sorted(text.split(":")[0] for text in told)

    unmeasured = (
        "cameras the newest record comes from a detector whose errors on labelled pictures are not known"
    )
    for camera in (world.ridge, world.lick):
        world.look(camera, -DAY, DAY)
        world.observe(camera, 0)
        world.observe(camera, 2 * DAY)  # after the span
    first = world.observe(world.lick, -DAY + 1)
    with world.db.transaction() as conn:
        conn.execute(
            "UPDATE observation SET clock_quality = 'unsynchronised' WHERE deployment_id = %s AND id <> %s",
            (world.lick, first),
        )
    with world.client("researcher") as client:
        assert lately(client) == [
            "At 1 of 2 cameras the clock of the newest record was not synchronised",
            f"At 2 of 2 {unmeasured}",
        ]
        with world.db.transaction() as conn:
            conn.execute(
                "UPDATE observation SET model = 'wildlife@2026.11.21' WHERE deployment_id = %s",
                (world.ridge,),
            )
            conn.execute(
                "INSERT INTO clock_correction (id, deployment_id, offset_s, account_id)"
                " SELECT %s, %s, 3600, id FROM account",
                (uuid7(), world.lick),
            )
        assert lately(client) == [f"At 1 of 2 {unmeasured}"]
    with world.db.transaction() as conn:
        sensitive.replace(conn, world.foping, {"Ailuropoda melanoleuca": 10_000})
    with world.client("ranger") as client:
        assert lately(client) == []


def test_that_something_is_withheld_is_told_and_not_what(world: World) -> None:
    with world.db.transaction() as conn:
        sensitive.replace(conn, world.foping, {"Ailuropoda melanoleuca": 10_000, "Ursus thibetanus": 10_000})
    for camera in (world.ridge, world.lick, world.river):
        world.look(camera, -DAY, DAY)
    world.observe(world.ridge, 0)

    def withheld(client: TestClient, language: str = "en", **asked: Any) -> list[str]:
        answer = client.post(
            "/api/v1/reserves/foping/counts", json=question(**asked), params={"language": language}
        )
        return [one["text"] for one in answer.json()["verdict"] if one["code"] == "species_withheld"]

    with world.client("ranger") as client:
        ((english,), (chinese,)) = withheld(client), withheld(client, "zh")
        assert "Up to 2 sensitive species" in english
        assert "最多2个" in chinese
        assert "Ailuropoda" not in english + chinese
        assert withheld(client, area=None) == withheld(client, taxa=["Sus scrofa"]) == []
    with world.client("researcher") as client:
        assert withheld(client) == []
