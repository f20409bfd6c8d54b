"""Features page by page: nothing left out, doubled, or told that must not be; filters in CQL2."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import cql2
import pytest
import shapely

from fieldwatch_cloud.db import features, sensitive
from fieldwatch_cloud.db.columns import COLUMNS, Name
from fieldwatch_cloud.db.cql2 import FilterError, box_geojson, condition
from fieldwatch_cloud.db.features import Selection

from .api_world import NOON, World

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database

PANDA, TAKIN, MONKEY = "Ailuropoda melanoleuca", "Budorcas taxicolor", "Rhinopithecus roxellana"


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> World:
    made = World(database_url, db, tmp_path)
    for deployment, names in (
        (made.ridge, (PANDA, TAKIN)),
        (made.lick, (TAKIN,)),
        (made.river, (MONKEY, PANDA)),
    ):
        made.look(deployment, 0, 24 * 60)
        for n in range(6):
            made.observe(deployment, 40 * n, name=names[n % len(names)], count=n + 1)
    return made


def whole(world: World, exact: bool = True, **fields: Any) -> Selection:
    return Selection(world.foping, exact, **fields)


def everything(
    world: World, name: Name, selection: Selection, size: int = 100, text: str | None = None
) -> list[features.Row]:
    wanted = condition(name, cql2.parse_text(text).to_json()) if text else features.ANYTHING
    with world.db.transaction() as conn:
        return [
            row for rows in features.pages(conn, name, selection, size=size, condition=wanted) for row in rows
        ]


@pytest.mark.parametrize("name", ["deployments", "observations", "events", "effort", "incidents", "zones"])
def test_pages_of_one_hold_what_one_page_holds(world: World, name: Name) -> None:
    at_once = everything(world, name, whole(world))
    assert [row["id"] for row in everything(world, name, whole(world), size=1)] == [
        row["id"] for row in at_once
    ]
    assert len({row["id"] for row in at_once}) == len(at_once)
    assert len(at_once) == {"deployments": 3, "observations": 18, "events": 18, "effort": 6}.get(name, 0)
    for row in at_once:
        assert set(COLUMNS[name]) <= set(row)


def test_what_arrives_between_pages_shifts_nothing(world: World) -> None:
    with world.db.transaction() as conn:
        first = features.page(conn, "observations", whole(world), limit=7)
    for deployment in (world.ridge, world.lick, world.river):
        world.observe(deployment, -60)
    with world.db.transaction() as conn:
        rest = features.page(conn, "observations", whole(world), limit=100, after=features.key(first[-1]))
    ids = [row["id"] for row in first + rest]
    assert len(set(ids)) == len(ids)
    assert set(ids) >= {r["id"] for r in everything(world, "observations", whole(world, since=NOON))}


@pytest.mark.parametrize("name", ["deployments", "observations", "events", "effort"])
def test_each_is_found_by_its_id(world: World, name: Name) -> None:
    with world.db.transaction() as conn:
        for row in features.page(conn, name, whole(world), limit=100):
            assert features.one(conn, name, whole(world), row["id"]) == row


def test_effort_is_per_local_day(world: World) -> None:
    """NOON is 20:00 in Shanghai: four hours on that day, twenty on the next."""
    rows = everything(world, "effort", whole(world, deployments=(world.ridge,)))
    assert [(row["day"].isoformat(), row["hours"]) for row in rows] == [
        ("2026-05-04", 4.0),
        ("2026-05-05", 20.0),
    ]


def test_a_corrected_clock_and_a_label_stand_in_what_is_told(world: World) -> None:
    with world.db.transaction() as conn:
        account = conn.execute(
            "INSERT INTO account (id, email, name, password_hash)"
            " VALUES (gen_random_uuid(), 'a', 'a', 'x') RETURNING id"
        ).fetchone()[0]  # type: ignore[index]
        conn.execute(
            "INSERT INTO clock_correction (id, deployment_id, offset_s, account_id)"
            " VALUES (gen_random_uuid(), %s, 3600, %s)",
            (world.lick, account),
        )
    rows = everything(world, "observations", whole(world, deployments=(world.lick,)))
    assert rows[0]["observed_at"] == NOON + timedelta(hours=1)


class TestSensitive:
    @pytest.fixture(autouse=True)
    def hidden(self, world: World) -> None:
        with world.db.transaction() as conn:
            sensitive.replace(conn, world.foping, {PANDA: 5000})

    @pytest.mark.parametrize("name", ["observations", "events"])
    def test_neither_place_nor_camera_nor_order_tells_where(self, world: World, name: Name) -> None:
        exact = everything(world, name, whole(world))
        told = everything(world, name, whole(world, exact=False), size=2)
        assert sorted(r["scientific_name"] for r in told) == sorted(r["scientific_name"] for r in exact)
        pandas = [row for row in told if row["scientific_name"] == PANDA]
        assert told[-len(pandas) :] == pandas == sorted(pandas, key=lambda row: row["at"])
        places = {shapely.from_wkb(row["wkb"]).wkt for row in exact}
        for row in pandas:
            assert row["deployment_id"] is row["deployment"] is None
            assert row["coordinate_uncertainty_m"] >= 2500
            assert shapely.from_wkb(row["wkb"]).wkt not in places
            assert str(world.ridge) not in json.dumps(row, default=str)
        assert not {row["id"] for row in pandas} & {row["id"] for row in exact}

    @pytest.mark.parametrize("name", ["observations", "events"])
    def test_no_uncertainty_and_no_model_of_its_own_names_a_camera(self, world: World, name: Name) -> None:
        with world.db.transaction() as conn:
            for deployment, uncertain_m in ((world.ridge, 31), (world.lick, 32), (world.river, 33.4)):
                conn.execute(
                    "UPDATE deployment SET coordinate_uncertainty_m = %s WHERE id = %s",
                    (uncertain_m, deployment),
                )
        told = everything(world, name, whole(world, exact=False))
        pandas = [row for row in told if row["scientific_name"] == PANDA]
        by_place: dict[bytes, set[float]] = {}
        for row in pandas:
            by_place.setdefault(bytes(row["wkb"]), set()).add(row["coordinate_uncertainty_m"])
        assert {len(uncertain) for uncertain in by_place.values()} == {1}
        assert {row.get("model") for row in pandas} == {None}
        for uncertain in by_place.values():  # Those of the cell hold for whichever it was.
            assert min(uncertain) >= 2500 + 34

    def test_no_camera_no_area_and_no_filter_finds_them_out(self, world: World) -> None:
        blurred = whole(world, exact=False)
        by_camera = whole(world, exact=False, deployments=(world.ridge,))
        assert {r["scientific_name"] for r in everything(world, "observations", by_camera)} == {TAKIN}
        pocket = shapely.to_geojson(shapely.Point(107.55, 33.62).buffer(0.001))
        near = whole(world, exact=False, area=pocket)
        assert {r["scientific_name"] for r in everything(world, "observations", near)} == {TAKIN}
        text = f"deployment_id = '{world.ridge}' AND scientific_name = '{PANDA}'"
        assert everything(world, "observations", blurred, text=text) == []
        assert len(everything(world, "observations", whole(world), text=text)) == 3

    @pytest.mark.parametrize("name", ["observations", "events"])
    def test_no_instant_tells_what_else_its_camera_saw(self, world: World, name: Name) -> None:
        minute = whole(world, exact=False, since=NOON, until=NOON + timedelta(minutes=1))
        pandas = [row for row in everything(world, name, minute) if row["scientific_name"] == PANDA]
        day = [r for r in everything(world, name, whole(world, exact=False)) if r["scientific_name"] == PANDA]
        assert pandas == day  # The whole day's: a minute's would tell the minute.
        assert {row["at"] for row in pandas} == {NOON.replace(hour=0)}
        assert len({row["id"] for row in pandas}) == len(pandas)

    def test_one_that_is_hidden_has_an_address_too(self, world: World) -> None:
        blurred = whole(world, exact=False)
        panda = everything(world, "observations", blurred)[-1]
        with world.db.transaction() as conn:
            assert features.one(conn, "observations", blurred, panda["id"]) == panda


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"scientific_name = '{PANDA}'", 6),
        (f"NOT scientific_name = '{PANDA}'", 12),
        ("scientific_name LIKE 'Rhino%'", 3),
        ("CASEI(scientific_name) = CASEI('budorcas TAXICOLOR')", 9),
        ("count BETWEEN 2 AND 3 OR count = 6", 9),
        ("count IN (1, 2)", 6),
        ("observed_at >= TIMESTAMP('2026-05-04T15:20:00Z')", 3),
        ("observed_at >= '2026-05-04T15:20:00Z'", 3),
        (("T_DURING(INTERVAL(observed_at, ended_at), "
         "INTERVAL('2026-05-04T12:30:00Z', '2026-05-04T13:30:00Z'))"), 6),
        ("T_BEFORE(observed_at, TIMESTAMP('2026-05-04T12:01:00Z'))", 3),
        ("T_INTERSECTS(observed_at, INTERVAL('..', '2026-05-04'))", 18),
        ("S_INTERSECTS(geometry, BBOX(107.54, 33.61, 107.57, 33.64))", 12),
        ("S_WITHIN(geometry, POLYGON((107.7 33.7, 107.9 33.7, 107.9 33.9, 107.7 33.9, 107.7 33.7)))", 6),
        ("media_id IS NULL AND labelled = FALSE", 18),
        ("media_id IS NOT NULL", 0),
        ("model = '''; DROP TABLE observation; --'", 0),
    ],
)  # fmt: skip
def test_cql2_is_answered(world: World, text: str, found: int) -> None:
    assert len(everything(world, "observations", whole(world), text=text)) == found


def test_what_is_unknown_is_neither_true_nor_false(world: World) -> None:
    assert everything(world, "deployments", whole(world), text="height_m > 3") == []
    assert everything(world, "deployments", whole(world), text="NOT height_m > 3") == []


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ({"op": "=", "args": [{"property": "password_hash"}, "x"]}, "no such property"),
        ({"op": "=", "args": [{"property": "count); DROP TABLE observation; --"}, 1]}, "no such property"),
        ({"op": "=", "args": [{"property": "count"}, "three"]}, "cannot be compared"),
        ({"op": "pg_sleep", "args": [10]}, "not supported"),
        ({"op": "=", "args": [{"op": "pg_sleep", "args": [10]}, 1]}, "not supported"),
        ({"op": "=", "args": [{"property": "observed_at"}, "2026-05-04T12:00:00"]}, "offset from UTC"),
        ({"op": "s_within", "args": [{"property": "geometry"}, {"type": "Point", "coordinates": [1]}]},
         "no geometry"),
        ({"op": "s_within", "args": [{"property": "geometry"}, {"type": "Point", "coordinates": [999, 1]}]},
         "degrees"),
        ({"op": "and", "args": [True]}, "two arguments"),
        ("scientific_name = 'x'", "no condition"),
        ({"op": "not", "args": []}, "needs 1"),
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_answered_says_why(expression: Any, why: str) -> None:
    with pytest.raises(FilterError, match=why):
        condition("observations", expression)


def test_a_filter_too_deep_is_refused() -> None:
    deep: Any = True
    for _ in range(100):
        deep = {"op": "not", "args": [deep]}
    with pytest.raises(FilterError, match="deep"):
        condition("observations", deep)


def test_a_box_across_the_antimeridian_is_two() -> None:
    shape = shapely.from_geojson(box_geojson([170, -10, -170, 10]))
    assert shape.is_valid
    assert shape.intersects(shapely.Point(179, 0))
    assert shape.intersects(shapely.Point(-179, 0))
    assert not shape.intersects(shapely.Point(0, 0))
