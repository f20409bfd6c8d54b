"""What rangers read and hear: golden files in both languages, and rules that hold for every message."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldwatch_cloud import words
from fieldwatch_cloud.calls import sms
from fieldwatch_cloud.calls.facts import Animal, Facts, Unreached
from fieldwatch_cloud.calls.wording import compose, compose_plainly

GOLDEN = Path(__file__).parents[2] / "golden" / "wording"
NOW = datetime(2026, 11, 21, 6, 5, tzinfo=UTC)  # 14:05 in Shanghai.
ID = UUID("0197aaaa-0000-7000-8000-00000000f17e")
ALERT = UUID("0197aaaa-0000-7000-8000-0000000a1e27")

SMOKE = Facts(
    kind="fire",
    drill=False,
    delivery_id=UUID("0197aaaa-0000-7000-8000-0000000de11e"),
    secret="s3cret",
    base_url="https://fire.reserve.example",
    language="en",
    reserve="foping",
    reserve_name="Foping",
    reserve_name_zh="佛坪",
    created_at=NOW,
    timezone="Asia/Shanghai",
    incident_id=ID,
    step=1,
    fire_kind="smoke",
    state="new",
    observed_at=NOW - timedelta(seconds=20),
    late_s=20,
    source="camera",
    camera_name="Ridge mast",
    camera_lon=107.55,
    camera_lat=33.62,
    bearing_deg=245.2,
    bearing_sd_deg=0.7,
    zone_name="North Slope",
    zone_name_zh="北坡",
    danger="very_high",
    fwi=31.2,
)
PLACED = replace(
    SMOKE,
    fire_kind="fire",
    lon=107.501234,
    lat=33.601234,
    place_method="bearings",
    semi_major_m=272.0,
    semi_minor_m=90.0,
    orientation_deg=12.0,
)
LATE = replace(SMOKE, observed_at=NOW - timedelta(hours=2), late_s=7200)
LEOPARD = Animal("Leopard at the village fence", "村边发现豹", "Panthera pardus", 2, 0.87, ALERT, ID)
CASES = {
    "fire_direction_only": SMOKE,
    "fire_placed": PLACED,
    "fire_drill": replace(SMOKE, drill=True),
    "fire_late": LATE,
    "fire_yesterday": replace(SMOKE, observed_at=NOW - timedelta(hours=20), late_s=72_000),
    "fire_nothing_known": replace(
        SMOKE, bearing_deg=None, bearing_sd_deg=None, zone_name=None, zone_name_zh=None, danger=None
    ),
    "fire_satellite": replace(
        PLACED,
        source="satellite",
        camera_name=None,
        bearing_deg=None,
        place_method="hotspot",
        observed_at=NOW - timedelta(hours=3),
        late_s=3 * 3600,
    ),
    "fire_person": replace(PLACED, source="person", camera_name=None, bearing_deg=None),
    "fire_no_address": replace(SMOKE, base_url=""),
    "escalation": replace(PLACED, kind="escalation", step=3, called_at=NOW - timedelta(minutes=4)),
    "escalation_drill": replace(SMOKE, kind="escalation", drill=True, called_at=NOW - timedelta(minutes=4)),
    "update_acknowledged": replace(SMOKE, kind="update", state="acknowledged", by="Li Na"),
    "update_false_alarm": replace(SMOKE, kind="update", state="false_alarm", by="Li Na"),
    "update_closed_by_nobody": replace(SMOKE, kind="update", state="closed"),
    "update_merged": replace(SMOKE, kind="update", state="merged"),
    "undelivered": replace(
        SMOKE, kind="undelivered", unreached=(Unreached("Li Na", "no_device"), Unreached("Wang", "no_answer"))
    ),
    "undelivered_many": replace(
        SMOKE, kind="undelivered", unreached=tuple(Unreached(f"Ranger {i}", "failed") for i in range(9))
    ),
    "wildlife": replace(
        SMOKE,
        kind="wildlife",
        incident_id=None,
        fire_kind=None,
        camera_name="River cam",
        animal=LEOPARD,
        zone_name=None,
        bearing_deg=None,
    ),
    "test": replace(SMOKE, kind="test", incident_id=None, fire_kind=None),
}


def written(facts: Facts) -> str:
    message = compose(facts)
    return (
        f"title:  {message.title}\nbody:   {message.body}\nsms:    {message.short}\n"
        f"spoken: {message.spoken}\nopens:  {message.path}\n"
    )


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("case", CASES)
def test_golden(case: str, language: str) -> None:
    """FIELDWATCH_GOLDEN=write makes them anew; then read them, in both languages."""
    file = GOLDEN / f"{case}.{language}.txt"
    now = written(replace(CASES[case], language=language))
    if os.environ.get("FIELDWATCH_GOLDEN") == "write":
        file.write_text(now, encoding="utf-8")
    assert now == file.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    assert {f.name for f in GOLDEN.iterdir()} == {f"{c}.{lang}.txt" for c in CASES for lang in ("en", "zh")}


@pytest.mark.parametrize(("language", "mark"), [("en", "[DRILL] "), ("zh", "【演练】")])
@pytest.mark.parametrize("kind", ["fire", "escalation", "update", "undelivered", "wildlife", "test"])
def test_a_drill_says_so_first_wherever_one_looks(kind: str, language: str, mark: str) -> None:
    message = compose(replace(SMOKE, kind=kind, drill=True, language=language, animal=LEOPARD))
    assert message.title.startswith(mark)
    assert message.short.startswith(mark)
    drill = "drill" if language == "en" else "演练"
    assert drill in message.body[:20]
    assert drill in message.spoken[:20]


@pytest.mark.parametrize("case", CASES)
def test_only_the_device_gets_the_secret(case: str) -> None:
    message = compose(CASES[case])
    assert message.secret == "s3cret"
    assert "s3cret" not in repr((message.data, message.title, message.body, message.short, message.spoken))


@pytest.mark.parametrize(
    ("late_s", "late"), [(0, False), (599, False), (600, True), (7200, True), (3 * 86400, True)]
)
def test_from_ten_minutes_on_it_says_how_long_ago(late_s: float, late: bool) -> None:
    facts = replace(SMOKE, observed_at=NOW - timedelta(seconds=late_s), late_s=late_s)
    message = compose(facts)
    assert (" ago " in message.body, " ago " in message.short) == (late, late)


@pytest.mark.parametrize(("waited_s", "said"), [(0, False), (59, False), (60, True), (240, True)])
def test_who_is_called_early_is_not_told_that_others_had_time(waited_s: float, said: bool) -> None:
    """The next is called at once where the first cannot be reached."""
    facts = replace(SMOKE, kind="escalation", called_at=NOW - timedelta(seconds=waited_s))
    assert (" for " in compose(facts).body) is said


names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200)


@settings(max_examples=150, deadline=None)
@given(
    facts=st.sampled_from(list(CASES.values())),
    language=st.sampled_from(["en", "zh"]),
    drill=st.booleans(),
    zone=names,
    camera=names,
    person=names,
)
def test_an_sms_is_always_one_sms(
    facts: Facts, language: str, drill: bool, zone: str, camera: str, person: str
) -> None:
    changed = replace(
        facts,
        language=language,
        drill=drill,
        zone_name=zone,
        zone_name_zh=None,
        camera_name=camera,
        by=person,
        unreached=(Unreached(person, "failed"),) * 7,
    )
    message = compose(changed)
    assert sms.fits(message.short)
    assert message.short


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("a" * 160, True),
        ("a" * 161, False),
        ("[" * 80, True),  # Of the extension table: each counts twice.
        ("[" * 81, False),
        ("火" * 70, True),
        ("火" * 71, False),
        ("a" * 69 + "火", True),
        ("a" * 70 + "火", False),
        ("\U0001f525" * 35, True),  # Two units each.
        ("\U0001f525" * 36, False),
        ("245°", True),
        ("°" + "a" * 70, False),  # The degree sign is not in GSM's alphabet.
    ],
)
def test_what_fits_into_one_sms(text: str, fits: bool) -> None:
    assert sms.fits(text) is fits


def test_an_sms_takes_what_is_worth_most_and_keeps_the_order() -> None:
    parts = [(2, "b" * 60), (1, "c" * 60), (3, "d" * 60), (4, "e")]
    assert sms.put_together("a", parts, between=",") == ",".join(["a", "b" * 60, "c" * 60, "e"])


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "facts", [SMOKE, PLACED, replace(SMOKE, drill=True)], ids=["smoke", "placed", "drill"]
)
def test_a_usual_english_sms_carries_the_link_and_a_chinese_one_the_direction(
    facts: Facts, language: str
) -> None:
    short = compose(replace(facts, language=language)).short
    if language == "en":
        assert f"https://fire.reserve.example/#incident/{ID}" in short
    else:
        assert "245°（西西南）方向" in short or "33.6012, 107.5012" in short


@pytest.mark.parametrize(
    ("bearing", "en", "zh"),
    [(0, "N", "北"), (11.2, "N", "北"), (11.3, "NNE", "北东北"), (245, "WSW", "西西南"), (359.9, "N", "北")],
)
def test_compass(bearing: float, en: str, zh: str) -> None:
    assert (words.compass(bearing, "en"), words.compass(bearing, "zh")) == (en, zh)


@pytest.mark.parametrize(
    ("metres", "text"),
    [
        (0.4, "10 m"),
        (91, "100 m"),
        (272, "300 m"),
        (951, "1 km"),
        (1000, "1 km"),
        (1001, "1.1 km"),
        (20_000, "20 km"),
    ],
)
def test_a_distance_is_never_made_smaller(metres: float, text: str) -> None:
    assert words.distance(metres, "en") == text


@pytest.mark.parametrize(
    ("seconds", "en", "zh"),
    [
        (10, "less than 1 min", "不到1分钟"),
        (240, "4 min", "4分钟"),
        (5340, "89 min", "89分钟"),
        (5400, "2 h", "2小时"),
        (72_000, "20 h", "20小时"),
        (259_200, "3 days", "3天"),
    ],
)
def test_durations(seconds: float, en: str, zh: str) -> None:
    assert (words.duration(seconds, "en"), words.duration(seconds, "zh")) == (en, zh)


def test_the_webhooks_data_is_json_and_says_null_for_what_is_not_known() -> None:
    import json

    data = json.loads(json.dumps(dict(compose(SMOKE).data)))
    assert data["place"] is None
    assert data["observed_at"] == "2026-11-21T06:04:40Z"
    assert json.loads(json.dumps(dict(compose(PLACED).data)))["place"]["lon"] == 107.501234


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("case", CASES)
def test_where_words_fail_the_least_is_said(case: str, language: str) -> None:
    facts = replace(CASES[case], language=language)
    plain, usual = compose_plainly(facts), compose(facts)
    assert plain.title
    assert len(plain.short) <= 70
    assert plain.title.startswith(("[DRILL] ", "【演练】")) == facts.drill
    same = ("delivery_id", "secret", "kind", "path", "at", "tag", "incident_id", "media_id", "urgent")
    assert [getattr(plain, name) for name in same] == [getattr(usual, name) for name in same]
