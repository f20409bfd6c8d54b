"""Counts over HTTP, with truths that can be checked by eye."""

from datetime import timedelta

import pytest

from fieldwatch_cloud.db import counts
from fieldwatch_cloud.db.pool import Database

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
