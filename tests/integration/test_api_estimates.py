"""Every estimator over HTTP, on a simulated reserve whose truth is known."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.conftest import TEMPLATE

from fieldwatch_cloud.db import sensitive
from fieldwatch_cloud.db.cluster import create_database, drop_database
from fieldwatch_cloud.db.pool import Database
from fieldwatch_cloud.settings import CloudSettings

from .api_world import World
from .counts_world import (
    AREA,
    DAYS,
    DEER,
    DETECTED_A_DAY,
    EMPTY,
    HARE,
    OCCUPANCY,
    PEAK_H,
    START,
    ZEBRA,
    Reserve,
    simulate,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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


def test_the_truth_lies_in_the_intervals(reserve: Reserve, client: TestClient) -> None:
    occupied = sum(reserve.occupied)
    occupancy = values(reserve.ask(client, "occupancy", taxon=DEER))
    assert occupancy["occupied_sites"]["value"] == pytest.approx(occupied, abs=1)
    assert occupancy["occupancy"]["low"] < OCCUPANCY < occupancy["occupancy"]["high"]
    # A visit of seven days finds it unless it comes on none of them.
    found_a_week = 1 - (1 - DETECTED_A_DAY) ** 7
    assert occupancy["detection"]["low"] < found_a_week < occupancy["detection"]["high"]
    rate = values(reserve.ask(client, "rate", taxon=DEER))["rate"]
    assert rate["value"] == pytest.approx(100 * reserve.visits / (41 * DAYS + 20), rel=1e-6)
    encounters = values(reserve.ask(client, "count_occupancy", taxon=DEER))["encounter_rate"]
    assert encounters["low"] < DETECTED_A_DAY < encounters["high"]
    species = values(reserve.ask(client, "accumulation"))
    assert species["species_seen"]["value"] == 3


def test_times_of_day_by_the_reserves_clock_and_by_the_sun(reserve: Reserve, client: TestClient) -> None:
    peaks = {}
    for clock in ("local", "sun", "anchored"):
        options = {"clock": clock, "replicates": 0}
        (curve,) = reserve.ask(client, "activity", taxon=DEER, options=options).json()["series"]
        assert (curve["x"][0], curve["x"][-1], curve["x_unit"]) == (0, 24, "h")
        peaks[clock] = curve["x"][int(np.argmax(curve["y"]))]
        assert np.trapezoid(curve["y"], curve["x"]) == pytest.approx(1, abs=0.01)
    assert peaks["local"] == pytest.approx(PEAK_H, abs=1)
    # 106.5° E lies 54 minutes west of the clock's 120° E.
    assert peaks["local"] - peaks["sun"] == pytest.approx(0.9, abs=0.4)
    assert peaks["anchored"] == pytest.approx(peaks["sun"], abs=0.6)


def test_taxa_are_pooled_before_events_are_made(reserve: Reserve, client: TestClient) -> None:
    one, other, both = (
        reserve.ask(client, "rate", taxa=taxa).json()["inputs"]["detections"]
        for taxa in ([DEER], [ZEBRA], [DEER, ZEBRA])
    )
    # Where both came within 30 minutes of each other they are one event.
    assert max(one, other) < both <= one + other


def test_cameras_of_one_place_are_one_site(reserve: Reserve, client: TestClient) -> None:
    joined = reserve.ask(client, "occupancy", taxon=DEER, options={"join_within_m": 2300}).json()
    assert joined["inputs"]["sites"] < 42
    assert len(joined["inputs"]["deployments"]) == 42
    assert joined["inputs"]["camera_days"] < 41 * DAYS + 20


def test_covariates_of_ones_own_and_of_visits(reserve: Reserve, client: TestClient) -> None:
    forest = {str(id_): float(n % 5) for n, id_ in enumerate(reserve.ids)}
    options = {"psi": ["forest"], "p": ["effort_days", "time"], "site_covariates": {"forest": forest}}
    answer = reserve.ask(client, "occupancy", taxon=DEER, options=options).json()
    names = [one["name"] for one in answer["coefficients"]]
    assert names == ["psi(Int)", "psi(forest)", "p(Int)", "p(effort_days)", "p(time)"]


def test_words_come_in_the_language_that_is_asked_for(reserve: Reserve, client: TestClient) -> None:
    body = {"method": "rate", "taxon": DEER, "area": AREA, "from": START.isoformat()}
    body["to"] = (START + timedelta(days=9)).isoformat()
    answer = client.post(URL, params={"language": "zh"}, json=body).json()
    assert answer["estimates"][0]["meaning"] == "每100相机日的独立事件数"
    assert all(any("一" <= letter <= "鿿" for letter in line["text"]) for line in answer["verdict"])


def test_known_errors_of_a_table_in_the_options(reserve: Reserve, client: TestClient) -> None:
    table = {
        "order": ["deer", "zebra", "background"],
        "said_by_was": [[90, 20, 0], [0, 70, 0], [10, 10, 0]],
        "scientific_names": {"deer": DEER, "zebra": ZEBRA},
    }
    answer = reserve.ask(client, "corrected_counts", taxa=[DEER, ZEBRA], options={"table": table}).json()
    days = (41 * DAYS + 20) / 100
    said = {name: rate["value"] for name, rate in naive(reserve, client).items()}
    deer, zebra = (values(answer)[f"corrected:{name}"] for name in (DEER, ZEBRA))
    # Of zebras 70 % are called so; a fifth of them, and nine tenths of deer, are called deer.
    assert zebra["value"] == pytest.approx(said[ZEBRA] / 0.7, rel=1e-3)
    assert deer["value"] == pytest.approx((said[DEER] - 0.2 * zebra["value"]) / 0.9, rel=1e-3)
    assert deer["low"] < deer["value"] < deer["high"]
    assert deer["unit"] == "1/(100 d)"
    assert answer["inputs"]["detections"] >= days


def naive(reserve: Reserve, client: TestClient) -> dict[str, Any]:
    return {name: values(reserve.ask(client, "rate", taxon=name))["rate"] for name in (DEER, ZEBRA)}


def values(answer: Any) -> dict[str, Any]:
    listed = answer if isinstance(answer, dict) else answer.json()
    return {one["name"]: one for one in listed["estimates"]}


NOWHERE = "00000000-0000-7000-8000-000000000000"
TABLE = {"order": ["deer", "background"], "said_by_was": [[9, 1]]}


@pytest.mark.parametrize(
    ("method", "fields", "reason"),
    [
        ("rate", {}, "give `taxon`"),
        ("rate", {"taxon": DEER, "taxa": [DEER]}, "either taxon or taxa"),
        ("rate", {"taxon": DEER, "zone": NOWHERE}, "either an area or a zone"),
        ("rate", {"taxon": DEER, "options": {"replicates": 5}}, "body.options.replicates"),
        ("rate", {"taxon": DEER, "options": {"level": 95}}, "body.options.level"),
        ("rate", {"taxon": DEER, "options": {"join_within_m": -1}}, "body.options.join_within_m"),
        ("rate", {"taxon": DEER, "to": "2020-01-01T00:00:00Z"}, "to must lie after from"),
        ("ratio", {"taxon": DEER}, "body.method"),
        ("activity_overlap", {"taxon": DEER}, "two taxa"),
        ("occupancy", {"taxon": DEER, "options": {"occasion_days": 0}}, "occasion_days"),
        (
            "occupancy",
            {"taxon": DEER, "from": "2020-01-01T00:00:00Z", "options": {"occasion_days": 1}},
            "make occasion_days longer",
        ),
        ("occupancy", {"taxon": DEER, "options": {"psi": ["forest"]}}, "no covariate 'forest'"),
        ("occupancy", {"taxon": DEER, "options": {"psi": ["elevation_m"]}}, "terrain load"),
        ("occupancy", {"taxon": DEER, "options": {"psi": ["height_m"]}}, "height_m"),
        ("occupancy", {"taxon": DEER, "options": {"least_effort": 2}}, "least_effort"),
        ("occupancy_dynamic", {"taxon": DEER, "options": {"season": "year"}}, "one year only"),
        ("occupancy_false_positive", {"taxon": HARE}, "knows no Lepus"),
        (
            "occupancy_false_positive",
            {"taxon": DEER, "options": {"errors": "estimated", "reviewed": [NOWHERE]}},
            "none of the deployments",
        ),
        ("occupancy_false_positive", {"taxon": DEER, "options": {"table": TABLE}}, "table"),
        ("n_mixture", {"taxon": DEER, "options": {"mixture": "normal"}}, "mixture"),
        ("n_mixture", {"taxon": DEER, "options": {"largest": 100_000}}, "largest"),
        ("activity", {"taxon": "Ursus thibetanus"}, "at least two"),
        ("activity", {"taxon": DEER, "options": {"replicates": 10**9}}, "replicates"),
        ("rem", {"taxon": DEER}, "speed_m_s"),
        ("rem", {"taxon": DEER, "options": {"speed_m_s": {"value": -1, "se": 0}}}, "speed_m_s.value"),
        ("rem", {"taxon": DEER, "options": {"speeds_m_s": [0.0, 1.0], **VIEW}}, "above 0"),
        (
            "rem",
            {"taxon": DEER, "options": {"speed_m_s": SPEED, "activity": {"value": 2, "se": 0}, **VIEW}},
            "activity",
        ),
        ("distance", {"taxon": DEER}, "distances"),
        (
            "distance",
            {"taxon": DEER, "options": {"distances": [{"deployment": NOWHERE, "distance_m": 3}]}},
            "did not look",
        ),
        (
            "time_to_event",
            {"taxon": DEER, "options": {"speed_m_s": SPEED, "every_h": 1, "length_h": 2, **VIEW}},
            "length_h",
        ),
        ("space_to_event", {"taxon": DEER, "options": {"every_s": 1, **VIEW}}, "every_s"),
        (
            "scr",
            {
                "taxon": DEER,
                "options": {"captures": [{"individual": "a", "deployment": NOWHERE, "occasion": 1}]},
            },
            "did not look",
        ),
        ("trend", {"taxon": DEER, "options": {"by": "year"}}, "too few"),
        ("corrected_counts", {"taxon": HARE}, "knows Lepus"),
        ("roost", {"taxon": DEER, "options": {"found": 5, "there": 4}}, "5 found of 4"),
    ],
)
def test_what_does_not_do_is_refused_with_what_would(
    reserve: Reserve, client: TestClient, method: str, fields: dict, reason: str
) -> None:
    answer = reserve.ask(client, method, **({} if "zone" not in fields else {"area": AREA}), **fields)
    assert answer.status_code == 422, answer.text
    assert reason in answer.json()["detail"]


def test_captures_outside_of_the_survey_are_refused(reserve: Reserve, client: TestClient) -> None:
    def ask(occasion: int, deployment: Any) -> str:
        row = {"individual": "a", "deployment": str(deployment), "occasion": occasion}
        return str(reserve.ask(client, "scr", taxon=DEER, options={"captures": [row]}).json()["detail"])

    assert "which has 90" in ask(91, reserve.ids[0])
    assert "did not look" in ask(50, reserve.ids[-1])  # it looked for 20 days


def test_never_seen_is_unfit_and_no_error(reserve: Reserve, client: TestClient) -> None:
    for method in ("occupancy", "royle_nichols", "n_mixture", "count_occupancy"):
        answer = reserve.ask(client, method, taxon="Ursus thibetanus").json()
        assert answer["status"] == "unfit", method
        assert answer["verdict"][0]["severity"] == "unfit"
    rate = reserve.ask(client, "rate", taxon="Ursus thibetanus").json()
    assert rate["status"] == "estimated"
    assert values(rate)["rate"]["value"] == 0
    assert values(rate)["rate"]["high"] > 0


def test_the_catalogue_tells_of_every_method_in_both_languages(client: TestClient) -> None:
    methods = client.get("/api/v1/estimates/methods").json()
    assert [one["name"] for one in methods] == list(ESTIMATES)
    for one in methods:
        assert all(
            one[field] for field in ("title", "title_zh", "answers", "answers_zh", "needs", "needs_zh")
        )
        assert len(one["assumptions"]) == len(one["assumptions_zh"]) > 0
        assert one["source"]
        assert one["options"]["properties"]["level"]["default"] == 0.95


def test_who_may_ask(reserve: Reserve) -> None:
    world = reserve.world
    with world.client() as anybody:
        assert anybody.get("/api/v1/estimates/methods").status_code == 401
        assert reserve.ask(anybody, "rate", taxon=DEER).status_code == 401
    with world.client("stranger") as stranger:
        assert reserve.ask(stranger, "rate", taxon=DEER).status_code == 404
    with world.client("ranger") as ranger:
        assert reserve.ask(ranger, "rate", taxon=DEER, area=EMPTY).json()["status"] == "not_observed"


def test_places_of_sensitive_species_leak_into_no_estimate(
    database_url: str, db: Database, tmp_path: Path
) -> None:
    world = World(database_url, db, tmp_path)
    with db.transaction() as conn:
        sensitive.replace(conn, world.foping, {DEER: 5000})
    made = Reserve(world, ids=[world.ridge])
    with world.client("ranger") as ranger:
        in_area = made.ask(ranger, "rate", taxon=DEER)
        whole = made.ask(ranger, "rate", area=None, taxon=DEER)
        another = made.ask(ranger, "rate", taxon=ZEBRA)
    # Over the whole reserve, too: sites, occasions and curves tell more than a sum.
    assert (in_area.status_code, whole.status_code) == (403, 403)
    assert "blurred" in in_area.json()["detail"]
    assert another.json()["status"] == "not_observed"
    with world.client("researcher") as researcher:
        assert made.ask(researcher, "rate", taxon=DEER).status_code == 200


def test_what_takes_too_long_is_a_problem_and_the_service_answers_on(
    reserve: Reserve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIELDWATCH_COUNTS_TIME_LIMIT_S", "0.05")
    world = reserve.world
    monkeypatch.setattr(
        world,
        "settings",
        CloudSettings.load(world.settings.state).with_urls(world.settings.database_url, None),
    )
    with world.client("manager") as client:
        answer = reserve.ask(client, "activity", taxon=DEER, options={"replicates": 5000})
        assert answer.status_code == 422
        assert "takes longer than 0.05 s" in answer.json()["detail"]
        assert client.get("/api/v1/estimates/methods").status_code == 200
