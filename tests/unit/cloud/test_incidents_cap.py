"""CAP 1.2 messages: the standard's rules, golden files, and when a message is due."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.cloud.cap_rules import NAMESPACE, faults

from fieldwatch_cloud.incidents import cap, cap_feed
from fieldwatch_cloud.incidents.cap import Issued, Situation, due, next_message
from fieldwatch_cloud.words import STATE

GOLDEN = Path(__file__).parents[2] / "golden" / "cap"
NOW = datetime(2026, 11, 21, 6, 5, 12, 345678, tzinfo=UTC)
ID = UUID("0197aaaa-0000-7000-8000-00000000f17e")
OTHER = UUID("0197aaaa-0000-7000-8000-00000000f17f")
MEDIA = UUID("0197aaaa-0000-7000-8000-00000000fade")
SENDER, BASE = "fire@reserve.example", "https://fire.reserve.example"

DIRECTION = Situation(
    id=ID,
    reserve_name="Foping",
    reserve_name_zh="佛坪",
    timezone="Asia/Shanghai",
    kind="smoke",
    state="new",
    drill=False,
    revision=1,
    first_seen_at=NOW - timedelta(seconds=50),
    last_seen_at=NOW - timedelta(seconds=20),
    region=shapely.Polygon([(107.55, 33.62), (107.35, 33.50), (107.37, 33.54)]),
    camera_name="Ridge mast",
    camera_lon=107.55,
    camera_lat=33.62,
    bearing_deg=245.2,
    bearing_sd_deg=0.7,
    cameras=1,
    confidence=0.41,
    media_id=MEDIA,
)
PLACED = replace(
    DIRECTION,
    kind="fire",
    state="acknowledged",
    revision=4,
    zone_name="North Slope & <Ridge>",
    zone_name_zh="北坡",
    region=shapely.MultiPolygon(
        [
            shapely.Point(107.5, 33.6).buffer(0.003, quad_segs=2),
            shapely.Polygon(
                [(107.6, 33.6), (107.7, 33.6), (107.7, 33.7), (107.6, 33.7)],
                [[(107.62, 33.62), (107.64, 33.62), (107.64, 33.64)]],
            ),
        ]
    ),
    lon=107.5,
    lat=33.6,
    semi_major_m=272.0,
    cameras=2,
    hotspots=1,
    fwi=31.2,
    danger="very_high",
)


def issued(number: int, *, minutes: float = -30, **changes: object) -> Issued:
    sent = (NOW + timedelta(minutes=minutes)).replace(microsecond=0)
    ends = sent + timedelta(hours=24)
    first = Issued(ID, number, SENDER, sent, ends, "Alert", "smoke", "new", 1, "Smoke, Foping: new")
    return replace(first, **changes)  # type: ignore[arg-type]


def written(situation: Situation, before: list[Issued], base_url: str = BASE) -> tuple[Issued, str]:
    return next_message(situation, before, sender=SENDER, base_url=base_url, now=NOW)


ONE = [issued(1)]
TWO = [issued(1, minutes=-40), issued(2, type="Update", state="acknowledged")]
CASES: dict[str, tuple[Situation, list[Issued]]] = {
    "alert": (DIRECTION, []),
    "alert_drill": (replace(DIRECTION, drill=True), []),
    "update": (PLACED, ONE),
    "update_contained": (replace(PLACED, state="contained", people=1), TWO),
    "update_closed": (replace(PLACED, state="closed"), TWO),
    "cancel_false_alarm": (replace(DIRECTION, state="false_alarm"), TWO),
    "cancel_merged": (replace(DIRECTION, state="merged", merged_into=OTHER), ONE),
}


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str) -> None:
    """FIELDWATCH_GOLDEN=write makes them anew; then read them."""
    file = GOLDEN / f"{case}.xml"
    _, xml = written(*CASES[case])
    if os.environ.get("FIELDWATCH_GOLDEN") == "write":
        file.write_text(xml, encoding="utf-8")
    assert xml == file.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    assert {file.stem for file in GOLDEN.iterdir()} == set(CASES)


@pytest.mark.parametrize("case", CASES)
def test_every_message_keeps_the_rules(case: str) -> None:
    _, xml = written(*CASES[case])
    assert faults(xml) == []


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
longitudes, latitudes = st.floats(-179, 179), st.floats(-89, 89)


@settings(deadline=None)
@given(
    kind=st.sampled_from(["smoke", "fire"]),
    state=st.sampled_from(sorted(STATE["en"])),
    drill=st.booleans(),
    zone=texts,
    camera=texts,
    lon=st.none() | longitudes,
    lat=latitudes,
    camera_lon=st.none() | longitudes,
    region=st.none() | st.tuples(longitudes, latitudes, st.floats(0.0005, 0.5)),
    before=st.sampled_from([[], ONE, TWO, [*TWO, issued(3, type="Cancel", state="false_alarm")]]),
    danger=st.sampled_from([None, "low", "moderate", "high", "very_high", "extreme"]),
    base_url=st.sampled_from(["", BASE]),
)
def test_whatever_is_known_the_rules_are_kept(
    kind: str,
    state: str,
    drill: bool,
    zone: str,
    camera: str,
    lon: float | None,
    lat: float,
    camera_lon: float | None,
    region: tuple[float, float, float] | None,
    before: list[Issued],
    danger: str | None,
    base_url: str,
) -> None:
    shape = shapely.Point(region[0], region[1]).buffer(region[2], quad_segs=4) if region else None
    situation = replace(
        DIRECTION,
        kind=kind,  # type: ignore[arg-type]
        state=state,
        drill=drill,
        zone_name="x" + zone,
        camera_name="x" + camera,
        lon=lon,
        lat=lat,
        camera_lon=camera_lon,
        region=shape,
        danger=danger,
    )
    _, xml = written(situation, before, base_url)
    assert faults(xml) == []


def find(xml: str, path: str) -> list[str]:
    names = "/".join(f"{{{NAMESPACE}}}{name}" for name in path.split("/"))
    return [element.text or "" for element in ET.fromstring(xml).findall(names)]  # noqa: S314  Our own.


def test_a_message_says_when_who_and_what_it_refers_to() -> None:
    message, xml = written(PLACED, TWO)
    assert (message.type, message.number, message.state) == ("Update", 3, "acknowledged")
    assert find(xml, "identifier") == [f"{ID}.3"]
    assert find(xml, "sent") == ["2026-11-21T06:05:12-00:00"]
    assert find(xml, "references") == [
        f"{SENDER},{ID}.1,2026-11-21T05:25:12-00:00 {SENDER},{ID}.2,2026-11-21T05:35:12-00:00"
    ]
    assert find(xml, "info/language") == ["zh-CN", "en-GB"]
    assert find(xml, "info/expires") == ["2026-11-22T06:05:12-00:00"] * 2


def test_polygons_are_latitude_first_closed_and_counterclockwise() -> None:
    _, xml = written(PLACED, [])
    polygons = find(xml, "info/area/polygon")
    assert len(polygons) == 4  # Two, in two languages; the hole cannot be said.
    assert polygons[1] == (
        "33.60000,107.60000 33.60000,107.70000 33.70000,107.70000 33.70000,107.60000 33.60000,107.60000"
    )
    for polygon in polygons:
        points = [tuple(map(float, p.split(","))) for p in polygon.split()]
        ring = shapely.LinearRing([(lon, lat) for lat, lon in points])
        assert ring.is_ccw
    assert find(xml, "info/area/circle") == []


@pytest.mark.parametrize(
    ("changes", "circle"),
    [
        ({"lon": 107.5, "lat": 33.6, "semi_major_m": 272.0}, "33.60000,107.50000 0.272"),
        ({"lon": 107.5, "lat": 33.6, "semi_major_m": 3.0}, "33.60000,107.50000 0.050"),
        ({}, "33.62000,107.55000 20.000"),  # Anywhere that the camera sees.
        ({"camera_lon": None}, None),
    ],
)
def test_without_a_region_it_is_a_circle(changes: dict[str, float], circle: str | None) -> None:
    _, xml = written(replace(DIRECTION, region=None, **changes), [])  # type: ignore[arg-type]
    assert find(xml, "info/area/circle") == ([circle] * 2 if circle else [])
    assert faults(xml) == []


@pytest.mark.parametrize(
    ("changes", "certainty"),
    [
        ({}, "Possible"),
        ({"confidence": 0.51}, "Likely"),
        ({"cameras": 2}, "Likely"),
        ({"hotspots": 1}, "Likely"),
        ({"cameras": 0, "confidence": None, "hotspots": 1}, "Possible"),
        ({"people": 1}, "Observed"),
        ({"state": "contained"}, "Observed"),
        ({"state": "false_alarm", "people": 1}, "Unlikely"),
    ],
)
def test_certainty_follows_the_evidence(changes: dict[str, object], certainty: str) -> None:
    _, xml = written(replace(DIRECTION, **changes), [])  # type: ignore[arg-type]
    assert find(xml, "info/certainty") == [certainty] * 2


@pytest.mark.parametrize(
    ("state", "urgency", "response"),
    [
        ("new", "Immediate", "Assess"),
        ("on_scene", "Immediate", "Assess"),
        ("contained", "Expected", "Monitor"),
        ("closed", "Past", "AllClear"),
        ("false_alarm", "Past", "AllClear"),
    ],
)
def test_urgency_and_response_follow_the_state(state: str, urgency: str, response: str) -> None:
    _, xml = written(replace(DIRECTION, state=state), ONE)
    assert (find(xml, "info/urgency"), find(xml, "info/responseType")) == ([urgency] * 2, [response] * 2)


def test_a_drill_is_an_exercise_everywhere() -> None:
    _, xml = written(replace(DIRECTION, drill=True), [])
    assert find(xml, "status") == ["Exercise"]
    assert find(xml, "note") == ["Exercise: there is no fire."]
    zh, en = find(xml, "info/headline")
    assert zh.startswith("【演练】")
    assert en.startswith("EXERCISE: ")


def test_after_a_cancel_it_begins_anew() -> None:
    message, xml = written(DIRECTION, [*TWO, issued(3, type="Cancel", state="false_alarm", minutes=-1)])
    assert (message.type, message.number) == ("Alert", 4)
    assert find(xml, "references") == []


def test_two_messages_never_have_the_same_second() -> None:
    message, _ = written(PLACED, [issued(1, minutes=0)])
    assert message.sent == NOW.replace(microsecond=0) + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("last", "changes", "wanted"),
    [
        (None, {}, True),
        (None, {"state": "closed"}, False),  # Nobody was alerted.
        (None, {"state": "false_alarm"}, False),
        (issued(1), {}, False),
        (issued(1), {"state": "acknowledged"}, True),
        (issued(1, minutes=-1), {"state": "acknowledged"}, True),  # At once.
        (issued(1, minutes=-1), {"kind": "fire"}, True),
        (issued(1, minutes=-9), {"revision": 2}, False),
        (issued(1, minutes=-10), {"revision": 2}, True),
        (issued(1, minutes=-23 * 60), {}, True),  # Before it expires.
        (issued(1, minutes=-23 * 60 + 1), {}, False),
        (issued(2, minutes=-9000, state="closed"), {"state": "closed", "revision": 9}, False),
        (issued(2, state="closed"), {"state": "new"}, True),
    ],
)
def test_when_a_message_is_due(last: Issued | None, changes: dict[str, object], wanted: bool) -> None:
    now = NOW.replace(microsecond=0)
    assert due(now, last, replace(DIRECTION, **changes)) is wanted  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<status>Actual", "<status>Real", "status: no such value"),
        ("<msgType>Alert", "<msgType>Update", "Update needs references"),
        (".1</identifier>", " 1</identifier>", "identifier: a space"),
        ("12-00:00</sent>", "12Z</sent>", "sent: no time"),
        ("12-00:00</sent>", "12+00:00</sent>", "sent: no time"),
        ("<scope>Restricted", "<scope>Public", "restriction goes with"),
        ("<category>Fire</category>", "", "category is missing"),
        ("<urgency>Immediate</urgency>", "", "urgency is missing"),
        ("<event>", "<headline>a</headline><event>", "out of order"),
        ("<event>", "<what>a</what><event>", "unknown element what"),
        ("<areaDesc>Foping", "<areaDesc>", "areaDesc is empty"),
        ("<mimeType>image/jpeg</mimeType>", "", "mimeType is missing"),
        ("33.62000,107.55000 ", "107.55000,33.62000 ", "polygon: 107.55000,33.62000"),
        ("33.62000,107.55000</polygon>", "33.62000,107.55001</polygon>", "not closed"),
        ("https://fire.reserve.example/#", "/#", "web: no absolute address"),
    ],
)
def test_the_rules_find_what_is_wrong(old: str, new: str, said: str) -> None:
    _, xml = written(DIRECTION, [])
    assert old in xml
    assert any(said in fault for fault in faults(xml.replace(old, new)))


def test_signs_that_xml_does_not_know_are_left_out() -> None:
    _, xml = written(replace(DIRECTION, zone_name="a\x00b\x1b\ufffe"), [])
    assert find(xml, "info/area/areaDesc")[1] == "ab, Foping"
    issued, _ = written(DIRECTION, [])
    said = replace(issued, headline="Smoke \x1b<here>")
    feed = cap_feed.document(ID, "foping", "Fo\x00ping\x1b", [said], api_url=BASE, now=NOW)
    titles = [title.text for title in ET.fromstring(feed).iter(f"{{{cap_feed.NAMESPACE}}}title")]  # noqa: S314
    assert titles == ["Foping", "Alert: Smoke <here>"]


def test_the_module_says_utc_as_the_standard_wants_it() -> None:
    assert cap.time(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == "2026-01-02T03:04:05-00:00"
