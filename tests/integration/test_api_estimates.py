"""Every estimator over HTTP, on a simulated reserve whose truth is known."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.conftest import TEMPLATE

from fieldwatch_cloud.db.cluster import create_database, drop_database
from fieldwatch_cloud.db.pool import Database

from .api_world import World
from .counts_world import DAYS, DEER, EMPTY, ZEBRA, Reserve, simulate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

    from fieldwatch_cloud.services.postgres import EmbeddedPostgres

URL = "/api/v1/reserves/foping/estimates"
SPEED = {"value": 0.4, "se": 0.02}
VIEW = {"radius_m": {"value": 8, "se": 0.4}, "angle_deg": {"value": 40, "se": 2}}


@pytest.fixture(scope="module")
def reserve(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reserve]:
    """One for all: nothing here changes it."""
    name = f"estimates_{uuid.uuid4().hex}"
    create_database(postgres.url, name, template=TEMPLATE)
    url = postgres.database_url(name)
    with Database(url) as db:
        yield simulate(World(url, db, tmp_path_factory.mktemp("estimates")))
    drop_database(postgres.url, name)


@pytest.fixture(scope="module")
def client(reserve: Reserve) -> Iterator[TestClient]:
    with reserve.world.client("researcher") as client:
        yield client


def captures(reserve: Reserve) -> list[dict[str, Any]]:
    """Twelve animals, each at the cameras around its home."""
    generator = np.random.default_rng(1)
    rows = []
    for animal in range(12):
        home = generator.uniform([0, 0], [6, 5])
        for number, deployment in enumerate(reserve.ids):
            apart = (number // 6 - home[0]) ** 2 + (number % 6 - home[1]) ** 2
            if generator.random() < 0.9 * np.exp(-apart / 1.5):
                occasion = int(generator.integers(1, 3))
                rows.append({"individual": f"t{animal}", "deployment": str(deployment), "occasion": occasion})
    return rows


def options_of(method: str, reserve: Reserve) -> dict[str, Any]:
    """What a method cannot do without."""
    near = np.abs(np.random.default_rng(2).normal(0, 6, 120)).round(2) + 0.5
    needed = {
        "rem": {"speed_m_s": SPEED, **VIEW},
        "time_to_event": {"speed_m_s": SPEED, **VIEW},
        "space_to_event": VIEW,
        "instantaneous": VIEW,
        "distance": {
            "distances": [
                {"deployment": str(reserve.ids[n % 41]), "distance_m": float(near[n])} for n in range(120)
            ]
        },
        "scr": {"captures": captures(reserve), "occasion_days": 10},
        "occupancy_dynamic": {"season": "month"},
        "trend": {"by": "month"},
        "activity": {"replicates": 100},
        "activity_overlap": {"replicates": 100},
    }
    return needed.get(method, {})


def taxa_of(method: str) -> dict[str, Any]:
    if method == "activity_overlap":
        return {"taxa": [DEER, ZEBRA]}
    return {} if method in ("accumulation",) else {"taxon": DEER}


ESTIMATES = {
    "rate": ("rate",),
    "occupancy": ("occupancy", "detection", "occupied_sites"),
    "occupancy_false_positive": ("occupancy", "detection", "false_positive"),
    "occupancy_dynamic": ("occupancy_season_1", "colonisation", "extinction", "detection"),
    "royle_nichols": ("abundance", "occupancy", "detection_individual", "abundance_total"),
    "n_mixture": ("abundance", "detection_individual", "abundance_total"),
    "count_occupancy": ("occupancy", "encounter_rate"),
    "activity": ("activity_level",),
    "activity_overlap": ("overlap", "overlap_dhat4"),
    "rem": ("density", "day_range", "encounter_rate"),
    "distance": ("density", "detection_probability", "effective_radius"),
    "time_to_event": ("density",),
    "space_to_event": ("density",),
    "instantaneous": ("density",),
    "scr": ("density", "g0", "sigma"),
    "roost": ("roost_peak",),
    "accumulation": ("species_seen", "species_chao2", "coverage"),
    "trend": ("trend",),
    "corrected_counts": (f"corrected:{DEER}",),
}


@pytest.mark.parametrize("method", ESTIMATES)
def test_every_method_answers_with_intervals_and_a_verdict(
    reserve: Reserve, client: TestClient, method: str
) -> None:
    response = reserve.ask(client, method, options=options_of(method, reserve), **taxa_of(method))
    assert response.status_code == 200, response.text
    answer = response.json()
    print(
        method, answer["status"], [(e["name"], e["value"], e["low"], e["high"]) for e in answer["estimates"]]
    )
    print([(v["code"], v["severity"]) for v in answer["verdict"]])
    assert answer["status"] in ("estimated", "unfit")
    found = {one["name"]: one for one in answer["estimates"]}
    assert set(ESTIMATES[method]) <= found.keys()
    for one in found.values():
        if one["low"] is not None and one["high"] is not None:
            # The interval of a number of whole sites is of whole sites.
            slack = 0.5 if one["name"] == "occupied_sites" else 0
            assert one["low"] - slack <= one["value"] <= one["high"] + slack
        assert one["meaning"] != one["name"]
        assert one["method"]
        assert one["unit"]
    assert answer["verdict"]
    assert all(line["text"] for line in answer["verdict"])
    assert answer["inputs"]["sites"] == len(answer["inputs"]["deployments"]) == 42
    assert answer["inputs"]["camera_days"] == pytest.approx(41 * DAYS + 20)
    assert answer["source"]
    assert answer["software"].startswith("Fieldwatch ")
    assert answer["query"]["options"]["level"] == 0.95
    for curve in answer["series"] or []:
        assert len(curve["x"]) == len(curve["y"])
        assert curve["meaning"] != curve["name"]


@pytest.mark.parametrize("method", ESTIMATES)
def test_nobody_looked_is_no_number_in_any_method(reserve: Reserve, client: TestClient, method: str) -> None:
    fields = {"options": options_of(method, reserve), **taxa_of(method)}
    answer = reserve.ask(client, method, area=EMPTY, **fields).json()
    assert answer["status"] == "not_observed"
    assert answer["estimates"] is answer["coefficients"] is answer["series"] is None
    assert answer["inputs"] == {
        "sites": 0, "occasions": None, "detections": 0, "camera_days": 0.0, "deployments": [],
    }  # fmt: skip
    assert answer["verdict"][0]["code"] == "not_observed"
    assert answer["verdict"][0]["severity"] == "unfit"
